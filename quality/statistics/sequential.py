"""Wald's sequential probability ratio test of a person's accuracy on golden tasks and audits.

Two accuracies are held against each other after every answer (Wald 1945, "Sequential tests of statistical hypotheses"):

    llr  = right log(bad / good) + wrong log((1 - bad) / (1 - good))
    BAD    as soon as llr >= log(1 / false_bad)
    GOOD   as soon as llr <= log(false_good)

and otherwise nothing is known yet. Wald's own bounds, log((1 - b) / a) and log(b / (1 - a)), keep the two errors only
approximately. The slightly wider ones here keep them strictly, however long one goes on: under accuracy `good` the likelihood
ratio is a martingale with the mean 1, so it ever reaches 1 / a with a probability of at most a (Ville 1939, "Étude critique de
la notion de collectif"; the same the other way round). Somebody better than `good` is called BAD even more rarely.

The verdict is final: a test that goes on after it would call everybody BAD in the end. So a test says nothing of what happens
later: that is for `drift`, and for a fresh test after its alarm.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from piecework.quality.statistics.vote import OPEN, OPEN_SET_SIZE, Floats


class Verdict(StrEnum):
    """What a sequential test says so far."""

    UNKNOWN = "unknown"
    GOOD = "good"
    BAD = "bad"


GOOD_ACCURACY = 0.85
ERROR = 0.02


def bad_accuracy(classes: int) -> float:
    """The accuracy that counts as bad if nothing else is said: a half, or a little above chance if that is more.

    With two classes chance is a half itself. Somebody who clicks at random, at 1 / `classes`, is found the sooner the further
    below this they are; somebody careless at 0.6 is found too, later.
    """
    size = OPEN_SET_SIZE if classes == OPEN else classes
    if size < 2:
        raise ValueError("a task has at least two classes, or an open set of them")
    return max(0.5, 1 / size + 0.05)


@dataclass(frozen=True, slots=True)
class SequentialTest:
    """The two accuracies and the two errors, all probabilities strictly between 0 and 1, `bad` below `good`."""

    good: float = GOOD_ACCURACY
    bad: float = 0.5
    false_bad: float = ERROR
    """The most probable it may be that somebody of accuracy `good` or better is ever called bad."""
    false_good: float = ERROR
    """The most probable it may be that somebody of accuracy `bad` or worse is ever called good."""

    def __post_init__(self) -> None:
        if not 0 < self.bad < self.good < 1:
            raise ValueError("the accuracies must satisfy 0 < bad < good < 1")
        if not (0 < self.false_bad < 0.5 and 0 < self.false_good < 0.5):
            raise ValueError("the errors must lie strictly between 0 and one half")

    def llr(self, right: float, wrong: float) -> float:
        """The log likelihood ratio of bad to good of so many right and wrong answers; fractions allowed, none negative."""
        return likelihood_ratio(self.good, self.bad, right, wrong)

    def verdict(self, llr: float) -> Verdict:
        """What a log likelihood ratio says if no bound was crossed before."""
        if llr >= -math.log(self.false_bad):
            return Verdict.BAD
        return Verdict.GOOD if llr <= math.log(self.false_good) else Verdict.UNKNOWN


@dataclass(frozen=True, slots=True)
class Progress:
    """A test under way: all that has to be stored of it."""

    llr: float = 0.0
    verdict: Verdict = Verdict.UNKNOWN


def update(progress: Progress, right: float, wrong: float, test: SequentialTest) -> Progress:
    """The test after one more answer with so many right and wrong fields; unchanged once it is decided."""
    if progress.verdict != Verdict.UNKNOWN:
        return progress
    llr = progress.llr + test.llr(right, wrong)
    return Progress(llr, test.verdict(llr))


def decide(answers: Iterable[tuple[float, float]], test: SequentialTest) -> Progress:
    """The test after a sequence of answers, each (right, wrong), in the order in which they were given."""
    progress = Progress()
    for right, wrong in answers:
        progress = update(progress, right, wrong, test)
    return progress


def likelihood_ratio(good: float, bad: float, right: float, wrong: float) -> float:
    """log P(answers | bad) - log P(answers | good) of so many right and wrong answers."""
    if not (0 <= right < math.inf and 0 <= wrong < math.inf):
        raise ValueError("counts of golden answers are finite and not negative")
    return right * math.log(bad / good) + wrong * math.log((1 - bad) / (1 - good))


def outcome(test: SequentialTest, accuracy: float, answers: int) -> tuple[Floats, Floats]:
    """The exact chances that somebody of this accuracy has been called (bad, good) by each answer.

    Two arrays of shape (answers,), cumulative: entry n - 1 is the chance of that verdict within n whole answers. By dynamic
    programming over the number of right answers among those who are not decided yet.
    """
    if not 0 <= accuracy <= 1:
        raise ValueError("an accuracy lies between 0 and 1")
    undecided = np.zeros(answers + 1)
    undecided[0] = 1.0
    right = np.arange(answers + 1)
    step_right, step_wrong = test.llr(1, 0), test.llr(0, 1)
    found = np.zeros((2, answers))
    for n in range(1, answers + 1):
        after = undecided * (1 - accuracy)
        after[1:] += undecided[:-1] * accuracy
        llr = right * step_right + (n - right) * step_wrong
        for row, reached in enumerate((llr >= -math.log(test.false_bad), llr <= math.log(test.false_good))):
            found[row, n - 1] = after[reached].sum()
            after[reached] = 0.0
        undecided = after
    bad, good = found.cumsum(axis=1)
    return bad, good
