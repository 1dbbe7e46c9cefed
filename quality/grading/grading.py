"""Grading: when a task has its answers, decide the consensus, what it says of each answer, and whether more answers are needed.

Runs in a job, off the request path. Control tasks go through the same states at the same moments as ordinary ones: the verdict on
their answers falls when the task has all its answers, so neither time nor wording tells them apart.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db, jobs
from piecework.platform.said import Said
from piecework.quality.comparing.comparison import asked as is_asked
from piecework.quality.comparing.comparison import is_compared
from piecework.quality.comparing.consensus import Consensus, Standing, Vote, decide
from piecework.quality.comparing.stopping import whether_more
from piecework.quality.grading import audits, judging, truths
from piecework.quality.grading.audits import Plan, Request
from piecework.quality.grading.grades import Given, Grades
from piecework.quality.grading.judging import Call
from piecework.quality.grading.key_check import key_is_doubtful
from piecework.quality.grading.truths import Source, Truth
from piecework.quality.people import accuracy
from piecework.quality.people.accuracy import Fact
from piecework.quality.statistics import Evidence, evidence
from piecework.quality.statistics.stopping import Next
from piecework.tasks import restrictions
from piecework.tasks.decisions import WHOLE, Basis, Resolution, Verdict
from piecework.tasks.fields import Answer, FieldType
from piecework.tasks.flow import handles_disagreement
from piecework.tasks.workflows import StepSpec, WorkflowSpec, read_spec

Row = Mapping[str, Any]

FAILED_CHECK = "failed_check"

LOCK_TASKS = "SELECT FROM task WHERE id IN (SELECT task_id FROM assignment WHERE id = ANY ($1)) ORDER BY id FOR UPDATE"

OPEN_TASKS = """
SELECT t.id, t.step_id, t.project_id, t.ticket_id, t.state, t.overlap, s.key, s.workflow_id, q.price, t.ticket_id IS NULL AS control,
       (SELECT count(*) FROM assignment a WHERE a.task_id = t.id AND a.state = 'rejected') AS rejected
FROM task t JOIN step s ON s.id = t.step_id JOIN queue q ON q.step_id = t.step_id
WHERE t.id IN (SELECT task_id FROM assignment WHERE id = ANY ($1)) AND t.state = 'open' ORDER BY t.id
"""

ANSWERS = """
SELECT a.id, a.task_id, a.freelancer_id, a.state, a.ended_at, n.body,
       (SELECT jsonb_agg(u.passed ORDER BY u.done_at) FROM audit u WHERE u.assignment_id = a.id AND u.done_at IS NOT NULL
        AND NOT EXISTS (SELECT FROM appeal p WHERE p.subject = 'answer' AND p.subject_id = a.id AND p.state = 'upheld')) AS looks
FROM assignment a JOIN answer n ON n.assignment_id = a.id
WHERE a.task_id = ANY ($1) AND a.state = ANY ($2) ORDER BY a.task_id, a.id
"""

LATE = """
SELECT a.id, a.task_id FROM assignment a JOIN task t ON t.id = a.task_id LEFT JOIN golden g ON g.task_id = t.id
WHERE a.id = ANY ($1) AND a.state = 'submitted' AND t.state <> 'open' AND g.state IS DISTINCT FROM 'quarantined'
  AND EXISTS (SELECT FROM truth WHERE truth.task_id = t.id)
