"""Forecasts of counts by the hour with a weekly season: two simple methods, compared on the past; the better is kept.

History is an array of counts per hour that ends now, without holes; a week is 168 hours from there backwards, so no calendar is needed. Many
series of one length are reckoned at once (one per row). Clock changes shift the season by an hour twice a year; both methods have
learnt that after a few weeks.

Sources: Hyndman and Athanasopoulos, Forecasting: Principles and Practice (seasonal naive, drift, Holt-Winters, prediction intervals from
residuals); Winters (1960); Hyndman and Koehler (2006), Another look at measures of forecast accuracy (MASE).
"""

from dataclasses import dataclass
from enum import StrEnum
from itertools import product

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

WEEK = 168
NAIVE_WEEKS = 4
"""So many weeks the naive method looks back on."""
TEST_WEEKS = 4
"""The methods are compared on so many weeks, each forecast from what was known at its beginning."""
ENOUGH_WEEKS = 8
"""With less history nothing is forecast: half of it is what the methods learn from, the other half what they are compared on."""
LOWEST, HIGHEST = 0.1, 0.9
"""The quantiles of the residuals between which four of five counts lie."""

# What the smoothing may be like: weights of the newest hour in the level, in its trend, and of the newest week in the season. The level of
# hourly counts is noisy, so its weights are small; the trend may be none.
GRID: Array = np.array(list(product((0.005, 0.02, 0.08), (0.0, 0.002), (0.05, 0.15, 0.4))))


class Method(StrEnum):
    """seasonal_naive: the mean of the same hour of the last weeks, with their drift · holt_winters: exponential smoothing, additive."""

    SEASONAL_NAIVE = "seasonal_naive"
    HOLT_WINTERS = "holt_winters"


@dataclass(frozen=True, slots=True)
class Forecast:
    """Expected counts per hour from now on, and between which bounds four of five should lie.

    `errors` is the mean absolute scaled error of each method on the last weeks: below 1 it is better than "as a week ago". None if
    the series repeats itself exactly from week to week, so that there is nothing to scale by.
    """

    method: Method
    expected: Array
    low: Array
    high: Array
    errors: dict[Method, float | None]


def seasonal_naive(history: Array, horizon: int) -> Array:
    """The mean of the same hour of the last weeks, moved on by their drift: the mean change of the weekly mean from one to the next."""
    weeks = history[:, -NAIVE_WEEKS * WEEK :].reshape(len(history), NAIVE_WEEKS, WEEK)
    drift = (weeks[:, -1].mean(axis=1) - weeks[:, 0].mean(axis=1)) / (NAIVE_WEEKS - 1)
    hours = np.arange(horizon)
    ahead = hours // WEEK + (NAIVE_WEEKS + 1) / 2  # weeks from the middle of those looked at
    told: Array = np.maximum(0.0, weeks.mean(axis=1)[:, hours % WEEK] + drift[:, None] * ahead)
    return told


def holt_winters(history: Array, origins: list[int], horizon: int) -> list[Array]:
    """Additive Holt-Winters: the forecast from each of these moments (hours of history known), by what was known then only.

    Level, trend and season begin with the first two weeks. Of the weights in `GRID` those are taken, at each origin anew and for
    each series by itself, that had the smallest squared error one hour ahead so far. One walk through time for all series, weights
    and origins.
    """
    series, known = history.shape
    first = history[:, : 2 * WEEK].reshape(series, 2, WEEK).mean(axis=1)
    alpha, beta, gamma = (GRID[:, place] for place in range(3))
    level = np.repeat(first.mean(axis=1)[:, None], len(GRID), axis=1)
    trend = np.zeros_like(level)
    season = np.repeat((first - first.mean(axis=1)[:, None])[:, None, :], len(GRID), axis=1)
    squares = np.zeros_like(level)
    made: dict[int, Array] = {}
    hours = np.arange(horizon)
    rows = np.arange(series)
    for hour in range(2 * WEEK, known + 1):
        if hour in origins:
            best = np.argmin(squares, axis=1)
            turned = season[rows, best][:, (hour + hours) % WEEK]
            line = level[rows, best][:, None] + trend[rows, best][:, None] * (hours + 1)
            made[hour] = np.maximum(0.0, line + turned)
        if hour == known:
            break
        now, place = history[:, hour, None], hour % WEEK
        error = now - (level + trend + season[:, :, place])
        squares += error * error
        before = level
        level = alpha * (now - season[:, :, place]) + (1 - alpha) * (level + trend)
        trend = beta * (level - before) + (1 - beta) * trend
        season[:, :, place] = gamma * (now - level) + (1 - gamma) * season[:, :, place]
    return [made[origin] for origin in origins]


def scale(history: Array) -> Array:
    """What errors are measured by: the mean absolute error of "as a week ago" within these hours, of each series."""
    changes: Array = np.abs(history[:, WEEK:] - history[:, :-WEEK]).mean(axis=1)
    return changes


def forecasts(history: Array, horizon: int) -> list[Forecast]:
    """Forecast each series by the method with the smaller error on its last weeks (the naive one if they are level).

    Residuals are divided by the square root of the forecast before their quantiles are taken, and multiplied by it after: counts
    vary about so, and a busy noon is further off than a quiet night.
    """
    series, known = history.shape
    if known % WEEK or known < ENOUGH_WEEKS * WEEK:
        raise ValueError(f"at least {ENOUGH_WEEKS} whole weeks")
    origins = [known - week * WEEK for week in range(TEST_WEEKS, 0, -1)]
    smoothed = holt_winters(history, [*origins, known], max(horizon, WEEK))
    tested = {
        Method.SEASONAL_NAIVE: np.hstack([seasonal_naive(history[:, :origin], WEEK) for origin in origins]),
        Method.HOLT_WINTERS: np.hstack([one[:, :WEEK] for one in smoothed[:-1]]),
    }
    ahead = {Method.SEASONAL_NAIVE: seasonal_naive(history, horizon), Method.HOLT_WINTERS: smoothed[-1][:, :horizon]}
    actual, unit = history[:, origins[0] :], scale(history[:, : origins[0]])
    absolute = {method: np.abs(actual - told).mean(axis=1) for method, told in tested.items()}
    found = []
    for row in range(series):
        method = min(Method, key=lambda one: absolute[one][row])
        expected, told = ahead[method][row], tested[method][row]
        low, high = np.quantile((actual[row] - told) / np.sqrt(1 + told), (LOWEST, HIGHEST))
        spread = np.sqrt(1 + expected)
        found.append(
            Forecast(
                method,
                expected,
                np.maximum(0.0, expected + min(low, 0.0) * spread),
                expected + max(high, 0.0) * spread,
                {one: float(absolute[one][row] / unit[row]) if unit[row] > 0 else None for one in Method},
            )
        )
    return found
