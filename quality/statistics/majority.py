"""The majority vote, smoothed by how frequent the labels are: what needs no belief about anybody."""

import numpy as np

from piecework.quality.statistics.coin import known_right
from piecework.quality.statistics.table import Table
from piecework.quality.statistics.vote import Floats

IMAGINED = 1.0
"""How many imagined answers a task has beforehand, spread over the classes as all answers are.

They break ties for the more frequent label, and keep two of two answers from being certainty.
"""


def fit(table: Table) -> tuple[Floats, Floats]:
    """The shares of the votes, shape (K, T), and for every answer, sorted, the share of the others that say the same."""
    votes = table.votes()
    frequency = (1 + votes.sum(axis=1)) / (table.classes + table.task.size)
    imagined = IMAGINED * frequency
    total = votes.sum(axis=0) + IMAGINED
    right = (table.own(votes) - 1 + imagined[table.label]) / (total[table.task] - 1)
    return table.clamped((votes + imagined[:, None]) / total), known_right(table, np.minimum(right, 1.0))
