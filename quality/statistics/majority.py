"""The majority vote, smoothed by how frequent the labels are: what needs no belief about anybody."""

from piecework.quality.statistics.table import Table
from piecework.quality.statistics.vote import Floats

IMAGINED = 1.0
"""How many imagined answers a task has beforehand, spread over the classes as all answers are.

They break ties for the more frequent label, and keep two of two answers from being certainty.
"""


def fit(table: Table) -> Floats:
    """The shares of the votes, shape (K, T); certain where the truth is known."""
    votes = table.votes()
    frequency = (1 + votes.sum(axis=1)) / (table.classes + table.task.size)
    imagined = IMAGINED * frequency
    return table.clamped((votes + imagined[:, None]) / (votes.sum(axis=0) + IMAGINED))
