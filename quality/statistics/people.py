"""The accuracy of a person from golden answers, audits and overlap together, with an honest interval.

A golden answer tells the truth about its author. Overlap tells whether the others say the same, and
people share mistakes: what misleads one misleads many, and the votes of a hundred answers do not
show it. Evidence from overlap (see `credit`) supposes that mistakes are independent, so that its
interval shrinks to nothing around a figure that is wrong by some points. Here it is corrected:

1. Of what agrees with the others a share `misled` is wrong with them: (1 - misled) of the right
   answers stay right, the rest count as wrong.
2. How far one person's share differs from the crowd's is not known. That is a variance of
   a (1 - a) / ceiling on the accuracy a, which no amount of overlap removes: evidence worth w
   golden answers counts as w / (1 + w / ceiling), never as more than `ceiling`.
3. The crowd's share is itself known only up to the standard deviation `doubt`. This moves all
   people of the crowd together, so it widens the interval and leaves the mean: the weight n of the
   Beta posterior becomes 1 / (1 / n + s^2 / (a (1 - a))), where s is `doubt` times the derivative
   of the mean with respect to `misled`.

Golden answers are then added as they are, so they decide in the end. `learn` estimates the numbers
of a crowd from its own golden answers: where these are no worse than overlap says, overlap counts
nearly in full. What is believed without any is `TYPICAL`.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from piecework.quality.statistics.beta import ACCURACY_PRIOR, Beta, Interval, interval
from piecework.quality.statistics.beta_arrays import quantiles
from piecework.quality.statistics.vote import OPEN, OPEN_SET_SIZE, Floats, Integers, weighted_count

UNKNOWN = -1
"""In `truth`: the task is not golden."""
TASK_CORRELATION = 0.2
"""The correlation of two people's mistakes on one golden task: ten people on one task tell of the
crowd what 10 / (1 + 9 * 0.2) people on tasks of their own would (Kish 1965, the design effect)."""
PEOPLE_BEFORE = 2.0
"""How many people the belief about the mean of a crowd is worth."""
CEILINGS = (4.0, 400.0)
MISLED = (0.0, 0.9)
"""What `learn` may come to."""

_TOLERANCE = 1e-5
_MAX_STEPS = 200
_NEAR_ONE = 0.98
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Crowd:
    """What is believed of the people of one kind of work, and of how they are wrong together."""

    accuracy: float = ACCURACY_PRIOR.mean
    """Of a person of whom nothing is known."""
    weight: float = ACCURACY_PRIOR.weight
    """How many golden answers that belief is worth."""
    misled: float = 0.05
    """The share of wrong ones among the answers that the others' votes call right."""
    doubt: float = 0.05
    """The standard deviation of what is believed about `misled`."""
    ceiling: float = 100.0
    """How many golden answers the overlap of one person can be worth at most."""

    def __post_init__(self) -> None:
        numbers = (self.accuracy, self.weight, self.misled, self.doubt, self.ceiling)
        if not all(math.isfinite(number) for number in numbers):
            raise ValueError("the numbers of a crowd are finite")
        if not 0 < self.accuracy < 1 or self.weight <= 0 or self.ceiling <= 0:
            raise ValueError("an accuracy lies between 0 and 1, its weight and the ceiling above 0")
        if not 0 <= self.misled < 1 or self.doubt < 0:
            raise ValueError("the misled share lies between 0 and 1, and its doubt is not negative")


TYPICAL = Crowd()
"""A crowd of which nothing is known.

In six public crowds with a known truth 2 to 10 % of the answers that agreed with the others were
wrong, about a quarter as many as differed from them, and beyond that people's accuracies lay 0.03
to 0.11 (standard deviation) from what overlap said. `ceiling` and `doubt` are such that intervals
hold both there and in simulated crowds of six kinds, among them independent ones.
"""


