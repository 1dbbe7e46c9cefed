"""Work with deadlines: feasibility, people needed, when it is done."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from piecework.tasks.load.backlog import empty_after, people_by_hour, people_now, shortfall

HOURS = 24
WORK = arrays(np.float64, HOURS, elements=st.floats(0, 50))


def test_six_hours_of_work_due_in_three_hours_need_two_people() -> None:
    """Worked example: 1 h is due in the first hour, 5 h more by the end of the third, 3 h by the end of the tenth."""
    due = np.zeros(10)
    due[[0, 2, 9]] = 1, 5, 3
    assert people_now(due) == 2.0
    assert shortfall(due, np.full(10, 2.0)) == 0
    assert shortfall(due, np.full(10, 1.0)) == 3.0  # of the 6 h due by then, 3 are done
    assert people_by_hour(due).tolist() == pytest.approx([2, 2, 2, *[3 / 7] * 7])


def test_what_comes_later_is_not_asked_for_earlier() -> None:
    """4 h of work come after two hours and are due two hours later: two people then, nobody before."""
    arriving = np.zeros((6, 6))
    arriving[2, 3] = 4
    assert people_by_hour(np.zeros(6), arriving).tolist() == pytest.approx([0, 0, 2, 2, 0, 0])


def test_nothing_needs_nobody() -> None:
    assert (people_now(np.zeros(5)), shortfall(np.zeros(5), np.zeros(5))) == (0, 0)


@given(WORK)
def test_the_level_needed_now_is_the_least_that_meets_every_deadline(due: np.ndarray) -> None:
    level = people_now(due)
    assert shortfall(due, np.full(HOURS, level)) == pytest.approx(0, abs=1e-6)
    if level > 0.01:
        assert shortfall(due, np.full(HOURS, level * 0.99)) > 0


@given(WORK, WORK, st.integers(0, 6))
def test_by_the_hour_no_deadline_is_missed_and_no_work_is_made_up(due: np.ndarray, comes: np.ndarray, later: int) -> None:
    arriving = np.zeros((HOURS, HOURS))
    for hour in range(HOURS - later):
        arriving[hour, hour + later] = comes[hour]
    needed = people_by_hour(due, arriving)
    assert (needed >= -1e-9).all()
    assert needed.sum() == pytest.approx(due.sum() + arriving.sum(), abs=1e-6)
    assert shortfall(due + arriving.sum(axis=0), needed) == pytest.approx(0, abs=1e-6)
    there = due.sum() + np.cumsum(arriving.sum(axis=1))
    assert (np.cumsum(needed) <= there + 1e-6).all()  # nobody works on what is not there yet


@given(WORK, WORK)
def test_more_work_never_needs_fewer(due: np.ndarray, more: np.ndarray) -> None:
    assert people_now(due + more) >= people_now(due)


class TestEmpty:
    def test_thirty_tasks_at_twenty_an_hour_with_five_coming_take_two_hours(self) -> None:
        assert empty_after(30, np.full(10, 20.0), np.full(10, 5.0)) == pytest.approx(2.0)

    def test_within_an_hour_it_is_interpolated(self) -> None:
        assert empty_after(5, np.full(3, 20.0), np.zeros(3)) == pytest.approx(0.25)

    def test_an_empty_one_is_empty_now(self) -> None:
        assert empty_after(0, np.zeros(3), np.ones(3)) == 0.0

    def test_one_that_grows_is_never_empty(self) -> None:
        assert empty_after(30, np.full(168, 5.0), np.full(168, 6.0)) is None
