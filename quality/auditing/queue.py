"""A curator's queue: one list of what waits for a person, what matters most first. Their own work is not in it."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from piecework.platform import db
from piecework.platform.errors import Invalid
from piecework.platform.said import Said
from piecework.quality.admissions.candidacies import OURS
from piecework.quality.appeals.subjects import INVOLVED
from piecework.quality.auditing.auditing import NOT_OWN, OPEN
from piecework.quality.auditing.second_line import UNTOUCHED
from piecework.quality.training.checking import UNCHECKED
from piecework.tasks.contracts.confirming import WAITS
from piecework.tasks.contracts.limits import CONFIRM_WITHIN

Place = tuple[int, float, float, UUID]
"""Where an item stands: first what is due within a day, by when (0); then by kind (1..7), and in it by value and age."""

BLIND = ("disagreement", "acceptance", "audit")
"""Kinds of audits: a curator takes the most valuable one, and is not told which of those in the queue it is."""

CONFIRM_IN = f"interval '{CONFIRM_WITHIN.days} days'"
MANY = 100
"""So many are counted at most for the menu."""

START: Place = (-1, 0.0, 0.0, UUID(int=0))

HANDS = " OR ".join(
    f"p.subject = '{subject}' AND EXISTS (SELECT FROM ({people.replace('$1', 'p.subject_id')}) had WHERE had.person = $1)"
    for subject, people in INVOLVED.items()
)
"""Of an appeal p: the curator $1 had a hand in what it is about."""

ITEMS = f"""
WITH item AS (
    SELECT 'dispute' AS kind, 1 AS class, t.id, t.project_id, t.step_id, extract(epoch FROM t.deadline_at)::float8 AS weight,
           w.since, w.due_at, 'The ' || w.answers || ' answers do not agree; the ticket waits.' AS why
    FROM task t JOIN step s ON s.id = t.step_id CROSS JOIN LATERAL (
        SELECT max(a.ended_at) AS since, count(*) AS answers,
               min(a.ended_at) FILTER (WHERE a.state = 'submitted')
                   + make_interval(days => coalesce((s.spec->'checking'->>'review_days')::int, 7)) AS due_at
        FROM assignment a WHERE a.task_id = t.id AND a.state IN ('submitted', 'accepted', 'rejected')) w
    WHERE t.state = 'disputed' AND t.ticket_id IS NOT NULL
      AND NOT EXISTS (SELECT FROM truth_now r WHERE r.task_id = t.id AND r.answers <> '[]') AND {UNTOUCHED}
    UNION ALL
    SELECT CASE u.plan WHEN 'third' THEN 'disagreement' WHEN 'acceptance' THEN 'acceptance' ELSE 'audit' END,
           CASE u.plan WHEN 'third' THEN 2 WHEN 'acceptance' THEN 5 ELSE 6 END, u.id, u.project_id, u.step_id, -u.value,
           u.requested_at, u.due_at,
           CASE u.plan WHEN 'third' THEN 'Two curators differ about an answer.'
                       WHEN 'acceptance' THEN 'An answer is neither paid nor refused before it is looked at.'
                       ELSE 'An answer was drawn for an audit.' END
    FROM audit u JOIN task t ON t.id = u.task_id WHERE {OPEN} AND {NOT_OWN}
    UNION ALL
    SELECT 'golden', 3, g.task_id, t.project_id, g.step_id, 0, g.changed_at, NULL, 'Good people gave another answer than its key.'
    FROM golden g JOIN task t ON t.id = g.task_id
    WHERE g.state = 'quarantined' AND g.created_by IS DISTINCT FROM $1
      AND NOT EXISTS (SELECT FROM assignment mine WHERE mine.task_id = t.id AND mine.freelancer_id = $1)
    UNION ALL
    SELECT 'appeal', 4, p.id, a.project_id, a.step_id, 0, p.opened_at, p.answer_by, 'A freelancer objects to a decision.'
    FROM appeal p LEFT JOIN assignment a ON p.subject = 'answer' AND a.id = p.subject_id
    WHERE p.state = 'open' AND p.freelancer_id <> $1
      AND NOT ({HANDS})
    UNION ALL
    SELECT 'admission', 7, r.id, NULL, NULL, 0, r.met_at, r.decide_by, 'Somebody meets all criteria for ' || r.code || ' and waits for a decision.'
    FROM admission_request r WHERE r.ended_at IS NULL AND r.met_at IS NOT NULL AND r.freelancer_id <> $1
    UNION ALL
    SELECT 'second', 7, n.id, NULL, NULL, 0, n.decided_at, NULL, 'A decision about ' || n.code || ' against the evidence waits for a second curator.'
    FROM admission_now n WHERE n.state = 'proposed' AND n.decided_by <> $1 AND n.freelancer_id <> $1
    UNION ALL
    SELECT 'application', 7, c.id, NULL, NULL, 0, c.turn_at, c.due_at, 'An application waits for our next step.'
    FROM candidacy c WHERE {OURS} AND c.freelancer_id <> $1
      AND NOT EXISTS (SELECT FROM interview i JOIN interview_slot l ON l.id = i.slot_id
                      WHERE i.candidacy_id = c.id AND i.ended_at IS NULL AND l.starts_at > now())
    UNION ALL
    SELECT 'interview', 7, v.id, NULL, NULL, 0, greatest(v.asked_at, l.starts_at), c.due_at, 'Your scores of an interview are wanted.'
    FROM interview_review v JOIN interview i ON i.id = v.interview_id JOIN interview_slot l ON l.id = i.slot_id
    JOIN candidacy c ON c.id = i.candidacy_id
    WHERE v.reviewer_id = $1 AND v.submitted_at IS NULL AND v.declined_at IS NULL AND i.ended_at IS NULL AND l.starts_at <= now()
    UNION ALL
    SELECT 'homework', 7, a.id, NULL, NULL, 0, a.answered_at, a.check_by, 'What somebody has written in training waits to be read.'
    FROM training_answer a JOIN enrolment e ON e.id = a.enrolment_id WHERE {UNCHECKED} AND e.freelancer_id <> $1
    UNION ALL
    SELECT 'leave', 7, l.id, NULL, NULL, 0, l.told_at, l.told_at + {CONFIRM_IN}, 'An illness waits to be confirmed.'
    FROM leave l WHERE {WAITS} AND l.freelancer_id <> $1
    UNION ALL
    SELECT 'criteria', 7, d.id, NULL, NULL, 0, d.drafted_at, NULL, 'Criteria for ' || d.code || ' wait for somebody to publish or drop them.'
    FROM criteria_draft d WHERE d.outcome IS NULL AND d.drafted_by <> $1)
