"""Upheld appeals about answers: what was held to be right is set right, and all that followed from it is drawn anew.

A golden task looks like any other here too: the answer becomes one of the acceptable ones, whoever else gave it is better off as
well, and everything falls in the transaction of the decision.
"""

from collections.abc import Sequence
from uuid import UUID

from piecework.platform import db
from piecework.platform.errors import Invalid
from piecework.platform.said import Said
from piecework.quality.comparing.comparison import compared, is_compared
from piecework.quality.errors import NotComparable
from piecework.quality.grading import golden_states, judging, regrading, truths
from piecework.quality.grading.grades import Given, Grades
from piecework.quality.grading.grading import Row, answers_to, specs_of
from piecework.quality.grading.regrading import regrade
from piecework.quality.grading.truths import Known, Source
from piecework.quality.people import accuracy
from piecework.quality.people.accuracy import Fact
from piecework.quality.statistics import Evidence
from piecework.tasks.decisions import WHOLE, Basis, Verdict
from piecework.tasks.fields import AnswerSchema
from piecework.tasks.workflows import StepSpec

DECIDED = ("accepted", "rejected")


async def uphold(arbiter: UUID, assignment_id: UUID, reply: str, answers: Sequence[Known]) -> None:
    """Accept the answer: by what the arbiter says is right, or else as one more acceptable answer. The caller holds the task's row.

    Raises:
        NotComparable, Invalid: the arbiter's answers do not fit the step, or leave the answer no better off.
    """
    row = await db.row("SELECT task_id, share FROM assignment WHERE id = $1", assignment_id)
    assert row is not None
    (task,) = await regrading.locked([row["task_id"]])
    step = (await specs_of([task]))[task["workflow_id"]].step(task["key"])
    given = (await answers_to([task["id"]], DECIDED))[task["id"]]
    (mine,) = (one for one in given if one.assignment_id == assignment_id)
    truth = (await truths.now([task["id"]])).get(task["id"])
    if answers:
        _check(step, mine, row["share"], answers)
        known = list(answers)
    elif row["share"] == WHOLE:
        return  # decided in their favour while the appeal was open
    elif truth is not None and truth.known:
        known = [*truth.known, Known(mine.answer)]
    else:
        await _accept_like(arbiter, task, step, mine, given)
        return
    await _withdraw_golden(task)
    await truths.state(task["id"], known, Source.APPEAL, arbiter, reply)
    await regrade([task["id"]])


async def accept(assignment_ids: Sequence[UUID]) -> None:
    """Accept answers in full without a person's word on what is right: nothing is told of their authors, other answers stay.

    The key of a golden task that was appealed is in doubt from then on. The caller holds the tasks' rows.
    """
    found = await db.rows(
        """SELECT a.id, a.freelancer_id, a.step_id, g.task_id AS golden FROM assignment a LEFT JOIN golden g ON g.task_id = a.task_id
           WHERE a.id = ANY ($1) ORDER BY a.id""",
        list(assignment_ids),
    )
    await Grades(
        verdicts=[Verdict(row["id"], WHOLE, Basis.APPEAL) for row in found],
        facts=[Fact(row["id"], row["freelancer_id"], row["step_id"], accuracy.NONE, 0, Evidence()) for row in found],
        quarantined=sorted({row["golden"] for row in found if row["golden"]}),
    ).write(again=True)


def _check(step: StepSpec, mine: Given, share: int, answers: Sequence[Known]) -> None:
    schema = AnswerSchema([one for one in step.answer if is_compared(one)])
    for one in answers:
        schema.check(one.answer)
        if not any(compared(step.answer, one.answer)):
            raise NotComparable
    judgement, _, _ = judging.by_truth(step, mine.answer, answers)
    if judgement.share <= share:
        message = Said("By these the answer is no better off: then the appeal is not upheld.")
        raise Invalid(errors=[{"field": "answers", "code": "no_better_off", "message": message}])


async def _accept_like(arbiter: UUID, task: Row, step: StepSpec, mine: Given, given: Sequence[Given]) -> None:
    """Judge the decided answers to a task of which no truth is known by the upheld one, as far as it speaks for them."""
    grades = Grades(steps={task["step_id"]: step})
    for one in given:
        judgement, told, asked = judging.by_truth(step, one.answer, [Known(mine.answer)], one.passed)
        if one is mine or asked:
            grades.decide(one, judgement, Basis.APPEAL, arbiter)
        if one is mine or (asked and not told.wrong):
            right = Evidence(1.0, 0.0)  # also where nothing can be compared: an arbiter has read it
            fact = Fact(one.assignment_id, one.freelancer_id, task["step_id"], accuracy.AUDIT, max(asked, 1), right, agrees=True)
            grades.facts.append(fact)
    await grades.write(again=True)


async def _withdraw_golden(task: Row) -> None:
    """A golden task whose key was wrong is handed to nobody else."""
    if task["control"]:
        await golden_states.end(task["id"])
