"""How much of some intervals lies within any stretch of a length, against a slow and plain reckoning."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from piecework.tasks.contracts.limits import most_within

DAY = timedelta(days=1)
START = datetime(2026, 1, 1, tzinfo=UTC)


def days(first: int, last: int) -> tuple[datetime, datetime]:
    return START + first * DAY, START + last * DAY


def test_two_pauses_a_year_apart_do_not_add_up() -> None:
    assert most_within([days(0, 56), days(365, 421)], 365 * DAY) == 56 * DAY


def test_two_pauses_within_a_year_add_up_as_far_as_they_are_within_it() -> None:
    assert most_within([days(0, 30), days(100, 130)], 365 * DAY) == 60 * DAY
    assert most_within([days(0, 30), days(350, 380)], 365 * DAY) == 45 * DAY


def test_none_is_none() -> None:
    assert most_within([], 365 * DAY) == timedelta()


@given(bounds=st.lists(st.integers(0, 120), min_size=2, max_size=10, unique=True), length=st.integers(1, 80))
def test_it_is_the_most_of_all_stretches(bounds: list[int], length: int) -> None:
    intervals = [days(first, last) for first, last in list(pairwise(sorted(bounds)))[::2]]
    away = {day for start, end in intervals for day in range((start - START).days, (end - START).days)}
    slow = max(sum(day in away for day in range(first, first + length)) for first in range(-1, 122))
    assert most_within(intervals, length * DAY) == slow * DAY
