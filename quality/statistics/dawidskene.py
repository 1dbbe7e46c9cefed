"""The Dawid-Skene model with full confusion matrices, by variational Bayes under shrinking priors.

Dawid and Skene (1979): person w says l of a task of class k with the probability v_wk(l). Kim and
Ghahramani (2012), "Bayesian classifier combination", put Dirichlet priors on its rows and on the
class frequencies; Li, Rubinstein and Cohn (2019), "Exploiting worker correlation for label
aggregation in crowdsourcing", let every class have several kinds of tasks, each with confusion
matrices of its own: people who are wrong on the same tasks are no longer taken for independent
witnesses. One kind is Dawid-Skene.

The prior of a row is worth a few answers and has a mean between what the person's accuracy alone
says (one coin) and what the whole crowd says of the class (`belief`): somebody with three answers
is much like the crowd. It is made from a posterior of the tasks and stays fixed during the fit, so
that every round raises the lower bound of log P(answers), the evidence. With c = (k, m) a kind m
of class k, and z its posterior:

    mu_wc(l) = prior_wk(l) + sum over answers l of w of z(c, t)          Dirichlet of a row,
    log z(c, t) = E log p_k + E log share_c + sum over answers of E log v_wc(l)   (digamma differences)
"""

from dataclasses import dataclass

import numpy as np

from piecework.quality.statistics.beta import ACCURACY_PRIOR
from piecework.quality.statistics.coin import entropy, known_right, log_dirichlet
from piecework.quality.statistics.special import digamma
from piecework.quality.statistics.table import Table, softmax
from piecework.quality.statistics.vote import Floats, weighted_count

TOLERANCE = 3e-5
"""A fit stops once a task's posterior moves by no more than this on average over the tasks."""
MAX_STEPS = 200
MAX_WORK = 100_000_000
"""A large fit stops after fewer rounds: rows of the posterior, times answers and rows of confusion matrices, times rounds."""
MIN_STEPS = 20
_LARGE = 1e9


@dataclass(frozen=True, slots=True)
class Belief:
    """How many imagined answers the prior of a row of a confusion matrix is worth."""

    coin: float
    """Answers of a person of the same accuracy who confuses all classes alike."""
    crowd: float
    """Answers of the whole crowd about tasks of that class."""

    def prior(self, table: Table, posterior: Floats) -> Floats:
        """(K, W * K) Imagined answers of class k, said by w as l, given a posterior (K, T) of the tasks."""
        classes = table.classes
        accuracy = np.clip(table.accuracy(posterior), 1 / classes, 0.999)
        coin = np.repeat((1 - accuracy) / (classes - 1), classes)[None, :].repeat(classes, axis=0)
        for k in range(classes):
            coin[k, k::classes] = accuracy
        total = table.agreement(posterior).sum() + ACCURACY_PRIOR.alpha
        common = total / (table.task.size + ACCURACY_PRIOR.weight)
        even = np.full((classes, classes), (1 - common) / (classes - 1))
        np.fill_diagonal(even, common)
        said = np.stack([weighted_count(table.label, row[table.task], classes) for row in posterior]) + classes * even
        crowd = said / said.sum(axis=1, keepdims=True)
        return self.coin * coin + self.crowd * np.tile(crowd, table.workers)


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """The fitted model; C = K times the kinds, the kinds of a class side by side."""

    posterior: Floats
    """(K, T)"""
    evidence: float
    score: Floats
    """(C, T) Log posterior, up to a constant a task, as if no truth were known."""
    said: Floats
    """(C, W * K) What an answer adds to the score, relative to the last row."""
    bounds: list[float]
    """The evidence after every round, if asked for."""

    def right(self, table: Table) -> Floats:
        """(N,) sorted: the probability that an answer is right, by the others' answers."""
        kinds = self.score.shape[0] // table.classes
        score = self.score[:, table.task] - self.said[:, table.said]
        share = softmax(score).reshape(table.classes, kinds, table.task.size).sum(axis=1)
        return known_right(table, share[table.label, np.arange(table.task.size)])


