"""Flat answers: people whose labels, or positions on the screen, do not depend on the task.

Two explanations of a person's answers, given the labels held to be right:

* flat: every answer is drawn from one distribution, whatever the task. It is unknown, so averaged
  over the Dirichlet(1/2) prior (Krichevsky and Trofimov 1981), which costs about log(n) / 2 nats a
  class;
* working: where label r is right they are right with some chance a_r, and else fall on the wrong
  labels as the crowd does. a_r is free above a floor: chance, or half the crowd's own share if that
  is less, as where all confuse two classes. The best a_r counts.

The likelihood ratio E of flat against the best working explanation has a mean of at most 1 for who
works, whatever their a_r, so that 1 / E is a p-value ("universal inference": Wasserman, Ramdas and
Balakrishnan 2020). Where the tasks are skewed, saying mostly one thing is right and both explain
it. Somebody who clicks all labels evenly at random is found by their accuracy, not here.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from piecework.quality.statistics.fdr import adjusted
from piecework.quality.statistics.signals import Signal
from piecework.quality.statistics.vote import Floats, Integers, weighted_count


@dataclass(frozen=True, slots=True, eq=False)
class Flat:
    """W people, K the largest number of classes."""

    counts: Integers
    """(W, K) How often each person gave each label."""
    expected: Floats
    """(W, K) How often the crowd's mean person would have, on the same tasks."""
    entropy: Floats
    expected_entropy: Floats
    """(W,) Entropy of both distributions, in bits."""
    ratio: Floats
    """(W,) log10 of the likelihood ratio E; above 0 speaks for flat answers."""
    p: Floats
    q: Floats
    """(W,) The p-value 1 / E, and the same adjusted for the number of people."""


def find(worker: ArrayLike, label: ArrayLike, reference: ArrayLike, classes: ArrayLike, *, workers: int) -> Flat:
    """Test everybody. All arrays are integers of shape (N,), one entry an answer.

    `reference` is the label held to be right, the truth or the consensus, and `classes` the number
    of classes to choose from. For the bias of position give, in place of labels, the positions at
    which the label given and the label held to be right were shown, and the number of options.
    """
    columns = [np.asarray(column, dtype=np.int64) for column in (worker, label, reference, classes)]
    person, said, right, size = columns
    if any(column.ndim != 1 or column.shape != person.shape for column in columns):
        raise ValueError("worker, label, reference and classes must be one-dimensional, of the same length")
    if person.min(initial=0) < 0 or person.max(initial=-1) >= workers:
        raise ValueError("a worker lies between 0 and the number of workers less one")
    if (size < 2).any() or (np.minimum(said, right) < 0).any() or (np.maximum(said, right) >= size).any():
        raise ValueError("there are at least two classes, and labels lie between 0 and their number less one")
    width = int(size.max(initial=2))
    row = size * width + right  # one distribution for each number of classes and label held to be right
    answers = weighted_count(row * width + said, np.ones(said.size), (width + 1) * width * width).reshape(-1, width)
    log = _flat(person, said, size, workers, width) - _working(person, said, right, size, row, answers, workers)
    p = np.exp(np.minimum(-log, 0.0))
    confusion = answers / np.maximum(answers.sum(axis=1, keepdims=True), 1)
    counts = np.bincount(person * width + said, minlength=workers * width).reshape(workers, width)
    expected = np.stack([weighted_count(person, confusion[row, k], workers) for k in range(width)], axis=1)
    return Flat(counts, expected, _entropy(counts), _entropy(expected), log / np.log(10), p, adjusted(p))


def signals(found: Flat, *, rate: float = 0.01, what: str = "answer") -> list[Signal]:
    """A signal for everybody whose q is at most `rate`; `what` names the codes, "answer" or "position"."""
    made = []
    for person in np.flatnonzero(found.q <= rate).tolist():
        counts, expected = found.counts[person], found.expected[person]
        top, total = int(counts.argmax()), int(counts.sum())
        words = (
            f"{what.capitalize()} {top} was chosen {counts[top]} times of {total}, where the tasks call for about "
            f"{expected[top]:.0f}; the choice hardly depends on the task."
        )
        details = {
            "what": what,
            "counts": counts.tolist(),
            "expected": expected.tolist(),
            "entropy": float(found.entropy[person]),
            "expected_entropy": float(found.expected_entropy[person]),
            "q": float(found.q[person]),
        }
        made.append(Signal("flat", (person,), float(found.ratio[person]), words, details))
    return sorted(made, key=lambda signal: -signal.strength)


def _flat(person: Integers, said: Integers, size: Integers, workers: int, width: int) -> Floats:
    """The log marginal likelihood of each person's labels, drawn apart for each number of classes."""
    log = np.zeros(workers)
    for classes in np.unique(size).tolist():
        mine = size == classes
        counts = np.bincount(person[mine] * width + said[mine], minlength=workers * width).reshape(workers, width)
        for who in np.flatnonzero(counts.any(axis=1)).tolist():
            given = counts[who, :classes].tolist()
            log[who] += math.lgamma(classes / 2) - math.lgamma(sum(given) + classes / 2)
            log[who] += sum(math.lgamma(n + 0.5) - math.lgamma(0.5) for n in given)
    return log


def _working(
    person: Integers, said: Integers, right: Integers, size: Integers, row: Integers, answers: Floats, workers: int
) -> Floats:
    """The largest log likelihood of each person's labels if they depend on the task."""
    hit = said == right
    total = answers.sum(axis=1)
    hits = np.zeros(total.size)
    hits[row] = answers[row, right]
    share = (answers[row, said] + 1 / (size - 1)) / (total[row] - hits[row] + 1)
    keys, at = np.unique(person * total.size + row, return_inverse=True)
    of = keys % total.size
    floor = np.minimum(1 / (of // answers.shape[1]), 0.5 * (hits[of] + 1) / (total[of] + 2))
    count = np.bincount(at, minlength=keys.size)
    chance = np.clip(weighted_count(at, hit.astype(np.float64), keys.size) / np.maximum(count, 1), floor, 1.0)
    with np.errstate(divide="ignore"):
        logs = np.where(hit, np.log(chance[at]), np.log1p(-chance[at]) + np.log(share))
    return weighted_count(person, logs, workers)


def _entropy(counts: ArrayLike) -> Floats:
    """Entropy of each row of counts, in bits; 0 for an empty one."""
    values = np.asarray(counts, dtype=np.float64)
    shares = values / np.maximum(values.sum(axis=1, keepdims=True), 1e-300)
    entropy: Floats = -(shares * np.log2(np.where(shares > 0, shares, 1.0))).sum(axis=1)
    return np.maximum(entropy, 0.0)
