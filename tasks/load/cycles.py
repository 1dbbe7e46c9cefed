"""Patterns of availability as hours: cycles of days on and off or days of the week, in the local day of a zone.

A local time is turned into a moment so that days follow each other without holes or overlaps: one that occurs twice (clocks go back) is
its first occurrence, one that is missing (clocks go forward) is the moment at which it is skipped. So a night through the change lasts
an hour more or less than its clock times say, and who is available only within the missing hour is not available that day.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from piecework.tasks.norms.spans import Span, clip, union

DAY = timedelta(days=1)


class Pattern(StrEnum):
    """2/2, 3/3, 5/2: days on and off in turn from an anchor · own: hours by the day of the week · none: no shifts."""

    TWO_TWO = "2/2"
    THREE_THREE = "3/3"
    FIVE_TWO = "5/2"
    OWN = "own"
    NONE = "none"


CYCLES = {Pattern.TWO_TWO: (2, 2), Pattern.THREE_THREE: (3, 3), Pattern.FIVE_TWO: (5, 2)}


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of a local day, in minutes after midnight; `until` not after `since` is on the next day. `weekday`: 1 is Monday."""

    since: int
    until: int
    weekday: int | None = None


@dataclass(frozen=True, slots=True)
class Shifts:
    """One version of somebody's shifts: it holds for the shifts that begin on `valid_from` or later."""

    pattern: Pattern
    valid_from: date
    anchor: date | None = None
    spans: tuple[Hours, ...] = ()

    def on(self, day: date) -> Iterable[Hours]:
        """The spans that begin on this local day."""
        if self.pattern is Pattern.OWN:
            return [span for span in self.spans if span.weekday == day.isoweekday()]
        if self.anchor is None:
            return ()
        on, off = CYCLES[self.pattern]
        return self.spans if (day - self.anchor).days % (on + off) < on else ()


def hours(versions: Sequence[Shifts], zone: str, since: datetime, until: datetime) -> list[Span]:
    """The hours of a person whose shifts these are (the oldest version first), within [since, until): in order, apart, never empty."""
    found = []
    for day in _days(zone, since, until):
        valid = in_effect(versions, day)
        for span in () if valid is None else valid.on(day):
            ends_on = day if span.until > span.since else day + DAY
            found.append(Span(moment(zone, day, span.since), moment(zone, ends_on, span.until)))
    return union(clip(found, Span(since, until)))


def has_shifts(versions: Sequence[Shifts], zone: str, since: datetime, until: datetime) -> bool:
    """True if shifts are stated for any local day that reaches into [since, until), even if it is a day off."""
    each = (in_effect(versions, day) for day in _days(zone, since, until))
    return any(one is not None and one.pattern is not Pattern.NONE for one in each)


def in_effect(versions: Sequence[Shifts], day: date) -> Shifts | None:
    """Of these versions, the oldest first, the one that holds on a day: the newest that is valid."""
    valid = [version for version in versions if version.valid_from <= day]
    return valid[-1] if valid else None


def local_day(at: datetime, zone: str) -> date:
    """The day that it is in a zone."""
    return at.astimezone(ZoneInfo(zone)).date()


def _days(zone: str, since: datetime, until: datetime) -> Iterable[date]:
    """Every local day that reaches into [since, until), and the one before, whose night may."""
    day, last = local_day(since, zone) - DAY, local_day(until, zone)
    while day <= last:
        yield day
        day += DAY


@lru_cache(maxsize=20_000)
def moment(zone: str, day: date, minute: int) -> datetime:
    """The moment at which the clocks of a zone show (or skip) so many minutes after this day's midnight; 1440 is the next midnight."""
    place = ZoneInfo(zone)
    local = datetime.combine(day, time()) + timedelta(minutes=minute)
    found = local.replace(tzinfo=place).astimezone(UTC)
    if found.astimezone(place).replace(tzinfo=None) == local:
        return found
    # Skipped: the clocks change after `before` and not after `found`, which is reckoned with the offset of before the change.
    before = local.replace(tzinfo=place, fold=1).astimezone(UTC)
    while found - before > timedelta(seconds=1):
        middle = (before + (found - before) / 2).replace(microsecond=0)
        if middle.astimezone(place).replace(tzinfo=None) < local:
            before = middle
        else:
            found = middle
    return found
