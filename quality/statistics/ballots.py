"""The votes on every task, and what they say once one or two of them are left out.

Who is to be judged must not be judged by their own votes, nor by those of whom they may be in league
with. So the label held to be right is, for every pair, the leader among everybody else's votes by
the one-coin model (see `vote`), if it is sure enough; or the truth where that is known.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from piecework.quality.statistics.onecoin import UNKNOWN
from piecework.quality.statistics.vote import OPEN, OPEN_SET_SIZE, Floats, Integers, log_weights, weighted_count

SURE = 0.9
"""From which posterior probability on the others' leader is held to be right."""

NOWHERE = -1

Booleans = NDArray[np.bool_]


class Ballots:
    """N answers sorted by task, grouped into C cells: one label of one task that somebody gave.

    The cells of a task lie side by side, the one with the most weight first.
    """

    def __init__(
        self,
        task: ArrayLike,
        worker: ArrayLike,
        label: ArrayLike,
        truth: ArrayLike,
        accuracy: ArrayLike,
        classes: ArrayLike,
        step: ArrayLike | None = None,
    ) -> None:
        """The arguments are those of `pairs.find`."""
        tasks, people, labels = (np.asarray(column, dtype=np.int64) for column in (task, worker, label))
        known, size = np.asarray(truth, dtype=np.int64), np.asarray(classes, dtype=np.int64)
        steps = np.zeros(known.size, dtype=np.int64) if step is None else np.asarray(step, dtype=np.int64)
        skill = np.asarray(accuracy, dtype=np.float64)
        _check(tasks, people, labels, known, skill, size, steps)
        order = np.argsort(tasks, kind="stable")
        self.task, self.worker, self.label = tasks[order], people[order], labels[order]
        self.workers, self.step, self.classes = skill.size, steps[self.task], size
        self._truth, self._steps, self._skills = known, steps, skill
        self.crowd = np.bincount(self.task, minlength=known.size)[self.task]
        """(N,) How many answers the task has."""
        self._group(known, known.size)

    def _group(self, known: Integers, tasks: int) -> None:
        width = int(self.label.max(initial=0)) + 1
        keys, cell, count = np.unique(self.task * width + self.label, return_inverse=True, return_counts=True)
        owner = keys // width
        seen = np.bincount(owner, minlength=tasks)
        closed = self.classes[self.step]
        size = np.where(closed == OPEN, np.maximum(OPEN_SET_SIZE, seen[self.task] + 1), closed)
        self.skill, self.size = self._skills[self.worker], size.astype(np.float64)
        """(N,) The accuracy of the author, and K of the task as the vote reckons with it."""
        self._weight = log_weights(self.skill, self.size)
        score = weighted_count(cell, self._weight, keys.size)
        order = np.lexsort((-score, owner))
        rank = np.empty_like(order)
        rank[order] = np.arange(order.size)
        self.cell = rank[cell]
        """(N,) The cell of every answer."""
        self.count, self.cell_label = count[order], keys[order] % width
        """(C,) How many answers a cell has, and its label."""
        self._score, self._owner = score[order], owner[order]
        self._first = np.searchsorted(self._owner, np.arange(tasks))
        self._top = np.zeros(tasks)
        present = seen > 0
        self._top[present] = self._score[self._first[present]]
        grown = weighted_count(self._owner, np.exp(self._score - self._top[self._owner]), tasks)
        unseen = np.zeros(tasks)
        unseen[self.task] = size - seen[self.task]
        self._grown = grown + unseen * np.exp(-self._top)
        self._last = self._first + seen
        place = np.searchsorted(keys, np.arange(tasks) * width + known)
        there = (known != UNKNOWN) & (known < width) & (place < keys.size)
        there[there] = keys[place[there]] == np.flatnonzero(there) * width + known[there]
        self._truth_cell = np.full(tasks, NOWHERE, dtype=np.int64)
        self._truth_cell[there] = rank[place[there]]

    def leader(self, one: Integers, other: Integers | None = None) -> tuple[Integers, Integers, Booleans]:
        """The cell and the label held to be right without these answers, and whether it is sure.

        `one` and `other`, positions of answers of shape (M,), are pairwise of the same task. The
        cell is `NOWHERE` where the truth is known and nobody gave it.
        """
        out = [one] if other is None else [one, other]
        task = self.task[one]
        begin, last = self._first[task], self._last[task]
        tops = [np.minimum(begin + place, last - 1) for place in range(3)]
        cells = np.stack([*tops, *(self.cell[answer] for answer in out)])
        score = self._score[cells]
        for answer in out:
            score -= np.where(cells == self.cell[answer], self._weight[answer], 0.0)
        best = np.argmax(score, axis=0)
        at = np.arange(one.size)
        top = self._top[task]
        grown = self._grown[task]
        for number, answer in enumerate(out):
            mine = self.cell[answer]
            fresh = np.ones(one.size, dtype=bool) if number == 0 else mine != self.cell[one]
            change = np.exp(score[3 + number] - top) - np.exp(self._score[mine] - top)
            grown = grown + np.where(fresh, change, 0.0)
        cell = cells[best, at]
        sure = np.exp(score[best, at] - top) >= SURE * grown
        known = self._truth[task] != UNKNOWN
        cell = np.where(known, self._truth_cell[task], cell)
        label = np.where(known, self._truth[task], self.cell_label[cell])
        return cell, label, sure | known

    def probability(self, other: Integers, without: Integers) -> Floats:
        """The probability that the label of answer `other` is right, by all answers but `without`.

        Where the truth is known it is 0 or 1.
        """
        task, cell, mine = self.task[other], self.cell[other], self.cell[without]
        top = self._top[task]
        rest = np.exp(self._score[mine] - self._weight[without] - top)
        grown = self._grown[task] - np.exp(self._score[mine] - top) + rest
        own = np.where(cell == mine, rest, np.exp(self._score[cell] - top))
        probability: Floats = np.where(self._truth[task] == UNKNOWN, own / grown, self._truth_cell[task] == cell)
        return probability

    def known(self, answer: Integers) -> Booleans:
        """Whether the truth of the task of every answer is known."""
        known: Booleans = self._truth[self.task[answer]] != UNKNOWN
        return known

    def only(self, kept: Booleans) -> "Ballots":
        """Some of the answers, given as a mask of shape (N,), on tasks numbered anew in their order."""
        tasks, task = np.unique(self.task[kept], return_inverse=True)
        people, labels = self.worker[kept], self.label[kept]
        return Ballots(task, people, labels, self._truth[tasks], self._skills, self.classes, self._steps[tasks])

    def bounds(self, answer: Integers) -> tuple[Integers, Integers]:
        """The first cell of the task of every answer, and the one after its last."""
        task = self.task[answer]
        return self._first[task], self._last[task]


