"""The backlog and productivity right now. Every figure is read by an index; what is counted one by one is counted to a bound."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from piecework.platform import db
from piecework.tasks.load import forecasting
from piecework.tasks.load.backlog import empty_after
from piecework.tasks.models import Channel

MOST = 10_000
"""So far tasks and tickets are counted: at that it is "this or more"."""
AHEAD = 168

# A shelf's open slots lie in the index by lane and round, and within these by deadline, so what is due before a moment is a piece of each.
# The lanes and rounds that there are, are found by jumping from one to the next. A rank's lowest 48 bits are its deadline in milliseconds.
STEPS = """
WITH RECURSIVE now AS MATERIALIZED (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms),
shelves AS MATERIALIZED (
    SELECT q.step_id, q.project_id, q.key, f.line, f.id, f.floor_rank, f.floor_id
    FROM queue q JOIN shelf f USING (step_id) WHERE q.project_id = ANY ($1) AND q.open),
pieces AS (
    SELECT f.step_id, f.line, f.id, head.rank AS first FROM shelves f CROSS JOIN LATERAL (
        SELECT s.rank FROM slot s
        WHERE s.shelf_id = f.id AND NOT s.control AND s.assignment_id IS NULL
          AND (s.rank, s.id) >= (f.floor_rank, f.floor_id) ORDER BY s.rank, s.id LIMIT 1) head
    UNION ALL
    SELECT p.step_id, p.line, p.id, next.rank FROM pieces p CROSS JOIN LATERAL (
        SELECT s.rank FROM slot s
        WHERE s.shelf_id = p.id AND NOT s.control AND s.assignment_id IS NULL
          AND s.rank >= ((p.first >> 48) + 1) << 48 ORDER BY s.rank, s.id LIMIT 1) next),
counted AS (
    SELECT p.step_id, p.line, sum(few.open)::int AS open, sum(few.overdue)::int AS overdue, sum(few.soon)::int AS soon, bool_or(few.open = $2) AS or_more
    FROM pieces p CROSS JOIN now CROSS JOIN LATERAL (
        SELECT count(*) AS open, count(*) FILTER (WHERE n.due <= now.ms) AS overdue,
               count(*) FILTER (WHERE n.due > now.ms AND n.due <= now.ms + 3600000) AS soon
        FROM (SELECT s.rank & 281474976710655 AS due FROM slot s
              WHERE s.shelf_id = p.id AND NOT s.control AND s.assignment_id IS NULL
                AND s.rank >= p.first AND s.rank < ((p.first >> 48) + 1) << 48 ORDER BY s.rank LIMIT $2) n) few
    GROUP BY p.step_id, p.line),
lines AS (SELECT DISTINCT step_id, project_id, key, line FROM shelves)
SELECT l.step_id, l.project_id, l.key, l.line, coalesce(c.open, 0) AS open, coalesce(c.overdue, 0) AS overdue, coalesce(c.soon, 0) AS due_soon,
       coalesce(c.or_more, false) AS or_more,
       (SELECT s.opened_at FROM slot s WHERE s.step_id = l.step_id AND s.line = l.line AND NOT s.control AND s.assignment_id IS NULL
        ORDER BY s.opened_at LIMIT 1) AS oldest
FROM lines l LEFT JOIN counted c USING (step_id, line) ORDER BY l.project_id, l.key, l.step_id, l.line
"""

TICKETS = """
SELECT p.id AS project_id, c.channel, few.open::int, few.overdue::int, few.due_soon::int, few.open = $2 AS or_more, first.received_at AS oldest
FROM unnest($1::uuid[]) AS p (id) CROSS JOIN unnest($3::text[]) AS c (channel)
CROSS JOIN LATERAL (
    SELECT count(*) AS open, count(*) FILTER (WHERE n.deadline_at <= now()) AS overdue,
           count(*) FILTER (WHERE n.deadline_at > now() AND n.deadline_at <= now() + interval '1 hour') AS due_soon
    FROM (SELECT k.deadline_at FROM ticket k WHERE k.project_id = p.id AND k.channel = c.channel AND k.state = 'open'
          ORDER BY k.deadline_at LIMIT $2) n) few
