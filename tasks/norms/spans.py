"""Half-open spans of time: what is left of them, what they have in common, how they fall into days."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From `starts` on, before `ends`."""

    starts: datetime
    ends: datetime

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.ends - self.starts


def clip(spans: Iterable[Span], within: Span) -> list[Span]:
    """The parts of spans that lie within another, in order."""
    cut = (Span(max(s.starts, within.starts), min(s.ends, within.ends)) for s in spans)
    return sorted(s for s in cut if s.starts < s.ends)


def union(spans: Iterable[Span]) -> list[Span]:
    """The same time as spans that neither touch nor overlap, in order."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.starts <= joined[-1].ends:
            joined[-1] = Span(joined[-1].starts, max(joined[-1].ends, span.ends))
        elif span.starts < span.ends:
            joined.append(span)
    return joined


def minus(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """What is left of spans beyond others, in order."""
    left = union(spans)
    if not left:
        return []
    first, last = left[0].starts, left[-1].ends
    for hole in union(hole for hole in taken if hole.starts < last and hole.ends > first):
        left = [
            part
            for span in left
            for part in (Span(span.starts, min(span.ends, hole.starts)), Span(max(span.starts, hole.ends), span.ends))
            if part.starts < part.ends
        ]
    return left


class Taken:
    """Time that is spoken for. Asking for more costs the same however many spans there are."""

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self._spans = union(spans)

    def take(self, spans: Iterable[Span]) -> list[Span]:
        """Speak for these spans too; returns the parts of them that were free, in order."""
        return [part for span in union(spans) for part in self._take(span)]

    def _take(self, span: Span) -> list[Span]:
        first = bisect_left(self._spans, span.starts, key=lambda one: one.ends)
        last = bisect_right(self._spans, span.ends, key=lambda one: one.starts)
        met = self._spans[first:last]
        self._spans[first:last] = union([span, *met])
        return minus([span], met)


def total(spans: Iterable[Span]) -> timedelta:
    """How long spans that do not overlap are together."""
    return sum((span.length for span in spans), timedelta())


def midnight(at: datetime, zone: ZoneInfo, days: int = 0) -> datetime:
    """The beginning of a moment's local day, or of one so many days later, as an instant."""
    here = at.astimezone(zone)
    return (datetime(here.year, here.month, here.day, tzinfo=zone) + days * DAY).astimezone(UTC)


def by_day(spans: Iterable[Span], zone: ZoneInfo) -> Iterator[tuple[str, Span]]:
    """The parts of spans day by day of a zone, each with its date."""
    for span in spans:
        starts = span.starts
        while starts < span.ends:
            ends = min(span.ends, midnight(starts, zone, 1))
            yield starts.astimezone(zone).date().isoformat(), Span(starts, ends)
            starts = ends