"""
"""Answers that were held while their task was decided by a known truth."""

JUDGED = """
SELECT a.id, a.freelancer_id, a.step_id FROM task t JOIN step s ON s.id = t.step_id JOIN assignment a ON a.task_id = t.id
WHERE t.ticket_id = $1 AND s.key = $2 AND a.state = 'submitted'
"""


async def grade(assignment_ids: Sequence[UUID]) -> None:
    """Grade the tasks of newly submitted answers. The tasks' rows are locked: two graders never decide one task twice."""
    # In a statement of its own: what is read with the lock may be what was true before the wait for it.
    await db.execute(LOCK_TASKS, list(assignment_ids))
    tasks = await db.rows(OPEN_TASKS, list(assignment_ids))
    ids = [task["id"] for task in tasks]
    late = await db.rows(LATE, list(assignment_ids))
    await jobs.enqueue("quality.regrade", [(f"{row['task_id']}:{row['id']}", {"task": str(row["task_id"])}) for row in late])
    given = await answers_to(ids, ("submitted", "accepted"))
    specs = await specs_of(tasks)
    people = sorted({one.freelancer_id for answers in given.values() for one in answers})
    trusts = await accuracy.trusts(people, {t["step_id"]: specs[t["workflow_id"]].step(t["key"]) for t in tasks})
    audited = await restrictions.under_audit(people)
    told = await accuracy.told([one.assignment_id for task in tasks if task["control"] for one in given[task["id"]]])
    known = await truths.now(ids)
    grades = Grades()
    for task in tasks:
        spec, answers = specs[task["workflow_id"]], given[task["id"]]
        complete = len(answers) >= task["overlap"] - task["rejected"]
        truth = known.get(task["id"])
        step = grades.steps[task["step_id"]] = spec.step(task["key"])
        said = [judging.usable(step, one.answer, one.passed) for one in answers]
        votes = [
            trusts.vote(one.freelancer_id, task["step_id"], answer, told.get(one.assignment_id))
            for one, answer in zip(answers, said, strict=True)
        ]
        if task["control"] and truth is not None:
            grade_control(grades, task, step, answers, votes, truth, audited, complete=complete)
        elif complete and truth is not None and truth.known:
            grade_known(grades, task, step, answers, truth)
            grades.resolved.append(Resolution(task["id"], result_by(step, answers, truth), 1.0))
        elif complete:
            await _grade_ordinary(grades, task, spec, answers, votes, audited)
    await grades.write()


async def answers_to(task_ids: Sequence[UUID], states: Sequence[str]) -> dict[UUID, list[Given]]:
    """The answers to tasks that are in one of these states, by task, in the order they were claimed."""
    given: dict[UUID, list[Given]] = defaultdict(list)
    for row in await db.rows(ANSWERS, list(task_ids), list(states)):
        passed = audits.majority(orjson.loads(row["looks"] or b"[]"))
        body: Answer = orjson.loads(row["body"])
        given[row["task_id"]].append(Given(row["id"], row["freelancer_id"], body, row["state"], row["ended_at"], passed))
    return given


async def specs_of(tasks: Sequence[Row]) -> dict[UUID, WorkflowSpec]:
    """The workflows of tasks, by id."""
    ids = sorted({task["workflow_id"] for task in tasks})
    found = await db.rows("SELECT id, spec FROM workflow WHERE id = ANY ($1)", ids)
    return {row["id"]: read_spec(row["spec"]) for row in found}


async def settle(ticket_ids: Sequence[UUID]) -> None:
    """Accept the answers to resolved tickets that nobody judged: their judging step was passed over or its answers did not agree.

    The ticket was resolved with them, so they are paid. What waits for an audit waits on.
    """
    waiting = await db.rows(
        """SELECT a.id FROM task t JOIN assignment a ON a.task_id = t.id
           WHERE t.ticket_id = ANY ($1) AND t.state IN ('resolved', 'undecided') AND a.state = 'submitted'
             AND NOT EXISTS (SELECT FROM audit u WHERE u.assignment_id = a.id AND u.done_at IS NULL AND u.lapsed_at IS NULL)
           ORDER BY a.id""",
        list(ticket_ids),
    )
    await Grades(verdicts=[Verdict(row["id"], WHOLE, Basis.SETTLED) for row in waiting]).write()


async def decide_put_off(assignment_ids: Sequence[UUID]) -> None:
    """Decide answers to control tasks whose verdicts were put off, by what is known now; what was decided meanwhile stays."""
    found = await db.rows("SELECT DISTINCT task_id FROM assignment WHERE id = ANY ($1)", list(assignment_ids))
    ids = sorted(row["task_id"] for row in found)
    await db.execute("SELECT FROM task WHERE id = ANY ($1) ORDER BY id FOR UPDATE", ids)
    tasks = await db.rows(
        "SELECT t.id, t.step_id, s.key, s.workflow_id FROM task t JOIN step s ON s.id = t.step_id WHERE t.id = ANY ($1) ORDER BY t.id",
        ids,
    )
    given, specs, known = await answers_to(ids, ("submitted",)), await specs_of(tasks), await truths.now(ids)
    grades = Grades()
    for task in tasks:
        step, truth = specs[task["workflow_id"]].step(task["key"]), known[task["id"]]
        for one in given[task["id"]]:
            if one.assignment_id in assignment_ids and truth.known:
                grades.decide(one, judging.by_truth(step, one.answer, truth.known)[0], Basis.GOLDEN)
    await grades.write()


