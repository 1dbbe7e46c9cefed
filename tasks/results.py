"""What requesters watch and take away: tickets at risk of their deadline, and what came of the resolved ones."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import IO, Any
from uuid import UUID

import orjson

from piecework.platform import db
from piecework.platform.csv_out import Lines, inert
from piecework.platform.errors import Invalid
from piecework.platform.said import Said
from piecework.platform.web.paging import FIRST
from piecework.tasks.errors import TooManyResults
from piecework.tasks.models import Channel, TicketState
from piecework.tasks.workflows import read_step

MOST = 100_000
BATCH = 2_000
ABOUT = ("external_id", "source", "channel", "language", "received_at", "resolved_at")

# The tickets of each channel lie in the index by their deadline; the nearest of all are among the nearest of each.
AT_RISK = """
WITH due AS MATERIALIZED (
    SELECT k.id FROM unnest($4::text[]) AS c (channel) CROSS JOIN LATERAL (
        SELECT k.id, k.deadline_at FROM ticket k
        WHERE k.project_id = $1 AND k.channel = c.channel AND k.state = 'open' AND k.deadline_at <= now() + make_interval(mins => $2)
          AND (k.deadline_at, k.id) > ($5::timestamptz, $6::uuid)
        ORDER BY k.deadline_at, k.id LIMIT $3) k
    ORDER BY k.deadline_at, k.id LIMIT $3)
SELECT k.*, (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
               'step', s.key, 'title', s.spec ->> 'title', 'state', t.state, 'overlap', t.overlap, 'answers', a.answers, 'working', a.working)
               ORDER BY t.created_at, s.id), '[]')
    FROM task t JOIN step s ON s.id = t.step_id CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE a.state IN ('submitted', 'accepted', 'rejected')) AS answers,
               count(*) FILTER (WHERE a.state = 'held') AS working
        FROM assignment a WHERE a.task_id = t.id) a
    WHERE t.ticket_id = k.id AND t.state IN ('open', 'disputed')) AS waiting
FROM due JOIN ticket k USING (id) ORDER BY k.deadline_at, k.id
"""

# The newest (or oldest) tickets of each channel and state lie together in the index; those of all are among those of each. By `received_at` and not
# by `id` alone: for that the planner takes the primary key, through the tickets of all projects.
LISTED = """
WITH found AS MATERIALIZED (
    SELECT k.id FROM unnest($2::text[]) AS c (channel) CROSS JOIN unnest($3::text[]) AS s (state) CROSS JOIN LATERAL (
        SELECT k.received_at, k.id FROM ticket k
        WHERE k.project_id = $1 AND k.channel = c.channel AND k.state = s.state AND (k.received_at, k.id) > ($4, $5)
        ORDER BY k.received_at, k.id LIMIT $6) k
    ORDER BY k.received_at, k.id LIMIT $6)
