"""Counting the past by the hour: tickets, claims, who worked, in how much of the time work stood open, how long one waited.

Idempotent: an hour counted again has the same figures, or better ones where something came late. The views read these tables and never
all assignments.
"""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from piecework.platform import db

LATE = timedelta(days=2)
"""What is this old is counted again each hour: answers come after their claims, and transactions commit after their times."""
STRETCH = timedelta(days=14)
"""The most that one run catches up."""
KEPT = timedelta(days=60)
"""So long it is kept who worked in which hour."""

SPAN = """
SELECT now.hour, coalesce(c.since, (SELECT date_trunc('hour', min(received_at), 'UTC') FROM ticket), now.hour) AS since, c.until
FROM (SELECT date_trunc('hour', clock_timestamp(), 'UTC') AS hour) now LEFT JOIN hours_counted c ON true
"""

ARRIVALS = """
INSERT INTO arrival_hour (hour, project_id, channel, tickets)
SELECT date_trunc('hour', received_at, 'UTC') AS hour, project_id, channel, count(*) FROM ticket
WHERE received_at >= $1 AND received_at < $2 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
ON CONFLICT (hour, project_id, channel) DO UPDATE SET tickets = excluded.tickets WHERE arrival_hour.tickets <> excluded.tickets
"""

# Ids are made when a task is claimed, so they find the claims of a time by the primary key; a minute more on both sides, to be sure.
CLAIMED = """
SELECT a.freelancer_id, a.step_id, a.project_id, date_trunc('hour', a.claimed_at, 'UTC') AS hour, p.median_ms,
       CASE WHEN a.state IN ('submitted', 'accepted', 'rejected')
            THEN least((extract(epoch FROM a.ended_at - a.claimed_at) * 1000)::bigint, 3 * p.median_ms) END AS ms
FROM assignment a LEFT JOIN step s ON s.id = a.step_id LEFT JOIN pace p ON p.project_id = a.project_id AND p.step_key = s.key
WHERE a.id >= first_uuid($1::timestamptz - interval '1 minute') AND a.id < first_uuid($2::timestamptz + interval '1 minute')
  AND a.claimed_at >= $1 AND a.claimed_at < $2
"""

STEPS = f"""
INSERT INTO step_hour (step_id, hour, claimed, answered, took_ms)
SELECT step_id, hour, count(*), count(ms), coalesce(sum(ms), 0) FROM ({CLAIMED}) claimed GROUP BY 1, 2 ORDER BY 1, 2
ON CONFLICT (step_id, hour) DO UPDATE SET claimed = excluded.claimed, answered = excluded.answered, took_ms = excluded.took_ms
WHERE (step_hour.claimed, step_hour.answered, step_hour.took_ms) <> (excluded.claimed, excluded.answered, excluded.took_ms)
"""

WORK = f"""
INSERT INTO work_hour (hour, freelancer_id, answered, took_ms, usual_ms)
SELECT hour, freelancer_id, count(ms), coalesce(sum(ms) FILTER (WHERE median_ms > 0), 0), coalesce(sum(median_ms) FILTER (WHERE ms >= 0), 0)
FROM ({CLAIMED}) claimed GROUP BY 1, 2 ORDER BY 1, 2
ON CONFLICT (hour, freelancer_id) DO UPDATE SET answered = excluded.answered, took_ms = excluded.took_ms, usual_ms = excluded.usual_ms
WHERE (work_hour.answered, work_hour.took_ms, work_hour.usual_ms) <> (excluded.answered, excluded.took_ms, excluded.usual_ms)
"""

