"""Doing an audit: a curator takes one, gives the right answer without seeing the one that is judged, and what follows from it.

The second line audits too what is left to it (`second_line.AUDITS`), by the same rules.

Blind: shown are the task and the words that no comparison can judge, never the rest of the answer, its author, other people's
votes, the consensus or why it was drawn. Nobody audits what they had a hand in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from piecework.platform import db, jobs, trail
from piecework.platform.errors import Invalid, NotFound
from piecework.platform.said import Said
from piecework.quality.auditing import second_line, second_looks
from piecework.quality.auditing.second_looks import Look
from piecework.quality.comparing.comparison import compared, is_compared, verdicts
from piecework.quality.errors import AuditEnded, AuditNotTaken, OwnWork
from piecework.quality.grading import audits, judging, regrading, truths
from piecework.quality.grading.grades import Given, Grades
from piecework.quality.grading.grading import Row, answers_to, specs_of
from piecework.quality.grading.truths import Known, Source, Truth
from piecework.quality.people import accuracy
from piecework.quality.people.accuracy import Fact
from piecework.tasks.decisions import Basis
from piecework.tasks.fields import Answer, AnswerSchema
from piecework.tasks.workflows import StepSpec, read_step

LEASE = timedelta(minutes=15)
GIVEN = ("submitted", "accepted", "rejected")

NOT_OWN = """
u.freelancer_id <> $1 AND t.author IS DISTINCT FROM $1
AND NOT EXISTS (SELECT FROM golden g WHERE g.task_id = u.task_id AND g.created_by = $1)
AND NOT EXISTS (SELECT FROM assignment mine WHERE mine.task_id = u.task_id AND mine.freelancer_id = $1)
AND NOT EXISTS (SELECT FROM decision d WHERE d.assignment_id = u.assignment_id AND d.actor = $1)
AND NOT EXISTS (SELECT FROM audit other WHERE other.assignment_id = u.assignment_id AND other.auditor_id = $1)
"""
"""Of an audit u of a task t: $1 neither gave the answer, nor worked on its task, made it, decided it or audited it."""

OPEN = "u.done_at IS NULL AND u.lapsed_at IS NULL AND (u.taken_by IS NULL OR u.taken_by = $1 OR u.taken_until <= now())"

TAKE = f"""
UPDATE audit SET taken_by = $1, taken_until = now() + $2::interval
WHERE id = (
    SELECT u.id FROM audit u JOIN task t ON t.id = u.task_id
    WHERE {OPEN} AND {NOT_OWN} AND ($3 OR {second_line.AUDITS})
    ORDER BY (u.taken_by = $1 AND u.taken_until > now()) IS TRUE DESC,
             CASE WHEN u.due_at <= now() + interval '24 hours' THEN u.due_at END,
             array_position(ARRAY['third', 'acceptance'], u.plan), u.value DESC, u.requested_at, u.id
    LIMIT 1 FOR UPDATE OF u SKIP LOCKED)
RETURNING id, assignment_id, task_id, step_id, taken_until
"""
"""One that they hold already comes first; then as in the curator's queue. $3: a curator."""

HELD = f"""
SELECT u.*, EXISTS (SELECT FROM assignment mine WHERE mine.task_id = u.task_id AND mine.freelancer_id = $1) AS own,
       $3 OR {second_line.MAY} AS may
FROM audit u JOIN task t ON t.id = u.task_id WHERE u.id = $2 FOR UPDATE OF u
"""

HOLDING = """
SELECT id, assignment_id, task_id, step_id, taken_until FROM audit
WHERE taken_by = $1 AND taken_until > now() AND done_at IS NULL AND lapsed_at IS NULL ORDER BY taken_until DESC LIMIT 1
"""

WORK = """
SELECT p.code AS project, s.spec, t.input, n.body FROM task t JOIN step s ON s.id = t.step_id JOIN project p ON p.id = t.project_id
JOIN answer n ON n.assignment_id = $2 WHERE t.id = $1
"""


