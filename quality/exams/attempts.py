"""Attempts: begun, answered as they go, ended by the person or by the clock, the database's.

Questions are shown while the attempt runs and never again, to anybody but curators; keys never.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db, jobs, trail
from piecework.platform.errors import NotFound
from piecework.quality.exams import drawing, sitting
from piecework.quality.exams.definition import ExamSpec, read_exam
from piecework.quality.exams.errors import AttemptOver, AttemptRunning
from piecework.quality.exams.publishing import EXAMS
from piecework.quality.exams.questions import read_question
from piecework.quality.publishing import published
from piecework.tasks.fields import Answer

TIME_IS_UP = "quality.exam_time"
DECIDE = "quality.exam_decide"

# One person's attempts begin one after the other, so that each sees those before it.
HOLD_PERSON = "SELECT pg_advisory_xact_lock(hashtextextended('exam attempts of ' || $1::uuid::text, 0))"

BEGIN = """
INSERT INTO exam_attempt (exam_id, exam_code, freelancer_id, seed, started_at, ends_at)
SELECT $1, $2, $3, $4, at, at + make_interval(mins => $5) FROM clock_timestamp() AS at
ON CONFLICT DO NOTHING RETURNING id, started_at, ends_at
"""

ASK = """
INSERT INTO exam_attempt_question (attempt_id, n, question_id, section, points)
SELECT $1, d.n, d.question_id, d.section, d.points
FROM unnest($2::uuid[], $3::text[], $4::int[]) WITH ORDINALITY AS d (question_id, section, points, n)
"""

MINE = """
SELECT t.*, e.spec, t.finished_at IS NULL AND clock_timestamp() < t.ends_at AS running
FROM exam_attempt t JOIN exam e ON e.id = t.exam_id WHERE t.id = $1 AND t.freelancer_id = $2
"""

ASKED = """
SELECT a.n, a.section, a.points, q.content, x.body, x.saved_at FROM exam_attempt_question a
JOIN exam_question q ON q.id = a.question_id LEFT JOIN exam_answer x ON x.attempt_id = a.attempt_id AND x.n = a.n
WHERE a.attempt_id = $1 ORDER BY a.n
"""

# A statement of its own after the row is held, so it waits for nothing: the moment that is looked at is the one that is stored.
SAVE = """
INSERT INTO exam_answer (attempt_id, n, body, saved_at)
SELECT t.id, $2, $3::jsonb, at FROM exam_attempt t, clock_timestamp() AS at WHERE t.id = $1 AND t.finished_at IS NULL AND at < t.ends_at
ON CONFLICT (attempt_id, n) DO UPDATE SET body = excluded.body, saved_at = excluded.saved_at
RETURNING saved_at
"""

END = """
UPDATE exam_attempt SET
    finished_at = least(clock_timestamp(), ends_at), ended_by = CASE WHEN clock_timestamp() < ends_at THEN 'person' ELSE 'time' END
WHERE id = $1 AND finished_at IS NULL AND ($2 OR ends_at <= clock_timestamp()) RETURNING id
"""

LISTED = """
SELECT t.id, t.exam_code, e.version, t.started_at, t.ends_at, coalesce(t.finished_at, CASE WHEN t.ends_at <= clock_timestamp() THEN t.ends_at END) AS finished_at,
       r.revision, r.passed, r.scored, r.possible, r.low, r.high, r.words, r.decided_at, r.valid_until, r.reason,
       n.state AS appeal, n.appeal_by
FROM exam_attempt t JOIN exam e ON e.id = t.exam_id LEFT JOIN exam_result_now r ON r.attempt_id = t.id
LEFT JOIN appealable n ON n.subject = 'exam' AND n.subject_id = t.id
WHERE t.freelancer_id = $1 AND t.id < $2 ORDER BY t.id DESC LIMIT $3
"""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt that has begun."""

    id: UUID
    started_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Running:
    """An attempt under way: `questions` with what was saved so far."""

    row: Row
    spec: ExamSpec
    questions: Sequence[Row]


