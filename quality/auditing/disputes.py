"""Disputes: tasks whose answers do not agree at the most that may be asked for.

A curator, or somebody of the second line for the task's step, decides who has worked on nothing of its ticket.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db, trail
from piecework.platform.errors import NotFound
from piecework.platform.said import Said
from piecework.quality.auditing import second_line
from piecework.quality.auditing.second_line import MAY, UNTOUCHED
from piecework.quality.comparing.comparison import compared, is_compared
from piecework.quality.comparing.consensus import Consensus, decide
from piecework.quality.errors import NotComparable, NotDisputed, OwnWork
from piecework.quality.grading import regrading, truths
from piecework.quality.grading.grading import Row, answers_to, specs_of
from piecework.quality.grading.truths import Known, Source
from piecework.quality.people import accuracy
from piecework.tasks.fields import Answer, AnswerSchema
from piecework.tasks.workflows import StepSpec, read_step

SHOWN = f"""
SELECT t.id, t.state, t.step_id, t.input, s.spec, p.code AS project, NOT {UNTOUCHED} AS own
FROM task t JOIN step s ON s.id = t.step_id JOIN project p ON p.id = t.project_id
WHERE t.id = $2 AND t.ticket_id IS NOT NULL AND ($3 OR {MAY})
"""

LISTED = f"""
SELECT t.id, p.code AS project, s.key AS step, s.spec ->> 'title' AS title, t.deadline_at, t.input
FROM task t JOIN step s ON s.id = t.step_id JOIN project p ON p.id = t.project_id
WHERE t.state = 'disputed' AND t.ticket_id IS NOT NULL AND ($2 OR {MAY}) AND {UNTOUCHED}
  AND NOT EXISTS (SELECT FROM truth_now r WHERE r.task_id = t.id AND r.answers <> '[]')
  AND ($3::uuid IS NULL OR (t.deadline_at, t.id) > (SELECT k.deadline_at, k.id FROM task k WHERE k.id = $3))
ORDER BY t.deadline_at, t.id LIMIT $4
"""

MAY_SETTLE = f"SELECT NOT {UNTOUCHED} AS own, $3 OR {MAY} AS may FROM task t WHERE t.id = $2"
ANSWERS = """
SELECT id, freelancer_id, task_id, step_id, project_id FROM assignment WHERE task_id = $1 AND state IN ('submitted', 'accepted')
ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class Side:
    """One answer without its author. `probability`: that it is right, by the other answers alone."""

    name: str
    answer: Answer
    probability: float


@dataclass(frozen=True, slots=True)
class Dispute:
    """A disputed task. `consensus` has no result where the answers are level."""

    id: UUID
    project: str
    step: StepSpec
    input: dict[str, Any]
    sides: list[Side]
    consensus: Consensus


async def page(me: UUID, after: UUID | None, limit: int, *, curator: bool) -> Sequence[Any]:
    """The disputes that this person may settle, the nearest deadline first."""
    return await db.rows(LISTED, me, curator, after, limit)


async def show(me: UUID, task_id: UUID, *, curator: bool) -> Dispute:
    """A disputed task with its answers as A, B, C: in an order that tells nothing of their authors and stays the same.

    Raises:
        NotFound, NotDisputed, OwnWork: see there; who is no curator finds those of their second line only.
    """
    task = await db.row(SHOWN, me, task_id, curator)
    if task is None:
        raise NotFound
    if task["own"]:
        raise OwnWork(Said("You have worked on this ticket."))
    if task["state"] != "disputed":
        raise NotDisputed
    step = read_step(task["spec"])
    given = (await answers_to([task_id], ("submitted", "accepted")))[task_id]
    given.sort(key=lambda one: hashlib.sha256(task_id.bytes + one.assignment_id.bytes).digest())
    trusts = await accuracy.trusts([one.freelancer_id for one in given], {task["step_id"]: step})
    votes = [trusts.vote(one.freelancer_id, task["step_id"], one.answer) for one in given]
    consensus = decide(step.answer, votes, method=step.checking.method)
    sides = [
        Side(_letters(place), one.answer, standing.probability_right)
        for place, (one, standing) in enumerate(zip(given, consensus.standings, strict=True))
    ]
    return Dispute(task_id, task["project"], step, orjson.loads(task["input"]), sides, consensus)


async def settle(me: UUID, task_id: UUID, answer: Answer, reason: str, *, curator: bool) -> None:
    """Say what is right of a disputed task, once; its answers are judged by it and its ticket goes on.

    The fields that are compared must be there; texts may be. What the second line settles is sampled for audits.

    Raises:
        NotFound, NotDisputed, OwnWork: see there; who is no curator finds those of their second line only.
        Invalid, NotComparable: the answer does not fit the step; it has nothing to compare.
    """
    found = await regrading.locked([task_id])
    task = found[0] if found else None
    hand = await db.row(MAY_SETTLE, me, task_id, curator)
    if task is None or task["control"] or hand is None or not hand["may"]:
        raise NotFound
    if hand["own"]:
        raise OwnWork(Said("You have worked on this ticket."))
    known = (await truths.now([task_id])).get(task_id)
    if task["state"] != "disputed" or (known is not None and known.known):
        raise NotDisputed  # decided, though perhaps not judged yet
    step = await _step(task)
    AnswerSchema([one if is_compared(one) else one.model_copy(update={"required": False}) for one in step.answer]).check(answer)
    if not any(True for _ in compared(step.answer, answer)):
        raise NotComparable
    await truths.state(task_id, [Known(answer)], Source.DISPUTE, me, reason)
    await trail.record(me, "dispute.settled", "task", task_id, reason=reason)
    if not curator:
        await second_line.credit(me, task_id, f"dispute:{task_id}")
        await second_line.sample(step, await db.rows(ANSWERS, task_id))


async def _step(task: Row) -> StepSpec:
    return (await specs_of([task]))[task["workflow_id"]].step(task["key"])


def _letters(place: int) -> str:
    """A, B, … Z, AA, AB, …: a step may ask for fifty answers."""
    return ("" if place < 26 else _letters(place // 26 - 1)) + chr(ord("A") + place % 26)
