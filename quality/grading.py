"""Grading: when a task has its answers, decide the consensus, what it says of each answer, and whether more answers are needed.

Runs in a job, off the request path. Control tasks go through the same states at the same moments as ordinary ones: the verdict on
their answers falls when the task has all its answers, so neither time nor wording tells them apart.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db
from piecework.quality import accuracy
from piecework.quality.accuracy import Fact
from piecework.quality.comparison import right_fields
from piecework.quality.consensus import Consensus, Standing, Vote, decide
from piecework.quality.statistics import Evidence, evidence
from piecework.tasks import decisions
from piecework.tasks.decisions import Rejection, Resolution
from piecework.tasks.fields import Answer, FieldType
from piecework.tasks.flow import handles_disagreement
from piecework.tasks.workflows import StepSpec, WorkflowSpec, read_spec

Row = Mapping[str, Any]

REJECT_BELOW = 0.1
"""An answer is rejected only if, by the others' answers alone, it is right with less than this probability."""
WRONG = "wrong_answer"
FAILED_CHECK = "failed_check"

TASKS = """
SELECT t.id, t.step_id, t.ticket_id, t.overlap, s.key, s.workflow_id, g.answers AS truths,
       (SELECT count(*) FROM assignment a WHERE a.task_id = t.id AND a.state = 'rejected') AS rejected
FROM task t JOIN step s ON s.id = t.step_id LEFT JOIN golden g ON g.task_id = t.id
WHERE t.id IN (SELECT task_id FROM assignment WHERE id = ANY ($1)) AND t.state = 'open' ORDER BY t.id FOR UPDATE OF t
"""

ANSWERS = """
SELECT a.id, a.task_id, a.freelancer_id, n.body FROM assignment a JOIN answer n ON n.assignment_id = a.id
WHERE a.task_id = ANY ($1) AND a.state <> 'rejected' ORDER BY a.task_id, a.id
"""

JUDGED = """
SELECT a.id, a.freelancer_id, a.step_id, t.ticket_id FROM task t JOIN step s ON s.id = t.step_id JOIN assignment a ON a.task_id = t.id
WHERE t.ticket_id = $1 AND s.key = $2 AND a.state = 'submitted'
"""


@dataclass(frozen=True, slots=True)
class Given:
    """One submitted answer."""

    assignment_id: UUID
    freelancer_id: UUID
    answer: Answer


@dataclass(slots=True)
class Grades:
    """What a batch of grading comes to, written at its end in set-based statements."""

    accepted: list[UUID] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    resolved: list[Resolution] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    more: list[tuple[UUID, int]] = field(default_factory=list)

    async def write(self) -> None:
        """Carry everything out in the current transaction."""
        await accuracy.record(self.facts)
        await decisions.accept(self.accepted)
        await decisions.reject(self.rejected)
        await decisions.resolve(self.resolved)
        for task_id, overlap in self.more:
            await decisions.want_one_more(task_id, overlap)


async def grade(assignment_ids: Sequence[UUID]) -> None:
    """Grade the tasks of newly submitted answers. The tasks' rows are locked: two graders never decide one task twice."""
    tasks = await db.rows(TASKS, list(assignment_ids))
    given: dict[UUID, list[Given]] = defaultdict(list)
    for row in await db.rows(ANSWERS, [task["id"] for task in tasks]):
        given[row["task_id"]].append(Given(row["id"], row["freelancer_id"], orjson.loads(row["body"])))
    specs = await _specs({task["workflow_id"] for task in tasks})
    known = await accuracy.of(
        sorted({one.freelancer_id for answers in given.values() for one in answers}), sorted({task["step_id"] for task in tasks})
    )
    grades = Grades()
    for task in tasks:
        spec = specs[task["workflow_id"]]
        answers = given[task["id"]]
        if task["truths"] is not None:
            grade_control(grades, task, spec.step(task["key"]), answers)
        elif len(answers) >= task["overlap"] - task["rejected"]:
            votes = [Vote(one.answer, known.get((one.freelancer_id, task["step_id"]), accuracy.UNKNOWN)) for one in answers]
            await _grade_ordinary(grades, task, spec, answers, votes)
    await grades.write()


async def settle(ticket_ids: Sequence[UUID]) -> None:
    """Accept the answers to resolved tickets that nobody judged: their judging step was passed over or its answers did not agree.

    The ticket was resolved with them, so they are paid.
    """
    waiting = await db.rows(
        """SELECT a.id FROM task t JOIN assignment a ON a.task_id = t.id
           WHERE t.ticket_id = ANY ($1) AND t.state <> 'open' AND a.state = 'submitted' ORDER BY a.id""",
        list(ticket_ids),
    )
    await decisions.accept([row["id"] for row in waiting])


