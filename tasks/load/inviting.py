"""Counting the backlog by its deadlines and, where the people at work will not finish it in time, asking others whether they would come.

An invitation is never an obligation: nothing follows from not coming. Whoever is asked is qualified for work that is open, is
neither away nor at work, has room in their cap, and is within their shifts or, without shifts, awake by the clocks of their zone.
The furthest from their weekly norm are asked first; nobody more often than once in twelve hours.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from piecework.platform import db, trail
from piecework.platform.notices import send
from piecework.platform.said import Said
from piecework.tasks.load import shifts
from piecework.tasks.load.backlog import people_now, shortfall
from piecework.tasks.pace import ENOUGH

HOURS = 168
SELDOM = timedelta(hours=12)
USUAL_HOURS = range(9, 22)
"""When people without shifts are asked, by their own clocks."""
MOST_AT_ONCE = 50
"""The most who are asked for one project at a time: the next look is ten minutes later and knows who has come, and who still may."""
LITTLE = 0.25
"""Hours of work: for less than this to miss its deadline nobody is called."""

# The pace of a step: the mean of the last four weeks where enough answers are known, else the median.
COUNT = """
WITH now AS MATERIALIZED (SELECT clock_timestamp() AS at),
handling AS MATERIALIZED (
    SELECT s.project_id, s.key, CASE WHEN sum(h.answered) >= $2 THEN sum(h.took_ms)::float8 / sum(h.answered) END AS ms
    FROM now CROSS JOIN step s JOIN step_hour h ON h.step_id = s.id AND h.hour >= now.at - interval '28 days' GROUP BY s.project_id, s.key),
open AS MATERIALIZED (
    SELECT q.project_id, q.key, o.due, o.n FROM queue q JOIN shelf f USING (step_id) CROSS JOIN now CROSS JOIN LATERAL (
        SELECT least($1, greatest(0, floor(extract(epoch FROM rank_deadline(s.rank) - now.at) / 3600)))::int AS due, count(*) AS n FROM slot s
        WHERE s.shelf_id = f.id AND NOT s.control AND s.assignment_id IS NULL
          AND (s.rank, s.id) >= (f.floor_rank, f.floor_id) GROUP BY 1) o
    WHERE q.open),
work AS (
    SELECT o.project_id, o.due, sum(o.n) AS tasks, sum(o.n * coalesce(h.ms, p.median_ms)) / 3600000 AS hours,
           sum(o.n) FILTER (WHERE coalesce(h.ms, p.median_ms) IS NULL) AS unpaced
    FROM open o LEFT JOIN handling h USING (project_id, key) LEFT JOIN pace p ON p.project_id = o.project_id AND p.step_key = o.key
    GROUP BY o.project_id, o.due)
INSERT INTO backlog (project_id, counted_at, tasks, due, later, unpaced)
SELECT p.id, now.at, coalesce((SELECT sum(tasks) FROM work WHERE project_id = p.id), 0),
       ARRAY(SELECT coalesce(w.hours, 0) FROM generate_series(0, $1 - 1) AS place LEFT JOIN work w ON w.project_id = p.id AND w.due = place ORDER BY place),
       coalesce((SELECT hours FROM work WHERE project_id = p.id AND due = $1), 0), coalesce((SELECT sum(unpaced) FROM work WHERE project_id = p.id), 0)
FROM project p CROSS JOIN now WHERE p.state = 'active' OR EXISTS (SELECT FROM open WHERE project_id = p.id) ORDER BY p.id
ON CONFLICT (project_id) DO UPDATE SET counted_at = excluded.counted_at, tasks = excluded.tasks,
    due = excluded.due, later = excluded.later, unpaced = excluded.unpaced
"""

# People at work on a project: those who hold a task of it. Leases are few, and found by their index. asked: who may still come, having been
# asked within the hour.
PRESSED = """
SELECT b.project_id, p.name, b.due, coalesce(w.people, 0) AS people,
       (SELECT count(*) FROM invitation i WHERE i.project_id = b.project_id AND i.sent_at > now() - interval '1 hour'
          AND NOT EXISTS (SELECT FROM assignment a WHERE a.freelancer_id = i.freelancer_id AND a.id >= first_uuid(i.sent_at))) AS asked
FROM backlog b JOIN project p ON p.id = b.project_id
LEFT JOIN (SELECT a.project_id, count(DISTINCT a.freelancer_id) AS people
           FROM slot s JOIN assignment a ON a.id = s.assignment_id WHERE s.expires_at > now() GROUP BY a.project_id) w USING (project_id)
WHERE b.tasks > b.unpaced ORDER BY b.project_id
"""

# Need: the share of the week's norm not yet claimed. Without a norm it is 0.
CANDIDATES = """
SELECT w.freelancer_id, c.zone,
       CASE WHEN c.weekly_norm > 0 THEN greatest(0, 1 - week.claimed::float8 / c.weekly_norm) ELSE 0 END AS need
