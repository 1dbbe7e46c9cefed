"""Results of weeks as people and curators read them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db
from piecework.platform.errors import NotFound
from piecework.platform.web.paging import LAST
from piecework.tasks.norms import gathering

# The newest result of each week; pages go by the week's id, which is made in the order of weeks.
PAGE = """
SELECT w.id, w.freelancer_id, w.starts_at AS week_starts, w.ends_at AS week_ends, w.zone, r.revision, r.result, r.basis, r.norm, r.leave,
       r.outages, r.gaps, r.effective, r.done, r.handed_out, r.take_up, r.second_chance, r.policy, r.lines::text, r.closed_at,
       (r.facts -> 'done')::text AS counted, (r.facts -> 'pace')::text AS pace, a.appeal_by, a.state AS appeal_state
FROM week w JOIN week_newest r USING (freelancer_id, starts_at) LEFT JOIN appealable a ON a.subject = 'week' AND a.subject_id = w.id
WHERE w.id < $1 AND ($3::uuid IS NULL OR w.freelancer_id = $3) AND ($4::text IS NULL OR r.result = $4)
  AND ($5::uuid[] IS NULL OR w.id = ANY ($5))
ORDER BY w.id DESC LIMIT $2"""

WEEK = """
SELECT k.freelancer_id, k.starts_at, k.ends_at, r.as_of FROM week k JOIN week_newest r USING (freelancer_id, starts_at)
WHERE k.id = $1 AND ($2::uuid IS NULL OR k.freelancer_id = $2)"""

# By the same terms as the week's figures, as of when those were reckoned: so the list is what they count, whatever comes later.
TASKS = f"""{gathering.WEEKS}
SELECT x.id, p.code AS project, x.step_id::text AS step_id, s.spec ->> 'title' AS step, x.claimed_at,
       CASE WHEN x.state <> 'in_hand' THEN x.ended_at END AS ended_at, x.state, x.claimed AS handed_out, d.reason, d.explanation
FROM w CROSS JOIN LATERAL (SELECT * FROM ({gathering.TASKS}) x WHERE x.id < $5 ORDER BY x.id DESC LIMIT $6) x
JOIN step s ON s.id = x.step_id JOIN project p ON p.id = s.project_id
LEFT JOIN LATERAL (SELECT d.reason, d.explanation FROM decision d WHERE d.assignment_id = x.id AND d.state = 'rejected' AND x.state = 'rejected'
                   ORDER BY d.revision LIMIT 1) d ON true
ORDER BY x.id DESC"""

CAP = """
SELECT weekly_cap AS cap, CASE WHEN clock_timestamp() < week_ends THEN week_claimed ELSE 0 END AS claimed
FROM workload WHERE freelancer_id = $1"""


async def page(
    before: UUID, limit: int, *, freelancer_id: UUID | None = None, result: str | None = None, ids: Sequence[UUID] | None = None
) -> list[dict[str, Any]]:
    """Weeks with a result, newest first; of one person, with one result or of these only, if asked for.

    Lines, counts and pace are read from JSON.
    """
    found = await db.rows(PAGE, before, limit, freelancer_id, result, ids)
    return [{**row, **{name: orjson.loads(row[name]) for name in ("lines", "counted", "pace")}} for row in found]


async def one(week_id: UUID) -> dict[str, Any]:
    """A week with its result.

    Raises:
        NotFound: there is no such week, or it has no result.
    """
    found = await page(LAST, 1, ids=[week_id])
    if not found:
        raise NotFound
    return found[0]


async def tasks(week_id: UUID, before: UUID, limit: int, *, freelancer_id: UUID | None = None) -> list[dict[str, Any]]:
    """The tasks that a week's newest result counts, those claimed last first: of this person's week only, if one is named.

    Guaranteed: by state and by `handed_out` they are as many as the result's figures say.

    Raises:
        NotFound: there is no such week, or it has no result.
    """
    week = await db.row(WEEK, week_id, freelancer_id)
    if week is None:
        raise NotFound
    return [dict(row) for row in await db.rows(TASKS, *([value] for value in week.values()), before, limit)]


async def cap(freelancer_id: UUID) -> tuple[int, int]:
    """The cap of the person's week, and how much of it is claimed."""
    row = await db.row(CAP, freelancer_id)
    return (0, 0) if row is None else (row["cap"], row["claimed"])
