"""Time away from work: leave, illness, pauses. What is told for a time that is over changes nothing, but for illness within its three days."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from piecework.platform import db, notices, trail
from piecework.platform.errors import Invalid, NotFound
from piecework.platform.identity import accounts
from piecework.platform.identity.models import Role
from piecework.platform.said import Said
from piecework.tasks.contracts import versions
from piecework.tasks.contracts.limits import (
    AWAY_MOST,
    AWAY_WITHIN,
    BY_WORD_DAYS,
    CONFIRM_WITHIN,
    FARTHEST,
    TOLD_AHEAD,
    TOLD_LATE,
    most_within,
)
from piecework.tasks.errors import AbsenceBegun, AwayAlready, AwayTooLong, NothingInForce


class Kind(StrEnum):
    """leave and pause are announced ahead · illness may be told afterwards."""

    LEAVE = "leave"
    ILLNESS = "illness"
    PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class Days:
    """Whole days by the calendar of the contract's zone, the last one included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Exactly:
    """A half-open interval."""

    starts_at: datetime
    ends_at: datetime


ENDS = "coalesce(l.cut_to, l.ends_at)"
STATE = """CASE WHEN l.cut_to = l.starts_at THEN 'cancelled' WHEN l.decision IS NOT NULL THEN l.decision
                 WHEN l.needs_confirmation THEN 'waiting' ELSE 'told' END"""
SHOWN = f"""
SELECT l.id, l.freelancer_id, l.kind, l.starts_at, {ENDS} AS ends_at, l.words, l.told_at, {STATE} AS state, l.decided_at, l.reason,
       CASE {STATE} WHEN 'waiting' THEN l.told_at + interval '{CONFIRM_WITHIN.days} days' END AS decide_by
FROM leave l"""
LIVE = "l.decision IS DISTINCT FROM 'refused' AND l.cut_to IS DISTINCT FROM l.starts_at"
OVERLAPPING = f"""
SELECT EXISTS (SELECT FROM leave l WHERE l.freelancer_id = $1 AND {LIVE} AND l.starts_at < $3 AND {ENDS} > $2)"""
OF_KIND = f"""
SELECT l.starts_at, {ENDS} AS ends_at FROM leave l
WHERE l.freelancer_id = $1 AND l.kind = $2 AND {LIVE} AND l.starts_at < $4::timestamptz + $5::interval AND {ENDS} > $3::timestamptz - $5::interval"""
# On how many local days of one month, of those that the new interval touches, illness is taken on the person's word.
BY_WORD = f"""
WITH ill AS (
    SELECT l.starts_at, {ENDS} AS ends_at FROM leave l
    WHERE l.freelancer_id = $1 AND l.kind = 'illness' AND NOT l.needs_confirmation AND {LIVE}
    UNION ALL SELECT $2, $3),
days AS (
    SELECT DISTINCT day::date FROM ill CROSS JOIN LATERAL generate_series(
        (ill.starts_at AT TIME ZONE $4)::date::timestamp, (ill.ends_at AT TIME ZONE $4) - interval '1 microsecond', interval '1 day') AS day)
SELECT max(n) FROM (SELECT date_trunc('month', day::timestamp) AS month, count(*) AS n FROM days GROUP BY 1) months
WHERE month BETWEEN date_trunc('month', $2::timestamptz AT TIME ZONE $4) AND date_trunc('month', $3::timestamptz AT TIME ZONE $4)"""
ZONE = """
SELECT zone FROM contract WHERE freelancer_id = $1
  AND (version = (contract_at($1, clock_timestamp())).version OR starts_at > clock_timestamp()) ORDER BY version LIMIT 1"""
BOUNDS = """
SELECT $1::date::timestamp AT TIME ZONE $3 AS starts_at, ($2::date + 1)::timestamp AT TIME ZONE $3 AS ends_at"""


async def tell(me: UUID, kind: Kind, when: Days | Exactly, words: str = "") -> dict[str, Any]:
    """Tell that one is or will be away; returns the absence.

    It counts at once; long illness when a curator has confirmed it or its time to decide is over. The curators are told of that.

    Raises:
        NothingInForce: there is no contract in force or to come, so nothing to be away from.
        Invalid: no interval, longer than a year or farther ahead; leave or a pause at short notice; illness told too late.
        AwayAlready, AwayTooLong: some of the time is told already; more than the contract allows within a year.
    """
    await db.execute(versions.LOCK, me)
    zone = await db.scalar(ZONE, me)
    if zone is None:
        raise NothingInForce
    now = await versions.clock()
    away = await _exactly(when, zone)
    _check_when(kind, away, now)
    if await db.scalar(OVERLAPPING, me, away.starts_at, away.ends_at):
        raise AwayAlready
    if kind in AWAY_MOST:
        await _check_most(me, kind, away)
    by_word = kind != Kind.ILLNESS or await db.scalar(BY_WORD, me, away.starts_at, away.ends_at, zone) <= BY_WORD_DAYS
    made: UUID = await db.scalar(
        """INSERT INTO leave (freelancer_id, kind, starts_at, ends_at, words, told_at, needs_confirmation)
           VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id""",
        me,
        str(kind),
        away.starts_at,
        away.ends_at,
        words,
        now,
        not by_word,
    )
    await trail.record(me, "leave.told", "account", me, leave=made, kind=str(kind))
    told = await one(made)
    if not by_word:
        await _ask_curators(told)
    return told