SELECT k.* FROM found JOIN ticket k USING (id) ORDER BY k.received_at, k.id
"""
NEWEST_LISTED = LISTED.replace(") > (", ") < (").replace("ORDER BY k.received_at, k.id", "ORDER BY k.received_at DESC, k.id DESC")

RESOLVED = """
SELECT id, external_id, source, channel, language, received_at, resolved_at, result FROM ticket
WHERE project_id = $1 AND state = 'resolved' AND id > $2 AND resolved_at >= $3 AND resolved_at < $4 ORDER BY id LIMIT $5
"""


async def listed(
    project_id: UUID, state: TicketState | None, channel: Channel | None, after: UUID, limit: int, *, newest_first: bool
) -> Sequence[Mapping[str, Any]]:
    """Tickets of a project in the order they came, or the other way round, of one state and channel if these are given.

    Raises:
        Invalid: `after` is no ticket of the project.
    """
    at = datetime(9999, 1, 1, tzinfo=UTC) if newest_first else datetime(1, 1, 2, tzinfo=UTC)
    if after != FIRST:
        at = await _of_ticket("received_at", after, project_id)
    rows = await db.rows(
        NEWEST_LISTED if newest_first else LISTED,
        project_id,
        _names(Channel, channel),
        _names(TicketState, state),
        at,
        after,
        limit,
    )
    return [{**row, "result": row["result"] and orjson.loads(row["result"])} for row in rows]


async def _of_ticket(column: str, after: UUID, project_id: UUID) -> datetime:
    at: datetime | None = await db.scalar(f"SELECT {column} FROM ticket WHERE id = $1 AND project_id = $2", after, project_id)
    if at is None:
        raise Invalid(errors=[{"field": "cursor", "code": "bad_cursor", "message": Said("Not a cursor from a page.")}])
    return at


def _names(kind: type[StrEnum], only: StrEnum | None) -> list[str]:
    return [str(one) for one in (kind if only is None else (only,))]


async def at_risk(
    project_id: UUID, within_minutes: int, channel: Channel | None, after: UUID, limit: int
) -> Sequence[Mapping[str, Any]]:
    """Open tickets that are overdue or due within so many minutes, with what they wait for, the nearest deadline first.

    Raises:
        Invalid: `after` is no ticket of the project.
    """
    at = datetime(1, 1, 2, tzinfo=UTC) if after == FIRST else await _of_ticket("deadline_at", after, project_id)
    rows = await db.rows(AT_RISK, project_id, within_minutes, limit, _names(Channel, channel), at, after)
    return [{**row, "waiting": orjson.loads(row["waiting"]), "result": None} for row in rows]


async def columns(project_id: UUID) -> Sequence[tuple[str, str]]:
    """The step and field of every result that tickets of the project may have, over all versions of its workflow."""
    rows = await db.rows("SELECT spec FROM step WHERE project_id = $1 ORDER BY id", project_id)
    return list(
        dict.fromkeys((step.key, field.name) for row in rows if (step := read_step(row["spec"])) for field in step.answer)
    )


async def write_csv(project_id: UUID, since: date | None, until: date | None, file: IO[bytes]) -> None:
    """A line for each resolved ticket; several ticked options stand in one cell with | between them.

    Raises:
        TooManyResults: see there.
    """
    names = await columns(project_id)
    out = Lines(file, ["ticket_id", *ABOUT, *(f"{step}.{field}" for step, field in names)])
    async for row in _resolved(project_id, since, until):
        result = row["result"]
        cells = [_cell((result.get(step) or {}).get(field)) for step, field in names]
        about = [row[name].isoformat() if isinstance(row[name], datetime) else inert(row[name]) for name in ABOUT]
        out.add(str(row["id"]), *about, *cells)
        if out.rows % BATCH == 0:
            out.flush()
    out.flush()


async def write_jsonl(project_id: UUID, since: date | None, until: date | None, file: IO[bytes]) -> None:
    """An object for each resolved ticket: about it, and its result by step and field.

    Raises:
        TooManyResults: see there.
    """
    async for row in _resolved(project_id, since, until):
        about = {"ticket_id": str(row["id"]), **{name: row[name] for name in ABOUT}}
        file.write(orjson.dumps({**about, "result": row["result"]}) + b"\n")


async def _resolved(project_id: UUID, since: date | None, until: date | None) -> AsyncIterator[Mapping[str, Any]]:
    first = datetime.combine(since or date(2000, 1, 1), time(), UTC)
    last = datetime.combine(until or date(2100, 12, 31), time(), UTC) + timedelta(days=1)
    after, seen = FIRST, 0
    while rows := await db.rows(RESOLVED, project_id, after, first, last, BATCH):
        seen += len(rows)
        if seen > MOST:
            raise TooManyResults(Said("There are more than %(most)s.", most=f"{MOST:,}"))
        for row in rows:
            yield {**row, "result": orjson.loads(row["result"] or "{}")}
        after = rows[-1]["id"]


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list():
            return inert("|".join(str(one) for one in value))
        case _:
            return inert(str(value))
