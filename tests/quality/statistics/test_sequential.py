"""The sequential test: its errors exactly, its finality, and what it must do for honest people and random clickers."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piecework.quality.statistics import OPEN
from piecework.quality.statistics.sequential import (
    Progress,
    SequentialTest,
    Verdict,
    bad_accuracy,
    decide,
    outcome,
    update,
)

HONEST = 0.9
ANSWERS = st.lists(st.tuples(st.floats(0, 5), st.floats(0, 5)), max_size=60)


def for_classes(classes: int) -> SequentialTest:
    return SequentialTest(bad=bad_accuracy(classes))


@pytest.mark.parametrize("classes", [2, 3, 5, 10])
def test_fewer_than_10_of_1000_honest_people_are_ever_sanctioned_over_100_golden_tasks(classes: int) -> None:
    assert 1000 * outcome(for_classes(classes), HONEST, 100)[0][-1] < 10


@pytest.mark.parametrize("classes", [3, 5, 10])
def test_95_percent_of_random_clickers_are_found_within_15_golden_tasks(classes: int) -> None:
    assert outcome(for_classes(classes), 1 / classes, 15)[0][-1] >= 0.95


def test_with_two_classes_most_clickers_are_found_within_15_and_95_percent_within_30() -> None:
    found = outcome(for_classes(2), 0.5, 30)[0]
    assert 0.7 < found[14] < 0.917  # no rule that spares 99 % of honest people reaches more
    assert found[29] >= 0.95


def test_the_bound_on_sanctions_fails_with_a_careless_error() -> None:
    assert 1000 * outcome(SequentialTest(good=0.9, false_bad=0.05), HONEST, 100)[0][-1] > 10


@settings(max_examples=30, deadline=None)
@given(
    st.floats(0.5, 0.95),
    st.floats(0.2, 0.9),
    st.floats(0.001, 0.2),
    st.floats(0.001, 0.2),
)
def test_both_errors_are_kept_however_long_one_goes_on(good: float, share: float, false_bad: float, false_good: float) -> None:
    test = SequentialTest(good, good * share, false_bad, false_good)
    assert outcome(test, test.good, 300)[0][-1] <= false_bad
    assert outcome(test, test.bad, 300)[1][-1] <= false_good


@pytest.mark.parametrize("accuracy", [0.4, 0.7, 0.9])
def test_the_exact_chances_are_those_of_played_tests(accuracy: float) -> None:
    test = for_classes(5)
    rng = np.random.default_rng(5)
    played = [decide(((float(r), float(not r)) for r in row), test).verdict for row in rng.random((4000, 25)) < accuracy]
    bad, good = outcome(test, accuracy, 25)
    assert np.mean([verdict == Verdict.BAD for verdict in played]) == pytest.approx(bad[-1], abs=0.025)
    assert np.mean([verdict == Verdict.GOOD for verdict in played]) == pytest.approx(good[-1], abs=0.025)


@given(ANSWERS)
def test_an_undecided_test_depends_on_the_sums_alone(answers: list[tuple[float, float]]) -> None:
    test = SequentialTest()
    progress = decide(answers, test)
    if progress.verdict == Verdict.UNKNOWN:
        right, wrong = (sum(column) for column in zip(*answers, strict=True)) if answers else (0.0, 0.0)
        assert progress.llr == pytest.approx(test.llr(right, wrong), abs=1e-9)


@given(ANSWERS, ANSWERS)
def test_a_verdict_is_final(before: list[tuple[float, float]], after: list[tuple[float, float]]) -> None:
    test = SequentialTest()
    decided = decide(before, test)
    if decided.verdict != Verdict.UNKNOWN:
        assert decide([*before, *after], test) == decided


def test_a_verdict_by_hand() -> None:
    # log(0.15 / 0.5) is -1.204 a wrong answer; log(50) = 3.912 needs four of them.
    test = SequentialTest(good=0.85, bad=0.5)
    assert decide([(0, 1)] * 3, test).verdict == Verdict.UNKNOWN
    assert decide([(0, 1)] * 4, test).verdict == Verdict.BAD
    # log(0.85 / 0.5) is 0.531 a right answer, so eight.
    assert decide([(1, 0)] * 7, test).verdict == Verdict.UNKNOWN
    assert decide([(1, 0)] * 8, test) == Progress(pytest.approx(-8 * math.log(1.7)), Verdict.GOOD)


def test_half_an_answer_counts_half() -> None:
    test = SequentialTest()
    assert update(update(Progress(), 0.5, 0.5, test), 0.5, 0.5, test).llr == pytest.approx(test.llr(1, 1))


def test_what_counts_as_bad_is_above_chance_and_half() -> None:
    assert bad_accuracy(2) == pytest.approx(0.55)
    assert bad_accuracy(3) == bad_accuracy(10) == bad_accuracy(OPEN) == 0.5
    with pytest.raises(ValueError):
        bad_accuracy(1)


@pytest.mark.parametrize(
    "wrong", [{"good": 0.5, "bad": 0.5}, {"good": 1.0}, {"bad": 0.0}, {"false_bad": 0.0}, {"false_good": 0.5}]
)
def test_impossible_tests_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        SequentialTest(**wrong)


@pytest.mark.parametrize("counts", [(-0.1, 1.0), (1.0, -1.0), (math.nan, 0.0), (0.0, math.inf)])
def test_impossible_counts_are_refused(counts: tuple[float, float]) -> None:
    with pytest.raises(ValueError):
        update(Progress(), *counts, SequentialTest())