def fit(table: Table, prior: Floats, start: Floats, *, trace: bool = False) -> Fitted:
    """Fit the model from `start`, a posterior of the kinds of tasks (C, T), with a `prior` (K, W * K).

    With `trace` the evidence after every round is kept.
    """
    rows, classes = start.shape[0], table.classes
    kinds = rows // classes
    of = np.repeat(np.arange(classes), kinds)
    spoken = np.bincount(table.said, minlength=table.said_size).astype(np.float64)
    closed = np.where(of[:, None] == table.data.truth[table.known][None, :], 0.0, -_LARGE)
    state, posterior = start, _classes(start, kinds)
    score = said = np.zeros((rows, 0))
    bounds: list[float] = []
    steps = int(np.clip(MAX_WORK // (rows * (table.task.size + table.said_size) + 1), MIN_STEPS, MAX_STEPS))
    for _ in range(steps):
        counts = _counts(table, state, spoken) + prior[of]
        share, frequency = 1.0 + state.sum(axis=1), 1.0 + posterior.sum(axis=1)
        said = _log_means(counts, classes)
        said -= said[-1]
        offset = digamma(share) - np.repeat(digamma(share.reshape(classes, kinds).sum(axis=1)), kinds)
        offset += digamma(frequency)[of]
        score = np.stack(
            [weighted_count(table.task, row[table.said], table.tasks) for row in said[:-1]] + [np.zeros(table.tasks)]
        )
        score += offset[:, None]
        free = score[:, table.known].copy()
        score[:, table.known] += closed
        updated = softmax(score)
        score[:, table.known] = free
        moved = np.abs(updated - state).max(axis=0, initial=0.0).sum()
        state, posterior = updated, _classes(updated, kinds)
        if trace:
            bounds.append(_evidence(table, state, prior[of], spoken))
        if moved <= TOLERANCE * table.tasks:
            break
    return Fitted(posterior, _evidence(table, state, prior[of], spoken), score, said, bounds)


def split(table: Table, posterior: Floats, kinds: int, *, by: str) -> Floats:
    """A start (C, T) with several kinds of tasks: every class cut along one measure of the tasks.

    `by` is "agreement", the share of the most frequent label, or "people": the direction in which
    the people's agreement with the consensus varies most between tasks (first singular vector of
    the residuals).
    """
    measure = table.shares().max(axis=0) if by == "agreement" else _direction(table, posterior)
    _, place, counts = np.unique(measure.round(9), return_inverse=True, return_counts=True)
    rank = ((counts.cumsum() - counts / 2) / max(measure.size, 1))[place]
    centre = (np.arange(kinds) + 0.5) / kinds
    near = np.exp(-0.5 * ((rank[None, :] - centre[:, None]) * 2 * kinds) ** 2)
    near /= near.sum(axis=0)
    return (posterior[:, None, :] * near[None, :, :]).reshape(table.classes * kinds, table.tasks)


def _direction(table: Table, posterior: Floats) -> Floats:
    """(T,) The first singular vector of agreement less each person's mean, by power iteration."""
    agrees = (table.label == posterior.argmax(axis=0)[table.task]).astype(np.float64)
    mean = weighted_count(table.worker, agrees, table.workers) / np.maximum(table.answered, 1)
    rest = agrees - mean[table.worker]
    task = weighted_count(table.task, rest, table.tasks)
    for _ in range(20):
        worker = weighted_count(table.worker, rest * task[table.task], table.workers)
        worker /= np.linalg.norm(worker) + 1e-12
        task = weighted_count(table.task, rest * worker[table.worker], table.tasks)
        task /= np.linalg.norm(task) + 1e-12
    return task


def _classes(state: Floats, kinds: int) -> Floats:
    """The posterior of the classes from that of their kinds."""
    summed: Floats = state.reshape(state.shape[0] // kinds, kinds, state.shape[1]).sum(axis=1)
    return summed


def _counts(table: Table, state: Floats, spoken: Floats) -> Floats:
    """(C, W * K) Expected answers; the last row is what the others leave of all answers."""
    counts = [weighted_count(table.said, row[table.task], table.said_size) for row in state[:-1]]
    return np.stack([*counts, np.maximum(spoken - sum(counts), 0.0)])


def _log_means(counts: Floats, classes: int) -> Floats:
    """The mean of log v under Dirichlet rows, shape (C, W * K)."""
    rows = counts.reshape(counts.shape[0], -1, classes)
    return (digamma(rows) - digamma(rows.sum(axis=2))[:, :, None]).reshape(counts.shape)


def _evidence(table: Table, state: Floats, prior: Floats, spoken: Floats) -> float:
    """The lower bound of log P(answers, known truths), after the parameters are fitted to the state."""
    classes = table.classes
    kinds = state.shape[0] // classes
    counts = _counts(table, state, spoken) + prior
    share, one = state.sum(axis=1).reshape(classes, kinds).T, np.ones((kinds, classes))
    bound = (
        entropy(state)
        + log_dirichlet(1.0 + state.sum(axis=1).reshape(classes, kinds).sum(axis=1))
        - log_dirichlet(np.ones(classes))
    )
    bound += log_dirichlet(one + share) - log_dirichlet(one)
    for filled, empty in zip(counts, prior, strict=True):
        bound += log_dirichlet(filled.reshape(-1, classes).T) - log_dirichlet(empty.reshape(-1, classes).T)
    return bound
