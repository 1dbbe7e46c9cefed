"""The logarithm of the gamma function and its derivative, for arrays of positive numbers."""

import math

import numpy as np

from piecework.quality.statistics.vote import Floats

_SHIFT = 6


def digamma(x: Floats) -> Floats:
    """The derivative of log gamma, exact to about 1e-10: x is raised by six, then the asymptotic series.

    Abramowitz and Stegun 6.3.5 and 6.3.18.
    """
    raised = x + _SHIFT
    square = 1 / (raised * raised)
    series = square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square * (1 / 240 - square / 132))))
    value: Floats = np.log(raised) - 0.5 / raised - series
    for step in range(_SHIFT):
        value -= 1 / (x + step)
    return value


def log_gamma(x: Floats) -> Floats:
    """Log gamma, exact to about 1e-10: x is raised by six, then Stirling's series (6.1.41)."""
    raised = x + _SHIFT
    product = np.ones_like(x)
    for step in range(_SHIFT):
        product *= x + step
    inverse = 1 / raised
    square = inverse * inverse
    series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)))
    value: Floats = (raised - 0.5) * np.log(raised) - raised + 0.5 * math.log(2 * math.pi) + series - np.log(product)
    return value
