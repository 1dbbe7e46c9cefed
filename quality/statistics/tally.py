"""One vote with all it tells: how probable each label is, and how each voter stands by the others' votes alone.

The same as `vote.posterior`, `vote.leave_one_out` and `credit.overlap_evidence` together, from one table, and with any model in
which votes are independent given the truth: a model is an array of log likelihoods `rows`, shape (votes, entries), up to a constant
a row. Entries are the classes; of an open set the labels that were given, and a last one that stands for all others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from piecework.quality.statistics.credit import Evidence, information, weigh
from piecework.quality.statistics.vote import MAX_ACCURACY, OPEN, Floats, Integers, log_weights, set_size


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """What a vote comes to; N votes."""

    shares: Floats
    """(entries,) The probability of every label."""
    right: list[float]
    """(N,) By the others only, the probability that a voter's label is right."""
    evidence: list[Evidence]
    """(N,) What that says of the voter's accuracy."""


def tally(labels: ArrayLike, accuracies: ArrayLike, classes: int, *, confusions: Sequence[ArrayLike | None] = ()) -> Tally:
    """The vote under the one-coin model of `vote`; voters with a confusion matrix under that of Dawid and Skene.

    `labels` and `accuracies` have shape (n,), `classes` is their number or `OPEN`. `confusions`, if any, has one entry a voter:
    None, or a matrix of shape (classes, classes) whose entry [t, l] is the probability that they say l where t is true (Dawid
    and Skene 1979); an open set has none. As an accuracy is at most `MAX_ACCURACY`, a probability of a matrix is at least
    (1 - MAX_ACCURACY) / (classes - 1).
    """
    votes = np.asarray(labels, dtype=np.int64)
    skills = np.asarray(accuracies, dtype=np.float64)
    seen = int(votes.max(initial=-1)) + 1
    size = set_size(classes, seen)
    entries = seen + 1 if classes == OPEN else size
    rows = np.zeros((votes.size, entries))
    rows[np.arange(votes.size), votes] = log_weights(skills, size)
    for place, matrix in enumerate(confusions):
        if matrix is not None:
            rows[place] = _log_column(matrix, int(votes[place]), classes)
    return _judged(rows, votes, skills, size)


def _log_column(matrix: ArrayLike, label: int, classes: int) -> Floats:
    chances = np.asarray(matrix, dtype=np.float64)
    if classes == OPEN or chances.shape != (classes, classes):
        raise ValueError("a confusion matrix has a row and a column for every class of a closed set")
    if chances.min() < 0 or np.abs(chances.sum(axis=1) - 1).max() > 1e-6:
        raise ValueError("a row of a confusion matrix holds probabilities that sum to one")
    column: Floats = np.log(np.maximum(chances[:, label], (1 - MAX_ACCURACY) / (classes - 1)))
    return column


def _judged(rows: Floats, votes: Integers, skills: Floats, size: int) -> Tally:
    count, entries = rows.shape
    alike = np.ones(entries)
    alike[-1] += size - entries  # the classes behind the last entry of an open set
    table = np.empty((count + 1, entries))
    table[0] = rows.sum(axis=0) + np.log(alike)
    np.subtract(table[0], rows, out=table[1:])
    table -= table.max(axis=1, keepdims=True)
    np.exp(table, out=table)
    table /= table.sum(axis=1, keepdims=True)
    others = table[1:]
    own = others[np.arange(count), votes]
    total = (information(others / alike, size, skills[:, None]) * alike).sum(axis=1)
    right, wrong = weigh(own, size, skills, total)
    told = [Evidence(r, w) for r, w in zip(right.tolist(), wrong.tolist(), strict=True)]
    return Tally(table[0], own.tolist(), told)