# `project`: all zeros stands for all together, so that the parts can be joined by equality.
SUPPLY = f"""
WITH claims AS (
    SELECT coalesce(project_id, $3) AS project, hour, count(*) AS claimed, count(DISTINCT freelancer_id) AS people FROM ({CLAIMED}) claimed
    GROUP BY GROUPING SETS ((project_id, hour), (hour))),
came AS (
    SELECT coalesce(project_id, $3) AS project, hour, sum(tickets) AS tickets FROM arrival_hour WHERE hour >= $1 AND hour < $2
    GROUP BY GROUPING SETS ((project_id, hour), (hour))),
open AS (
    SELECT coalesce(q.project_id, $3) AS project, date_trunc('hour', s.minute, 'UTC') AS hour, count(DISTINCT s.minute) AS open_minutes
    FROM supply s JOIN queue q USING (step_id) WHERE s.open > 0 AND s.minute >= $1 AND s.minute < $2
    GROUP BY GROUPING SETS ((2, q.project_id), (2))),
beats AS (
    SELECT $3::uuid AS project, date_trunc('hour', minute, 'UTC') AS hour, count(*) AS minutes FROM pulse
    WHERE minute >= $1 AND minute < $2 GROUP BY 2),
asks AS (
    SELECT $3::uuid AS project, date_trunc('hour', starts_at, 'UTC') AS hour, count(*) AS empty_asks, count(*) FILTER (WHERE ending = 'work') AS waits,
           sum(extract(epoch FROM ended_at - starts_at)) FILTER (WHERE ending = 'work') AS waited_s
    FROM gap WHERE id >= first_uuid($1::timestamptz - interval '1 minute') AND id < first_uuid($2::timestamptz + interval '1 minute')
      AND starts_at >= $1 AND starts_at < $2 GROUP BY 2),
every AS (
    SELECT project, hour FROM claims UNION SELECT project, hour FROM came UNION SELECT project, hour FROM open
    UNION SELECT $3, hour FROM generate_series($1::timestamptz, $2::timestamptz - interval '1 hour', interval '1 hour') AS hour)
INSERT INTO supply_hour (project_id, hour, tickets, claimed, people, open_minutes, minutes, empty_asks, waits, waited_s)
SELECT nullif(project, $3), hour, coalesce(tickets, 0), coalesce(claimed, 0), coalesce(people, 0), coalesce(open_minutes, 0),
       coalesce(minutes, 0), coalesce(empty_asks, 0), coalesce(waits, 0), coalesce(waited_s, 0)
FROM every LEFT JOIN claims USING (project, hour) LEFT JOIN came USING (project, hour) LEFT JOIN open USING (project, hour)
LEFT JOIN beats USING (project, hour) LEFT JOIN asks USING (project, hour) ORDER BY project, hour
ON CONFLICT ON CONSTRAINT supply_hour_once DO UPDATE SET tickets = excluded.tickets, claimed = excluded.claimed, people = excluded.people,
    open_minutes = excluded.open_minutes, minutes = excluded.minutes, empty_asks = excluded.empty_asks, waits = excluded.waits,
    waited_s = excluded.waited_s
"""

KNOWN = """
INSERT INTO hours_counted (since, until) VALUES ($1, $2) ON CONFLICT (one) DO UPDATE SET until = excluded.until
"""

ALL = UUID(int=0)


async def count() -> None:
    """Count the hour under way and the one before; once an hour what may have come late; after a pause all that is missing.

    The first run begins with the first ticket. At most `STRETCH` at once: the next run goes on from there.
    """
    span = await db.row(SPAN)
    assert span is not None
    since, until = _span(span)
    ends = until + timedelta(hours=1)  # the hour under way is counted as far as it is
    for statement in (ARRIVALS, STEPS, WORK):
        await db.execute(statement, since, ends)
    await db.execute(SUPPLY, since, ends, ALL)
    await db.execute(KNOWN, span["since"], until)
    await db.execute("DELETE FROM work_hour WHERE hour < $1", span["hour"] - KEPT)


def _span(span: asyncpg.Record) -> tuple[datetime, datetime]:
    """From which hour on to count, and up to which for good."""
    hour: datetime = span["hour"]
    known: datetime = span["until"] or span["since"]
    if known >= hour:
        return hour - timedelta(hours=1), hour
    since = max(span["since"], min(known, hour - LATE))
    return since, min(hour, since + STRETCH)
