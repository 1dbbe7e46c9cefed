"""Agreement between people beyond chance: Krippendorff's alpha."""

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
