"""Weeks of people as they are made on demand, and which of them wait for their result."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from piecework.platform import db
from piecework.tasks.norms.gathering import Week

SETTLE = timedelta(minutes=15)
"""How long after its end a week is closed: by then it is known how its last gap ended and what came within ten minutes after it."""

GRACE = timedelta(minutes=5)
"""How long ago a moment is before anybody reckons with what was known by it: by then whatever was written with an earlier time is there."""

# Weeks are closed one after the other, so who has any that waits has the newest of those that are over waiting.
DUE = """
SELECT p.freelancer_id FROM (SELECT DISTINCT freelancer_id FROM contract WHERE starts_at <= clock_timestamp()) p
LEFT JOIN LATERAL (SELECT w.ends_at FROM week w WHERE w.freelancer_id = p.freelancer_id ORDER BY w.starts_at DESC LIMIT 1) newest ON true
LEFT JOIN LATERAL (
    SELECT w.starts_at FROM week w WHERE w.freelancer_id = p.freelancer_id AND w.ends_at <= clock_timestamp() - $1::interval
    ORDER BY w.ends_at DESC LIMIT 1) ended ON true
WHERE (ended.starts_at IS NOT NULL AND NOT EXISTS (
           SELECT FROM week_result r WHERE r.freelancer_id = p.freelancer_id AND r.starts_at = ended.starts_at))
   OR ((newest.ends_at IS NULL OR newest.ends_at <= clock_timestamp() - $1::interval)
       AND EXISTS (SELECT FROM next_week(p.freelancer_id, newest.ends_at, clock_timestamp())))
ORDER BY p.freelancer_id"""

OLDEST_OPEN = """
SELECT DISTINCT ON (w.freelancer_id) w.freelancer_id, w.id, w.starts_at, w.ends_at, w.zone, w.ends_at + $2::interval AS by FROM week w
WHERE w.freelancer_id = ANY ($1::uuid[]) AND w.ends_at <= $3::timestamptz
  AND NOT EXISTS (SELECT FROM week_result r WHERE r.freelancer_id = w.freelancer_id AND r.starts_at = w.starts_at)
ORDER BY w.freelancer_id, w.starts_at"""

RUNNING = """
SELECT freelancer_id, id, starts_at, ends_at, zone, clock_timestamp() AS by FROM week
WHERE freelancer_id = $1 AND starts_at <= clock_timestamp() AND ends_at > clock_timestamp()"""


async def make(people: Sequence[UUID], at: datetime | None = None) -> None:
    """Make the weeks of these people that have begun by a moment (None: now). Doing it twice, or twice at once, makes the same."""
    await db.execute("SELECT make_weeks($1, coalesce($2, clock_timestamp()))", list(people), at)


async def due() -> list[UUID]:
    """Whose weeks wait to be made or closed."""
    return [row["freelancer_id"] for row in await db.rows(DUE, SETTLE + GRACE)]


async def oldest_open(people: Sequence[UUID], at: datetime) -> list[Week]:
    """The oldest week of each of these people that is over and settled by a moment and has no result."""
    return [Week(**row) for row in await db.rows(OLDEST_OPEN, list(people), SETTLE, at - SETTLE - GRACE)]


async def running(freelancer_id: UUID) -> Week | None:
    """The person's week that is under way, if they have a contract."""
    await make([freelancer_id])
    row = await db.row(RUNNING, freelancer_id)
    return None if row is None else Week(**row)
