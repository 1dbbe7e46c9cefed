"""The logarithm of the gamma function and its derivative, for arrays of positive numbers.

The argument is raised by four, where the asymptotic series are exact to about 1e-8, and lowered
again by the recurrence; with y = x (x + 3) the four factors are x (x + 1) (x + 2) (x + 3) = y (y + 2).
"""

import math

import numpy as np

from piecework.quality.statistics.vote import Floats

_SHIFT = 4


def digamma(x: Floats) -> Floats:
    """The derivative of log gamma (Abramowitz and Stegun 6.3.5 and 6.3.18)."""
    inverse = 1 / (x + _SHIFT)
    square = inverse * inverse
    y = x * (x + 3)
    lowered = (2 * x + 3) * (2 * y + 2) / (y * (y + 2))
    series = square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square * (1 / 240 - square / 132))))
    value: Floats = np.log(x + _SHIFT) - 0.5 * inverse - series - lowered
    return value


def log_gamma(x: Floats) -> Floats:
    """Log gamma, by Stirling's series (Abramowitz and Stegun 6.1.41)."""
    raised = x + _SHIFT
    inverse = 1 / raised
    square = inverse * inverse
    y = x * (x + 3)
    series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)))
    value: Floats = (raised - 0.5) * np.log(raised) - raised + 0.5 * math.log(2 * math.pi) + series - np.log(y * (y + 2))
    return value
