"""The drift chart: rare false alarms, quick true ones, and no memory of a good past."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.quality.statistics.drift import DriftChart, DriftState, update


def alarms(accuracy: float, answers: int, seed: int, chart: DriftChart) -> int:
    """How many alarms in so many golden answers, the chart starting again after each."""
    state, found = DriftState(), 0
    for right in np.random.default_rng(seed).random(answers) < accuracy:
        state = update(state, chart.known(float(right), float(not right)), chart)
        if state.alarm:
            state, found = DriftState(), found + 1
    return found


@pytest.mark.parametrize("stated", [2.0, 10.0, 50.0])
def test_false_alarms_are_no_more_than_stated(stated: float) -> None:
    chart = DriftChart(false_alarms=stated)
    assert 0 < alarms(chart.good, 60_000, 1, chart) <= stated * 60


def test_a_fall_is_noticed_within_some_twenty_golden_answers() -> None:
    chart = DriftChart()
    assert 5000 / alarms(0.4, 5000, 2, chart) < 20


def test_a_long_good_past_protects_nobody() -> None:
    chart = DriftChart()
    fresh = spoiled = DriftState()
    for _ in range(10_000):
        spoiled = update(spoiled, chart.known(1, 0), chart)
    for _ in range(5):
        fresh, spoiled = (update(state, chart.known(0, 1), chart) for state in (fresh, spoiled))
    assert spoiled == fresh
    assert spoiled.alarm


def test_an_alarm_stays() -> None:
    chart = DriftChart()
    alarmed = DriftState(chart.threshold, alarm=True)
    assert update(alarmed, -100.0, chart) == alarmed


@given(st.lists(st.floats(-3, 3), max_size=50))
def test_the_sum_is_the_rise_above_its_lowest_point(steps: list[float]) -> None:
    chart = DriftChart(false_alarms=1e-200)
    state = DriftState()
    for step in steps:
        state = update(state, step, chart)
    walk = np.cumsum([0.0, *steps])
    assert state.value == pytest.approx(walk[-1] - walk.min(), abs=1e-9)


@pytest.mark.parametrize("classes", [2, 3, 10, 0])
def test_a_judged_answer_lies_between_a_right_and_a_wrong_golden_one(classes: int) -> None:
    chart = DriftChart()
    size = classes or 20
    assert chart.judged(1.0, classes) == pytest.approx(chart.known(1, 0))
    assert chart.judged(0.0, classes) == pytest.approx(chart.known(0, 1))
    assert chart.judged(1 / size, classes) == pytest.approx(0.0, abs=1e-12)
    steps = [chart.judged(q, classes) for q in np.linspace(0, 1, 21)]
    assert steps == sorted(steps, reverse=True)


@given(st.floats(0, 1), st.integers(2, 8))
def test_a_judged_answer_is_evidence_that_honest_people_are_not_drifting(probability: float, classes: int) -> None:
    """The likelihood ratio of the next answer has the mean 1 under `good`, which is what bounds false alarms."""
    chart = DriftChart()
    others = [probability] + [(1 - probability) / (classes - 1)] * (classes - 1)
    slope = [(classes * q - 1) / (classes - 1) for q in others]
    chance = [(1 - q) / (classes - 1) + chart.good * c for q, c in zip(others, slope, strict=True)]
    assert sum(p * math.exp(chart.judged(q, classes)) for p, q in zip(chance, others, strict=True)) == pytest.approx(1.0)


@pytest.mark.parametrize("wrong", [{"good": 0.4}, {"bad": 0.0}, {"false_alarms": 0.0}, {"false_alarms": 1000.0}])
def test_impossible_charts_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        DriftChart(**wrong)


def test_a_probability_is_one() -> None:
    with pytest.raises(ValueError):
        DriftChart().judged(1.1, 3)
