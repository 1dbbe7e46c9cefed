"""Spans: what is taken is taken once."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from piecework.tasks.norms.spans import Span, Taken, minus, total, union

START = datetime(2026, 11, 2, tzinfo=UTC)


def span(starts: int, length: int) -> Span:
    return Span(START + timedelta(minutes=starts), START + timedelta(minutes=starts + length))


SPANS = st.lists(st.builds(span, st.integers(0, 60), st.integers(0, 15)), max_size=12)


@given(SPANS, SPANS)
def test_taking_one_after_the_other_is_what_the_earlier_ones_leave(before: list[Span], wanted: list[Span]) -> None:
    taken, all_before = Taken(before), list(before)
    for one in wanted:
        assert taken.take([one]) == minus([one], all_before)
        all_before.append(one)


@given(SPANS)
def test_all_that_was_taken_is_the_union(wanted: list[Span]) -> None:
    taken = Taken()
    parts = [part for one in wanted for part in taken.take([one])]
    assert total(parts) == total(union(wanted))
    assert taken.take(wanted) == []
