"""Toloka's BASIC dynamic overlap: its published examples, and where it parts from our vote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.quality.statistics import posterior
from piecework.quality.statistics.toloka import skill, toloka_basic

OK, BAD = 0, 1


def test_the_published_examples() -> None:
    assert toloka_basic([OK, OK], [0.70, 0.90], 3)[OK] == pytest.approx(0.977, abs=5e-4)
    assert toloka_basic([OK, BAD], [0.70, 0.90], 3)[BAD] == pytest.approx(0.761, abs=5e-4)
    assert toloka_basic([OK, BAD, BAD], [0.70, 0.90, 0.80], 3)[BAD] == pytest.approx(0.962, abs=5e-4)


def test_a_skill_starts_at_one_half() -> None:
    assert skill(0, 0) == 0.5
    assert skill(9, 9) == pytest.approx(0.95)
    assert skill(0, 1) == 0.25


@given(st.integers(2, 6), st.lists(st.tuples(st.integers(0, 1), st.floats(0.51, 0.99)), max_size=8))
def test_it_is_our_vote_for_people_above_chance(classes: int, votes: list[tuple[int, float]]) -> None:
    labels, skills = [label for label, _ in votes], [accuracy for _, accuracy in votes]
    assert toloka_basic(labels, skills, classes) == pytest.approx(posterior(labels, skills, classes))


def test_below_chance_it_votes_against_what_was_said() -> None:
    assert toloka_basic([OK], [0.1], 2)[BAD] == pytest.approx(0.9)


@pytest.mark.parametrize("wrong", [([0], [0.5, 0.5], 2), ([2], [0.5], 2), ([0], [1.0], 2), ([0], [0.5], 1)])
def test_nonsense_is_refused(wrong: tuple[list[int], list[float], int]) -> None:
    with pytest.raises(ValueError):
        toloka_basic(*wrong)


def test_impossible_golden_counts_are_refused() -> None:
    with pytest.raises(ValueError):
        skill(2, 1)
