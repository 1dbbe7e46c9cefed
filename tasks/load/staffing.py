"""People needed by the hour of the next week, against those expected: chats and calls by Erlang C, the rest by its deadlines."""

import asyncio
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from piecework.platform import db
from piecework.tasks.load import attendance, erlang, forecasting
from piecework.tasks.load.backlog import people_by_hour
from piecework.tasks.models import Channel
from piecework.tasks.pace import ENOUGH

HOURS = 168
LIVE = frozenset({Channel.CHAT, Channel.PHONE})
"""Channels on which somebody is waiting for an answer now."""

WORK = """
SELECT p.id, p.code, p.sla_minutes, w.answered, w.took_ms, t.tickets, b.counted_at, b.due, b.unpaced
FROM project p
LEFT JOIN LATERAL (
    SELECT sum(h.answered)::float8 AS answered, sum(h.took_ms)::float8 AS took_ms FROM step s JOIN step_hour h ON h.step_id = s.id
    WHERE s.project_id = p.id AND h.hour >= $2::timestamptz - interval '28 days' AND h.hour < $2) w ON true
LEFT JOIN LATERAL (
    SELECT sum(h.tickets)::float8 AS tickets FROM supply_hour h
    WHERE h.project_id = p.id AND h.hour >= $2::timestamptz - interval '28 days' AND h.hour < $2) t ON true
LEFT JOIN backlog b ON b.project_id = p.id
WHERE p.id = ANY ($1) ORDER BY p.code
"""

Array = NDArray[np.float64]
Unknown = Literal["no_pace", "no_forecast", "not_counted", "unpaced_steps"]


@dataclass(frozen=True, slots=True)
class Service:
    """Of those who are waiting on a live channel, which share is to be answered within how many seconds."""

    within_s: float = 20.0
    probability: float = 0.8


@dataclass(frozen=True, slots=True)
class Work:
    """What is known of a project's work. `answers_per_ticket` and `handling_s` are means of the last four weeks, None if unknown.

    `due`: open work in hours of one person, by the hour in which it is due. `tickets`: expected by channel in each hour.
    """

    answers_per_ticket: float | None
    handling_s: float | None
    sla: timedelta
    due: Array
    tickets: Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class Need:
    """People needed in each hour; `live` None where that cannot be said."""

    live: Array | None
    backlog: Array

    @property
    def people(self) -> Array:
        """Whole people for both: who waits for a call does not work on the backlog meanwhile."""
        return np.ceil(np.round(self.backlog, 6)) + (0.0 if self.live is None else self.live)


@dataclass(frozen=True, slots=True)
class Staffing:
    """A project's needs from a full hour on, and the people expected; `unknown` says why something is left out of the needs.

    no_pace: too few answers to know how long one takes · no_forecast: there is no forecast of tickets to come, or it is too old ·
    not_counted: the backlog is not counted yet · unpaced_steps: some steps' pace is unknown, their tasks are not in the backlog.
    """

    need: Need
    available: Array | None
    code: str = ""
    unknown: list[Unknown] = field(default_factory=list)

    @property
    def short(self) -> Array:
        """By how many people more than expected are needed in each hour; nothing while it is not known who is expected."""
        return np.zeros(HOURS) if self.available is None else np.maximum(0.0, self.need.people - self.available)


async def starts_at() -> datetime:
    """The beginning of the hour under way."""
    now: datetime = await db.scalar("SELECT date_trunc('hour', clock_timestamp(), 'UTC')")
    return now


async def of(project_ids: list[UUID], since: datetime, service: Service) -> tuple[list[Staffing], Array | None]:
    """People needed and expected in these projects in each hour of the week from this full hour on, in the order of their codes.

    With them the people expected anywhere, each counted once.
    """
    forecasts = await forecasting.expected(project_ids, since, HOURS)
    available = await attendance.expected_in(project_ids, since, HOURS)
    rows = await db.rows(WORK, project_ids, since)
    return await asyncio.to_thread(_each, rows, forecasts, available, since, service), available.get(None)


