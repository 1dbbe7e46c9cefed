"""The vote on a set of ticked options: one yes-or-no vote an option.

Sets are a poor open set: whoever errs usually errs in one option and agrees with the others in the rest. So every one of the m
options is voted on by itself, as in binary relevance (Tsoumakas and Katakis 2007), under the one-coin model with two classes, both
equally likely beforehand, options independent of each other given the truth.

A person's accuracy is the probability that their *whole set* is right. Their probability p of being right in one option is the one
that makes that true: if a set is right only when it is equal, accuracy = p^m. If it is right when the overlap with the truth
(Jaccard 1912: ticked in both / ticked in either) reaches a threshold, p solves P(overlap >= threshold) = accuracy. As in `vote`, p
is at least one half: nobody votes against what they tick.

A probability of a set is accordingly that of being *right* in that sense: a sum over the independent options' outcomes, in which
only two numbers matter, how many of the set's options are true and how many others.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from piecework.quality.statistics.vote import MAX_ACCURACY, Floats

Bits = NDArray[np.bool_]
GRID = 1 - 0.5 * np.linspace(1, 0, 129) ** 3
"""Probabilities p from 1/2 to 1, close together near 1 where accuracies change fastest."""


@dataclass(frozen=True, slots=True, eq=False)
class TickVote:
    """The vote on a set of m options by n people."""

    chances: Floats
    """(m,) The probability that the option belongs to the set."""
    right: list[float]
    """(n,) By the others only, the probability that a person's set is right."""


def vote(ticks: ArrayLike, accuracies: ArrayLike, threshold: float | None = None) -> TickVote:
    """`ticks`, shape (n, m), says who ticked what; `accuracies`, shape (n,), how often their sets are right.

    A set is right if equal to the truth, or with a `threshold` if it overlaps with it that far.
    """
    said = np.asarray(ticks, dtype=np.bool_)
    skills = np.asarray(accuracies, dtype=np.float64)
    if said.ndim != 2 or skills.shape != said.shape[:1] or not said.shape[1]:
        raise ValueError(
            "ticks have a row a person and a column an option; there is one accuracy a person and an option at least"
        )
    if not ((skills >= 0) & (skills <= 1)).all():
        raise ValueError("an accuracy lies between 0 and 1")
    odds = np.array([_log_odds(float(a), int(row.sum()), row.size, threshold) for a, row in zip(skills, said, strict=True)])
    pulls = np.where(said, odds[:, None], -odds[:, None])
    total = pulls.sum(axis=0)
    chances = _sigmoid(total)
    others = _sigmoid(total - pulls)
    right = [probability_right(row, other, threshold) for row, other in zip(said, others, strict=True)]
    return TickVote(chances, right)


def probability_right(ticks: Bits, chances: Floats, threshold: float | None = None) -> float:
    """The probability that the set `ticks`, shape (m,), is right if each option is true with its chance, shape (m,), by itself."""
    if threshold is None:
        return float(np.prod(np.where(ticks, chances, 1 - chances)))
    hits, extras = _how_many(chances[ticks]), _how_many(chances[~ticks])
    either = int(ticks.sum()) + np.arange(extras.size)
    enough = np.arange(hits.size)[:, None] >= threshold * either - 1e-9
    return float(hits @ enough @ extras)


def _how_many(chances: Floats) -> Floats:
    """The distribution of the number of true ones (Poisson's binomial distribution), shape (len(chances) + 1,)."""
    found = np.ones(1)
    for chance in chances:
        found = np.convolve(found, (1 - chance, chance))
    return found


def _log_odds(accuracy: float, ticked: int, options: int, threshold: float | None) -> float:
    bounded = min(accuracy, MAX_ACCURACY)
    p = bounded ** (1 / options) if threshold is None else np.interp(bounded, _curve(ticked, options, threshold), GRID)
    kept = max(float(p), 0.5)
    return float(np.log(kept) - np.log1p(-kept))


@lru_cache(maxsize=1024)
def _curve(ticked: int, options: int, threshold: float) -> Floats:
    """How often a set with so many options ticked is right, for every p of `GRID`."""
    ticks = np.arange(options) < ticked
    return np.array([probability_right(ticks, np.where(ticks, p, 1 - p), threshold) for p in GRID])


def _sigmoid(odds: Floats) -> Floats:
    chances: Floats = np.exp(-np.logaddexp(0.0, -odds))
    return chances
