"""Shifts: when somebody intends to be there. Optional, for planning and invitations only; nothing follows from not keeping one."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cache
from itertools import groupby, pairwise
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

import orjson

from piecework.platform import db, trail
from piecework.platform.errors import Invalid
from piecework.platform.said import Said
from piecework.tasks.errors import NoContract
from piecework.tasks.load import cycles
from piecework.tasks.load.cycles import Hours, Pattern, Shifts
from piecework.tasks.norms.spans import Span, union

PLANS = """
SELECT freelancer_id, version, pattern, anchor, hours, valid_from, created_at FROM shift_plan
WHERE freelancer_id = ANY ($1) ORDER BY freelancer_id, version
"""

# The zone of the contract in force, from each moment on at which it may be another; null where there is no contract.
ZONES = """
SELECT p.id, changes.at, (contract_at(p.id, changes.at)).zone FROM unnest($1::uuid[]) AS p (id)
CROSS JOIN LATERAL (
    SELECT $2::timestamptz AS at
    UNION SELECT starts_at FROM contract WHERE freelancer_id = p.id AND starts_at > $2 AND starts_at < $3
    UNION SELECT ends_at FROM contract_end WHERE freelancer_id = p.id AND ends_at > $2 AND ends_at < $3
    UNION SELECT u.undone_at FROM contract_end e JOIN contract_end_undone u ON u.end_id = e.id
          WHERE e.freelancer_id = p.id AND u.undone_at > $2 AND u.undone_at < $3) changes
ORDER BY p.id, changes.at
"""


async def put(
    me: UUID, *, pattern: Pattern, anchor: date | None, spans: Sequence[Hours], valid_from: date | None
) -> dict[str, Any]:
    """State one's shifts from a local day on (today, if none is named), in place of whatever was stated before for those days.

    Raises:
        NoContract: there is none in force, so there is no zone.
        Invalid: what does not belong to the pattern is given or missing, or it would begin before today.
    """
    now = await db.row("SELECT clock_timestamp() AS at, (contract_at($1, clock_timestamp())).zone AS zone", me)
    assert now is not None
    if now["zone"] is None:
        raise NoContract
    today = cycles.local_day(now["at"], _known(now["zone"]))
    plan = Shifts(pattern, valid_from or today, anchor, tuple(spans))
    problems = list(_problems(plan, today))
    if problems:
        raise Invalid(errors=problems)
    # One version at a time, so that the next number is free.
    await db.execute("SELECT id FROM account WHERE id = $1 FOR NO KEY UPDATE", me)
    made = await db.row(
        """INSERT INTO shift_plan (freelancer_id, version, pattern, anchor, hours, valid_from)
           SELECT $1, 1 + coalesce(max(version), 0), $2, $3, $4::jsonb, $5 FROM shift_plan WHERE freelancer_id = $1
           RETURNING freelancer_id, version, pattern, anchor, hours, valid_from, created_at""",
        me,
        str(pattern),
        anchor,
        orjson.dumps([{"since": span.since, "until": span.until, "weekday": span.weekday} for span in spans]).decode(),
        plan.valid_from,
    )
    assert made is not None
    await trail.record(me, "shifts.stated", "account", me, version=made["version"], pattern=str(pattern))
    return dict(made)


async def stated(me: UUID) -> list[tuple[int, Shifts]]:
    """The versions that hold today or on a later day, with their numbers, in the order in which they begin."""
    now = await db.row("SELECT clock_timestamp() AS at, (contract_at($1, clock_timestamp())).zone AS zone", me)
    assert now is not None
    versions = [(row["version"], _shifts(row)) for row in await db.rows(PLANS, [me])]
    # A later version takes the place of what begins after it.
    left = [one for place, one in enumerate(versions) if all(one[1].valid_from < o.valid_from for _, o in versions[place + 1 :])]
    today = cycles.local_day(now["at"], now["zone"] or "UTC")
    begun = [one for one in left if one[1].valid_from <= today]
    return [*begun[-1:], *(one for one in left if one[1].valid_from > today)]


async def hours_of(person: UUID, since: datetime, until: datetime) -> list[Span]:
    """When the person intends to be there within [since, until): half-open, in order, apart; empty without shifts or a contract."""
    return (await hours_of_many([person], since, until)).get(person, [])


async def hours_of_many(people: Iterable[UUID], since: datetime, until: datetime) -> dict[UUID, list[Span]]:
    """The same for many; who has no shifts within this time is left out, so that they can be told from those who are off.

    Days are those of the zone of the contract in force at the moment: a change of zone changes the days from then on.
    """
    ids = list(people)
    plans = {
        person: [_shifts(row) for row in found]
        for person, found in groupby(await db.rows(PLANS, ids), key=lambda row: row["freelancer_id"])
    }
    places: dict[UUID, list[tuple[datetime, str | None]]] = {person: [] for person in plans}
    for row in await db.rows(ZONES, list(plans), since, until):
        places[row["id"]].append((row["at"], row["zone"]))
    found = {}
    for person, versions in plans.items():
        ends = [*places[person], (until, None)]
        parts = [(at, end, zone) for (at, zone), (end, _) in pairwise(ends) if zone is not None and zone in _zones()]
        if any(cycles.has_shifts(versions, zone, at, end) for at, end, zone in parts):
            each = [one for at, end, zone in parts for one in cycles.hours(versions, zone, at, end)]
            found[person] = union(each)
    return found


def _shifts(row: Any) -> Shifts:
    spans = tuple(Hours(**span) for span in orjson.loads(row["hours"]))
    return Shifts(Pattern(row["pattern"]), row["valid_from"], row["anchor"], spans)


def _problems(plan: Shifts, today: date) -> Iterable[dict[str, str | Said]]:
    cycle = plan.pattern in cycles.CYCLES
    if cycle != (plan.anchor is not None):
        message = (
            Said("The first day on of a cycle is needed.") if cycle else Said("Only a cycle of days on and off has an anchor.")
        )
        yield {"field": "anchor", "code": "anchor", "message": message}
    if (plan.pattern is Pattern.NONE) == bool(plan.spans):
        message = Said("There are no hours without shifts.") if plan.spans else Said("At least one span of hours is needed.")
        yield {"field": "hours", "code": "hours", "message": message}
    for place, span in enumerate(plan.spans):
        if (plan.pattern is Pattern.OWN) != (span.weekday is not None):
            message = Said("Own hours name their day of the week; a cycle's do not.")
            yield {"field": f"hours.{place}.weekday", "code": "weekday", "message": message}
        if span.since == span.until:
            message = Said("These hours are empty. A whole day is 00:00 to 24:00.")
            yield {"field": f"hours.{place}.until", "code": "empty_hours", "message": message}
    if plan.valid_from < today:
        yield {"field": "valid_from", "code": "in_the_past", "message": Said("Shifts can be changed from today on.")}


def _known(zone: str) -> str:
    if zone not in _zones():
        raise Invalid(
            errors=[{"field": "zone", "code": "unknown_zone", "message": Said("The zone of your contract has no calendar here.")}]
        )
    return zone


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
