"""Decisions and requests as people read them."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from piecework.platform import db
from piecework.quality.admitting import assessing, criteria
from piecework.quality.admitting.assessing import Assessment, Wanted
from piecework.quality.admitting.criteria import Version

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


async def next_steps(freelancer_id: UUID, held: Collection[Wanted]) -> dict[Wanted, list[Assessment]]:
    """What leads on from each qualification: the next published level on its line, and its level on the next published line."""
    published: dict[Wanted, list[Version]] = {}
    for one in await criteria.versions_of(sorted({one.code for one in held})):
        published.setdefault(Wanted(one.code, one.level, one.line), []).append(one)
    ahead = {one: _ahead(one, published) for one in held}
    wanted = list(dict.fromkeys(each for steps in ahead.values() for each in steps))
    under = await assessing.assess_under(freelancer_id, {one: published[one] for one in wanted})
    assessed = dict(zip(wanted, under, strict=True))
    return {one: [assessed[each] for each in steps] for one, steps in ahead.items()}


def _ahead(held: Wanted, published: Collection[Wanted]) -> list[Wanted]:
    levels = [one for one in published if (one.code, one.line) == (held.code, held.line) and one.level > held.level]
    lines = [one for one in published if (one.code, one.level) == (held.code, held.level) and one.line > held.line]
    return [*sorted(levels, key=lambda one: one.level)[:1], *sorted(lines, key=lambda one: one.line)[:1]]
