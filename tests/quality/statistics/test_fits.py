"""The fits behind the methods: what they maximise never falls, and their special functions are right."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.quality.statistics import choose, coin, dawidskene, glad
from piecework.quality.statistics.data import Answers
from piecework.quality.statistics.special import digamma, log_gamma
from piecework.quality.statistics.table import Table, leaders
from tests.quality.statistics.crowds import coins, crowd


def hard(seed: int, every: int = 5) -> Answers:
    """Few answers a person, three classes, some golden."""
    return crowd(seed, coins(seed, people=60, right=4, wrong=3), tasks=150, overlap=3).golden(every)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kinds", [1, 2, 3])
@pytest.mark.parametrize("by", ["agreement", "people"])
def test_the_evidence_of_matrices_never_falls(seed: int, kinds: int, by: str) -> None:
    table = Table(hard(seed))
    posterior = coin.fit(table).posterior
    prior = choose.BELIEFS[0].prior(table, posterior)
    fitted = dawidskene.fit(table, prior, dawidskene.split(table, posterior, kinds, by=by), trace=True)
    assert len(fitted.bounds) > 3
    assert np.diff(fitted.bounds).min() > -1e-6
    assert fitted.evidence == pytest.approx(fitted.bounds[-1])


@pytest.mark.parametrize("seed", range(3))
def test_the_objective_of_glad_never_falls(seed: int) -> None:
    fitted = glad.fit(Table(hard(seed)))
    assert len(fitted.objectives) > 3
    assert np.diff(fitted.objectives).min() > -1e-6


def test_glad_tells_clear_tasks_from_difficult_ones_and_able_people_from_others() -> None:
    rng = np.random.default_rng(4)
    ability, clarity = rng.normal(1.2, 0.8, 40), np.exp(rng.normal(0, 0.8, 400))
    task, worker = np.divmod(np.arange(400 * 40), 40)
    real = rng.integers(0, 2, 400)
    right = rng.random(task.size) < 1 / (1 + np.exp(-ability[worker] * clarity[task]))
    label = np.where(right, real[task], 1 - real[task])
    fitted = glad.fit(Table(Answers(task, worker, label, np.full(400, -1), 2, 40)))
    assert np.mean(fitted.posterior.argmax(axis=0) == real) > 0.97
    assert np.corrcoef(fitted.ability, ability)[0, 1] > 0.95
    assert np.corrcoef(np.log(fitted.clarity), np.log(clarity))[0, 1] > 0.6


def test_evidence_prefers_one_coin_where_the_crowd_is_one_and_matrices_where_it_is_not() -> None:
    simple = Table(crowd(5, coins(5, classes=4), tasks=200).data)
    posterior = coin.fit(simple).posterior
    matrices = dawidskene.fit(simple, choose.BELIEFS[2].prior(simple, posterior), simple.shares())
    assert coin.fit(simple).evidence > matrices.evidence
    rng = np.random.default_rng(6)
    mixed = Table(
        crowd(6, np.stack([rng.dirichlet(np.full(4, 0.5) + 2 * np.eye(4)[k], 40) for k in range(4)], 1), tasks=600).data
    )
    posterior = coin.fit(mixed).posterior
    matrices = dawidskene.fit(mixed, choose.BELIEFS[0].prior(mixed, posterior), mixed.shares())
    assert coin.fit(mixed).evidence < matrices.evidence


def test_a_newcomers_prior_is_the_crowds() -> None:
    made = crowd(7, coins(7, people=30), tasks=200).data
    table = Table(Answers(made.task, made.worker, made.label, made.truth, made.classes, made.workers + 1))
    prior = dawidskene.Belief(4, 6).prior(table, table.shares()).reshape(3, 31, 3)
    assert np.allclose(prior.sum(axis=2), 10)
    mean = prior[:, :30].mean(axis=1)
    assert np.abs(prior[:, 30] - mean).max() < 0.6


@pytest.mark.parametrize("kinds", [0, 1, 2])
def test_whether_an_answer_is_right_is_judged_without_it(kinds: int) -> None:
    """The same as taking one answer out of the table and reading the posterior of its task with the fitted weights."""
    table = Table(crowd(8, coins(8, people=20), tasks=60).data)
    if kinds == 0:
        coined = coin.fit(table)
        score, right = coined.score, coined.right(table)
        rows = coined.weight[table.worker] * (np.arange(3)[:, None] == table.label)
    else:
        prior, start = choose.BELIEFS[0].prior(table, table.shares()), dawidskene.split(table, table.shares(), kinds, by="people")
        fitted = dawidskene.fit(table, prior, start)
        score, right, rows = fitted.score, fitted.right(table), fitted.said[:, table.said]
    for answer in range(0, table.task.size, 7):
        grown = np.exp(score[:, table.task[answer]] - rows[:, answer])
        posterior = grown.reshape(3, -1).sum(axis=1) / grown.sum()
        assert right[answer] == pytest.approx(posterior[table.label[answer]], abs=1e-9)


def test_ties_go_to_the_class_that_is_more_frequent() -> None:
    data = Answers(*(np.array(c) for c in ([0, 0, 1, 2], [0, 1, 2, 3], [0, 1, 1, 1])), np.full(3, -1), 2, 4)
    table = Table(data)
    label, confidence = leaders(table.shares(), table)
    assert label.tolist() == [1, 1, 1]
    assert confidence.tolist() == [0.5, 1, 1]


@given(st.floats(1e-3, 1e6))
def test_log_gamma_is_that_of_the_standard_library(x: float) -> None:
    assert log_gamma(np.array([x]))[0] == pytest.approx(math.lgamma(x), abs=1e-7, rel=1e-12)


@given(st.floats(1e-3, 1e6))
def test_digamma_obeys_its_recurrence(x: float) -> None:
    low, high = digamma(np.array([x, x + 1]))
    assert high - low == pytest.approx(1 / x, abs=1e-7)


def test_digamma_of_one_is_eulers_constant() -> None:
    assert digamma(np.array([1.0]))[0] == pytest.approx(-0.5772156649015329, abs=1e-8)
