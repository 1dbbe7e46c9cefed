"""A week's reckoning: what of the norm is left to ask, and what comes of what was done. A pure function of the week's facts.

Every reduction is of minutes, and no minute reduces twice: leave goes before outages, outages before gaps, an earlier gap before a
later one. Whole tasks are made once of each kind: what is agreed, leave and outages in the person's favour, gaps never above the gap.
docs/norms.md has the rules in words, each with its worked example.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil, floor
from zoneinfo import ZoneInfo

from piecework.platform.said import Said
from piecework.tasks.norms.facts import Ending, Facts, Gap, Outage, Result
from piecework.tasks.norms.spans import Span, Taken, by_day, clip, midnight, total, union

WHOLE = 10_000
"""Shares are in 1/10,000."""
DOUBTFUL = 4
"""One task that was escalated or rejected is nobody's fault for so many that were submitted."""
US = timedelta(microseconds=1)
"""Time is counted exactly: what is cut off of each part would be lost to the person."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a reckoning: these minutes of the week, and what they took off the norm, in hundredths of a task.

    `note` is a stable word: why it counts for nothing or less than all of it (NOTES).
    """

    kind: str
    starts: datetime
    ends: datetime
    seconds: int
    hundredths: int
    note: str = ""


NOTES = {
    "refused": Said("You were shown work during this gap and did not claim it."),
    "work_came": Said("Work that you may take came within ten minutes after you had stopped asking."),
    "let_expire": Said("The work that ended this gap was left to expire."),
    "no_pace": Said("You have no pace of your own yet, and the gap did not end in work."),
    "day_full": Said("The time above the hours that count in a day is left out."),
    "work_in_hand": Said("You held a task all this time, or it counts already."),
}


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What a week comes to, in whole tasks: `effective` = `norm` - `leave` - `outages` - `gaps`, at least 0."""

    norm: int
    leave: int
    outages: int
    gaps: int
    effective: int
    done: int
    result: Result
    second_chance: bool
    take_up: int
    lines: tuple[Line, ...]

    @property
    def reduced(self) -> int:
        """What was taken off the norm."""
        return self.norm - self.effective


def reckon(facts: Facts) -> Reckoning:
    """The week as its facts make it."""
    norm = base_norm(facts)
    away = clip((Span(one.starts, one.ends) for one in facts.away), facts.week)
    day = _Days(facts)
    lines = [
        Line(one.kind, part.starts, part.ends, int(part.length.total_seconds()), _hundredths(norm_of(facts, [part])))
        for one in facts.away
        for part in clip([Span(one.starts, one.ends)], facts.week)
    ]
    leave = ceil(norm_of(facts, union(away)))
    spoken_for = Taken(away)
    outages = _outages(facts, spoken_for, day, lines)
    share = take_up(facts)
    gaps = floor(_gaps(facts, spoken_for, day, lines, share))
    effective = max(0, norm - leave - outages - gaps)
    result, second_chance = outcome(facts, norm, effective)
    return Reckoning(
        norm,
        leave,
        outages,
        gaps,
        effective,
        facts.done.counted,
        result,
        second_chance,
        floor(share * WHOLE),
        tuple(sorted(lines, key=_when)),
    )


def base_norm(facts: Facts) -> int:
    """What the contract asks of this week: each version's norm by the share of the week that it was in force, rounded down.

    A week that is shorter than a whole one of its zone has the norm's share; a longer one has it once.
    """
    return floor(norm_of(facts, [facts.week]))


def norm_of(facts: Facts, spans: Sequence[Span]) -> Fraction:
    """The part of the norm that falls on these minutes of the week (which do not overlap)."""
    whole = max(facts.week.length, facts.week.ends - midnight(facts.week.ends, ZoneInfo(facts.zone), -7))
    return sum(
        (
            Fraction(terms.weekly_norm * (total(clip(spans, Span(terms.starts, terms.ends))) // US), whole // US)
            for terms in facts.terms
        ),
        Fraction(0),
    )


def take_up(facts: Facts) -> Fraction:
    """The share of the work handed out in the week that was submitted: in it gaps count.

    Tasks that were given back or left to expire lower it, but for the first few. So do those that were escalated and answers that were
    rejected where they are more than a quarter of what was submitted: both are honest now and then, and as quick as giving back. Who
    was handed out nothing wanted work if they did some in the weeks before.
    """
    handed = facts.handed
    doubtful = max(0, handed.escalated + handed.refused - handed.submitted // DOUBTFUL)
    returned = max(0, handed.expired + handed.skipped + handed.released + doubtful - facts.policy.free_returns)
    if handed.submitted + returned == 0:
        return Fraction(int(facts.worked_before))
    return Fraction(handed.submitted, handed.submitted + returned)


def outcome(facts: Facts, norm: int, effective: int) -> tuple[Result, bool]:
    """What comes of the week, and whether it took a second chance.

    met: the norm itself was done · excused: what was left of it · missed: not even that, unless it is so near, after two weeks that
    were met without this kindness, that it counts as met.
    """
    done = facts.done.counted
    if done >= norm:
        return Result.MET, False
    if done >= effective:
        return Result.EXCUSED, False
    near = (effective - done) * WHOLE < effective * facts.policy.second_chance
    if near and facts.met_before >= 2:
        return Result.MET, True
    return Result.MISSED, False


class _Days:
    """How much of each local day counts still as time at one's own pace."""

    def __init__(self, facts: Facts) -> None:
        self.zone = ZoneInfo(facts.zone)
        self.limit = timedelta(hours=facts.policy.gap_daily_hours)
        self.used: dict[str, timedelta] = {}

    def take(self, spans: Iterable[Span]) -> timedelta:
        """Use up the time of these spans as far as their days allow it; returns how much that is."""
        taken = timedelta()
        for date, part in by_day(spans, self.zone):
            room = self.limit - self.used.get(date, timedelta())
            counted = max(timedelta(), min(part.length, room))
            self.used[date] = self.used.get(date, timedelta()) + counted
            taken += counted
        return taken


