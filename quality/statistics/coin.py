"""The one-coin model by variational Bayes, which gives the evidence that other models are compared with.

The model is that of `onecoin`: a person is right with a probability of their own, drawn from
`ACCURACY_PRIOR`; who is wrong says any other class alike. With q the posterior of the tasks (K, T),
r_w the expected right answers of person w, n_w their answers, u_k the expected tasks of class k:

    Beta(alpha + r_w, beta + n_w - r_w)     the posterior of the accuracy of w,
    Dirichlet(s + u)                        that of the class frequencies,
    log q(k, t) = E log p_k + sum over answers k of (E log a - E log((1 - a) / (K - 1)))

(Kim and Ghahramani 2012, "Bayesian classifier combination", with tied confusion matrices; the means
of logarithms are differences of digamma functions). Each round raises the lower bound of log
P(answers) that is returned as evidence.
"""

from dataclasses import dataclass

import numpy as np

from piecework.quality.statistics.beta import ACCURACY_PRIOR
from piecework.quality.statistics.special import digamma, log_gamma
from piecework.quality.statistics.table import Table, softmax
from piecework.quality.statistics.vote import Floats

TOLERANCE = 1e-5
"""EM stops once a task's posterior moves by no more than this on average over the tasks."""
MAX_STEPS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Coins:
    """The fitted model."""

    posterior: Floats
    """(K, T)"""
    evidence: float
    score: Floats
    """(K, T) Log posterior, up to a constant a task."""
    weight: Floats
    """(W,) What one answer of a person adds to the score of its class."""

    def right(self, table: Table) -> Floats:
        """(N,) sorted: the probability that an answer is right, by the others' answers."""
        return right_without(table, self.score, self.weight[table.worker])


def fit(table: Table, *, class_weight: float = 1.0) -> Coins:
    """Fit the model; `class_weight` imagined tasks of every class: many make all classes equally frequent."""
    alpha, beta = ACCURACY_PRIOR.alpha, ACCURACY_PRIOR.beta
    posterior = table.shares()
    for _ in range(MAX_STEPS):
        agreed = table.agreement(posterior)
        right, wrong = alpha + agreed, beta + table.answered - agreed
        weight = digamma(right) - digamma(wrong) + np.log(table.classes - 1)
        frequency = class_weight + posterior.sum(axis=1)
        score = table.sums(weight[table.worker]) + digamma(frequency)[:, None]
        updated = table.clamped(softmax(score)) if table.tasks else posterior
        moved = np.abs(updated - posterior).max(axis=0, initial=0.0)
        posterior = updated
        if moved.sum() <= TOLERANCE * table.tasks:
            break
    agreed = table.agreement(posterior)
    right, wrong = alpha + agreed, beta + table.answered - agreed
    evidence = (_log_beta(right, wrong) - _log_beta(np.array(alpha), np.array(beta))).sum()
    evidence -= float((table.answered - agreed).sum()) * np.log(table.classes - 1)
    evidence += log_dirichlet(class_weight + posterior.sum(axis=1)) - log_dirichlet(np.full(table.classes, class_weight))
    return Coins(posterior, float(evidence + entropy(posterior)), score, weight)


def entropy(posterior: Floats) -> float:
    """The sum over tasks of -p log p."""
    return float(-(posterior * np.log(np.maximum(posterior, 1e-300))).sum())


def log_dirichlet(counts: Floats) -> float:
    """The logarithm of the normaliser of a Dirichlet distribution along the first axis, summed over the others."""
    return float(log_gamma(counts).sum() - log_gamma(counts.sum(axis=0)).sum())


def right_without(table: Table, score: Floats, weight: Floats) -> Floats:
    """(N,) sorted: the probability of each answer's label once its own `weight` (N,) is taken from the `score` (K, T).

    Where the truth is known, 0 or 1.
    """
    top = score.max(axis=0, initial=-np.inf)
    grown = np.exp(score - top)
    rest = np.zeros_like(grown)
    # Added from both sides, not subtracted from a sum: no digit is lost where one class is all but certain.
    rest[1:] += np.cumsum(grown[:-1], axis=0)
    rest[:-1] += np.cumsum(grown[:0:-1], axis=0)[::-1]
    with np.errstate(divide="ignore"):
        odds = score[table.label, table.task] - weight - top[table.task] - np.log(rest[table.label, table.task])
    found: Floats = 1 / (1 + np.exp(-np.clip(odds, -700, 700)))
    return known_right(table, found)


def known_right(table: Table, right: Floats) -> Floats:
    """(N,) sorted: the same, 0 or 1 where the truth is known; changes it in place."""
    truth = table.data.truth[table.task]
    golden = truth >= 0
    right[golden] = table.label[golden] == truth[golden]
    return right


def _log_beta(alpha: Floats, beta: Floats) -> Floats:
    found: Floats = log_gamma(alpha) + log_gamma(beta) - log_gamma(alpha + beta)
    return found