def _check(
    task: Integers, worker: Integers, label: Integers, truth: Integers, skill: Floats, size: Integers, steps: Integers
) -> None:
    if task.ndim != 1 or not task.shape == worker.shape == label.shape:
        raise ValueError("task, worker and label must be one-dimensional, of the same length")
    if truth.ndim != 1 or truth.shape != steps.shape:
        raise ValueError("truth and step must have one entry a task")
    if skill.ndim != 1 or not ((skill >= 0) & (skill <= 1)).all():
        raise ValueError("there is one accuracy a worker, between 0 and 1")
    if size.ndim != 1 or ((size < 2) & (size != OPEN)).any():
        raise ValueError("a step has at least two classes, or an open set of them")
    if min(task.min(initial=0), worker.min(initial=0), steps.min(initial=0)) < 0:
        raise ValueError("tasks, workers and steps are numbered from 0")
    if task.max(initial=-1) >= truth.size or worker.max(initial=-1) >= skill.size or steps.max(initial=-1) >= size.size:
        raise ValueError("every task has a truth or none, every worker an accuracy, every step a number of classes")
    bound = size[steps]
    if ((bound != OPEN) & (truth >= bound)).any() or (truth < UNKNOWN).any():
        raise ValueError("a truth is a label or unknown")
    bound = bound[task]
    if (label < 0).any() or ((bound != OPEN) & (label >= bound)).any():
        raise ValueError("a label lies between 0 and the number of classes less one")