CROSS JOIN LATERAL (
    SELECT k.received_at FROM ticket k WHERE k.project_id = p.id AND k.channel = c.channel AND k.state = 'open'
    ORDER BY k.received_at LIMIT 1) first
ORDER BY p.id, c.channel
"""

# Who holds a task, and who has claimed one in the last quarter of an hour: leases by their end, claims by their ids.
PEOPLE = """
WITH leases AS MATERIALIZED (
    SELECT s.assignment_id FROM slot s WHERE s.assignment_id IS NOT NULL AND s.expires_at > now() ORDER BY s.expires_at LIMIT $2),
seen AS (
    SELECT a.project_id, a.step_id, a.freelancer_id, true AS holds FROM leases l JOIN assignment a ON a.id = l.assignment_id
    UNION ALL
    SELECT n.project_id, n.step_id, n.freelancer_id, false FROM (
        SELECT a.project_id, a.step_id, a.freelancer_id FROM assignment a
        WHERE a.id >= first_uuid(now() - interval '15 minutes') ORDER BY a.id DESC LIMIT $2) n)
SELECT seen.project_id, s.key, count(DISTINCT freelancer_id) FILTER (WHERE holds) AS at_work, count(DISTINCT freelancer_id) FILTER (WHERE NOT holds) AS active
FROM seen JOIN step s ON s.id = seen.step_id WHERE seen.project_id = ANY ($1)
GROUP BY GROUPING SETS ((seen.project_id, s.key), (seen.project_id))
"""

# Answers of the last hour are counted by their states' own indexes; those of the last day were counted hour by hour.
ANSWERS = """
WITH waiting AS MATERIALIZED (
    SELECT few.step_id, count(*) AS n FROM (
        SELECT a.step_id FROM assignment a WHERE a.state = 'submitted' AND a.ended_at >= now() - interval '1 hour' ORDER BY a.ended_at DESC LIMIT $2) few
    GROUP BY few.step_id),
hours AS (SELECT date_trunc('hour', now(), 'UTC') AS until)
SELECT q.project_id, q.key, sum(coalesce(w.n, 0) + accepted.n + rejected.n)::int AS last_hour, sum(coalesce(day.n, 0))::float8 / 24 AS last_day,
       sum(coalesce(week.n, 0))::float8 AS week_claimed, max(p.median_ms) AS median_ms
FROM queue q CROSS JOIN hours LEFT JOIN waiting w USING (step_id)
CROSS JOIN LATERAL (SELECT count(*) AS n FROM (
    SELECT FROM assignment a WHERE a.step_id = q.step_id AND a.state = 'accepted' AND a.ended_at >= now() - interval '1 hour' LIMIT $2) x) accepted
CROSS JOIN LATERAL (SELECT count(*) AS n FROM (
    SELECT FROM assignment a WHERE a.step_id = q.step_id AND a.state = 'rejected' AND a.ended_at >= now() - interval '1 hour' LIMIT $2) x) rejected
CROSS JOIN LATERAL (SELECT sum(h.answered) AS n FROM step_hour h
    WHERE h.step_id = q.step_id AND h.hour >= hours.until - interval '24 hours' AND h.hour < hours.until) day
CROSS JOIN LATERAL (SELECT sum(h.claimed) AS n FROM step_hour h
    WHERE h.step_id = q.step_id AND h.hour >= hours.until - interval '7 days' AND h.hour < hours.until) week
LEFT JOIN pace p ON p.project_id = q.project_id AND p.step_key = q.key
WHERE q.project_id = ANY ($1) GROUP BY q.project_id, q.key ORDER BY q.project_id, q.key
"""

PROJECTS = """
SELECT p.id, p.code, b.tasks, b.counted_at,
       (SELECT sum(h.tickets)::float8 FROM supply_hour h WHERE h.project_id = p.id AND h.hour >= date_trunc('hour', now(), 'UTC') - interval '7 days') AS week_tickets,
       i.invited, i.came