FROM workload w CROSS JOIN LATERAL contract_at(w.freelancer_id, clock_timestamp()) c
CROSS JOIN LATERAL (SELECT CASE WHEN clock_timestamp() < w.week_ends THEN w.week_claimed ELSE 0 END AS claimed) week
WHERE c.id IS NOT NULL AND w.held = 0 AND week.claimed < c.weekly_cap
  AND EXISTS (SELECT FROM may_work m WHERE m.freelancer_id = w.freelancer_id AND m.project_id = $1 AND NOT m.unread AND EXISTS (
          SELECT FROM shelf f JOIN slot s ON s.shelf_id = f.id AND NOT s.control AND s.assignment_id IS NULL
          WHERE f.step_id = m.step_id AND f.line <= m.my_line AND (m.languages = '{}' OR f.language = ANY (m.languages))))
  AND NOT EXISTS (SELECT FROM restriction_now r WHERE r.freelancer_id = w.freelancer_id
                  AND (r.kind = 'block' OR (r.kind = 'project' AND r.project_id = $1)))
  AND NOT EXISTS (SELECT FROM leave_of(w.freelancer_id, clock_timestamp(), clock_timestamp() + interval '1 hour'))
  AND NOT EXISTS (SELECT FROM assignment a WHERE a.freelancer_id = w.freelancer_id AND a.id >= first_uuid(now() - interval '15 minutes'))
  AND NOT EXISTS (SELECT FROM invitation i WHERE i.freelancer_id = w.freelancer_id AND i.sent_at > now() - $2::interval)
ORDER BY need DESC, w.freelancer_id
"""

CAME = """
UPDATE invitation i SET came = EXISTS (
    SELECT FROM assignment a WHERE a.freelancer_id = i.freelancer_id
      AND a.id >= first_uuid(i.sent_at) AND a.id < first_uuid(i.sent_at + interval '1 hour'))
WHERE i.came IS NULL AND i.sent_at <= now() - interval '1 hour'
"""

# Of those who were asked, the share who came; about a third until more is known.
SHARE = """
SELECT (1 + count(*) FILTER (WHERE came))::float8 / (3 + count(came)) FROM invitation WHERE sent_at > now() - interval '28 days'
"""

INVITE = """
INSERT INTO invitation (freelancer_id, project_id, at_work, wanted) SELECT freelancer_id, $2, $3, $4 FROM unnest($1::uuid[]) AS freelancer_id
"""


@dataclass(frozen=True, slots=True)
class Pressure:
    """A project whose backlog will not be done in time by those at work."""

    project_id: UUID
    name: str
    at_work: int
    wanted: int
    asked: int


async def run() -> None:
    """Count every project's backlog, note who came, and invite where it will not be done in time."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended('tasks.invite', 0))")  # once in twelve hours, by whoever asks
    await db.execute(COUNT, HOURS, ENOUGH)
    await db.execute(CAME)
    share: float = await db.scalar(SHARE)
    for one in [_pressure(row) for row in await db.rows(PRESSED)]:
        if one is not None:
            await _invite(one, min(MOST_AT_ONCE, math.ceil(one.wanted / share) - one.asked))


def _pressure(row: Any) -> Pressure | None:
    """None where those at work suffice: earliest deadline first misses next to nothing."""
    due, people = np.array(row["due"]), row["people"]
    if shortfall(due, np.full(len(due), float(people))) <= LITTLE:
        return None
    return Pressure(row["project_id"], row["name"], people, math.ceil(people_now(due)) - people, row["asked"])


async def _invite(one: Pressure, most: int) -> None:
    """Ask the first so many who may be asked now, if any are left to ask."""
    if most <= 0:
        return
    now: datetime = await db.scalar("SELECT clock_timestamp()")
    candidates = await db.rows(CANDIDATES, one.project_id, SELDOM)
    stated = await shifts.hours_of_many([row["freelancer_id"] for row in candidates], now, now + timedelta(minutes=1))
    asked = [row["freelancer_id"] for row in candidates if _is_time(row, stated, now)][:most]
    if not asked:
        return
    await db.execute(INVITE, asked, one.project_id, one.at_work, one.wanted)
    title = Said("There is more work than people: %(name)s", name=one.name)
    body = Said(
        "At this pace some tasks of the project %(name)s will not be done in time, and you may do them. If it suits you, come. This is an "
        "invitation, not an obligation: nothing at all follows from not coming. You get at most one in twelve hours.",
        name=one.name,
    )
    await send(asked, "work.invited", title, body, link="/work")
    await trail.record(
        None, "work.invited", "project", one.project_id, at_work=one.at_work, wanted=one.wanted, invited=len(asked)
    )


def _is_time(row: Any, stated: dict[UUID, list[Any]], now: datetime) -> bool:
    if row["freelancer_id"] in stated:
        return bool(stated[row["freelancer_id"]])
    return now.astimezone(ZoneInfo(row["zone"])).hour in USUAL_HOURS
