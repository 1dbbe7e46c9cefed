"""Regrading: a truth became known or changed, so every conclusion from it is drawn anew: scores, decisions and, by them, money.

A decision changes only in the freelancer's favour (tasks.decisions.decide); a score changes either way.
"""

from collections.abc import Sequence
from uuid import UUID

from piecework.platform import db
from piecework.quality.grading import judging
from piecework.quality.grading.grades import Given, Grades
from piecework.quality.grading.grading import Row, answers_to, grade_known, result_by, specs_of
from piecework.quality.grading.truths import Truth, now
from piecework.quality.people import accuracy
from piecework.quality.people.accuracy import Fact
from piecework.quality.statistics import Evidence
from piecework.tasks import decisions
from piecework.tasks.decisions import WHOLE, Basis, Resolution, Verdict
from piecework.tasks.workflows import StepSpec

TASKS = """
SELECT t.id, t.step_id, t.project_id, t.ticket_id, t.state, t.overlap, s.key, s.workflow_id, t.ticket_id IS NULL AS control,
       (SELECT count(*) FROM slot WHERE slot.task_id = t.id AND NOT slot.control) AS wanted
FROM task t JOIN step s ON s.id = t.step_id WHERE t.id = ANY ($1) ORDER BY t.id
"""

LOCK_TASKS = "SELECT FROM task WHERE id = ANY ($1) ORDER BY id FOR UPDATE"


async def locked(task_ids: Sequence[UUID]) -> Sequence[Row]:
    """The tasks, locked until the end of the transaction, as they are once the lock is there."""
    ids = sorted(set(task_ids))
    await db.execute(LOCK_TASKS, ids)
    return await db.rows(TASKS, ids)


async def regrade(task_ids: Sequence[UUID]) -> None:
    """Judge all answers to these tasks by what is known of them now. Doing it twice changes nothing."""
    tasks = await locked(task_ids)
    ids = [task["id"] for task in tasks]
    given = await answers_to(ids, ("submitted", "accepted", "rejected"))
    specs = await specs_of(tasks)
    known = await now(ids)
    for task in tasks:
        truth, answers, grades = known[task["id"]], given[task["id"]], Grades()
        step = specs[task["workflow_id"]].step(task["key"])
        grades.steps[task["step_id"]] = step
        if truth.known:
            grade_known(grades, task, step, answers, truth)
            if not task["wanted"]:  # open slots: the answers still to come are judged by the truth when they are all there
                conclude(grades, task, step, answers, truth)
        else:
            grades.facts = [
                Fact(one.assignment_id, one.freelancer_id, task["step_id"], accuracy.NONE, 0, Evidence()) for one in answers
            ]
            grades.verdicts = [Verdict(one.assignment_id, WHOLE, Basis.KEY, actor=truth.actor) for one in answers]
            if not task["wanted"]:  # what is still asked for is graded when it is there, as if nothing had ever been known
                grades.resolved.append(Resolution(task["id"], None, 0.0))
        await grades.write(again=True)
        if truth.known and task["state"] in ("resolved", "undecided"):
            await decisions.correct(task["id"], result_by(step, answers, truth))


def conclude(grades: Grades, task: Row, step: StepSpec, answers: Sequence[Given], truth: Truth) -> None:
    """A task that waits for nobody has its result, unless no curator accepts the words that it needs: somebody else is asked."""
    good = [judging.usable(step, one.answer, one.passed) for one in answers]
    words = {name: value for said in good for name, value in said.items()}
    if task["state"] == "open" and judging.lacks_words(step, words | truth.known[0].answer):
        grades.more.append((task["id"], task["overlap"] + 1))
    else:
        grades.resolved.append(Resolution(task["id"], result_by(step, answers, truth), 1.0))