@dataclass(frozen=True, slots=True)
class Work:
    """An audit as its curator sees it. `words`: what the author wrote in the fields that no comparison can judge."""

    id: UUID
    taken_until: Any
    project: str
    step: StepSpec
    input: dict[str, Any]
    words: Answer


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an audit found, told to the curator once it is done. `same`: how many of the task's answers say what they say."""

    fields: dict[str, bool]
    answers: int
    same: int
    answer: Answer
    consensus: Answer | None


async def take(me: UUID, *, curator: bool) -> Work | None:
    """Take the most valuable open audit for this person, for `LEASE`; None if there is none. Two never get the same one."""
    taken = await db.row(TAKE, me, LEASE, curator)
    return None if taken is None else await _work(taken)


async def held(me: UUID) -> Work | None:
    """The audit that this person holds now; None if there is none. It takes nothing and prolongs nothing."""
    taken = await db.row(HOLDING, me)
    return None if taken is None else await _work(taken)


async def _work(taken: Row) -> Work:
    shown = await db.row(WORK, taken["task_id"], taken["assignment_id"])
    assert shown is not None
    step, said = read_step(shown["spec"]), orjson.loads(shown["body"])
    words = {name: said[name] for name in judging.text_fields(step) if name in said}
    return Work(taken["id"], taken["taken_until"], shown["project"], step, orjson.loads(shown["input"]), words)


async def record(me: UUID, audit_id: UUID, answer: Answer, passed: Mapping[str, bool], reason: str, *, curator: bool) -> Outcome:
    """Store this person's own answer, and for each text of the author's whether it is good; draw what follows from it.

    `reason` says why this is right; the author of an answer that is not accepted in full reads it.

    Raises:
        NotFound, AuditEnded, AuditNotTaken, OwnWork: see there.
        Invalid: the answer does not fit the fields that are compared, or `passed` is not about each of the texts.
    """
    found = await db.row("SELECT task_id FROM audit WHERE id = $1", audit_id)
    if found is None:
        raise NotFound
    (task,) = await regrading.locked([found["task_id"]])
    audit = await _held(me, audit_id, curator=curator)
    step = (await specs_of([task]))[task["workflow_id"]].step(task["key"])
    given = (await answers_to([task["id"]], GIVEN))[task["id"]]
    (one,) = (each for each in given if each.assignment_id == audit["assignment_id"])
    _check(step, one.answer, answer, passed)
    judged = verdicts(step.answer, one.answer, answer) | dict(passed)
    before = await db.scalar("SELECT result FROM task WHERE id = $1", task["id"])
    await db.execute(
        "UPDATE audit SET auditor_id = $2, done_at = now(), answer = $3::jsonb, passed = $4::jsonb, reason = $5 WHERE id = $1",
        audit_id,
        me,
        orjson.dumps(answer).decode(),
        orjson.dumps(judged).decode(),
        reason,
    )
    await trail.record(me, "audit.recorded", "audit", audit_id, reason=reason)
    if not curator:
        await second_line.credit(me, task["id"], f"audit:{audit_id}")
    await _follow(task, step, one, given, audit)
    same = sum(all(verdicts(step.answer, each.answer, answer).values()) for each in given)
    return Outcome(judged, len(given), same, one.answer, orjson.loads(before) if before else None)


async def _held(me: UUID, audit_id: UUID, *, curator: bool) -> asyncpg.Record:
    """The audit, locked, if it is this person's to do."""
    audit = await db.row(HELD, me, audit_id, curator)
    assert audit is not None
    if audit["taken_by"] != me or not audit["may"]:
        raise AuditNotTaken
    if audit["done_at"] is not None or audit["lapsed_at"] is not None:
        raise AuditEnded
    if audit["own"]:
        raise OwnWork(Said("You have worked on this task since you took its audit."))
    return audit


