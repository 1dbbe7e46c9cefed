"""GLAD: people of different ability and tasks of different difficulty, as a smoothed MAP.

Whitehill, Ruvolo, Wu, Bergsma and Movellan (2009), "Whose vote should count more": person w of
ability a is right on task t of clarity b > 0 with the probability s = 1 / (1 + exp(-a b)); who is
wrong says any other class alike. Priors, on which sparse data falls back:

    a ~ Normal(ABILITY, 1),    log b ~ Normal(0, CLARITY_DEVIATION^2).

EM: the posterior of the tasks, then Newton steps for all abilities at once and all clarities at
once. A step is taken for those people and tasks alone whose part of the objective it raises, so the
objective, the log posterior up to a constant, never falls.
"""

from dataclasses import dataclass, field

import numpy as np

from piecework.quality.statistics.coin import right_without
from piecework.quality.statistics.table import Table, softmax
from piecework.quality.statistics.vote import Floats, weighted_count

ABILITY = 1.0
CLARITY_DEVIATION = 0.5
TOLERANCE = 1e-5
MAX_STEPS = 100
_INNER = 3
_LONGEST = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Glad:
    """The fitted model."""

    posterior: Floats
    """(K, T)"""
    ability: Floats
    """(W,)"""
    clarity: Floats
    """(T,)"""
    right: Floats
    """(N,) sorted: the probability that an answer is right, by the others' answers."""
    objectives: list[float] = field(repr=False)
    """The log posterior of abilities and clarities after every round, up to a constant."""


def fit(table: Table) -> Glad:
    """Fit the model."""
    posterior = table.shares()
    ability, log_clarity = np.full(table.workers, ABILITY), np.zeros(table.tasks)
    frequency = np.full(table.classes, 1 / table.classes)
    objectives: list[float] = []
    score, weight = posterior, np.zeros(table.task.size)
    for _ in range(MAX_STEPS):
        own = table.own(posterior)
        for _inner in range(_INNER):
            ability = _step(table, own, ability, log_clarity, tasks=False)
            log_clarity = _step(table, own, ability, log_clarity, tasks=True)
        frequency = (1 + posterior.sum(axis=1)) / (table.classes + table.tasks)
        reach = ability[table.worker] * np.exp(log_clarity)[table.task]
        weight = reach + np.log(table.classes - 1)  # log s - log((1 - s) / (K - 1))
        score = table.sums(weight) + np.log(frequency)[:, None]
        updated = table.clamped(softmax(score)) if table.tasks else posterior
        objectives.append(_objective(table, score, reach, frequency, ability, log_clarity))
        moved = np.abs(updated - posterior).max(axis=0, initial=0.0).sum()
        posterior = updated
        if moved <= TOLERANCE * table.tasks:
            break
    return Glad(posterior, ability, np.exp(log_clarity), right_without(table, score, weight), objectives)


def _step(table: Table, own: Floats, ability: Floats, log_clarity: Floats, *, tasks: bool) -> Floats:
    """One Newton step of all clarities (`tasks`) or abilities; where it does not help, the old value."""
    clarity = np.exp(log_clarity)[table.task]
    reach = ability[table.worker] * clarity
    chance = 1 / (1 + np.exp(-reach))
    slope = reach if tasks else clarity
    index, size = (table.task, table.tasks) if tasks else (table.worker, table.workers)
    old, centre, precision = (log_clarity, 0.0, CLARITY_DEVIATION**-2) if tasks else (ability, ABILITY, 1.0)
    gradient = weighted_count(index, (own - chance) * slope, size) - (old - centre) * precision
    curvature = weighted_count(index, chance * (1 - chance) * slope**2, size) + precision
    new = old + np.clip(gradient / curvature, -_LONGEST, _LONGEST)
    moved = (ability[table.worker] * np.exp(new)[table.task]) if tasks else new[table.worker] * clarity
    gain = weighted_count(index, _log_chance(own, moved) - _log_chance(own, reach), size)
    gain -= 0.5 * precision * ((new - centre) ** 2 - (old - centre) ** 2)
    return np.where(gain > 0, new, old)


def _log_chance(own: Floats, reach: Floats) -> Floats:
    """The expected log probability of being right or wrong, but for the choice among wrong classes."""
    found: Floats = own * reach - np.logaddexp(0.0, reach)
    return found


def _objective(table: Table, score: Floats, reach: Floats, frequency: Floats, ability: Floats, log_clarity: Floats) -> float:
    """Log P(answers, truths | abilities, clarities, frequencies) plus their log priors, up to a constant."""
    each = np.logaddexp.reduce(score, axis=0)
    each[table.known] = score[table.data.truth[table.known], table.known]
    answers = -np.logaddexp(0.0, reach).sum() - table.task.size * np.log(table.classes - 1)
    priors = -0.5 * ((ability - ABILITY) ** 2).sum() - 0.5 * (log_clarity**2).sum() / CLARITY_DEVIATION**2
    return float(each.sum() + answers + np.log(frequency).sum() + priors)
