"""What a change of a golden task's key would touch, told before it is made; and the end of a golden task without any change."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from piecework.platform import db, trail
from piecework.platform.errors import Invalid, NotFound
from piecework.quality.errors import OwnWork
from piecework.quality.golden.golden import unfit
from piecework.quality.grading import golden_states, judging, truths
from piecework.quality.grading.truths import Known
from piecework.tasks.decisions import WHOLE
from piecework.tasks.workflows import read_step

TASK = """
SELECT t.origin, s.spec, g.state FROM task t JOIN golden g ON g.task_id = t.id JOIN step s ON s.id = t.step_id WHERE t.id = $1
"""
ANSWERS = """
SELECT a.freelancer_id, a.state, a.share, n.body FROM assignment a JOIN answer n ON n.assignment_id = a.id
WHERE a.task_id = ANY ($1) AND a.state IN ('submitted', 'accepted', 'rejected')
"""


@dataclass(frozen=True, slots=True)
class Touched:
    """Answers to the task and to the one that it was made from, and how the new key would judge them.

    `better` are worth more by it than by what was decided: they are paid so. `worse` count as less right in the score alone.
    """

    answers: int
    people: int
    right_now: int
    right_then: int
    better: int
    worse: int
    has_origin: bool


async def touched(task_id: UUID, known: Sequence[Known]) -> Touched:
    """What would follow from another key. Nothing is changed.

    Raises:
        NotFound: there is no such golden task. Invalid: the key does not fit its step.
    """
    row = await db.row(TASK, task_id)
    if row is None:
        raise NotFound
    step = read_step(row["spec"])
    refused = unfit(step, known)
    if refused:
        raise Invalid(errors=refused)
    before = (await truths.now([task_id]))[task_id].known
    given = await db.rows(ANSWERS, [one for one in (task_id, row["origin"]) if one is not None])
    right_now = right_then = better = worse = 0
    for one in given:
        said = orjson.loads(one["body"])
        then = judging.by_truth(step, said, known)[0].share if known else WHOLE
        now = judging.by_truth(step, said, before)[0].share if before else WHOLE
        right_now += now == WHOLE
        right_then += then == WHOLE
        better += then > (one["share"] or 0) if one["state"] != "submitted" else 0
        worse += then < now
    people = len({one["freelancer_id"] for one in given})
    return Touched(len(given), people, right_now, right_then, better, worse, row["origin"] is not None)


async def retire(actor: UUID, task_id: UUID, reason: str) -> None:
    """Hand a live golden task to nobody else; its key and what followed from it stay as they are. Once retired, nothing changes.

    Raises:
        NotFound: there is no such golden task, or it is quarantined: then its key is decided. OwnWork: the actor answered it.
    """
    row = await db.row(f"{TASK} FOR UPDATE OF t", task_id)
    if row is None or row["state"] == "quarantined":
        raise NotFound
    if await db.scalar("SELECT EXISTS (SELECT FROM assignment WHERE task_id = $1 AND freelancer_id = $2)", task_id, actor):
        raise OwnWork
    if row["state"] == "live":
        await golden_states.end(task_id)
        await trail.record(actor, "golden.retired", "task", task_id, reason=reason)
