"""Pools of questions: brought in by one curator, approved by another, retired when they have been seen too often.

A golden question is a task of a project with known answers that is kept for exams: its input is handed out to nobody, and what was
ever handed out as a golden task is refused here. The database holds the two apart (keep_golden_apart in sql/exams.sql).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from piecework.platform import db, trail
from piecework.platform.errors import Invalid, NotFound
from piecework.platform.said import Said
from piecework.quality.exams.errors import UsedLive
from piecework.quality.exams.questions import Question
from piecework.quality.golden import golden
from piecework.quality.golden.golden import Difficulty, Target
from piecework.quality.grading import golden_states, truths
from piecework.quality.grading.truths import Known
from piecework.tasks.models import Project

INSERT = """
INSERT INTO exam_question (pool, kind, difficulty, content, fingerprint, project_id, author)
SELECT $1, n.kind, n.difficulty, n.content::jsonb, n.fingerprint, $2, $3
FROM unnest($4::text[], $5::text[], $6::text[], $7::bytea[]) AS n (kind, difficulty, content, fingerprint)
ON CONFLICT DO NOTHING RETURNING id
"""

APPROVE = """
UPDATE exam_question SET approved_by = $1, approved_at = now()
WHERE pool = $2 AND id = ANY ($3) AND author <> $1 AND approved_at IS NULL AND retired_at IS NULL RETURNING id
"""

# The task's row is held, so that nobody is handed it meanwhile without our seeing it.
GOLDEN = """
SELECT g.task_id, g.state, g.difficulty, t.input, s.spec FROM golden g JOIN task t ON t.id = g.task_id JOIN step s ON s.id = t.step_id
WHERE g.task_id = ANY ($1) AND t.project_id = $2 ORDER BY g.task_id FOR UPDATE OF t
"""

LISTED = """
SELECT q.*, (SELECT count(*) FROM exam_attempt_question a WHERE a.question_id = q.id) AS exposed FROM exam_question q
WHERE ($1::text IS NULL OR q.pool = $1) AND q.id > $3 AND CASE $2::text
      WHEN 'waiting' THEN q.approved_at IS NULL AND q.retired_at IS NULL
      WHEN 'live' THEN q.approved_at IS NOT NULL AND q.retired_at IS NULL
      WHEN 'retired' THEN q.retired_at IS NOT NULL ELSE true END
ORDER BY q.id LIMIT $4
"""

POOLS = """
SELECT pool, count(*) FILTER (WHERE approved_at IS NULL AND retired_at IS NULL) AS waiting,
       count(*) FILTER (WHERE approved_at IS NOT NULL AND retired_at IS NULL) AS live, count(*) FILTER (WHERE retired_at IS NOT NULL) AS retired
FROM exam_question GROUP BY pool ORDER BY pool LIMIT 500
"""
WAITING = "SELECT count(*) FROM exam_question WHERE approved_at IS NULL AND retired_at IS NULL AND author <> $1"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class New:
    """A question to be brought in: its content as it is stored."""

    kind: str
    difficulty: Difficulty
    content: Mapping[str, Any]
    fingerprint: bytes

    @classmethod
    def written(cls, question: Question, difficulty: Difficulty) -> "New":
        """Of a question that is written as such: the same question is brought in once."""
        content = question.model_dump(mode="json")
        key = hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).digest()
        return cls(question.kind, difficulty, content, key)


async def bring_in(actor: UUID, pool: str, questions: Sequence[tuple[Question, Difficulty]]) -> list[UUID]:
    """Put questions into a pool; returns the new ones' ids. They are drawn once another curator has approved them."""
    return await _store(actor, pool, [New.written(question, difficulty) for question, difficulty in questions])


async def bring_in_golden(
    actor: UUID,
    pool: str,
    project: Project,
    where: Target,
    items: Sequence[tuple[Mapping[str, str | bool], Sequence[Known], Difficulty]],
) -> list[UUID]:
    """Put tasks of a step with known answers into a pool, all or none; returns the new ones' ids. Inputs are masked like a ticket's.

    Raises:
        Invalid: `errors` names each item and field that does not fit.
        UsedLive: one of the inputs is a golden task that can be handed out, or was.
    """
    refused = [
        {**fault, "field": f"items.{place}.{fault['field']}"}
        for place, (shown, known, _) in enumerate(items)
        for fault in golden.faults(where.step, shown, known)
    ]
    if refused:
        raise Invalid(Said("Nothing was stored: some items do not fit the step."), errors=refused[: golden.MOST_ERRORS])
    spec = orjson.loads(await db.scalar("SELECT spec FROM step WHERE id = $1", where.step_id))
    made = [
        _golden(project, spec, golden.Item(golden.masked(where.step, shown), known, difficulty))
        for shown, known, difficulty in items
    ]
    return await _store(actor, pool, made, project)