def _each(
    rows: Sequence[Any],
    forecasts: Mapping[UUID, Mapping[str, Array]],
    available: Mapping[UUID | None, Array],
    since: datetime,
    service: Service,
) -> list[Staffing]:
    found = []
    for row in rows:
        known = row["answered"] is not None and row["answered"] >= ENOUGH and row["took_ms"] and row["tickets"]
        tickets = forecasts[row["id"]]
        work = Work(
            row["answered"] / row["tickets"] if known else None,
            row["took_ms"] / row["answered"] / 1000 if known else None,
            timedelta(minutes=row["sla_minutes"]),
            _shifted(row["due"], row["counted_at"], since),
            tickets,
        )
        checks: tuple[tuple[Unknown, bool], ...] = (
            ("no_pace", not known),
            ("no_forecast", not tickets),
            ("not_counted", row["due"] is None),
            ("unpaced_steps", bool(row["unpaced"])),
        )
        unknown = [code for code, missing in checks if missing]
        found.append(Staffing(needed(work, service), available.get(row["id"]), row["code"], unknown))
    return found


def together(each: Sequence[Staffing], available: Array | None) -> Staffing:
    """All of these as one; `available`: the people expected anywhere, each counted once.

    Needs are added up, as if nobody worked on two projects in one hour.
    """
    none = np.zeros(HOURS)
    known = [one.need.live for one in each if one.need.live is not None]
    live = sum(known, start=none) if known else None
    return Staffing(Need(live, sum((np.ceil(np.round(one.need.backlog, 6)) for one in each), start=none)), available)


def hours(one: Staffing) -> Iterator[dict[str, Any]]:
    """Each hour in turn, as plain numbers."""
    people, short = one.need.people, one.short
    for hour in range(HOURS):
        yield {
            "needed_live": None if one.need.live is None else float(one.need.live[hour]),
            "needed_backlog": round(float(one.need.backlog[hour]), 3),
            "needed": float(people[hour]),
            "expected": None if one.available is None else round(float(one.available[hour]), 3),
            "gap": bool(short[hour] > 0),
        }


def needed(work: Work, service: Service) -> Need:
    """People needed in each hour.

    Erlang C knows only what comes from now on, in a steady state; what is open, of live channels too, is work that is due by its deadline.
    A ticket of a live channel to come is so many answers, each a call to Erlang's formula with the mean handling time. Tickets of other
    channels come as work at the beginning of their hour and are due one service time later; what would be due after the last hour
    is left out. Without a pace the tickets to come cannot be turned into work.
    """
    if work.answers_per_ticket is None or work.handling_s is None:
        return Need(None, people_by_hour(work.due))
    none = np.zeros(HOURS)
    live = sum((one for channel, one in work.tickets.items() if channel in LIVE), start=none)
    rest = sum((one for channel, one in work.tickets.items() if channel not in LIVE), start=none)
    arriving = np.zeros((HOURS, HOURS))
    later = math.floor(work.sla / timedelta(hours=1))
    for hour in range(HOURS - later):
        arriving[hour, hour + later] = rest[hour] * work.answers_per_ticket * work.handling_s / 3600
    calls = [
        erlang.people_needed(float(one) * work.answers_per_ticket, work.handling_s, service.within_s, service.probability)
        for one in live
    ]
    return Need(np.array(calls, dtype=np.float64), people_by_hour(work.due, arriving))


def _shifted(due: list[float] | None, counted: datetime | None, since: datetime) -> Array:
    """Work by the hour from a full hour on, the counted hours taken as full ones: what was due before is due in the first."""
    found = np.zeros(HOURS)
    if due is None or counted is None:
        return found
    past = max(0, (since - counted) // timedelta(hours=1))
    left = np.array(due[past : past + HOURS])
    found[: len(left)] = left
    found[0] += sum(due[:past])
    return found
