"""The BASIC dynamic overlap of Toloka's documentation ("Dynamic overlap"), for comparison with `vote.posterior`.

    q_i  = (K + correct golden answers) / (2 K + golden answers),   K = 0.5
    P(x) proportional to the product over answers of q_i if it is x, else (1 - q_i) / (Y - 1),   Y classes

It differs from `vote.posterior` in the estimate of a person, which starts at one half, and in that somebody worse than chance
votes against what they say.
"""

import numpy as np
from numpy.typing import ArrayLike

from piecework.quality.statistics.vote import Floats, weighted_count

SMOOTHING = 0.5


def skill(correct: float, golden: float) -> float:
    """A person's q after so many golden answers, of which `correct` were right; one half without any."""
    if not 0 <= correct <= golden:
        raise ValueError("correct answers are not negative and no more than all golden answers")
    return (SMOOTHING + correct) / (2 * SMOOTHING + golden)


def toloka_basic(labels: ArrayLike, skills: ArrayLike, classes: int) -> Floats:
    """The confidence in each class, shape (classes,), after answers `labels` (n,) of people with `skills` (n,) between 0 and 1."""
    votes = np.asarray(labels, dtype=np.int64)
    chances = np.asarray(skills, dtype=np.float64)
    if votes.ndim != 1 or votes.shape != chances.shape:
        raise ValueError("labels and skills must be one-dimensional and of the same length")
    if classes < 2 or (votes.size and not 0 <= votes.min() <= votes.max() < classes):
        raise ValueError("there are at least two classes and a label is one of them")
    if not ((chances > 0) & (chances < 1)).all():
        raise ValueError("a skill lies strictly between 0 and 1")
    scores = weighted_count(votes, np.log(chances) - np.log((1 - chances) / (classes - 1)), classes)
    grown = np.exp(scores - scores.max())
    confidence: Floats = grown / grown.sum()
    return confidence
