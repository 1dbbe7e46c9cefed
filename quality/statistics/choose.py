"""The method `auto`: an average of models, each weighted by the evidence for it in the answers themselves.

No model of a crowd is right everywhere. Where answers are few one number a person is all that can be
learnt; where people confuse classes in their own ways, confusion matrices tell much more; and where
many are wrong on the same tasks, taking them for independent witnesses misleads, so that a class
needs kinds of tasks. All of these are models of the same answers, and each fit comes with a lower
bound of log P(answers, known truths): Bayes' rule weighs them by it (Hoeting et al. 1999, "Bayesian
model averaging"). Golden answers enter the fits as known truth, and so the weights too.

The accuracies that shape the priors of confusion matrices are fitted to the same answers. For each,
half the logarithm of its information relative to the prior's is taken off the evidence (Schwarz
1978). As no model is the truth, and N answers are less than N independent facts, a difference of
evidence counts divided by 1 + N * `DOUBT`.

In a large crowd the weights come from a part of the tasks, and only what has weight is fitted to all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from piecework.quality.statistics import coin, dawidskene, majority
from piecework.quality.statistics.beta import ACCURACY_PRIOR
from piecework.quality.statistics.data import Answers
from piecework.quality.statistics.dawidskene import Belief
from piecework.quality.statistics.table import Table
from piecework.quality.statistics.vote import Floats

BELIEFS = (Belief(4, 1), Belief(12, 2), Belief(1, 12))
"""Priors of confusion matrices: the person's own, firmer, and the crowd's."""
DOUBT = 0.001
EVEN = 1000.0
"""So many imagined tasks of every class say that all are equally frequent."""
SAMPLE = 50_000
"""From how many answers on the weights come from a part of the tasks."""
NEGLIGIBLE = 0.02
MAJORITY = 0.25
"""The weight of the plain vote in the end. All models take people for more independent than they are, the more so the more
answers a task has; the vote never becomes certain of what a part of the crowd denies. So the confidence is about right."""
KINDS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """One fit of one model."""

    posterior: Floats
    """(K, T)"""
    evidence: float
    right: Callable[[], Floats]
    """Gives (N,) sorted: the probability that an answer is right, by the others' answers."""


class _Models:
    """The models of one crowd, fitted when asked for; several share a first fit."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._made: dict[tuple[object, ...], Model] = {}
        priced = np.log1p(table.answered / ACCURACY_PRIOR.weight)
        self._price = 0.5 * float(priced.sum())

    def coin(self, class_weight: float) -> Model:
        """One number a person."""
        return self._once(("coin", class_weight), lambda: self._coin(class_weight))

    def matrices(self, belief: Belief, *, again: bool) -> Model:
        """A confusion matrix a person, with a prior made from the coins, or `again` from the first such fit."""
        source = self.matrices(belief, again=False) if again else self.coin(EVEN)
        start = source.posterior if again else self.table.shares()
        return self._once(("matrices", belief, again), lambda: self._matrices(belief, source.posterior, start))

    def kinds(self, belief: Belief, *, again: bool, by: str) -> Model:
        """The same with several kinds of tasks in every class."""
        source = self.matrices(belief, again=False) if again else self.coin(EVEN)

        def make() -> Model:
            start = dawidskene.split(self.table, source.posterior, KINDS, by=by)
            return self._matrices(belief, source.posterior, start)

        return self._once(("kinds", belief, again, by), make)

    def _once(self, key: tuple[object, ...], make: Callable[[], Model]) -> Model:
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def _coin(self, class_weight: float) -> Model:
        fitted = coin.fit(self.table, class_weight=class_weight)
        return Model(fitted.posterior, fitted.evidence, partial(fitted.right, self.table))

    def _matrices(self, belief: Belief, posterior: Floats, start: Floats) -> Model:
        fitted = dawidskene.fit(self.table, belief.prior(self.table, posterior), start)
        return Model(fitted.posterior, fitted.evidence - self._price, partial(fitted.right, self.table))


CANDIDATES: tuple[Callable[[_Models], Model], ...] = (
    lambda models: models.coin(1.0),
    lambda models: models.coin(EVEN),
    *(partial(_Models.matrices, belief=belief, again=again) for belief in BELIEFS for again in (False, True)),
    partial(_Models.kinds, belief=BELIEFS[0], again=False, by="agreement"),
    partial(_Models.kinds, belief=BELIEFS[0], again=True, by="agreement"),
    partial(_Models.kinds, belief=BELIEFS[0], again=True, by="people"),
)


def fit(table: Table) -> tuple[Floats, Floats]:
    """The averaged posterior (K, T), and for every answer, sorted, the probability that it is right by the others."""
    models = _Models(table if table.task.size < 2 * SAMPLE else Table(_part(table.data)))
    weights = _weights(np.array([candidate(models).evidence for candidate in CANDIDATES]), models.table.task.size)
    if models.table is not table:
        models = _Models(table)
    posterior, right = np.zeros((table.classes, table.tasks)), np.zeros(table.task.size)
    for weight, candidate in zip(weights, CANDIDATES, strict=True):
        if weight > 0:
            model = candidate(models)
            posterior += weight * model.posterior
            right += weight * model.right()
    return table.clamped((1 - MAJORITY) * posterior + MAJORITY * majority.fit(table)), right


def _weights(evidence: Floats, answers: int) -> Floats:
    """The weights of models; what is negligible is dropped."""
    grown = np.exp((evidence - evidence.max()) / (1 + DOUBT * answers))
    grown[grown < NEGLIGIBLE * grown.sum()] = 0.0
    found: Floats = grown / grown.sum()
    return found


def _part(data: Answers) -> Answers:
    """The answers to every so many-th task, about `SAMPLE` of them."""
    every = max(data.task.size // SAMPLE, 1)
    kept = data.task % every == 0
    return Answers(
        data.task[kept] // every, data.worker[kept], data.label[kept], data.truth[::every].copy(), data.classes, data.workers
    )
