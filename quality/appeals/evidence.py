"""What an arbiter sees of an appeal: for curators only, nothing of it is shown to a freelancer."""

from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db
from piecework.quality.grading import truths
from piecework.tasks import objections

ANSWER = """
SELECT p.code AS project, s.key AS step, s.spec ->> 'title' AS title, s.spec ->> 'instruction' AS instruction, t.id AS task_id, t.input,
       t.result, a.state, a.share, n.body AS answer
FROM assignment a JOIN task t ON t.id = a.task_id JOIN step s ON s.id = a.step_id JOIN project p ON p.id = a.project_id
JOIN answer n ON n.assignment_id = a.id WHERE a.id = $1
"""
# In the order of what was said, so that neither place nor time tells whose it is.
VOTES = """
SELECT n.body AS answer, a.state, a.share FROM assignment a JOIN answer n ON n.assignment_id = a.id
WHERE a.task_id = $1 AND a.id <> $2 AND a.state IN ('submitted', 'accepted', 'rejected') ORDER BY n.body, a.state, a.share
"""
AUDITS = """
SELECT plan, auditor_id, answer, passed, reason, done_at FROM audit WHERE assignment_id = $1 AND done_at IS NOT NULL ORDER BY done_at, id
"""
DECISIONS = """
SELECT revision, state, share, basis, reason, explanation, actor, decided_at FROM decision WHERE assignment_id = $1 ORDER BY revision
"""
RESTRICTION = """
SELECT r.kind, p.code AS project, r.reason, r.imposed_by, r.starts_at, r.ends_at,
       (SELECT coalesce(array_agg(c.id ORDER BY c.id), '{}') FROM suspicion c
        WHERE r.freelancer_id = ANY (c.people) AND c.opened_at <= r.starts_at) AS cases
FROM restriction r LEFT JOIN project p ON p.id = r.project_id WHERE r.id = $1
"""
QUALIFICATION = """
SELECT q.code, q.level, q.granted_by, q.reason AS granted_for, l.actor AS revoked_by, l.reason AS revoked_for
FROM qualification q LEFT JOIN LATERAL (
    SELECT l.actor, l.reason FROM trail l WHERE l.subject = 'account' AND l.subject_id = q.freelancer_id::text
    AND l.action LIKE 'qualification.%' AND l.detail ->> 'code' = q.code AND l.at >= q.revoked_at ORDER BY l.id LIMIT 1) l ON true
WHERE q.id = $1
"""


async def of_answer(assignment_id: UUID) -> dict[str, Any]:
    """The task, what was answered and accepted, the others' answers without their names, audits and decisions."""
    row = await db.row(ANSWER, assignment_id)
    assert row is not None
    about = dict(row)
    task_id = about.pop("task_id")
    truth = (await truths.now([task_id])).get(task_id)
    return {
        **{name: _read(value) if name in ("input", "result", "answer") else value for name, value in about.items()},
        "known": [] if truth is None else [{"answer": one.answer, "weight": one.weight} for one in truth.known],
        "votes": [{**row, "answer": _read(row["answer"])} for row in await db.rows(VOTES, task_id, assignment_id)],
        "audits": [
            {**row, "answer": _read(row["answer"]), "passed": _read(row["passed"])}
            for row in await db.rows(AUDITS, assignment_id)
        ],
        "decisions": [dict(row) for row in await db.rows(DECISIONS, assignment_id)],
    }


async def of_restriction(restriction_id: UUID) -> dict[str, Any]:
    """The restriction, and the cases against the person that came before it."""
    row = await db.row(RESTRICTION, restriction_id)
    assert row is not None
    return dict(row)


async def of_qualification(qualification_id: UUID) -> dict[str, Any]:
    """Who granted the qualification and who ended it, and their reasons."""
    row = await db.row(QUALIFICATION, qualification_id)
    assert row is not None
    return dict(row)


async def of_noted(subject: str, subject_id: UUID) -> dict[str, Any]:
    """What the person was told when it was decided, and what its author laid down for those who judge it."""
    noted = await objections.noted(subject, subject_id)
    assert noted is not None
    return {"words": noted.words, "evidence": noted.evidence, "decided_at": noted.decided_at, "involved": list(noted.involved)}


def _read(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)