async def move_golden(actor: UUID, pool: str, project: Project, task_ids: Sequence[UUID]) -> list[UUID]:
    """Take golden tasks that nobody was ever handed out of work and into a pool, all or none; returns the questions' ids.

    Raises:
        NotFound: the project has no such golden task.
        UsedLive: somebody was handed one of them.
        Invalid: the key of one was withdrawn, or is in doubt.
    """
    found = await db.rows(GOLDEN, list(task_ids), project.id)
    if len(found) != len(set(task_ids)):
        raise NotFound
    known = await truths.now([row["task_id"] for row in found])
    moved = []
    for row in found:
        answers = known[row["task_id"]].known
        if not answers or row["state"] == "quarantined":
            message = Said("The key of %(task_id)s was withdrawn or is in doubt.", task_id=row["task_id"])
            raise Invalid(errors=[{"field": "task_ids", "code": "no_key", "message": message}])
        await golden_states.end(row["task_id"])
        shown = orjson.loads(row["input"])
        moved.append(_golden(project, orjson.loads(row["spec"]), golden.Item(shown, answers, Difficulty(row["difficulty"]))))
    return await _store(actor, pool, moved, project)


def _golden(project: Project, spec: Mapping[str, Any], item: golden.Item) -> New:
    answers = [{"answer": one.answer, "weight": one.weight} for one in item.known]
    content = {"kind": "golden", "project": project.code, "step": spec, "input": item.shown, "answers": answers}
    return New("golden", item.difficulty, content, item.fingerprint)


async def _store(actor: UUID, pool: str, new: Sequence[New], project: Project | None = None) -> list[UUID]:
    try:
        made = await db.rows(
            INSERT,
            pool,
            None if project is None else project.id,
            actor,
            [one.kind for one in new],
            [str(one.difficulty) for one in new],
            [orjson.dumps(one.content).decode() for one in new],
            [one.fingerprint for one in new],
        )
    except asyncpg.UniqueViolationError as refused:
        raise UsedLive from refused
    await trail.record(actor, "exam_question.brought_in", "exam_pool", pool, added=len(made))
    return [row["id"] for row in made]


async def approve(actor: UUID, pool: str, question_ids: Sequence[UUID]) -> list[UUID]:
    """Let questions be drawn; returns those that were. One's own, and what is approved or retired already, stay as they are."""
    done = [row["id"] for row in await db.rows(APPROVE, actor, pool, list(question_ids))]
    await trail.record(actor, "exam_question.approved", "exam_pool", pool, questions=done)
    return done


async def retire(actor: UUID, question_id: UUID, reason: str) -> None:
    """Draw a question no more, for good. Attempts under way keep it. Once retired it stays as it is.

    Raises:
        NotFound: there is none.
    """
    if not await db.scalar("SELECT EXISTS (SELECT FROM exam_question WHERE id = $1)", question_id):
        raise NotFound
    done = await db.execute(
        "UPDATE exam_question SET retired_by = $2, retired_at = now(), retired_for = $3 WHERE id = $1 AND retired_at IS NULL",
        question_id,
        actor,
        reason,
    )
    if done:
        await trail.record(actor, "exam_question.retired", "exam_question", question_id, reason=reason)


async def listed(pool: str | None, state: str | None, after: UUID, limit: int) -> Sequence[Row]:
    """Questions with their keys and how often they were drawn, in the order of their ids."""
    return await db.rows(LISTED, pool, state, after, limit)


async def pools() -> Sequence[Row]:
    """The pools, with how many questions of each wait for a second curator, can be drawn, and are retired."""
    return await db.rows(POOLS)


async def waiting(actor: UUID) -> int:
    """How many questions this curator may approve: those of others."""
    return int(await db.scalar(WAITING, actor))
