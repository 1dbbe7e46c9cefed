"""What one answer says about the accuracy of the person who gave it, as counts that add up.

An answer to a golden task is one right or one wrong answer. An answer that only other people's
answers can judge says less: with one other voter of accuracy 0.8, agreeing is worth about a quarter
of a golden answer in a two-class task. Counting the probability of being right as that many right
answers would both drag everybody towards one half and make the intervals far too narrow.

Let q_k be the probability of class k given the others only. Under the one-coin model the chance
that a person of accuracy a gives label y is linear in a:

    P(y | a) = b_y + a c_y,    c_y = (K q_y - 1) / (K - 1),    b_y = (1 - q_y) / (K - 1).

At a reference accuracy r, the person's own current estimate, the score of the answer is
s = c_y / P(y | r), and its Fisher information I = sum over k of c_k^2 / P(k | r). Then

    x = r + s / I               has the mean a, for every true a, since the sum of the c_k is zero;
    h = r (1 - r) I             is its information, relative to a golden answer's 1 / (r (1 - r));
    right = h x,  wrong = h (1 - x)    is one observation of accuracy x with the weight h.

So right / (right + wrong), summed over answers, is an unbiased estimate of a, and right + wrong is
the number of golden answers that would tell as much: the expected-information counterpart of the
missing-information principle (Louis 1982, "Finding the observed information matrix when using the
EM algorithm"). Certain others give exactly (1, 0) or (0, 1), silent others (0, 0).

Evidence is signed: x may lie above 1 or below 0, so one of the two counts may be negative. That is
what makes the sum unbiased; `beta.update` clips the sums, not the single answers.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from piecework.quality.statistics.beta import ACCURACY_PRIOR
from piecework.quality.statistics.vote import Floats, others_posterior, set_size

REFERENCE_LOW = 0.05
REFERENCE_HIGH = 0.97
"""Bounds of the reference accuracy: at 0 or 1 a single answer would hold unbounded information."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Right and wrong answers a person is credited with; unit: golden answers, signed."""

    right: float = 0.0
    wrong: float = 0.0

    def __add__(self, other: "Evidence") -> "Evidence":
        return Evidence(self.right + other.right, self.wrong + other.wrong)

    def __sub__(self, other: "Evidence") -> "Evidence":
        return Evidence(self.right - other.right, self.wrong - other.wrong)

    @property
    def weight(self) -> float:
        """How many golden answers this is worth; never negative for a single answer."""
        return self.right + self.wrong


def evidence(
    probability_right: float,
    *,
    accuracy: float = ACCURACY_PRIOR.mean,
    others: ArrayLike | None = None,
) -> Evidence:
    """The evidence of one answer that is right with `probability_right` in the others' judgement.

    1 and 0 stand for a golden task or an audit. `accuracy` is the current estimate of the person.
    `others`, shape (K,), is the whole posterior given the others, in which `probability_right` is
    the entry of the person's label; without it two classes are assumed.
    """
    if not 0 <= probability_right <= 1:
        raise ValueError("a probability lies between 0 and 1")
    if others is None:
        others = (probability_right, 1 - probability_right)
    spread = np.asarray(others, dtype=np.float64)
    if spread.ndim != 1 or spread.size < 2 or abs(spread.sum() - 1) > 1e-6:
        raise ValueError("the others' posterior has at least two entries and sums to one")
    reference = np.array([accuracy])
    total = information(spread, spread.size, reference).sum(keepdims=True)
    right, wrong = weigh(np.array([probability_right]), spread.size, reference, total)
    return Evidence(float(right[0]), float(wrong[0]))


def overlap_evidence(labels: ArrayLike, accuracies: ArrayLike, classes: int, *, prior: ArrayLike | None = None) -> list[Evidence]:
    """The evidence of every answer to one task, each judged by the others only.

    Arguments as in `vote.posterior`; each person's entry of `accuracies` is both the weight of
    their vote on the others and their own reference. For streaming use, when a task is graded.
    """
    votes = np.asarray(labels, dtype=np.int64)
    skills = np.asarray(accuracies, dtype=np.float64)
    table = others_posterior(votes, skills, classes, prior=prior)
    size = set_size(classes, int(votes.max(initial=-1)) + 1)
    alike = np.ones(table.shape[1])
    alike[-1] += size - table.shape[1]  # the classes behind "none of these" of an open set
    total = (information(table / alike, size, skills[:, None]) * alike).sum(axis=1)
    right, wrong = weigh(table[np.arange(votes.size), votes], size, skills, total)
    return [Evidence(float(r), float(w)) for r, w in zip(right, wrong, strict=True)]


def information(spread: Floats, size: Any, accuracy: Floats) -> Floats:
    """The terms c_k^2 / P(k | r) of the Fisher information, for class probabilities `spread`.

    All arguments broadcast: q_k, K, and the reference accuracy r.
    """
    slope, chance = _linear(spread, size, accuracy)
    terms: Floats = slope * slope / chance
    return terms


def weigh(own: Floats, size: Any, accuracy: Floats, total: Floats) -> tuple[Floats, Floats]:
    """The counts (right, wrong) of answers whose label has the probability `own` by the others.

    `total` is the information I of each answer, the sum of its `information` terms. Where it
    vanishes, as when nobody else has answered, both counts are zero.
    """
    reference = np.clip(accuracy, REFERENCE_LOW, REFERENCE_HIGH)
    slope, chance = _linear(own, size, accuracy)
    score = np.where(total > 1e-12, slope / chance, 0.0)
    unit = reference * (1 - reference)
    # h x = r (1 - r) (r I + s) and h (1 - x) = r (1 - r) ((1 - r) I - s): no division by I.
    return unit * (reference * total + score), unit * ((1 - reference) * total - score)


def _linear(spread: Floats, size: Any, accuracy: Floats) -> tuple[Floats, Floats]:
    """The slope c_k and the chance P(k | r) of an answer k."""
    reference = np.clip(accuracy, REFERENCE_LOW, REFERENCE_HIGH)
    others = size - 1.0
    slope: Floats = (size * spread - 1) / others
    chance: Floats = (1 - spread) / others + reference * slope
    return slope, chance
