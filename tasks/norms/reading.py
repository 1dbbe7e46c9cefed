"""Results of weeks as people and curators read them."""

from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db

# The newest result of each week; pages go by the week's id, which is made in the order of weeks.
PAGE = """
SELECT w.id, w.freelancer_id, w.starts_at AS week_starts, w.ends_at AS week_ends, w.zone, r.revision, r.result, r.basis, r.norm, r.leave,
       r.outages, r.gaps, r.effective, r.done, r.handed_out, r.take_up, r.second_chance, r.policy, r.lines::text, r.closed_at,
       (r.facts -> 'done')::text AS counted, (r.facts -> 'pace')::text AS pace, a.appeal_by, a.state AS appeal_state
FROM week w JOIN week_newest r USING (freelancer_id, starts_at) LEFT JOIN appealable a ON a.subject = 'week' AND a.subject_id = w.id
WHERE w.id < $1 AND ($3::uuid IS NULL OR w.freelancer_id = $3) AND ($4::text IS NULL OR r.result = $4)
ORDER BY w.id DESC LIMIT $2"""

CAP = """
SELECT weekly_cap AS cap, CASE WHEN clock_timestamp() < week_ends THEN week_claimed ELSE 0 END AS claimed
FROM workload WHERE freelancer_id = $1"""


async def page(before: UUID, limit: int, *, freelancer_id: UUID | None = None, result: str | None = None) -> list[dict[str, Any]]:
    """Weeks with a result, newest first; of one person or with one result, if asked for. Lines, counts and pace are read from JSON."""
    found = await db.rows(PAGE, before, limit, freelancer_id, result)
    return [{**row, **{name: orjson.loads(row[name]) for name in ("lines", "counted", "pace")}} for row in found]


async def cap(freelancer_id: UUID) -> tuple[int, int]:
    """The cap of the person's week, and how much of it is claimed."""
    row = await db.row(CAP, freelancer_id)
    return (0, 0) if row is None else (row["cap"], row["claimed"])
