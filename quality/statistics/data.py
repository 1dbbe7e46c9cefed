"""What every consensus method takes and gives: the answers of a crowd, and the aggregate of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from piecework.quality.statistics.onecoin import UNKNOWN
from piecework.quality.statistics.vote import Floats, Integers

DENSE_CELLS = 10_000_000
"""How many entries a table of tasks by classes, or of people by classes by classes, may have."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """N answers of W people to T tasks of the same K classes. Make it with `answers`, which checks."""

    task: Integers
    """(N,) From 0 to T - 1; a person who answers a task twice counts twice."""
    worker: Integers
    """(N,) From 0 to W - 1."""
    label: Integers
    """(N,) From 0 to K - 1."""
    truth: Integers
    """(T,) The known label of a golden or audited task, else `UNKNOWN`."""
    classes: int
    workers: int

    @property
    def tasks(self) -> int:
        """T."""
        return self.truth.size

    @property
    def known(self) -> Integers:
        """The tasks whose truth is known."""
        return np.flatnonzero(self.truth != UNKNOWN)

    @property
    def fits_dense(self) -> bool:
        """Whether tables with an entry for every class are affordable (see `DENSE_CELLS`)."""
        return max(self.tasks * self.classes, self.workers * self.classes**2) <= DENSE_CELLS

    def without_truth(self) -> "Answers":
        """The same answers, with nothing known."""
        return Answers(self.task, self.worker, self.label, np.full_like(self.truth, UNKNOWN), self.classes, self.workers)


@dataclass(frozen=True, slots=True, eq=False)
class Aggregate:
    """What a method makes of `Answers`."""

    method: str
    label: Integers
    """(T,) The most probable class, or the known truth; `UNKNOWN` where there is neither answer nor truth."""
    confidence: Floats
    """(T,) The probability of that label; 1 where the truth is known, 0 where there is none."""
    posterior: Floats | None
    """(T, K) The probability of every class, or None where that would be too large (see `Answers.fits_dense`)."""
    right: Floats
    """(N,) The probability that an answer is right, by all evidence but itself; 0 or 1 where the truth is known."""
    accuracy: Floats
    """(W,) Posterior mean of the probability that a person is right."""
    confusion: Floats | None = None
    """(W, K, K) Where the method has it: how often a person says l (last axis) of a task of class k."""
    evidence: float | None = None
    """A lower bound of log P(all answers) under the model, comparable between models, where the method has it."""


def answers(
    task: ArrayLike,
    worker: ArrayLike,
    label: ArrayLike,
    classes: int,
    *,
    truth: ArrayLike | None = None,
    tasks: int | None = None,
    workers: int | None = None,
) -> Answers:
    """Checked answers. T is `tasks`, or the length of `truth`, or what the answers need; W likewise.

    Raises:
        ValueError: the columns do not fit each other, or a code is out of its range.
    """
    columns = (np.asarray(task, dtype=np.int64), np.asarray(worker, dtype=np.int64), np.asarray(label, dtype=np.int64))
    if any(column.shape != (columns[0].size,) for column in columns):
        raise ValueError("task, worker and label must be one-dimensional, of the same length")
    if any(column.min(initial=0) < 0 for column in columns):
        raise ValueError("tasks, workers and labels are numbered from 0")
    needed, people = (int(column.max(initial=-1)) + 1 for column in columns[:2])
    known = np.full(needed if tasks is None else tasks, UNKNOWN) if truth is None else np.asarray(truth, dtype=np.int64)
    if known.ndim != 1 or (tasks is not None and known.size != tasks) or known.size < needed:
        raise ValueError("truth has one entry a task")
    if classes < 2 or columns[2].max(initial=-1) >= classes or known.max(initial=-1) >= classes or known.min(initial=0) < UNKNOWN:
        raise ValueError("there are at least two classes, and a label lies between 0 and their number less one")
    if workers is not None and workers < people:
        raise ValueError("a worker lies between 0 and the number of workers less one")
    return Answers(*columns, known, classes, people if workers is None else workers)
