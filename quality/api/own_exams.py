"""Operations of those who sit exams."""

import orjson

from piecework.platform.web.operation import Call, Operation
from piecework.platform.web.paging import LAST, PageQuery, cursor
from piecework.quality import policy
from piecework.quality.api.exams import TAG, result
from piecework.quality.api.publishing import code_of
from piecework.quality.exams import attempts, sitting
from piecework.quality.exams.errors import (
    AttemptOver,
    AttemptRunning,
    AttemptsUsedUp,
    KnowsTheKeys,
    NotAtThisStage,
    PassedAlready,
    PoolTooSmall,
    RetakeTooEarly,
)
from piecework.quality.exams.publishing import EXAMS
from piecework.quality.exams.questions import read_question
from piecework.quality.publishing import theirs, versions
from piecework.quality.schemas import exams as s


async def my_exams(call: Call) -> s.MyExams:
    """The exams that are published, with their rules, and when I can begin an attempt."""
    listed = []
    for_me = await theirs(EXAMS, call.principal.account_id)
    published = await versions(EXAMS, published=True)
    standings = await sitting.standings(call.principal.account_id, {one.code: one.spec for one in published})
    for one, mine in zip(published, standings, strict=True):
        spec = one.spec
        listed.append(
            s.MyExam(
                code=one.code,
                version=one.version,
                title=spec.title,
                kind=spec.kind,
                direction=spec.direction,
                time_limit_min=spec.time_limit_min,
                questions=sum(section.draw for section in spec.sections),
                points=sum(section.draw * section.points for section in spec.sections),
                rule=spec.passing.by,
                threshold=spec.passing.threshold,
                level=spec.passing.level,
                retake_after_h=spec.retake_after_h,
                tries=spec.tries.most,
                tries_days=spec.tries.days,
                valid_days=spec.valid_days,
                begun=mine.begun,
                for_me=for_me(one.code),
                can_begin_at=mine.from_,
            )
        )
    return s.MyExams(items=listed)


async def begin_attempt(call: Call) -> s.AttemptBegun:
    """Begin an attempt at an exam."""
    made = await attempts.begin(call.principal.account_id, code_of(call))
    return s.AttemptBegun(attempt_id=made.id, started_at=made.started_at, ends_at=made.ends_at)


async def my_attempts(call: Call, query: PageQuery) -> s.MyAttempts:
    """My attempts with their results, newest first. Neither questions nor answers."""
    found = await attempts.mine(call.principal.account_id, query.after(LAST), query.limit + 1)
    names = ("version", "started_at", "ends_at", "finished_at", "appeal")
    items = [
        s.MyAttempt(
            **{name: row[name] for name in names},
            attempt_id=row["id"],
            code=row["exam_code"],
            result=None if row["revision"] is None else result(row),
            appeal_by=row["appeal_by"] if row["appeal"] == "open" else None,
        )
        for row in found[: query.limit]
    ]
    return s.MyAttempts(items=items, next_cursor=cursor(items[-1].attempt_id if len(found) > query.limit else None))


async def my_attempt(call: Call) -> s.RunningAttempt:
    """My attempt with its questions, until it ends."""
    found = await attempts.running(call.principal.account_id, call.id("attempt_id"))
    listed = []
    for row in found.questions:
        question = read_question(row["content"])
        listed.append(
            s.AskedOut(
                **{name: row[name] for name in ("n", "section", "points", "saved_at")},
                kind="task" if question.kind == "golden" else question.kind,
                asked=question.shown,
                answer=None if row["body"] is None else orjson.loads(row["body"]),
            )
        )
    return s.RunningAttempt(
        attempt_id=found.row["id"],
        code=found.row["exam_code"],
        title=found.spec.title,
        sections={one.key: one.title for one in found.spec.sections},
        started_at=found.row["started_at"],
        ends_at=found.row["ends_at"],
        questions=listed,
    )


async def save_exam_answer(call: Call, body: s.ExamAnswerIn) -> s.AnswerSaved:
    """Save the answer to a question; the last one counts."""
    n = min(call.number("n"), 2**15 - 1)
    saved_at = await attempts.save(call.principal.account_id, call.id("attempt_id"), n, body.answer)
    return s.AnswerSaved(n=n, saved_at=saved_at)


async def finish_attempt(call: Call) -> None:
    """End my attempt."""
    await attempts.finish(call.principal.account_id, call.id("attempt_id"))


OPERATIONS = (
    Operation("GET", "/me/exams", my_exams, policy.EXAMS_SIT, "Exams and their rules", reply=s.MyExams, tag=TAG),
    Operation("POST", "/me/exams/{code}/attempts", begin_attempt, policy.EXAMS_SIT, "Begin an attempt", reply=s.AttemptBegun, status=201,
              errors=(AttemptRunning, KnowsTheKeys, NotAtThisStage, PassedAlready, RetakeTooEarly, AttemptsUsedUp, PoolTooSmall), tag=TAG),
    Operation("GET", "/me/attempts", my_attempts, policy.EXAMS_SIT, "My attempts and their results", query=PageQuery,
              reply=s.MyAttempts, tag=TAG),
    Operation("GET", "/me/attempts/{attempt_id}", my_attempt, policy.EXAMS_SIT, "The questions of my attempt under way",
              reply=s.RunningAttempt, errors=(AttemptOver,), tag=TAG),
    Operation("PUT", "/me/attempts/{attempt_id}/answers/{n}", save_exam_answer, policy.EXAMS_SIT, "Save an answer", body=s.ExamAnswerIn,
              reply=s.AnswerSaved, errors=(AttemptOver,), tag=TAG),
    Operation("POST", "/me/attempts/{attempt_id}/finish", finish_attempt, policy.EXAMS_SIT, "End my attempt", status=204, tag=TAG),
)  # fmt: skip