def combine(
    golden_right: float,
    golden_wrong: float,
    overlap_right: float,
    overlap_wrong: float,
    *,
    crowd: Crowd = TYPICAL,
    level: float = 0.95,
) -> Interval:
    """The accuracy of one person from sums of evidence, in golden answers.

    `golden_right` and `golden_wrong` count golden answers and audits. `overlap_right` and
    `overlap_wrong` are sums of `credit` evidence, signed; their sum is not negative.
    """
    sums = (np.array([float(one)]) for one in (golden_right, golden_wrong, overlap_right, overlap_wrong))
    alpha, beta = posteriors(*sums, crowd=crowd)
    return interval(0.0, 0.0, prior=Beta(float(alpha[0]), float(beta[0])), level=level)


def posteriors(
    golden_right: Floats, golden_wrong: Floats, overlap_right: Floats, overlap_wrong: Floats, *, crowd: Crowd = TYPICAL
) -> tuple[Floats, Floats]:
    """The shapes (alpha, beta) of the Beta posterior of every person; all arrays have the shape (W,)."""
    _check(golden_right, golden_wrong, overlap_right, overlap_wrong)
    right, total = _unsigned(overlap_right, overlap_wrong)
    agreed = np.divide(right, total, out=np.zeros_like(total), where=total > 0)
    kept = total / (1 + total / crowd.ceiling)
    weight = crowd.weight + kept
    mean = (crowd.weight * crowd.accuracy + kept * agreed * (1 - crowd.misled)) / weight
    shift = crowd.doubt * agreed * kept / weight
    weight = 1 / (1 / weight + shift**2 / (mean * (1 - mean)))
    return weight * mean + golden_right, weight * (1 - mean) + golden_wrong


def learn(
    golden_right: ArrayLike,
    golden_wrong: ArrayLike,
    overlap_right: ArrayLike,
    overlap_wrong: ArrayLike,
    *,
    golden_tasks: int,
    prior: Crowd = TYPICAL,
) -> Crowd:
    """The numbers of a crowd from the sums of its people, arrays of shape (W,) as in `combine`.

    `golden_tasks` is how many different tasks the golden answers were given to. Every number is the
    mean of what is believed beforehand and of what the sums say, weighted by precision (empirical
    Bayes; Efron and Morris 1975, "Data analysis using Stein's estimator and its generalizations").
    Beforehand `misled` and `doubt` are those of `prior` in proportion to how often people differ
    from the others: where many mistakes show, many are shared. Without golden answers that stays.
    """
    columns = (golden_right, golden_wrong, overlap_right, overlap_wrong)
    sums = tuple(np.asarray(column, dtype=np.float64) for column in columns)
    _check(*sums)
    golden = sums[0] + sums[1]
    right, total = _unsigned(sums[2], sums[3])
    both = (golden > 0) & (total > 0)
    rate = (float(right.sum()) + prior.weight * prior.accuracy) / (float(total.sum()) + prior.weight)
    scale = (1 - rate) / (1 - prior.accuracy)
    misled, doubt, ceiling = min(prior.misled * scale, MISLED[1]), prior.doubt * scale, prior.ceiling
    before = replace(prior, misled=misled, doubt=doubt)
    if both.any():
        crowding = 1 + TASK_CORRELATION * max(float(golden[both].sum()) / max(golden_tasks, 1) - 1, 0.0)
        paired = _Paired(sums[0][both], golden[both], right[both], total[both], crowding)
        misled, doubt = paired.misled(before)
        ceiling = paired.ceiling(before, misled)
    crowd = Crowd(prior.accuracy, prior.weight, misled, doubt, ceiling)
    alpha, beta = posteriors(*sums, crowd=crowd)
    seen = 1 - crowd.weight / np.maximum(alpha + beta, crowd.weight)
    mean = (PEOPLE_BEFORE * prior.accuracy + (seen * alpha / (alpha + beta)).sum()) / (PEOPLE_BEFORE + seen.sum())
    return Crowd(float(mean), prior.weight, misled, doubt, ceiling)


