"""The answers of a crowd laid out for tables with an entry for every task and class.

All tables have the classes first, shape (K, T), so that one class is one contiguous row.
"""

import numpy as np

from piecework.quality.statistics.beta import ACCURACY_PRIOR
from piecework.quality.statistics.data import Answers
from piecework.quality.statistics.onecoin import UNKNOWN
from piecework.quality.statistics.vote import Floats, Integers, weighted_count

TIE = 1e-9


class Table:
    """`Answers` sorted by task, which keeps the sums over tasks near each other in memory."""

    def __init__(self, data: Answers) -> None:
        if not data.fits_dense:
            raise ValueError("too many classes for a table of people by classes; take majority, weighted or one-coin")
        self.data = data
        self.order = np.argsort(data.task, kind="stable")
        self.task, self.worker, self.label = (column[self.order] for column in (data.task, data.worker, data.label))
        self.tasks, self.workers, self.classes = data.tasks, data.workers, data.classes
        self.said = self.worker * data.classes + self.label
        """(N,) Which worker said which label."""
        self.known = data.known
        self.answered = np.bincount(self.worker, minlength=self.workers)

    def unsorted(self, values: Floats) -> Floats:
        """Values of answers in the order of the input."""
        found = np.empty_like(values)
        found[self.order] = values
        return found

    def clamped(self, posterior: Floats) -> Floats:
        """The same posterior (K, T), certain where the truth is known; changes it in place."""
        posterior[:, self.known] = 0.0
        posterior[self.data.truth[self.known], self.known] = 1.0
        return posterior

    def votes(self) -> Floats:
        """How many answers say each class."""
        counts = np.bincount(self.label * self.tasks + self.task, minlength=self.classes * self.tasks)
        return counts.reshape(self.classes, self.tasks).astype(np.float64)

    def shares(self) -> Floats:
        """The share of the answers that say each class; even where there is none; certain where the truth is known."""
        votes = self.votes()
        total = votes.sum(axis=0)
        even = np.full_like(votes, 1 / self.classes)
        return self.clamped(np.divide(votes, total, out=even, where=total > 0))

    def sums(self, weights: Floats) -> Floats:
        """The weight (N,) that each class of each task gets from its answers."""
        index = self.label * self.tasks + self.task
        return weighted_count(index, weights, self.classes * self.tasks).reshape(self.classes, self.tasks)

    def own(self, posterior: Floats) -> Floats:
        """(N,) The probability of the label of every answer."""
        return posterior[self.label, self.task]

    def agreement(self, posterior: Floats) -> Floats:
        """(W,) Expected right answers of every person."""
        return weighted_count(self.worker, self.own(posterior), self.workers)

    def accuracy(self, posterior: Floats) -> Floats:
        """(W,) Accuracies with the prior of an accuracy, taking the posterior at its word."""
        found: Floats = (ACCURACY_PRIOR.alpha + self.agreement(posterior)) / (ACCURACY_PRIOR.weight + self.answered)
        return found

    def confusion(self, posterior: Floats, prior: Floats) -> Floats:
        """(W, K, K) The shares of labels (last axis) by class, with imagined answers `prior` of shape (K, W * K)."""
        counts = np.stack([weighted_count(self.said, row[self.task], self.said_size) for row in posterior]) + prior
        table = counts.reshape(self.classes, self.workers, self.classes).transpose(1, 0, 2)
        return np.asarray(table / table.sum(axis=2, keepdims=True), dtype=np.float64)

    @property
    def said_size(self) -> int:
        """W K, how many different values `said` may have."""
        return self.workers * self.classes


def softmax(scores: Floats) -> Floats:
    """Scores to probabilities along the first axis."""
    grown: Floats = np.exp(scores - scores.max(axis=0))
    grown /= grown.sum(axis=0)
    return grown


def leaders(posterior: Floats, table: Table) -> tuple[Integers, Floats]:
    """The most probable class of every task and its probability, 0 and `UNKNOWN` where there is neither answer nor truth.

    Ties go to the class that is most probable over all tasks, then to the smallest.
    """
    if not table.tasks:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    common = np.argsort(-posterior.mean(axis=1).round(12), kind="stable")
    ranked = posterior[common]
    label = common[(ranked >= ranked.max(axis=0) - TIE).argmax(axis=0)]
    confidence = posterior[label, np.arange(table.tasks)]
    nothing = np.bincount(table.task, minlength=table.tasks) == 0
    nothing[table.known] = False
    label[nothing], confidence[nothing] = UNKNOWN, 0.0
    return label, confidence
