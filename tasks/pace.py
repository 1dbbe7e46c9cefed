"""How long a step takes, from the answers that were accepted: what expected earnings per hour are reckoned from."""

from datetime import timedelta

from piecework.platform import db

WINDOW = timedelta(days=30)
NEWEST = 1_000
"""The most answers of a step that are looked at, so that counting costs the same however many there are."""
MS_PER_HOUR = 3_600_000
ENOUGH = 10
"""Fewer answers than this say nothing: one slow evening would be the pace."""

COUNT = """
INSERT INTO pace (project_id, step_key, answers, median_ms)
SELECT project_id, key, count(took_ms),
       CASE WHEN count(took_ms) >= $3 THEN greatest(1, percentile_disc(0.5) WITHIN GROUP (ORDER BY took_ms)) END
FROM (SELECT q.project_id, q.key, round(1000 * extract(epoch FROM a.ended_at - a.claimed_at))::bigint AS took_ms,
             row_number() OVER (PARTITION BY q.project_id, q.key ORDER BY a.ended_at DESC NULLS LAST) AS place
      FROM queue q LEFT JOIN LATERAL (
          SELECT ended_at, claimed_at FROM assignment
          WHERE step_id = q.step_id AND state = 'accepted' AND ended_at >= now() - $1::interval
          ORDER BY ended_at DESC LIMIT $2) a ON true) newest
WHERE place <= $2 GROUP BY project_id, key ORDER BY project_id, key
ON CONFLICT (project_id, step_key) DO UPDATE SET answers = excluded.answers, median_ms = excluded.median_ms, counted_at = clock_timestamp()
"""
"""Versions of a step share its key, and its pace."""


def per_hour(price: int, median_ms: int | None) -> int | None:
    """What an hour of work at this price earns at this pace, rounded down; None while the pace is not known."""
    return None if median_ms is None else price * MS_PER_HOUR // median_ms


async def count() -> None:
    """Set each step's pace anew: the median of claim to submit of its newest thousand accepted answers of the last 30 days.

    Control tasks are among them. Cost: one walk of at most a thousand index entries per step and version.
    """
    await db.execute(COUNT, WINDOW, NEWEST, ENOUGH)