def _check(step: StepSpec, said: Answer, answer: Answer, passed: Mapping[str, bool]) -> None:
    AnswerSchema([one for one in step.answer if is_compared(one)]).check(answer)
    words = {name for name in judging.text_fields(step) if name in said}
    if set(passed) != words:
        message = Said("It must say of each of these whether it is good: %(fields)s.", fields=", ".join(sorted(words)) or "—")
        raise Invalid(errors=[{"field": "passed", "code": "passed_fields", "message": message}])


async def _follow(task: Row, step: StepSpec, one: Given, given: Sequence[Given], audit: Row) -> None:
    """What an audit changes: after the first look and after the third everything that rests on it; after a second nothing."""
    looks = await second_looks.of(one.assignment_id)
    stands = second_looks.standing(step, looks)
    truth = (await truths.now([task["id"]])).get(task["id"])
    if len(looks) != 2:
        await _conclude(task, step, one, given, looks, stands, truth)
    contradicts = truth is not None and not _is_known(step, looks[0].answer, truth)
    await second_looks.ask(step, audit["first_id"] or audit["id"], looks, surely=contradicts)


async def _conclude(
    task: Row, step: StepSpec, one: Given, given: Sequence[Given], looks: Sequence[Look], stands: Look | None, truth: Truth | None
) -> None:
    appealed = await db.scalar(
        "SELECT EXISTS (SELECT FROM decision WHERE assignment_id = $1 AND basis = 'appeal')", one.assignment_id
    )
    if appealed or (truth is not None and truth.source is Source.APPEAL):
        return  # an arbiter has decided this answer, or what is right of its task
    latest = looks[-1]
    if stands is None:
        await truths.state(task["id"], [], Source.AUDIT, latest.auditor_id, latest.reason)
        return
    known = [Known(stands.answer)]
    comparable = any(True for _ in compared(step.answer, stands.answer))
    if comparable and (truth is None or not _is_known(step, stands.answer, truth)):
        await truths.state(task["id"], known, Source.AUDIT, latest.auditor_id, latest.reason)
    elif comparable and truth is not None:
        known = truth.known
        await jobs.enqueue("quality.regrade", [(f"{task['id']}:{latest.id}", {"task": str(task["id"])})])
    # The answer itself is decided here and now, so that its deadline cannot pass between this and the job that judges the others.
    judgement, told, asked = judging.by_truth(step, one.answer, known, audits.majority([look.passed for look in looks]))
    grades = Grades(steps={task["step_id"]: step})
    grades.decide(one, judging.with_words(judgement, latest.reason), Basis.AUDIT, latest.auditor_id)
    if asked:
        grades.facts.append(
            Fact(one.assignment_id, one.freelancer_id, task["step_id"], accuracy.AUDIT, asked, told, agrees=told.wrong == 0)
        )
    if not comparable and _needs_another(task, step, one, given, looks, judgement.share):
        grades.more.append((task["id"], task["overlap"] + 1))
    await grades.write(again=True)
    if not comparable and not grades.more:
        await jobs.enqueue("quality.grade", [(str(one.assignment_id), {})])


def _needs_another(task: Row, step: StepSpec, one: Given, given: Sequence[Given], looks: Sequence[Look], share: int) -> bool:
    """True if the open task's answer is refused, or nobody's words are good enough to be its result."""
    if task["state"] != "open" or one.state != "submitted" or task["wanted"]:
        return False
    passed = {one.assignment_id: audits.majority([look.passed for look in looks])}
    words: Answer = {}
    for each in given:
        words |= judging.usable(step, each.answer, passed.get(each.assignment_id, each.passed))
    return share == 0 or judging.lacks_words(step, words)


def _is_known(step: StepSpec, answer: Answer, truth: Truth) -> bool:
    return any(all(verdicts(step.answer, answer, one.answer).values()) for one in truth.known)
