"""Spans of time that bonuses are for: weeks, months and quarters of a zone, half-open, named 2026-W47, 2026-11, 2026-Q4."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

WEEK = "week"
KINDS = (WEEK, "month", "quarter")


@dataclass(frozen=True, slots=True)
class Span:
    """From `since` on, before `until`."""

    kind: str
    name: str
    since: datetime
    until: datetime


def around(kind: str, at: datetime, zone: str) -> Span:
    """The span of a zone that a moment lies in."""
    here = at.astimezone(ZoneInfo(zone)).date()
    if kind == WEEK:
        first = here - timedelta(days=here.weekday())
        year, week, _ = first.isocalendar()
        return _span(kind, f"{year}-W{week:02}", first, first + timedelta(days=7), zone)
    months = 1 if kind == "month" else 3
    begins = (here.month - 1) // months * months + 1
    first = date(here.year, begins, 1)
    after = date(here.year + (begins + months > 12), (begins + months - 1) % 12 + 1, 1)
    name = f"{here.year}-{begins:02}" if kind == "month" else f"{here.year}-Q{begins // 3 + 1}"
    return _span(kind, name, first, after, zone)


def week(name: str, zone: str) -> Span:
    """The week of a name such as 2026-W47.

    Raises:
        ValueError: no week is called so.
    """
    year, _, number = name.partition("-W")
    monday = date.fromisocalendar(int(year), int(number), 1)
    return _span(WEEK, name, monday, monday + timedelta(days=7), zone)


def day(of: date, zone: str) -> Span:
    """A day as a span."""
    return _span("day", of.isoformat(), of, of + timedelta(days=1), zone)


def last_ended(kind: str, at: datetime, zone: str) -> Span:
    """The newest span that is over at a moment."""
    return around(kind, around(kind, at, zone).since - timedelta(microseconds=1), zone)


def ended_between(kind: str, first: datetime, last: datetime, zone: str) -> Iterator[Span]:
    """The spans that begin at `first` or later and are over at `last`, oldest first."""
    span = around(kind, first, zone)
    if span.since < first:
        span = around(kind, span.until, zone)
    while span.until <= last:
        yield span
        span = around(kind, span.until, zone)


def _span(kind: str, name: str, first: date, after: date, zone: str) -> Span:
    since, until = (datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)) for day in (first, after))
    return Span(kind, name, since, until)
