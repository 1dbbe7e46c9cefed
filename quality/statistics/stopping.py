"""Dynamic overlap: whether a task needs one more answer.

The rule looks at one task: it stops as soon as the posterior of its leading class reaches the target. Stopping at a posterior is
no peeking: a calibrated posterior stays calibrated whatever stopped it (Berger 1985, "Statistical decision theory and Bayesian
analysis", section 7.7). How right the posterior is depends on the model, which is for simulation and audits to say.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from piecework.quality.statistics.vote import OPEN, Floats

_TIE = 1e-9


class Next(StrEnum):
    """What happens to a task next."""

    STOP = "stop"
    ASK = "ask"
    CURATOR = "curator"


@dataclass(frozen=True, slots=True)
class Overlap:
    """The rule of a step: at least `minimum` and at most `maximum` answers, and the posterior that is enough.

    `price` is what one answer costs and `ceiling` what all answers to one task may cost, in the same unit of money.
    """

    minimum: int
    maximum: int
    target: float
    price: float = 0.0
    ceiling: float = math.inf

    def __post_init__(self) -> None:
        if not 1 <= self.minimum <= self.maximum:
            raise ValueError("the overlap must satisfy 1 <= minimum <= maximum")
        if not 0 < self.target <= 1:
            raise ValueError("the target is a probability above 0")
        if not (self.price >= 0 and self.ceiling >= 0):
            raise ValueError("price and ceiling are not negative")

    def affords(self, answers: int) -> bool:
        """True if a task with so many answers may get one more."""
        return answers < self.maximum and (answers + 1) * self.price <= self.ceiling


def decide(posterior: ArrayLike, answers: int, rule: Overlap, *, classes: int) -> Next:
    """STOP with the leading class, ASK one more person, or hand the task to a CURATOR.

    `posterior` is that of `vote.posterior` after `answers` answers to a task of `classes` classes; the last entry of an open
    set, "none of these", is no answer and never leads. A tie is never sure. CURATOR means that the target was not reached and
    no more answers may be asked for.
    """
    return by_confidence(confidence(posterior, classes), answers, rule)


def by_confidence(sure: float, answers: int, rule: Overlap) -> Next:
    """The same from the confidence alone, for an answer of several fields; 0 where some field is tied."""
    if answers >= rule.minimum and sure >= rule.target:
        return Next.STOP
    return Next.ASK if rule.affords(answers) else Next.CURATOR


def confidence(posterior: ArrayLike, classes: int) -> float:
    """The probability of the leading class; 0 if two classes lead or there is none."""
    said = _entries(posterior, classes)
    said = said[:-1] if classes == OPEN else said
    if not said.size:
        return 0.0
    best = float(said.max())
    return best if int((said > best - _TIE).sum()) == 1 else 0.0


def _entries(posterior: ArrayLike, classes: int) -> Floats:
    spread = np.asarray(posterior, dtype=np.float64)
    if spread.ndim != 1 or not spread.size or abs(spread.sum() - 1) > 1e-6 or classes not in (OPEN, spread.size):
        raise ValueError("a posterior has one entry a class and sums to one")
    return spread
