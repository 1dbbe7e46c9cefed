"""The Bayesian weighted vote on one task under the one-coin model.

One-coin model (Dawid and Skene 1979 with a single parameter a person; Li, Yu and Zhou 2013,
"Error rate bounds in crowdsourcing models", section 2): person i is right with probability a_i,
whatever the true class; when wrong, each of the other K - 1 classes is equally likely. Answers are
independent given the truth. By Bayes' rule, up to a constant,

    log P(class k | answers) = log prior_k + sum over the answers that say k of
                               log( a_i (K - 1) / (1 - a_i) ).

Two conventions, the same everywhere in this package:

* An accuracy is read as at least chance, 1 / K, and at most `MAX_ACCURACY`. Somebody worse than
  chance counts nothing, and never against what they said: else one could win votes by being wrong
  on purpose first. The upper limit says that no single answer is worth more than 999 to 1 (in a
  two-class task).
* `classes=OPEN` is an open set, for instance free text, where the true answer may be one that
  nobody gave. It is treated as a closed set of `OPEN_SET_SIZE` equally likely classes (or one more
  than the seen labels, if that is larger): two people who are wrong coincide about once in twenty.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

OPEN = 0
OPEN_SET_SIZE = 20
MAX_ACCURACY = 0.999

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def posterior(labels: ArrayLike, accuracies: ArrayLike, classes: int, *, prior: ArrayLike | None = None) -> Floats:
    """The probability of every class given the answers to one task.

    `labels` and `accuracies` have shape (n,): answer i says class `labels[i]`, given by a person
    who is right with probability `accuracies[i]`. `prior` has shape (classes,), is positive and
    sums to one; without one all classes are equally likely.

    The result has shape (classes,). For `classes=OPEN` it has one entry a label from 0 to the
    largest, and a last one for "none of these"; a prior cannot be given then.
    """
    votes, weights, size = _checked(labels, accuracies, classes)
    scores = _scores(votes, weights, classes, size, prior)
    return _softmax(scores)


def leave_one_out(labels: ArrayLike, accuracies: ArrayLike, classes: int, *, prior: ArrayLike | None = None) -> Floats:
    """For every voter the probability that they are right, judged by the others' votes only.

    Arguments as in `posterior`; the result has shape (n,). One pass over votes and classes: the
    log score of a voter's class without their own vote is compared with the log sum of all other
    classes, which a running sum from either end gives without subtraction, hence without loss of
    digits when a class is all but certain.
    """
    votes, weights, size = _checked(labels, accuracies, classes)
    scores = _scores(votes, weights, classes, size, prior)
    nothing = np.full(1, -np.inf)
    before = np.concatenate([nothing, np.logaddexp.accumulate(scores)[:-1]])
    after = np.concatenate([np.logaddexp.accumulate(scores[::-1])[-2::-1], nothing])
    rest = np.logaddexp(before, after)
    odds: Floats = scores[votes] - weights - rest[votes]
    return np.exp(-np.logaddexp(0.0, -odds))


def others_posterior(labels: ArrayLike, accuracies: ArrayLike, classes: int, *, prior: ArrayLike | None = None) -> Floats:
    """For every voter the whole posterior given the others' votes, shape (n, number of entries).

    Row i is `posterior` of the task without answer i (for `OPEN`, with the entries of the whole
    task, so that the label of answer i has one even if nobody else gave it).
    """
    votes, weights, size = _checked(labels, accuracies, classes)
    scores = np.tile(_scores(votes, weights, classes, size, prior), (votes.size, 1))
    scores[np.arange(votes.size), votes] -= weights
    return _softmax(scores)


def set_size(classes: int, seen: int) -> int:
    """The number of classes K that the model reckons with, given how many labels are in use."""
    if classes == OPEN:
        return max(OPEN_SET_SIZE, seen + 1)
    if classes < 2:
        raise ValueError("a task has at least two classes, or an open set of them")
    return classes


def log_weights(accuracies: Floats, size: Any) -> Floats:
    """The weight of a vote, log(a (K - 1) / (1 - a)), never negative; `size` is K, broadcast."""
    kept = np.clip(accuracies, np.minimum(1.0 / size, MAX_ACCURACY), MAX_ACCURACY)
    weights: Floats = np.maximum(np.log(kept) - np.log1p(-kept) + np.log(size - 1.0), 0.0)
    return weights


def weighted_count(index: Integers, weights: Floats, length: int) -> Floats:
    """The sum of the weights at every index from 0 to `length` - 1."""
    return np.bincount(index, weights, minlength=length).astype(np.float64, copy=False)


def _checked(labels: ArrayLike, accuracies: ArrayLike, classes: int) -> tuple[Integers, Floats, int]:
    votes = np.asarray(labels, dtype=np.int64)
    skills = np.asarray(accuracies, dtype=np.float64)
    if votes.ndim != 1 or votes.shape != skills.shape:
        raise ValueError("labels and accuracies must be one-dimensional and of the same length")
    if not ((skills >= 0) & (skills <= 1)).all():
        raise ValueError("an accuracy lies between 0 and 1")
    size = set_size(classes, int(votes.max(initial=-1)) + 1)
    if votes.size and (votes.min() < 0 or votes.max() >= size):
        raise ValueError("a label lies between 0 and the number of classes less one")
    return votes, log_weights(skills, size), size


def _scores(votes: Integers, weights: Floats, classes: int, size: int, prior: ArrayLike | None) -> Floats:
    """The log posterior up to a constant; for an open set the last entry is all unseen classes."""
    if classes != OPEN:
        scores = weighted_count(votes, weights, size)
        return scores if prior is None else scores + np.log(checked_prior(prior, size))
    if prior is not None:
        raise ValueError("an open set has no class prior")
    entries = int(votes.max(initial=-1)) + 1
    scores = np.zeros(entries + 1)
    scores[:entries] = weighted_count(votes, weights, entries)
    scores[entries] = np.log(size - entries)
    return scores


def checked_prior(prior: ArrayLike, size: int) -> Floats:
    """The class prior as an array of shape (size,), or a ValueError."""
    values = np.asarray(prior, dtype=np.float64)
    if values.shape != (size,) or not (values > 0).all() or abs(values.sum() - 1) > 1e-6:
        raise ValueError("a class prior has one positive entry a class and sums to one")
    return values


def _softmax(scores: Floats) -> Floats:
    """Scores to probabilities along the last axis."""
    grown = np.exp(scores - scores.max(axis=-1, keepdims=True))
    probabilities: Floats = grown / grown.sum(axis=-1, keepdims=True)
    return probabilities