async def begin(me: UUID, code: str) -> Begun:
    """Begin an attempt at the published version, with questions drawn at random.

    Raises:
        NotFound: no such exam can be sat. AttemptRunning, and what sitting.check and drawing.draw raise: see there.
    """
    await db.execute(HOLD_PERSON, me)
    await _end_overdue(me)
    exam = await published(EXAMS, code)
    running = await db.scalar("SELECT id FROM exam_attempt WHERE freelancer_id = $1 AND finished_at IS NULL", me)
    if running is not None:
        raise AttemptRunning(attempt_id=str(running))
    await sitting.check(me, exam)
    seed, sections = secrets.randbits(63), exam.spec.sections
    drawn = drawing.draw(sections, await drawing.candidates(sections, exam.project_id, me), seed)
    made = await db.row(BEGIN, exam.id, code, me, seed, exam.spec.time_limit_min)
    if made is None:
        raise AttemptRunning
    begun = Begun(**made)
    await db.execute(ASK, begun.id, [one.id for one in drawn], [one.section for one in drawn], [one.points for one in drawn])
    await jobs.enqueue(TIME_IS_UP, [(str(begun.id), {})], run_at=begun.ends_at)
    await trail.record(me, "exam_attempt.begun", "exam_attempt", begun.id, code=code, version=exam.version)
    return begun


async def running(me: UUID, attempt_id: UUID) -> Running:
    """My attempt with its questions, while it runs.

    Raises:
        NotFound: there is none of mine. AttemptOver: it has ended.
    """
    row = await _mine(me, attempt_id)
    if not row["running"]:
        raise AttemptOver
    return Running(row, read_exam(row["spec"]), await asked(attempt_id))


async def asked(attempt_id: UUID) -> Sequence[Row]:
    """The questions of an attempt with the answers that were saved."""
    return await db.rows(ASKED, attempt_id)


async def save(me: UUID, attempt_id: UUID, n: int, answer: Answer) -> datetime:
    """Save the answer to a question; the last one counts. Returns when.

    Raises:
        NotFound: there is no such question of mine. AttemptOver: the attempt has ended. Invalid: the answer does not fit the question.
    """
    row = await _mine(me, attempt_id, hold="FOR UPDATE OF t")
    if not row["running"]:
        raise AttemptOver
    content = await db.scalar(
        "SELECT q.content FROM exam_attempt_question a JOIN exam_question q ON q.id = a.question_id WHERE a.attempt_id = $1 AND a.n = $2",
        attempt_id,
        n,
    )
    if content is None:
        raise NotFound
    read_question(content).check(answer)
    saved: datetime | None = await db.scalar(SAVE, attempt_id, n, orjson.dumps(answer).decode())
    if saved is None:
        raise AttemptOver
    return saved


async def finish(me: UUID, attempt_id: UUID) -> None:
    """End my attempt; what was saved counts. An attempt that has ended stays as it is.

    Raises:
        NotFound: there is none of mine.
    """
    await _mine(me, attempt_id)
    if await _end(attempt_id, by_person=True):
        await trail.record(me, "exam_attempt.finished", "exam_attempt", attempt_id)


async def end_in_time(attempt_ids: Sequence[UUID]) -> None:
    """End those of these attempts whose time is up."""
    for attempt_id in sorted(attempt_ids):
        await _end(attempt_id, by_person=False)


async def mine(me: UUID, before: UUID, limit: int) -> Sequence[Row]:
    """My attempts, newest first, with their results."""
    return await db.rows(LISTED, me, before, limit)


async def _mine(me: UUID, attempt_id: UUID, hold: str = "") -> Row:
    row = await db.row(f"{MINE} {hold}", attempt_id, me)
    if row is None:
        raise NotFound
    return dict(row)


async def _end_overdue(person: UUID) -> None:
    found = await db.rows("SELECT id FROM exam_attempt WHERE freelancer_id = $1 AND finished_at IS NULL", person)
    await end_in_time([row["id"] for row in found])


async def _end(attempt_id: UUID, *, by_person: bool) -> bool:
    """End an attempt, once, and have it decided. False if it had ended, or if it is not time and not by its person.

    The row is held first: an update that waited for an answer being saved would end the attempt at the time before its wait.
    """
    await db.execute("SELECT FROM exam_attempt WHERE id = $1 FOR UPDATE", attempt_id)
    ended = await db.scalar(END, attempt_id, by_person)
    if ended is not None:
        await jobs.enqueue(DECIDE, [(str(attempt_id), {})])
    return ended is not None
