"""Second looks: another curator repeats an audit without knowing of it; where the two differ a third decides.

What the first says holds until a third overrules it. If all three differ nothing is known of the task, and nobody is judged by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from piecework.platform import db
from piecework.quality.comparing.comparison import verdicts
from piecework.quality.grading.audits import Plan
from piecework.quality.grading.grades import CHANCE
from piecework.quality.grading.judging import text_fields
from piecework.tasks.fields import Answer
from piecework.tasks.workflows import StepSpec


@dataclass(frozen=True, slots=True)
class Look:
    """One curator's audit of an answer: what they hold right, and by field whether the answer passed."""

    id: UUID
    auditor_id: UUID
    answer: Answer
    passed: dict[str, bool]
    reason: str


async def of(assignment_id: UUID) -> list[Look]:
    """The audits of an answer that are done, the first one first."""
    found = await db.rows(
        """SELECT id, auditor_id, answer, passed, reason FROM audit WHERE assignment_id = $1 AND done_at IS NOT NULL
           ORDER BY done_at, id""",
        assignment_id,
    )
    return [
        Look(row["id"], row["auditor_id"], orjson.loads(row["answer"]), orjson.loads(row["passed"]), row["reason"])
        for row in found
    ]


def agree(step: StepSpec, one: Look, other: Look) -> bool:
    """True if two curators hold the same right, and found the same of the author's words."""
    same_words = all(one.passed.get(name) == other.passed.get(name) for name in text_fields(step))
    return same_words and _same_answer(step, one, other)


def standing(step: StepSpec, looks: Sequence[Look]) -> Look | None:
    """The look whose answer holds: the first, or the one that a third shares; None if all three differ."""
    first, *later = looks
    if len(later) < 2:
        return first
    second, third = later
    if _same_answer(step, first, third) or _same_answer(step, first, second):
        return first
    return third if _same_answer(step, second, third) else None


async def ask(step: StepSpec, first_id: UUID, looks: Sequence[Look], *, surely: bool) -> None:
    """After a first look, with the step's probability (or `surely`), ask for a second; after two that differ, for a third."""
    if len(looks) == 1 and (surely or CHANCE.random() < step.checking.second_rate):
        await _request(first_id, Plan.SECOND)
    elif len(looks) == 2 and not agree(step, *looks):
        await _request(first_id, Plan.THIRD)


async def _request(first_id: UUID, plan: Plan) -> None:
    await db.execute(
        """INSERT INTO audit (assignment_id, freelancer_id, task_id, step_id, project_id, plan, value, first_id)
           SELECT assignment_id, freelancer_id, task_id, step_id, project_id, $2, value, id FROM audit WHERE id = $1
           ON CONFLICT DO NOTHING""",
        first_id,
        str(plan),
    )


def _same_answer(step: StepSpec, one: Look, other: Look) -> bool:
    here, there = verdicts(step.answer, one.answer, other.answer), verdicts(step.answer, other.answer, one.answer)
    return all(here.values()) and all(there.values())