def grade_control(
    grades: Grades,
    task: Row,
    step: StepSpec,
    answers: Sequence[Given],
    votes: Sequence[Vote],
    truth: Truth,
    audited: set[UUID],
    *,
    complete: bool,
) -> None:
    """A control task: evidence at once, verdicts when it has all its answers. A key that good people deny is withdrawn.

    Where the same answers to an ordinary task would have to wait (for more answers, a curator, an audit), the verdicts wait too.
    """
    if truth.known and key_is_doubtful(step.answer, votes, truth.known):
        grades.quarantined.append(task["id"])
        grades.facts += [
            Fact(one.assignment_id, one.freelancer_id, task["step_id"], accuracy.NONE, 0, Evidence()) for one in answers
        ]
        return
    judged = [(one, judging.by_truth(step, one.answer, truth.known)) for one in answers] if truth.known else []
    for one, (_, told, asked) in judged:
        right = told.wrong == 0
        grades.facts.append(
            Fact(one.assignment_id, one.freelancer_id, task["step_id"], accuracy.GOLDEN, asked, told, agrees=right)
        )
    if complete:
        kept = _kept_waiting(task, step, answers, votes, audited)
        for one, (judgement, _, _) in judged:
            if one.assignment_id in kept:
                grades.later.append((one.assignment_id, task["step_id"], step.checking.review_period))
            else:
                grades.decide(one, judgement, Basis.GOLDEN)
        grades.resolved.append(Resolution(task["id"], truth.known[0].answer, 1.0))
        grades.retired.append(task["id"])


def _kept_waiting(task: Row, step: StepSpec, answers: Sequence[Given], votes: Sequence[Vote], audited: set[UUID]) -> set[UUID]:
    """Whose answers would not be decided now if this control task were an ordinary one."""
    consensus = decide(step.answer, votes, method=step.checking.method)
    if whether_more(step, task["price"], len(answers), consensus) is not Next.STOP:
        return {one.assignment_id for one in answers}
    return {
        one.assignment_id
        for one, standing in zip(answers, consensus.standings, strict=True)
        if judging.by_consensus(step, one.answer, consensus.result, standing, audited=one.freelancer_id in audited).call
        is Call.AUDIT
    }


def grade_known(grades: Grades, task: Row, step: StepSpec, answers: Sequence[Given], truth: Truth) -> None:
    """A task whose right answer a curator has said: it judges every answer, in the curator's words unless they tell of a key."""
    basis = {Source.APPEAL: Basis.APPEAL, Source.DISPUTE: Basis.CURATOR, Source.AUDIT: Basis.AUDIT}.get(truth.source, Basis.KEY)
    kind = accuracy.GOLDEN if task["control"] else accuracy.AUDIT
    for one in answers:
        judgement, told, asked = judging.by_truth(step, one.answer, truth.known, one.passed)
        if asked:
            fact = Fact(one.assignment_id, one.freelancer_id, task["step_id"], kind, asked, told, agrees=told.wrong == 0)
            grades.facts.append(fact)
        words = truth.reason if truth.source in (Source.AUDIT, Source.DISPUTE) and not task["control"] else ""
        grades.decide(one, judging.with_words(judgement, words), basis, truth.actor)


def result_by(step: StepSpec, answers: Sequence[Given], truth: Truth) -> Answer:
    """A known truth as the task's result: words that it does not hold are taken from the answer that it speaks best for.

    Words that a curator did not accept are taken only if there are no others.
    """
    words: Answer = {}
    ordered = sorted(answers, key=lambda one: judging.by_truth(step, one.answer, truth.known)[0].share, reverse=True)
    best = truth.known[0].answer
    names = [one.name for one in step.answer if not is_compared(one) and is_asked(one, best)]
    for said in (
        *(judging.usable(step, one.answer, one.passed) for one in ordered),
        *(one.answer for one in ordered),
    ):
        words = {name: said[name] for name in names if name in said} | words
    return {**words, **best}