"""

QUEUE = f"""
{ITEMS}, placed AS (
    SELECT kind, id, project_id, step_id, since, due_at, why, soon.due,
           CASE WHEN soon.due THEN 0 ELSE class END AS class,
           CASE WHEN soon.due THEN extract(epoch FROM due_at)::float8 ELSE weight END AS first,
           extract(epoch FROM since)::float8 AS second
    FROM item CROSS JOIN LATERAL (SELECT coalesce(due_at <= now() + interval '24 hours', false) AS due) soon)
SELECT q.kind, q.id, p.code AS project, s.key AS step, q.since, q.due_at, q.why, q.class, q.first, q.second
FROM placed q LEFT JOIN project p ON p.id = q.project_id LEFT JOIN step s ON s.id = q.step_id
WHERE (q.class, q.first, q.second, q.id) > ($2::int, $3::float8, $4::float8, $5::uuid)
ORDER BY q.class, q.first, q.second, q.id LIMIT $6
"""


COUNTS = f"{ITEMS} SELECT kind, count(*) AS waiting, min(due_at) AS due_at FROM item GROUP BY kind"


async def counts(me: UUID) -> dict[str, tuple[int, datetime | None]]:
    """How many of each kind wait for this curator, and when the first of them is due."""
    return {row["kind"]: (row["waiting"], row["due_at"]) for row in await db.rows(COUNTS, me)}


async def waiting(me: UUID) -> int:
    """How many things wait for this curator, counted up to `MANY`: the menu of every page asks."""
    return int(await db.scalar(f"{ITEMS} SELECT count(*) FROM (SELECT FROM item LIMIT {MANY}) first_ones", me))


async def page(me: UUID, after: Place, limit: int) -> Sequence[asyncpg.Record]:
    """Up to `limit` items after a place, in order: one statement however long the queue is."""
    return await db.rows(QUEUE, me, *after, limit)


def place(item: Any) -> Place:
    """Where an item stands."""
    return item["class"], item["first"], item["second"], item["id"]


def cursor(at: Place) -> str:
    """A place as an opaque text."""
    return base64.urlsafe_b64encode(orjson.dumps([at[0], at[1], at[2], at[3].hex])).decode()


def read_cursor(text: str | None) -> Place:
    """The place that a cursor stands for, the start of the queue for None.

    Raises:
        Invalid: it is not one that we gave.
    """
    if text is None:
        return START
    try:
        kind, first, second, identifier = orjson.loads(base64.urlsafe_b64decode(text))
        return int(kind) % 100, float(first), float(second), UUID(hex=identifier)
    except (ValueError, TypeError, AttributeError, OverflowError, binascii.Error):
        raise Invalid(errors=[{"field": "cursor", "code": "bad_cursor", "message": Said("Not a cursor from a page.")}]) from None
