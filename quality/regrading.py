"""Regrading: a truth became known or changed, so every conclusion from it is drawn anew: scores, decisions and, by them, money.

A decision changes only in the freelancer's favour (tasks.decisions.decide); a score changes either way.
"""

from collections.abc import Sequence
from uuid import UUID

from piecework.platform import db
from piecework.quality import accuracy
from piecework.quality.accuracy import Fact
from piecework.quality.grades import Grades
from piecework.quality.grading import answers_to, grade_known, result_by, specs_of
from piecework.quality.statistics import Evidence
from piecework.quality.truths import now
from piecework.tasks import decisions
from piecework.tasks.decisions import WHOLE, Basis, Resolution, Verdict

TASKS = """
SELECT t.id, t.step_id, t.project_id, t.ticket_id, t.state, t.overlap, s.key, s.workflow_id, t.ticket_id IS NULL AS control,
       (SELECT count(*) FROM slot WHERE slot.task_id = t.id) AS wanted
FROM task t JOIN step s ON s.id = t.step_id WHERE t.id = ANY ($1) ORDER BY t.id FOR UPDATE OF t
"""


async def regrade(task_ids: Sequence[UUID]) -> None:
    """Judge all answers to these tasks by what is known of them now. Doing it twice changes nothing."""
    tasks = await db.rows(TASKS, sorted(set(task_ids)))
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
                grades.resolved.append(Resolution(task["id"], result_by(step, answers, truth), 1.0))
        else:
            grades.facts = [
                Fact(one.assignment_id, one.freelancer_id, task["step_id"], accuracy.NONE, 0, Evidence()) for one in answers
            ]
            grades.verdicts = [Verdict(one.assignment_id, WHOLE, Basis.KEY, actor=truth.actor) for one in answers]
            grades.resolved.append(Resolution(task["id"], None, 0.0))
        await grades.write(again=True)
        if truth.known and task["state"] in ("resolved", "undecided"):
            await decisions.correct(task["id"], result_by(step, answers, truth))