FROM project p LEFT JOIN backlog b ON b.project_id = p.id
CROSS JOIN LATERAL (SELECT count(*) AS invited, count(*) FILTER (WHERE came) AS came FROM invitation i
                    WHERE i.project_id = p.id AND i.sent_at > now() - interval '24 hours') i
WHERE p.id = ANY ($1) ORDER BY p.code
"""


async def view(project_ids: list[UUID]) -> tuple[datetime, list[dict[str, Any]]]:
    """The moment, and each of these projects as it is then: its steps with their lines, its channels, its people."""
    at: datetime = await db.scalar("SELECT clock_timestamp()")
    lines = await db.rows(STEPS, project_ids, MOST)
    tickets = await db.rows(TICKETS, project_ids, MOST, [str(channel) for channel in Channel])
    people = {(row["project_id"], row["key"]): row for row in await db.rows(PEOPLE, project_ids, MOST)}
    answers = await db.rows(ANSWERS, project_ids, MOST)
    hour = at.replace(minute=0, second=0, microsecond=0)
    forecasts = await forecasting.expected(project_ids, hour, AHEAD)
    views = []
    for project in await db.rows(PROJECTS, project_ids):
        channels = forecasts[project["id"]].values()
        ahead = sum(channels, start=np.zeros(AHEAD)) if channels else None
        steps = [
            _step(
                project,
                row,
                [line for line in lines if (line["project_id"], line["key"]) == (project["id"], row["key"])],
                ahead,
                at,
            )
            | _people(people.get((project["id"], row["key"])))
            for row in answers
            if row["project_id"] == project["id"]
        ]
        views.append(
            {
                "project": project["code"],
                **_people(people.get((project["id"], None))),
                "steps": [step for step in steps if step["lines"]],
                "channels": [_ticket_channel(row) for row in tickets if row["project_id"] == project["id"]],
                "tasks_counted": project["tasks"],
                "counted_at": project["counted_at"],
                "invited_24h": project["invited"],
                "came_24h": project["came"],
            }
        )
    return at, views


def _step(project: Any, row: Any, lines: list[Any], ahead: NDArray[np.float64] | None, at: datetime) -> dict[str, Any]:
    """A step: all its versions together, its lines apart."""
    by_line = [_line(line, [one for one in lines if one["line"] == line]) for line in sorted({one["line"] for one in lines})]
    rate = float(row["last_hour"] or row["last_day"])
    exact = not any(line["or_more"] for line in by_line)
    open_tasks = sum(line["open"] for line in by_line)
    empty_in = _empty_in(open_tasks, rate, ahead, project["week_tickets"], row["week_claimed"]) if exact else None
    return {
        "step": row["key"],
        "lines": by_line,
        "answers_last_hour": row["last_hour"],
        "answers_per_hour_24h": row["last_day"],
        "median_ms": row["median_ms"],
        "empty_at": None if empty_in is None else at + timedelta(hours=empty_in),
    }


def _empty_in(
    open_tasks: int, rate: float, ahead: NDArray[np.float64] | None, week_tickets: float | None, week_claimed: float
) -> float | None:
    """In how many hours the step's open tasks are done at this pace, while tickets keep coming as forecast; None: not within a week.

    A ticket brings as many tasks of the step as it did in the last week. Without a forecast nothing more is taken to come.
    """
    arriving = np.zeros(AHEAD) if ahead is None or not week_tickets else ahead * (week_claimed / week_tickets)
    return empty_after(float(open_tasks), np.full(AHEAD, rate), arriving)


def _line(line: int, rows: list[Any]) -> dict[str, Any]:
    oldest = [row["oldest"] for row in rows if row["oldest"] is not None]
    return {
        "line": line,
        **{name: sum(row[name] for row in rows) for name in ("open", "overdue", "due_soon")},
        "or_more": any(row["or_more"] for row in rows),
        "oldest": min(oldest, default=None),
    }


def _people(row: Any) -> dict[str, int]:
    return {"at_work": 0, "active_15min": 0} if row is None else {"at_work": row["at_work"], "active_15min": row["active"]}


def _ticket_channel(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in ("channel", "open", "overdue", "due_soon", "or_more", "oldest")}