class _Paired:
    """The people who have both golden answers and overlap: what one says beside the other.

    `crowding` is the design effect of golden tasks that many people have answered.
    """

    def __init__(self, hits: Floats, golden: Floats, right: Floats, total: Floats, crowding: float) -> None:
        self.hits, self.golden, self.right, self.total, self.crowding = hits, golden, right, total, crowding

    def _agreed(self, prior: Crowd) -> tuple[Floats, Floats]:
        """The rate of agreement with the others, smoothed by that of the crowd, and its weight."""
        common = (self.right.sum() + prior.weight * prior.accuracy) / (self.total.sum() + prior.weight)
        weight = prior.weight + self.total
        return (prior.weight * common + self.right) / weight, weight

    def misled(self, prior: Crowd) -> tuple[float, float]:
        """One less the ratio of golden hits to those that agreement lets expect; and its deviation."""
        agreed, weight = self._agreed(prior)
        share = self.total / weight
        mean = np.minimum((1 - prior.misled) * agreed, _NEAR_ONE)
        unit = mean * (1 - mean)
        expected = float((share * self.golden * agreed).sum())
        found = 1 - float((share * self.hits).sum()) / expected
        chance = self.golden * self.crowding + self.golden**2 * (1 / prior.ceiling + 1 / weight)
        variance = float((share**2 * unit * chance).sum()) / expected**2
        if prior.doubt == 0:
            return prior.misled, 0.0
        precision = 1 / prior.doubt**2 + 1 / variance
        pooled = (prior.misled / prior.doubt**2 + found / variance) / precision
        return float(np.clip(pooled, *MISLED)), precision**-0.5

    def ceiling(self, prior: Crowd, misled: float) -> float:
        """From how far people's golden hits lie from what is expected of them, beyond chance.

        The squared distance, relative to a (1 - a), has the mean 1 / golden answers + 1 / weight of
        the overlap + 1 / ceiling, and twice the square of that as variance. What is believed
        beforehand of 1 / ceiling has a deviation as large as its mean.
        """
        agreed, weight = self._agreed(prior)
        mean = np.minimum((1 - misled) * agreed, _NEAR_ONE)
        distance = (self.hits / self.golden - mean) ** 2 / (mean * (1 - mean))
        before = 1 / prior.ceiling
        chance = 1 / self.golden + 1 / weight
        precision = self.total / weight / (2 * (chance + before) ** 2 * self.crowding)
        pooled = (1 / before + float((precision * (distance - chance)).sum())) / (1 / before**2 + float(precision.sum()))
        return float(np.clip(1 / max(pooled, 1 / CEILINGS[1]), *CEILINGS))


def overlap_sums(
    worker: ArrayLike, probability_right: ArrayLike, size: ArrayLike, *, workers: int, crowd: Crowd = TYPICAL
) -> tuple[Floats, Floats]:
    """The sums (right, wrong) of every person's overlap, in golden answers, as `combine` takes them.

    `probability_right`, shape (N,), is the others' probability q that an answer is right, and
    `size`, shape (N,), its number of classes K. Under the one-coin model a person of accuracy a
    gives that label with the chance a q + (1 - a) (1 - q) / (K - 1). This finds the most probable a
    by expectation maximisation under the prior of the crowd, and the observed information there;
    unlike `credit`, it does not need the probabilities of the other classes.
    """
    who = np.asarray(worker, dtype=np.int64)
    own = np.asarray(probability_right, dtype=np.float64)
    chance = (1 - own) / (np.asarray(size, dtype=np.float64) - 1)
    answers = np.bincount(who, minlength=workers)
    common = min(crowd.accuracy / (1 - crowd.misled), _NEAR_ONE)
    agreed = np.full(workers, common)
    for _ in range(_MAX_STEPS):
        right = agreed[who] * own
        right /= right + (1 - agreed[who]) * chance
        updated = (crowd.weight * common + weighted_count(who, right, workers)) / (crowd.weight + answers)
        moved = float(np.abs(updated - agreed).max(initial=0.0))
        agreed = updated
        if moved <= _TOLERANCE:
            break
    missing = weighted_count(who, right * (1 - right), workers) / (agreed * (1 - agreed))
    told = np.clip(answers - missing, 0.0, answers)
    credited = np.clip(agreed * (crowd.weight + told) - common * crowd.weight, 0.0, told)
    return credited, told - credited