async def cancel(me: UUID, leave_id: UUID) -> None:
    """Take back an absence that has not begun.

    Raises:
        NotFound, AbsenceBegun: see there.
    """
    await db.execute(versions.LOCK, me)
    found = await one(leave_id, me)
    if found["state"] == "cancelled" or found["starts_at"] <= await versions.clock():
        raise AbsenceBegun
    await db.execute("UPDATE leave SET cut_to = starts_at WHERE id = $1", leave_id)
    await trail.record(me, "leave.cancelled", "account", me, leave=leave_id)


async def cut(me: UUID, leave_id: UUID, ends_at: datetime | None) -> dict[str, Any]:
    """Come back sooner: now, or at a moment to come; returns the absence.

    Raises:
        NotFound: no such absence of this person.
        AbsenceBegun: it has not begun (cancel it then), or is over.
        Invalid: not before its end, or in the past.
    """
    await db.execute(versions.LOCK, me)
    found = await one(leave_id, me)
    now = await versions.clock()
    if not found["starts_at"] <= now < found["ends_at"]:
        raise AbsenceBegun(Said("This absence has not begun, or is over."))
    ends_at = ends_at or now
    if not now <= ends_at < found["ends_at"]:
        raise Invalid(errors=[{"field": "ends_at", "code": "out_of_range", "message": Said("From now on, and before its end.")}])
    await db.execute("UPDATE leave SET cut_to = $2 WHERE id = $1", leave_id, ends_at)
    await trail.record(me, "leave.cut", "account", me, leave=leave_id, ends_at=ends_at)
    return await one(leave_id)


async def one(leave_id: UUID, freelancer_id: UUID | None = None) -> dict[str, Any]:
    """An absence with its state: of this person only, if one is named.

    Raises:
        NotFound: there is none.
    """
    row = await db.row(f"{SHOWN} WHERE l.id = $1 AND ($2::uuid IS NULL OR l.freelancer_id = $2)", leave_id, freelancer_id)
    if row is None:
        raise NotFound
    return dict(row)


async def page(freelancer_id: UUID, before: UUID, limit: int) -> list[dict[str, Any]]:
    """A person's absences told before one, newest first."""
    found = await db.rows(
        f"{SHOWN} WHERE l.freelancer_id = $1 AND l.id < $2 ORDER BY l.id DESC LIMIT $3", freelancer_id, before, limit
    )
    return [dict(row) for row in found]


async def _ask_curators(told: dict[str, Any]) -> None:
    curators = [one for one in await accounts.active(Role.CURATOR) if one != told["freelancer_id"]]
    title = Said("An illness is to be confirmed by %(until)s", until=told["decide_by"])
    body = Said("Confirm it, or refuse it with a reason; what nobody decides on by then is confirmed.")
    await notices.send(curators, "leave.waiting", title, body, link="/leave/waiting", key=str(told["id"]))


async def _exactly(when: Days | Exactly, zone: str) -> Exactly:
    if isinstance(when, Exactly):
        return when
    bounds = await db.row(BOUNDS, when.first, when.last, zone)
    assert bounds is not None
    return Exactly(**bounds)


def _check_when(kind: Kind, away: Exactly, now: datetime) -> None:
    def refuse(code: str, message: str | Said) -> None:
        raise Invalid(errors=[{"field": "starts_at", "code": code, "message": message}])

    if not timedelta() < away.ends_at - away.starts_at <= FARTHEST:
        refuse("bad_interval", Said("An absence ends after it begins, and within a year."))
    if away.starts_at > now + FARTHEST:
        refuse("too_far", Said("This begins more than a year ahead."))
    if kind != Kind.ILLNESS and away.starts_at < now + TOLD_AHEAD:
        refuse("too_late", Said("Leave and pauses are announced ahead: this may begin at %(at)s or later.", at=now + TOLD_AHEAD))
    if away.starts_at < now - TOLD_LATE:
        refuse("too_late", Said("Illness may be told late by three days: this may begin at %(at)s or later.", at=now - TOLD_LATE))


async def _check_most(me: UUID, kind: Kind, away: Exactly) -> None:
    known = [
        (row["starts_at"], row["ends_at"])
        for row in await db.rows(OF_KIND, me, str(kind), away.starts_at, away.ends_at, AWAY_WITHIN)
    ]
    if most_within([*known, (away.starts_at, away.ends_at)], AWAY_WITHIN) > AWAY_MOST[kind]:
        raise AwayTooLong(Said("At most %(days)s days within any %(span)s.", days=AWAY_MOST[kind].days, span=AWAY_WITHIN.days))