def _outages(facts: Facts, spoken_for: Taken, day: _Days, lines: list[Line]) -> int:
    """What outages take off."""
    worth = Fraction(0)
    for outage in sorted(facts.outages, key=_when):
        parts = spoken_for.take(clip([Span(outage.starts, outage.ends)], facts.week))
        one = _outage(facts, outage, parts, day)
        lines.extend([_line("outage", outage.starts, outage.ends, facts.week, total(parts), one)])
        worth += one
    return ceil(worth)


def _outage(facts: Facts, outage: Outage, parts: list[Span], day: _Days) -> Fraction:
    """The calendar's share of the norm; for who was at work around it what they would have done if that is more, less what they did."""
    worth = norm_of(facts, parts)
    if outage.active and facts.pace.ms is not None:
        worth = max(worth, Fraction(day.take(parts) // US, facts.pace.ms * 1000))
    return max(Fraction(0), worth - outage.answers)


def _gaps(facts: Facts, spoken_for: Taken, day: _Days, lines: list[Line], share: Fraction) -> Fraction:
    """What gaps take off, before whole tasks are made of it."""
    worth = Fraction(0)
    for gap in sorted(facts.gaps, key=_when):
        note, pace_ms = _countable(facts, gap)
        counted = timedelta()
        if pace_ms is not None:
            parts = spoken_for.take(clip(gap.free, facts.week))
            counted = day.take(parts)
            note = "work_in_hand" if not parts else "day_full" if counted < total(parts) else ""
        one = Fraction(counted // US, pace_ms * 1000) * share if pace_ms else Fraction(0)
        lines.append(_line("gap", gap.starts, gap.ends, facts.week, counted, one, note))
        worth += one
    return worth


def _countable(facts: Facts, gap: Gap) -> tuple[str, int | None]:
    """Why a gap counts for nothing, or at which pace it counts."""
    if gap.ending is Ending.REFUSED:
        return "refused", None
    if gap.work_came:
        return "work_came", None
    if gap.let_expire:
        return "let_expire", None
    pace = facts.pace.ms or (gap.step_ms if gap.ending is Ending.WORK else None)
    return ("no_pace", None) if pace is None else ("", pace)


def _line(kind: str, starts: datetime, ends: datetime, week: Span, counted: timedelta, worth: Fraction, note: str = "") -> Line:
    return Line(kind, max(starts, week.starts), min(ends, week.ends), int(counted.total_seconds()), _hundredths(worth), note)


def _hundredths(tasks: Fraction) -> int:
    return floor(tasks * 100)


def _when(one: Line | Gap | Outage) -> tuple[datetime, datetime]:
    return one.starts, one.ends