def worker_estimates(
    task: ArrayLike,
    worker: ArrayLike,
    label: ArrayLike,
    classes: ArrayLike,
    truth: ArrayLike,
    probability_right: ArrayLike,
    *,
    workers: int | None = None,
    level: float = 0.95,
) -> tuple[Floats, Floats, Floats]:
    """Mean, low and high of the accuracy of everybody in a batch, three arrays of shape (W,).

    `task`, `worker`, `label` and `probability_right` have the shape (N,), an entry an answer;
    `classes` (`OPEN` for an open set) and `truth` (`UNKNOWN` if not golden) have the shape (T,).
    `probability_right` is judged by the others only, by whatever method; of golden answers it is
    not read. `workers` is W if people without answers are wanted too.
    """
    if not 0 < level < 1:
        raise ValueError("level must lie strictly between 0 and 1")
    tasks, who, said = (np.asarray(column, dtype=np.int64) for column in (task, worker, label))
    known, stated = np.asarray(truth, dtype=np.int64), np.asarray(probability_right, dtype=np.float64)
    people = int(who.max(initial=-1)) + 1 if workers is None else workers
    if not tasks.shape == who.shape == said.shape == stated.shape == (tasks.size,):
        raise ValueError("task, worker, label and probability must be one-dimensional, of the same length")
    own = np.clip(stated, 0.0, 1.0)
    if not (np.abs(stated - own) <= _ROUNDING).all():
        raise ValueError("a probability lies between 0 and 1")
    golden = known[tasks] != UNKNOWN
    hits = weighted_count(who[golden], (said == known[tasks])[golden].astype(np.float64), people)
    misses = np.bincount(who[golden], minlength=people) - hits
    golden_tasks = np.unique(tasks[golden]).size
    judged = ~golden
    size = _sizes(tasks, said, np.asarray(classes, dtype=np.int64))[tasks[judged]]
    crowd = TYPICAL
    for _ in range(2):
        overlap = overlap_sums(who[judged], own[judged], size, workers=people, crowd=crowd)
        crowd = learn(hits, misses, *overlap, golden_tasks=golden_tasks)
    alpha, beta = posteriors(hits, misses, *overlap, crowd=crowd)
    tail = (1 - level) / 2
    return alpha / (alpha + beta), quantiles(alpha, beta, tail), quantiles(alpha, beta, 1 - tail)


def _sizes(task: Integers, label: Integers, classes: Integers) -> Floats:
    """K of every task; of an open set as in `vote.set_size`, by the labels in use for the task."""
    width = int(label.max(initial=0)) + 1
    seen = np.bincount(np.unique(task * width + label) // width, minlength=classes.size)
    return np.where(classes == OPEN, np.maximum(OPEN_SET_SIZE, seen + 1), classes).astype(np.float64)


def _unsigned(right: Floats, wrong: Floats) -> tuple[Floats, Floats]:
    """Right answers and the total, with a negative side clipped and the total kept, as `beta.update` does."""
    total = np.maximum(right + wrong, 0.0)
    return np.clip(right, 0.0, total), total


def _check(golden_right: Floats, golden_wrong: Floats, overlap_right: Floats, overlap_wrong: Floats) -> None:
    """A ValueError unless the sums are one-dimensional, of one length, finite and not negative."""
    columns = (golden_right, golden_wrong, overlap_right, overlap_wrong)
    if any(column.ndim != 1 or column.shape != golden_right.shape for column in columns):
        raise ValueError("the sums must be one-dimensional, of the same length")
    if not all(np.isfinite(column).all() for column in columns):
        raise ValueError("the sums must be finite")
    if (golden_right < 0).any() or (golden_wrong < 0).any() or (overlap_right + overlap_wrong < -1e-9).any():
        raise ValueError("golden counts are not negative, and neither is the sum of an overlap's counts")
