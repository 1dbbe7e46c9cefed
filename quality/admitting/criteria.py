"""What is asked of whoever is to be admitted: drafted by one person, published by another for everybody to read, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic import TypeAdapter

from piecework.platform import db, trail
from piecework.platform.errors import NotFound
from piecework.quality.admitting.kinds import Criterion
from piecework.quality.errors import CriteriaSettled, NotImpartial

LIST: TypeAdapter[list[Criterion]] = TypeAdapter(list[Criterion])

GRADES = {1: "junior", 2: "middle", 3: "senior"}
"""The names of the levels of a qualification."""

VERSIONS = """
SELECT id, code, level, line, version, items, reason, published_at FROM criteria
WHERE code = $1 AND ($2::int IS NULL OR level = $2) AND ($3::int IS NULL OR line = $3)
ORDER BY level, line, version DESC
"""
VERSIONS_OF = """
SELECT id, code, level, line, version, items, reason, published_at FROM criteria WHERE code = ANY ($1)
ORDER BY code, level, line, version DESC
"""
DRAFTS = """
SELECT d.id, d.code, d.level, d.line, d.items, d.reason, d.drafted_by, a.name AS drafted_by_name, d.drafted_at
FROM criteria_draft d JOIN account a ON a.id = d.drafted_by WHERE d.outcome IS NULL AND d.id > $1 ORDER BY d.id LIMIT $2
"""
ONE_DRAFT = """
SELECT d.id, d.code, d.level, d.line, d.items, d.reason, d.drafted_by, a.name AS drafted_by_name, d.drafted_at
FROM criteria_draft d JOIN account a ON a.id = d.drafted_by WHERE d.outcome IS NULL AND d.id = $1
"""
ASKED_FOR = """
SELECT q.qualification AS code, array_agg(DISTINCT p.code ORDER BY p.code) AS projects FROM queue q JOIN project p ON p.id = q.project_id
WHERE q.open GROUP BY q.qualification ORDER BY q.qualification LIMIT 500
"""
IN_FORCE = """
SELECT DISTINCT ON (code, level, line) code, level, line, version, jsonb_array_length(items) AS criteria, published_at FROM criteria
ORDER BY code, level, line, version DESC LIMIT 2000
"""
PUBLISH = """
INSERT INTO criteria (code, level, line, version, items, reason, draft_id)
SELECT d.code, d.level, d.line, 1 + coalesce((SELECT max(c.version) FROM criteria c WHERE (c.code, c.level, c.line) = (d.code, d.level, d.line)), 0),
       d.items, d.reason, d.id
FROM criteria_draft d WHERE d.id = $1 RETURNING version
"""


@dataclass(frozen=True, slots=True)
class Version:
    """Criteria as they were published once. An empty list is open to all."""

    id: UUID
    code: str
    level: int
    line: int
    version: int
    items: list[Criterion]
    reason: str
    published_at: datetime


async def draft(actor: UUID, code: str, level: int, line: int, items: Sequence[Criterion], reason: str) -> UUID:
    """Write what is to be the next version for a code, level and line; nothing comes of it until another publishes it. Its id."""
    made: UUID = await db.scalar(
        "INSERT INTO criteria_draft (code, level, line, items, reason, drafted_by) VALUES ($1, $2, $3, $4::jsonb, $5, $6) RETURNING id",
        code,
        level,
        line,
        LIST.dump_json(list(items)).decode(),
        reason,
        actor,
    )
    await trail.record(actor, "criteria.drafted", "qualification", code, reason=reason, level=level, line=line, draft=made)
    return made


async def drafts(after: UUID, limit: int) -> list[Any]:
    """What waits for somebody to publish or drop it, the oldest first."""
    return await db.rows(DRAFTS, after, limit)


async def draft_waiting(draft_id: UUID) -> Any:
    """A draft that waits, or None."""
    return await db.row(ONE_DRAFT, draft_id)


async def count_drafts(me: UUID) -> int:
    """How many drafts wait that somebody else has made."""
    return int(await db.scalar("SELECT count(*) FROM criteria_draft WHERE outcome IS NULL AND drafted_by <> $1", me))


async def overview() -> dict[str, tuple[list[str], list[dict[str, Any]]]]:
    """By code: the projects whose steps ask for it now, and what is in force for each level and line."""
    found: dict[str, tuple[list[str], list[dict[str, Any]]]] = {
        row["code"]: (row["projects"], []) for row in await db.rows(ASKED_FOR)
    }
    for row in await db.rows(IN_FORCE):
        one = dict(row)
        found.setdefault(one.pop("code"), ([], []))[1].append(one)
    return dict(sorted(found.items()))


async def publish(actor: UUID, draft_id: UUID, reason: str) -> int:
    """Publish what another has drafted as the next version; it counts from now on. Returns its number.

    Raises:
        NotFound, CriteriaSettled, NotImpartial: no such draft; decided already; one's own.
    """
    code = await _settle(actor, draft_id, "published")
    # Publishing for one code goes one by one, so that versions have no holes.
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended('criteria:' || $1, 0))", code)
    version: int = await db.scalar(PUBLISH, draft_id)
    await trail.record(actor, "criteria.published", "qualification", code, reason=reason, draft=draft_id, version=version)
    return version


async def drop(actor: UUID, draft_id: UUID, reason: str) -> None:
    """Let nothing come of a draft, one's own or another's.

    Raises:
        NotFound, CriteriaSettled: no such draft; decided already.
    """
    code = await _settle(actor, draft_id, "dropped")
    await trail.record(actor, "criteria.dropped", "qualification", code, reason=reason, draft=draft_id)


async def _settle(actor: UUID, draft_id: UUID, outcome: str) -> str:
    """Decide a draft, once; returns its code."""
    row = await db.row("SELECT code, drafted_by, outcome FROM criteria_draft WHERE id = $1 FOR UPDATE", draft_id)
    if row is None:
        raise NotFound
    if row["outcome"] is not None:
        raise CriteriaSettled
    if outcome == "published" and row["drafted_by"] == actor:
        raise NotImpartial
    await db.execute(
        "UPDATE criteria_draft SET outcome = $2, decided_by = $3, decided_at = clock_timestamp() WHERE id = $1",
        draft_id,
        outcome,
        actor,
    )
    return str(row["code"])


async def versions(code: str, level: int | None = None, line: int | None = None) -> list[Version]:
    """All versions of a code, or of one level and line of it: by level and line, the newest first."""
    return [_version(row) for row in await db.rows(VERSIONS, code, level, line)]


async def versions_of(codes: Sequence[str]) -> list[Version]:
    """All versions of several codes: by code, level and line, the newest first."""
    return [_version(row) for row in await db.rows(VERSIONS_OF, codes)]


def _version(row: Any) -> Version:
    return Version(**{**row, "items": LIST.validate_python(orjson.loads(row["items"]))})


def counting(listed: Sequence[Version], began: datetime | None) -> list[Version]:
    """Of one level's and line's versions, newest first: those that count for somebody who began then (None: who begins now).

    That is the version in force when they began, and every newer one; who began before there was any chooses among all.
    """
    if began is None:
        return list(listed[:1])
    newer = [one for one in listed if one.published_at > began]
    return [*newer, *[one for one in listed if one.published_at <= began][:1]]
