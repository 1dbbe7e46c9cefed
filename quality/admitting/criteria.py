"""What is asked of whoever is to be admitted: versions, published for everybody to read; none is ever changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from pydantic import TypeAdapter

from piecework.platform import db, trail
from piecework.quality.admitting.kinds import Criterion

LIST: TypeAdapter[list[Criterion]] = TypeAdapter(list[Criterion])

GRADES = {1: "junior", 2: "middle", 3: "senior"}
"""The names of the levels of a qualification."""

VERSIONS = """
SELECT id, code, level, line, version, items, reason, published_at FROM criteria
WHERE code = $1 AND ($2::int IS NULL OR level = $2) AND ($3::int IS NULL OR line = $3)
ORDER BY level, line, version DESC
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


async def publish(actor: UUID, code: str, level: int, line: int, items: Sequence[Criterion], reason: str) -> int:
    """Publish the next version for a code, level and line; it counts from now on. Returns its number."""
    # Publishing for one code goes one by one, so that versions have no holes.
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended('criteria:' || $1, 0))", code)
    version: int = await db.scalar(
        """INSERT INTO criteria (code, level, line, version, items, reason, published_by)
           SELECT $1, $2, $3, 1 + coalesce(max(version), 0), $4::jsonb, $5, $6 FROM criteria WHERE code = $1 AND level = $2 AND line = $3
           RETURNING version""",
        code,
        level,
        line,
        LIST.dump_json(list(items)).decode(),
        reason,
        actor,
    )
    await trail.record(actor, "criteria.published", "qualification", code, reason=reason, level=level, line=line, version=version)
    return version


async def versions(code: str, level: int | None = None, line: int | None = None) -> list[Version]:
    """All versions of a code, or of one level and line of it: by level and line, the newest first."""
    return [
        Version(**{**row, "items": LIST.validate_python(orjson.loads(row["items"]))})
        for row in await db.rows(VERSIONS, code, level, line)
    ]


def counting(listed: Sequence[Version], began: datetime | None) -> list[Version]:
    """Of one level's and line's versions, newest first: those that count for somebody who began then (None: who begins now).

    That is the version in force when they began, and every newer one; who began before there was any chooses among all.
    """
    if began is None:
        return list(listed[:1])
    newer = [one for one in listed if one.published_at > began]
    return [*newer, *[one for one in listed if one.published_at <= began][:1]]
