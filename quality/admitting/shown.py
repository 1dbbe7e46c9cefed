"""Decisions and requests as people read them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from piecework.platform import db
from piecework.quality.admitting import assessing, criteria
from piecework.quality.admitting.assessing import Assessment, Wanted

MINE = """
SELECT n.*, CASE WHEN o.state = 'open' AND o.appeal_by > now() THEN o.appeal_by END AS appeal_by
FROM admission_now n LEFT JOIN appealable o ON o.subject = 'admission' AND o.subject_id = n.id
WHERE n.freelancer_id = $1 AND n.state IN ('granted', 'refused') ORDER BY n.id DESC LIMIT 200
"""
LISTED = """
SELECT * FROM admission_now WHERE id < $1 AND ($2::text IS NULL OR state = $2) AND ($3::uuid IS NULL OR freelancer_id = $3)
AND ($4::text IS NULL OR code = $4) ORDER BY id DESC LIMIT $5
"""
REQUESTS = """
SELECT code, level, line, asked_at, met_at, decide_by FROM admission_request WHERE freelancer_id = $1 AND ended_at IS NULL
ORDER BY asked_at, id
"""


async def mine(freelancer_id: UUID) -> list[Any]:
    """What took effect of the decisions about a person, newest first."""
    return await db.rows(MINE, freelancer_id)


async def listed(
    before: UUID, limit: int, *, state: str | None = None, freelancer_id: UUID | None = None, code: str | None = None
) -> list[Any]:
    """Decisions before one, newest first."""
    return await db.rows(LISTED, before, state, freelancer_id, code, limit)


async def one(admission_id: UUID) -> Any:
    """A decision, or None."""
    return await db.row("SELECT * FROM admission_now WHERE id = $1", admission_id)


async def requests(freelancer_id: UUID) -> list[Any]:
    """What a person waits for."""
    return await db.rows(REQUESTS, freelancer_id)


async def next_steps(freelancer_id: UUID, held: Wanted) -> Sequence[Assessment]:
    """What leads on from a qualification: the next published level on its line, and its level on the next published line."""
    published = {(one.level, one.line) for one in await criteria.versions(held.code)}
    levels = sorted(level for level, line in published if line == held.line and level > held.level)
    lines = sorted(line for level, line in published if level == held.level and line > held.line)
    wanted = [Wanted(held.code, level, held.line) for level in levels[:1]]
    wanted += [Wanted(held.code, held.level, line) for line in lines[:1]]
    return [await assessing.published(freelancer_id, one) for one in wanted]
