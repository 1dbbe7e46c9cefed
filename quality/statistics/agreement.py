"""Agreement between people beyond chance: Krippendorff's alpha for labels, weighted kappa for scores."""

import math

import numpy as np
from numpy.typing import ArrayLike


def krippendorff_alpha(task: ArrayLike, label: ArrayLike) -> float:
    """Krippendorff's alpha for nominal labels, with any number of answers a task.

    `task` and `label` are integers of shape (N,), one entry an answer; missing answers are simply
    not there. With n_uc answers c in unit u, m_u answers in unit u, n_c and n the totals over the
    units with at least two answers (Krippendorff 2011, "Computing Krippendorff's
    alpha-reliability", section D; Hayes and Krippendorff 2007):

        alpha = 1 - D_o / D_e
        D_o   = sum over u of (m_u - sum over c of n_uc (n_uc - 1) / (m_u - 1)) / n
        D_e   = 1 - sum over c of n_c (n_c - 1) / (n (n - 1))

    1 is full agreement, 0 what chance gives, negative is systematic disagreement. NaN where it is
    undefined: no task with two answers, or the same label everywhere, which varies too little to
    tell agreement from chance.
    """
    units = np.asarray(task, dtype=np.int64)
    values = np.asarray(label, dtype=np.int64)
    if units.ndim != 1 or units.shape != values.shape:
        raise ValueError("task and label must be one-dimensional and of the same length")
    _, unit, counts = np.unique(units, return_inverse=True, return_counts=True)
    paired = counts[unit] > 1
    if not paired.any():
        return math.nan
    unit = unit[paired]
    codes, value = np.unique(values[paired], return_inverse=True)
    total = unit.size
    cells, cell_count = np.unique(unit * codes.size + value, return_counts=True)
    matched = cell_count * (cell_count - 1) / (counts[cells // codes.size] - 1)
    observed = 1 - float(matched.sum()) / total
    margin = np.bincount(value).astype(np.float64)
    expected = 1 - float((margin * (margin - 1)).sum()) / (total * (total - 1))
    return 1 - observed / expected if expected > 0 else math.nan


def quadratic_kappa(first: ArrayLike, second: ArrayLike) -> float:
    """Cohen's weighted kappa of two raters' scores of the same things, with quadratic weights (Cohen 1968, "Weighted kappa").

        kappa = 1 - (mean of (x_i - y_i)^2 over i) / (mean of (x_i - y_j)^2 over all i, j)

    1 is full agreement, 0 what raters with these margins reach by chance, negative is systematic disagreement; being apart by two
    counts four times as much as by one. NaN where it is undefined: both gave one and the same score throughout.
    """
    x = np.asarray(first, dtype=np.float64)
    y = np.asarray(second, dtype=np.float64)
    if x.ndim != 1 or x.shape != y.shape or not x.size:
        raise ValueError("both must be one-dimensional, of the same length, and not empty")
    expected = float(x.var() + y.var() + (x.mean() - y.mean()) ** 2)
    return 1 - float(((x - y) ** 2).mean()) / expected if expected > 0 else math.nan
