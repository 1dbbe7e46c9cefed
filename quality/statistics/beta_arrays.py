"""Quantiles of many Beta distributions at once, for a table of people.

`beta.quantile` is exact to the last digits and takes one distribution; this takes arrays and stops
at `TOLERANCE`: 100,000 quantiles take about a second.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from piecework.quality.statistics.vote import Floats

TOLERANCE = 1e-9
"""How far a quantile may lie from that of `beta.quantile`, as a probability."""

_TINY = 1e-300
_MAX_TERMS = 20_000
_MAX_STEPS = 200
_LARGEST = 700.0
_lgamma = np.frompyfunc(math.lgamma, 1, 1)


def quantiles(alpha: ArrayLike, beta: ArrayLike, probability: float) -> Floats:
    """For every pair of positive shapes the x with a chance of `probability` below it.

    `alpha` and `beta` have the shape (n,). Newton's method in the logarithm of the odds of x, where
    the distribution function is close to a normal one, inside a bracket that every step shrinks; a
    step that leaves the bracket becomes a bisection. Only what has not converged is computed on.
    """
    a, b = (np.atleast_1d(np.asarray(shape, dtype=np.float64)) for shape in (alpha, beta))
    if a.ndim != 1 or a.shape != b.shape:
        raise ValueError("the shapes must be one-dimensional and of the same length")
    if not (np.isfinite(a) & np.isfinite(b) & (a > 0) & (b > 0)).all():
        raise ValueError("both shapes of a Beta distribution must be positive and finite")
    if not 0 < probability < 1:
        raise ValueError("the probability must lie strictly between 0 and 1")
    constant = np.asarray(_lgamma(a + b) - _lgamma(a) - _lgamma(b), dtype=np.float64)
    odds = np.log(a) - np.log(b)
    low, high = np.full(a.size, -_LARGEST), np.full(a.size, _LARGEST)
    left = np.arange(a.size)
    for _ in range(_MAX_STEPS):
        if not left.size:
            break
        here, left_a, left_b = odds[left], a[left], b[left]
        chance, slope = _distribution(left_a, left_b, constant[left], here)
        error = chance - probability
        low[left] = np.where(error < 0, here, low[left])
        high[left] = np.where(error >= 0, here, high[left])
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            step = here - error / slope
        outside = ~((step > low[left]) & (step < high[left]))
        step[outside] = 0.5 * (low[left] + high[left])[outside]
        odds[left] = step
        moved = np.where(outside, _probability(high[left]) - _probability(low[left]), _probability(step) - _probability(here))
        left = left[np.abs(moved) > TOLERANCE / 10]
    return _probability(odds)


def _probability(odds: Floats) -> Floats:
    """The probability with the given logarithm of the odds."""
    grown = np.exp(-np.abs(odds))
    found: Floats = np.where(odds >= 0, 1.0, grown) / (1.0 + grown)
    return found


def _distribution(a: Floats, b: Floats, constant: Floats, odds: Floats) -> tuple[Floats, Floats]:
    """The chance of a value below x and its slope in the log odds of x, x^a (1-x)^b / B(a, b)."""
    x = _probability(odds)
    log_x, log_rest = -np.logaddexp(0.0, -odds), -np.logaddexp(0.0, odds)
    front = np.exp(constant + a * log_x + b * log_rest)
    below = x < (a + 1) / (a + b + 2)
    first, second = np.where(below, a, b), np.where(below, b, a)
    tail = np.minimum(front * _fraction(first, second, np.where(below, x, _probability(-odds))) / first, 1.0)
    return np.where(below, tail, 1.0 - tail), front


def _fraction(a: Floats, b: Floats, x: Floats) -> Floats:
    """The continued fraction of the incomplete beta function, by Lentz's method: see `beta`."""
    value = np.empty_like(x)
    index = np.arange(x.size)
    d = 1 - (a + b) * x / (a + 1)
    d = 1 / np.where(np.abs(d) > _TINY, d, _TINY)
    c, found = np.ones_like(x), d.copy()
    for m in range(1, _MAX_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 + term * d
            d = 1 / np.where(np.abs(d) > _TINY, d, _TINY)
            c = 1 + term / c
            c = np.where(np.abs(c) > _TINY, c, _TINY)
            found = found * d * c
        done = np.abs(d * c - 1) <= TOLERANCE * 1e-3
        if done.any():
            value[index[done]] = found[done]
            kept = ~done
            index = index[kept]
            a, b, x, c, d, found = (array[kept] for array in (a, b, x, c, d, found))
            if not index.size:
                break
    return value
