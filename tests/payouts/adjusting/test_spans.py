"""Weeks, months and quarters of a zone."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.payouts.adjusting import spans

MOSCOW = "Europe/Moscow"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("kind", "moment", "name", "since", "until"),
    [
        ("week", "2026-11-22T20:59:59Z", "2026-W47", "2026-11-16T00:00+03:00", "2026-11-23T00:00+03:00"),
        ("week", "2026-11-22T21:00:00Z", "2026-W48", "2026-11-23T00:00+03:00", "2026-11-30T00:00+03:00"),
        ("week", "2027-01-01T12:00:00Z", "2026-W53", "2026-12-28T00:00+03:00", "2027-01-04T00:00+03:00"),
        ("month", "2026-10-31T21:00:00Z", "2026-11", "2026-11-01T00:00+03:00", "2026-12-01T00:00+03:00"),
        ("month", "2026-12-31T12:00:00Z", "2026-12", "2026-12-01T00:00+03:00", "2027-01-01T00:00+03:00"),
        ("quarter", "2026-11-22T12:00:00Z", "2026-Q4", "2026-10-01T00:00+03:00", "2027-01-01T00:00+03:00"),
        ("quarter", "2026-03-31T20:59:59Z", "2026-Q1", "2026-01-01T00:00+03:00", "2026-04-01T00:00+03:00"),
    ],
)
def test_the_span_around_a_moment(kind: str, moment: str, name: str, since: str, until: str) -> None:
    span = spans.around(kind, at(moment), MOSCOW)
    assert (span.name, span.since, span.until) == (name, at(since), at(until))


@given(
    st.sampled_from(spans.KINDS),
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
    st.sampled_from([MOSCOW, "UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Chatham"]),
)
def test_every_moment_is_in_one_span_and_spans_follow_one_another(kind: str, moment: datetime, zone: str) -> None:
    span = spans.around(kind, moment, zone)
    assert span.since <= moment < span.until
    assert spans.around(kind, span.since, zone) == span
    following = spans.around(kind, span.until, zone)
    assert following.since == span.until
    assert following.name > span.name
    assert spans.last_ended(kind, following.since, zone) == span


def test_the_week_in_which_clocks_change_is_an_hour_longer() -> None:
    span = spans.around("week", at("2026-10-25T12:00:00Z"), "Europe/Berlin")
    assert span.until.astimezone(UTC) - span.since.astimezone(UTC) == timedelta(days=7, hours=1)


def test_spans_that_begin_and_end_between_two_moments() -> None:
    first, last = at("2026-11-02T00:00+03:00"), at("2026-11-22T23:59+03:00")
    found = list(spans.ended_between("week", first, last, MOSCOW))
    assert [one.name for one in found] == ["2026-W45", "2026-W46"]
    assert all(one.until == other.since for one, other in pairwise(found))
    assert [one.name for one in spans.ended_between("week", first + timedelta(seconds=1), last, MOSCOW)] == ["2026-W46"]
    assert list(spans.ended_between("month", first, last, MOSCOW)) == []


def test_a_week_by_its_name() -> None:
    assert spans.week("2026-W47", MOSCOW) == spans.around("week", at("2026-11-18T12:00:00Z"), MOSCOW)
    assert spans.day(date(2026, 11, 4), MOSCOW).until == at("2026-11-05T00:00+03:00")
    for name in ("2026-W54", "2025-W53", "2026-W00", "W47"):
        with pytest.raises(ValueError):
            spans.week(name, MOSCOW)
