"""Many tests at once: the false discovery rate of Benjamini and Hochberg."""

import numpy as np
from numpy.typing import ArrayLike

from piecework.quality.statistics.vote import Floats


def adjusted(p_values: ArrayLike, tests: int | None = None) -> Floats:
    """The adjusted p-values ("q-values") of Benjamini and Hochberg, shape (n,).

    Rejecting what is at most `rate` keeps the expected share of false rejections at `rate`
    (Benjamini and Hochberg 1995, "Controlling the false discovery rate"): the i-th smallest of m
    p-values becomes the smallest of m p_j / j over j >= i, at most 1. It holds for independent or
    positively dependent p-values; and for any dependence if each p is 1 / e of an e-value, a
    statistic whose mean is at most 1 under its null hypothesis (Wang and Ramdas 2022, "False
    discovery rate control with e-values", section 4).

    `tests` is m where it exceeds n, the missing p-values being 1.
    """
    values = np.asarray(p_values, dtype=np.float64)
    if values.ndim != 1 or not ((values >= 0) & (values <= 1)).all():
        raise ValueError("p-values are one-dimensional and lie between 0 and 1")
    count = values.size if tests is None else tests
    if count < values.size:
        raise ValueError("there are at least as many tests as p-values")
    order = np.argsort(values, kind="stable")
    scaled = values[order] * count / np.arange(1, values.size + 1)
    found = np.empty_like(values)
    found[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return found