async def _specs(workflow_ids: set[UUID]) -> dict[UUID, WorkflowSpec]:
    found = await db.rows("SELECT id, spec FROM workflow WHERE id = ANY ($1)", list(workflow_ids))
    return {row["id"]: read_spec(row["spec"]) for row in found}


def grade_control(grades: Grades, task: Row, step: StepSpec, answers: Sequence[Given]) -> None:
    """A control task: evidence at once, verdicts when it has all its answers."""
    truths: list[Answer] = orjson.loads(task["truths"])
    best: dict[UUID, tuple[int, int]] = {}
    for one in answers:
        best[one.assignment_id] = max(
            (right_fields(step.answer, one.answer, truth) for truth in truths),
            key=lambda outcome: outcome[0] / max(1, outcome[1]),
        )
        right, asked = best[one.assignment_id]
        if asked:
            told = Evidence(float(right), float(asked - right))
            grades.facts.append(Fact(one.assignment_id, one.freelancer_id, task["step_id"], accuracy.GOLDEN, asked, told))
    if len(answers) < task["overlap"] - task["rejected"]:
        return
    for one in answers:
        right, asked = best[one.assignment_id]
        if right == asked:
            grades.accepted.append(one.assignment_id)
        else:
            grades.rejected.append(Rejection(one.assignment_id, WRONG, explain(step, one.answer, truths[0])))
    grades.resolved.append(Resolution(task["id"], truths[0], 1.0))


async def _grade_ordinary(grades: Grades, task: Row, spec: WorkflowSpec, answers: Sequence[Given], votes: Sequence[Vote]) -> None:
    step = spec.step(task["key"])
    consensus = decide(step.answer, votes)
    unsure = consensus.result is None or consensus.confidence < step.confidence
    if unsure and len(answers) < step.most_answers and step.overlap > 1:
        grades.more.append((task["id"], task["overlap"] + 1))
        return
    if unsure and handles_disagreement(spec, step.key):
        consensus = Consensus(None, consensus.confidence, consensus.standings)  # a split vote: another step decides
    grades.resolved.append(Resolution(task["id"], consensus.result, consensus.confidence))
    if len(answers) > 1:
        grades.facts += [
            Fact(one.assignment_id, one.freelancer_id, task["step_id"], accuracy.OVERLAP, standing.asked, standing.evidence)
            for one, standing in zip(answers, consensus.standings, strict=True)
            if standing.asked
        ]
    if not any(other.judges == step.key for other in spec.steps):
        judge_answers(grades, step, answers, consensus)
    if step.judges is not None and consensus.result is not None:
        await _judge(grades, task, spec, consensus.result, votes)


def judge_answers(grades: Grades, step: StepSpec, answers: Sequence[Given], consensus: Consensus) -> None:
    """Accept what agrees or may well be right; reject what the others' answers make very unlikely."""
    for one, standing in zip(answers, consensus.standings, strict=True):
        if consensus.result is not None and is_refuted(standing):
            grades.rejected.append(Rejection(one.assignment_id, WRONG, explain(step, one.answer, consensus.result)))
        else:
            grades.accepted.append(one.assignment_id)


def is_refuted(standing: Standing) -> bool:
    """True if the answer differs from the consensus and the others' answers leave it almost no chance."""
    return not standing.agrees and standing.probability_right < REJECT_BELOW


async def _judge(grades: Grades, task: Row, spec: WorkflowSpec, verdict: Answer, votes: Sequence[Vote]) -> None:
    """The verdict of a judging step accepts or rejects the answer it is about."""
    judging = spec.step(task["key"])
    name = judging.redo.field if judging.redo else next(f.name for f in judging.answer if f.type == FieldType.YES_NO)
    passed = verdict.get(name) != judging.redo.is_ if judging.redo else verdict.get(name) is True
    words = " ".join(str(verdict[f.name]) for f in judging.answer if f.type == FieldType.TEXT and verdict.get(f.name))
    sure = max(vote.accuracy for vote in votes)
    for row in await db.rows(JUDGED, task["ticket_id"], judging.judges):
        told = evidence(sure if passed else 1.0 - sure)
        grades.facts.append(Fact(row["id"], row["freelancer_id"], row["step_id"], accuracy.REVIEW, 1, told))
        if passed:
            grades.accepted.append(row["id"])
        else:
            grades.rejected.append(Rejection(row["id"], FAILED_CHECK, f"It did not pass “{judging.title}”. {words}".strip()))


def explain(step: StepSpec, answer: Answer, truth: Answer) -> str:
    """Which fields differ from the accepted answer, in the step's own words. The same words for control tasks and others."""
    lines = [
        f"{one.title}: you answered {_shown(answer.get(one.name))}; the accepted answer is {_shown(truth.get(one.name))}."
        for one in step.answer
        if one.type != FieldType.TEXT and answer.get(one.name) != truth.get(one.name)
    ]
    return " ".join(lines)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "nothing" if value is None else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
