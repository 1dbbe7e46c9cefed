"""When there is work: the last four weeks by the hour of the week, so that people can choose their hours."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from piecework.platform import db
from piecework.platform.errors import Invalid, NotFound
from piecework.platform.identity.models import Role
from piecework.platform.identity.principal import Principal
from piecework.platform.said import Said
from piecework.tasks.projects import SEES_ALL, visible

WEEKS = 4

SPAN = "SELECT greatest(since, until - make_interval(weeks => $1)) AS since, until FROM hours_counted"

# At most the hours of four weeks and as many of one project are read, by their key.
GRID = """
WITH mine AS (
    SELECT hour, tickets, claimed, people, open_minutes FROM supply_hour WHERE $1::uuid IS NULL AND project_id IS NULL AND hour >= $3 AND hour < $4
    UNION ALL
    SELECT hour, tickets, claimed, people, open_minutes FROM supply_hour WHERE project_id = $1 AND hour >= $3 AND hour < $4)
SELECT extract(isodow FROM a.hour AT TIME ZONE $2)::int AS weekday, extract(hour FROM a.hour AT TIME ZONE $2)::int AS hour,
       count(*) AS seen, avg(coalesce(mine.tickets, 0))::float8 AS tickets, avg(coalesce(mine.claimed, 0))::float8 AS handed_out,
       avg(coalesce(mine.people, 0))::float8 AS people, sum(coalesce(mine.open_minutes, 0))::float8 / nullif(sum(a.minutes), 0) AS open_share,
       avg(a.empty_asks)::float8 AS empty_asks, sum(a.waited_s)::float8 / nullif(sum(a.waits), 0) AS wait_s
FROM supply_hour a LEFT JOIN mine USING (hour)
WHERE a.project_id IS NULL AND a.hour >= $3 AND a.hour < $4 GROUP BY 1, 2 ORDER BY 1, 2
"""

ADMITTED = "SELECT p.id FROM project p WHERE p.code = $2 AND EXISTS (SELECT FROM may_work m WHERE m.freelancer_id = $1 AND m.project_id = p.id)"


@dataclass(frozen=True, slots=True)
class Grid:
    """The hours of the week in a zone, those that were seen; from and until which moment they were counted."""

    zone: str
    since: datetime | None
    until: datetime | None
    hours: list[dict[str, Any]]


async def hours_of_the_week(principal: Principal, code: str | None, zone: str | None) -> Grid:
    """What there was to do by the hour of the week, in all projects or in one, in this zone or else the caller's own.

    Raises:
        NotFound: there is no such project, or it is none of the caller's.
        Invalid: not a time zone.
    """
    project_id = None if code is None else await _project(principal, code)
    if zone is None:
        zone = await db.scalar("SELECT coalesce((contract_at($1, clock_timestamp())).zone, 'UTC')", principal.account_id)
    elif not await db.scalar("SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1)", zone):
        raise Invalid(errors=[{"field": "zone", "code": "unknown_zone", "message": Said("Not an IANA time zone.")}])
    assert zone is not None
    span = await db.row(SPAN, WEEKS)
    if span is None:
        return Grid(zone, None, None, [])
    found = await db.rows(GRID, project_id, zone, span["since"], span["until"])
    return Grid(zone, span["since"], span["until"], [dict(row) for row in found])


async def _project(principal: Principal, code: str) -> UUID:
    """The project, if the caller sees it or is admitted to its work."""
    if principal.roles & (SEES_ALL | {Role.REQUESTER}):
        project = await visible(principal).get_or_none(code=code)
        if project is not None:
            return project.id
    found: UUID | None = await db.scalar(ADMITTED, principal.account_id, code)
    if found is None:
        raise NotFound(Said("There is no project with this code."))
    return found
