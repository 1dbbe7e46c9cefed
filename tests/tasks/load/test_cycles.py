"""Patterns of availability as hours, through midnight, new versions and daylight saving."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.tasks.load.cycles import Hours, Pattern, Shifts, has_shifts, hours, moment
from piecework.tasks.norms.spans import Span

BERLIN = "Europe/Berlin"
MONDAY = date(2026, 11, 23)
DAYTIME, NIGHT = Hours(9 * 60, 21 * 60), Hours(22 * 60, 6 * 60)


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def days_of(pattern: Pattern, count: int) -> list[int]:
    """On which of so many days from the anchor on there is a shift."""
    plan = Shifts(pattern, MONDAY, MONDAY, (DAYTIME,))
    found = hours([plan], "UTC", at("2026-11-23T00:00"), at("2026-11-23T00:00") + timedelta(days=count))
    assert all(span.length == timedelta(hours=12) for span in found)
    return [(span.starts.date() - MONDAY).days for span in found]


class TestCycles:
    def test_two_days_on_and_two_off(self) -> None:
        assert days_of(Pattern.TWO_TWO, 10) == [0, 1, 4, 5, 8, 9]

    def test_three_days_on_and_three_off(self) -> None:
        assert days_of(Pattern.THREE_THREE, 12) == [0, 1, 2, 6, 7, 8]

    def test_five_days_on_and_two_off(self) -> None:
        assert days_of(Pattern.FIVE_TWO, 14) == [0, 1, 2, 3, 4, 7, 8, 9, 10, 11]

    def test_a_cycle_goes_back_before_its_anchor(self) -> None:
        plan = Shifts(Pattern.TWO_TWO, date(2026, 11, 1), MONDAY, (DAYTIME,))
        found = hours([plan], "UTC", at("2026-11-19T00:00"), at("2026-11-23T00:00"))
        assert [span.starts.day for span in found] == [19, 20]

    def test_own_hours_are_those_of_their_weekday(self) -> None:
        plan = Shifts(Pattern.OWN, MONDAY, None, (Hours(600, 720, 1), Hours(1200, 1440, 1), Hours(0, 60, 7)))
        found = hours([plan], "UTC", at("2026-11-23T00:00"), at("2026-11-30T00:00"))
        assert found == [
            Span(at("2026-11-23T10:00"), at("2026-11-23T12:00")),
            Span(at("2026-11-23T20:00"), at("2026-11-24T00:00")),
            Span(at("2026-11-29T00:00"), at("2026-11-29T01:00")),
        ]

    def test_a_night_is_the_shift_of_the_day_on_which_it_begins(self) -> None:
        plan = Shifts(Pattern.TWO_TWO, MONDAY, MONDAY, (NIGHT,))
        found = hours([plan], BERLIN, at("2026-11-23T00:00", BERLIN), at("2026-11-25T03:00", BERLIN))
        assert found == [
            Span(at("2026-11-23T22:00", BERLIN), at("2026-11-24T06:00", BERLIN)),
            Span(at("2026-11-24T22:00", BERLIN), at("2026-11-25T03:00", BERLIN)),  # cut where the question ends
        ]

    def test_hours_that_touch_are_one(self) -> None:
        plan = Shifts(Pattern.FIVE_TWO, MONDAY, MONDAY, (Hours(0, 1440),))
        assert hours([plan], "UTC", at("2026-11-23T00:00"), at("2026-11-30T00:00")) == [
            Span(at("2026-11-23T00:00"), at("2026-11-28T00:00"))
        ]


class TestVersions:
    FIRST = Shifts(Pattern.FIVE_TWO, MONDAY, MONDAY, (NIGHT,))

    def test_a_version_holds_for_the_shifts_that_begin_from_its_day_on(self) -> None:
        """The night that began before goes on to its end."""
        later = Shifts(Pattern.OWN, date(2026, 11, 24), None, (Hours(720, 780, 2),))
        found = hours([self.FIRST, later], "UTC", at("2026-11-23T00:00"), at("2026-11-26T00:00"))
        assert found == [
            Span(at("2026-11-23T22:00"), at("2026-11-24T06:00")),
            Span(at("2026-11-24T12:00"), at("2026-11-24T13:00")),
        ]

    def test_what_is_stated_last_holds_even_if_an_earlier_version_begins_later(self) -> None:
        planned = Shifts(Pattern.TWO_TWO, date(2026, 11, 25), MONDAY, (DAYTIME,))
        none = Shifts(Pattern.NONE, date(2026, 11, 24))
        assert hours([planned, none], "UTC", at("2026-11-24T00:00"), at("2026-12-24T00:00")) == []

    def test_before_the_first_version_there_are_none(self) -> None:
        assert hours([self.FIRST], "UTC", at("2026-11-16T00:00"), at("2026-11-23T00:00")) == []

    def test_a_day_off_is_not_the_same_as_no_shifts(self) -> None:
        plan = Shifts(Pattern.TWO_TWO, MONDAY, MONDAY, (DAYTIME,))
        day_off = (at("2026-11-25T12:00"), at("2026-11-25T13:00"))
        assert hours([plan], "UTC", *day_off) == []
        assert has_shifts([plan], "UTC", *day_off)
        assert not has_shifts([plan, Shifts(Pattern.NONE, MONDAY)], "UTC", *day_off)
        assert not has_shifts([], "UTC", *day_off)


class TestDaylightSaving:
    """Berlin's clocks go forward at 2:00 on 29 March 2026, and back at 3:00 on 25 October."""

    @staticmethod
    def of(day: date, *spans: Hours) -> list[Span]:
        plan = Shifts(Pattern.FIVE_TWO, day, day, spans)
        since = moment(BERLIN, day, 0)
        return hours([plan], BERLIN, since, since + timedelta(hours=40))[:1]

    @pytest.mark.parametrize(("day", "length"), [(date(2026, 3, 28), 7), (date(2026, 10, 24), 9), (date(2026, 6, 1), 8)])
    def test_a_night_through_the_change_is_an_hour_shorter_or_longer(self, day: date, length: int) -> None:
        assert [span.length for span in self.of(day, NIGHT)] == [timedelta(hours=length)]

    @pytest.mark.parametrize(("day", "length"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
    def test_a_whole_day_has_the_hours_that_it_has(self, day: date, length: int) -> None:
        plan = Shifts(Pattern.OWN, day, None, (Hours(0, 1440, 7),))
        since = moment(BERLIN, day, 0)
        assert sum((one.length for one in hours([plan], BERLIN, since, since + timedelta(days=2))), timedelta()) == timedelta(
            hours=length
        )

    def test_a_beginning_in_the_missing_hour_is_when_it_is_skipped(self) -> None:
        (span,) = self.of(date(2026, 3, 29), Hours(2 * 60 + 30, 6 * 60))
        assert span == Span(at("2026-03-29T01:00"), at("2026-03-29T04:00"))

    def test_within_the_missing_hour_there_is_nothing(self) -> None:
        day = date(2026, 3, 29)
        plan = Shifts(Pattern.OWN, day, None, (Hours(2 * 60, 3 * 60, 7), Hours(2 * 60 + 10, 2 * 60 + 50, 7)))
        since = moment(BERLIN, day, 0)
        assert hours([plan], BERLIN, since, since + timedelta(hours=20)) == []

    def test_the_hour_that_comes_twice_is_there_twice(self) -> None:
        (span,) = self.of(date(2026, 10, 25), Hours(2 * 60, 3 * 60))
        assert span == Span(at("2026-10-25T00:00"), at("2026-10-25T02:00"))

    def test_half_past_in_the_hour_that_comes_twice_is_the_first(self) -> None:
        assert moment(BERLIN, date(2026, 10, 25), 2 * 60 + 30) == at("2026-10-25T00:30")

    @given(
        st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Cairo", "Pacific/Apia"]),
        st.dates(date(2010, 1, 1), date(2030, 1, 1)),
        st.lists(st.integers(0, 1440), min_size=3, max_size=3).map(sorted),
    )
    def test_days_follow_each_other_without_holes_or_overlaps(self, zone: str, day: date, minutes: list[int]) -> None:
        one, two, three = (moment(zone, day, minute) for minute in minutes)
        assert one <= two <= three
        assert moment(zone, day, 1440) == moment(zone, day + timedelta(days=1), 0)
        assert one.tzinfo is UTC