async def _grade_ordinary(
    grades: Grades, task: Row, spec: WorkflowSpec, answers: Sequence[Given], votes: Sequence[Vote], audited: set[UUID]
) -> None:
    step = spec.step(task["key"])
    consensus = decide(step.answer, votes, method=step.checking.method)
    waiting = [one for one in answers if one.freelancer_id in audited and one.state == "submitted"]
    if step.most_answers == 1 and waiting:
        grades.audits += [_acceptance(task, step, one, 1.0) for one in waiting]
        return  # nobody else's answer speaks for it: the task waits for the audit
    match whether_more(step, task["price"], len(answers), consensus):
        case Next.ASK:
            grades.more.append((task["id"], task["overlap"] + 1))
            return
        case Next.CURATOR if not handles_disagreement(spec, step.key):
            grades.disputed.append(task["id"])
            return
        case Next.CURATOR:
            consensus = Consensus(None, consensus.confidence, consensus.standings)  # a split vote: another step decides
        case Next.STOP:
            pass
    grades.resolved.append(Resolution(task["id"], consensus.result, consensus.confidence))
    if len(answers) > 1:
        grades.facts += [
            Fact(
                one.assignment_id, one.freelancer_id, task["step_id"], accuracy.OVERLAP, standing.asked, _per_answer(standing),
                agrees=standing.agrees if consensus.result is not None else None, probability=standing.probability_right,
            )
            for one, standing in zip(answers, consensus.standings, strict=True)
            if standing.asked
        ]  # fmt: skip
    if not any(other.judges == step.key for other in spec.steps):
        judge_answers(grades, task, step, answers, consensus, audited)
    if step.judges is not None and consensus.result is not None:
        await _judge(grades, task, spec, consensus.result, votes)


def _per_answer(standing: Standing) -> Evidence:
    """What a vote tells of its author, as one answer's worth: the fields of a task are not independent."""
    return Evidence(standing.evidence.right / standing.asked, standing.evidence.wrong / standing.asked)


def judge_answers(
    grades: Grades, task: Row, step: StepSpec, answers: Sequence[Given], consensus: Consensus, audited: set[UUID]
) -> None:
    """Accept what agrees or may well be right; refuse what the others' answers make very unlikely; audit what lies between."""
    for one, standing in zip(answers, consensus.standings, strict=True):
        if one.state != "submitted":
            continue  # a curator or a deadline has decided it
        judgement = judging.by_consensus(step, one.answer, consensus.result, standing, audited=one.freelancer_id in audited)
        if judgement.call is Call.AUDIT:
            grades.audits.append(_acceptance(task, step, one, 1.0 - standing.probability_right))
        else:
            grades.decide(one, judgement, Basis.CONSENSUS)
            if judgement.share == WHOLE:
                grades.sample(task, one, step.checking.audit_rate, 1.0 - standing.probability_right)


def _acceptance(task: Row, step: StepSpec, one: Given, value: float) -> Request:
    due = one.ended_at + step.checking.review_period
    return Request(
        one.assignment_id, one.freelancer_id, task["id"], task["step_id"], task["project_id"], Plan.ACCEPTANCE, value, due
    )


async def _judge(grades: Grades, task: Row, spec: WorkflowSpec, verdict: Answer, votes: Sequence[Vote]) -> None:
    """The verdict of a judging step accepts or rejects the answer it is about."""
    step = spec.step(task["key"])
    name = step.redo.field if step.redo else next(f.name for f in step.answer if f.type == FieldType.YES_NO)
    passed = verdict.get(name) != step.redo.is_ if step.redo else verdict.get(name) is True
    words = " ".join(str(verdict[f.name]) for f in step.answer if f.type == FieldType.TEXT and verdict.get(f.name))
    sure = max(vote.accuracy for vote in votes)
    for row in await db.rows(JUDGED, task["ticket_id"], step.judges):
        told = evidence(sure if passed else 1.0 - sure)
        grades.facts.append(Fact(row["id"], row["freelancer_id"], row["step_id"], accuracy.REVIEW, 1, told, agrees=passed))
        if passed:
            grades.verdicts.append(Verdict(row["id"], WHOLE, Basis.CHECK))
        else:
            why = Said("It did not pass “%(step)s”.", step=step.title)
            why = Said("%(verdict)s %(words)s", verdict=why, words=words) if words else why
            grades.verdicts.append(Verdict(row["id"], 0, Basis.CHECK, FAILED_CHECK, why))
