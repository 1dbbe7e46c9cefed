"""Operations on exams: curators write, publish and look at them. Who may sit exams reads no keys."""

from collections.abc import Mapping
from typing import Any

import orjson

from piecework.platform.errors import NotFound
from piecework.platform.web.operation import Call, Operation
from piecework.platform.web.paging import LAST, PageQuery, cursor
from piecework.quality import policy
from piecework.quality.api.publishing import code_of, sees_keys, shown, version_of
from piecework.quality.errors import NotComparable, NotImpartial
from piecework.quality.exams import deciding, figures, pools, publishing, shipped
from piecework.quality.exams.errors import NotUpheld, PoolTooSmall, UsedLive
from piecework.quality.exams.publishing import EXAMS
from piecework.quality.exams.questions import read_question
from piecework.quality.golden import golden
from piecework.quality.publishing import NotADraft, OwnDraft, retire, versions
from piecework.quality.schemas import exams as s
from piecework.quality.schemas.publishing import VersionDrafted, VersionReasonIn
from piecework.tasks.decisions import WHOLE
from piecework.tasks.models import Project
from piecework.tasks.projects import project_by_code

TAG = "exams"


async def _project(call: Call) -> Project:
    return await project_by_code(call.principal, call.request.path_params["code"])


async def draft_exam(call: Call, body: s.ExamIn) -> VersionDrafted:
    """Store the next version of an exam as a draft."""
    return VersionDrafted(code=body.code, version=await publishing.draft(call.principal.account_id, body.code, body.spec))


async def bring_in_shipped_exam(call: Call) -> s.ShippedOut:
    """Draft the exam that comes with the product, with its questions."""
    code, version, questions = await shipped.bring_in(call.principal.account_id)
    return s.ShippedOut(code=code, version=version, questions=questions)


async def list_exams(_call: Call) -> s.ExamsOut:
    """All versions of all exams."""
    return s.ExamsOut(items=[s.ExamOut(**shown(one)) for one in await versions(EXAMS)])


async def publish_exam(call: Call) -> s.ExamOut:
    """Let a version be sat from now on."""
    return s.ExamOut(**shown(await publishing.publish(call.principal.account_id, *version_of(call))))


async def retire_exam(call: Call, body: VersionReasonIn) -> s.ExamOut:
    """Let nobody begin a version any more."""
    return s.ExamOut(**shown(await retire(EXAMS, call.principal.account_id, *version_of(call), body.reason)))


async def exam_statistics(call: Call) -> s.ExamFigures:
    """How an exam and its questions fare."""
    code = code_of(call)
    totals = await figures.totals(code)
    newest = (await versions(EXAMS, code))[0].spec
    by_version = [
        s.VersionFigures(**row, pass_rate=row["passed"] / row["decided"] if row["decided"] else None) for row in map(dict, totals)
    ]
    listed = [
        s.QuestionFigures(**{**row, "difficulty": golden.Difficulty(row["difficulty"])})
        for row in await figures.questions(code, newest.most_exposed)
    ]
    return s.ExamFigures(code=code, versions=by_version, questions=listed)


async def add_exam_questions(call: Call, body: s.ExamQuestionsIn) -> s.QuestionsAdded:
    """Put questions into a pool. Another curator approves them."""
    wanted = [(one.question, one.difficulty) for one in body.questions]
    return s.QuestionsAdded(question_ids=await pools.bring_in(call.principal.account_id, body.pool, wanted))


async def add_golden_exam_questions(call: Call, body: s.GoldenQuestionsIn) -> s.QuestionsAdded:
    """Put tasks of a step with known answers into a pool, for exams only."""
    project = await _project(call)
    where = await golden.target(project, body.step, at_work=False)
    items = [(one.input, [answer.known() for answer in one.answers], one.difficulty) for one in body.items]
    return s.QuestionsAdded(question_ids=await pools.bring_in_golden(call.principal.account_id, body.pool, project, where, items))


async def move_golden_to_exam(call: Call, body: s.MoveGoldenIn) -> s.QuestionsAdded:
    """Take golden tasks that nobody was handed out of work and into a pool."""
    made = await pools.move_golden(call.principal.account_id, body.pool, await _project(call), body.task_ids)
    return s.QuestionsAdded(question_ids=made)


async def approve_exam_questions(call: Call, body: s.ApproveQuestionsIn) -> s.QuestionsApproved:
    """Let questions that another curator brought in be drawn."""
    sees_keys(call)
    return s.QuestionsApproved(approved=await pools.approve(call.principal.account_id, body.pool, body.question_ids))


async def retire_exam_question(call: Call, body: VersionReasonIn) -> None:
    """Draw a question no more."""
    await pools.retire(call.principal.account_id, call.id("question_id"), body.reason)


async def list_exam_questions(call: Call, query: s.ExamQuestionQuery) -> s.ExamQuestionPage:
    """Questions with their keys."""
    sees_keys(call)
    found = await pools.listed(query.pool, query.state, query.after(), query.limit + 1)
    shown = found[: query.limit]
    names = ("id", "pool", "author", "created_at", "approved_by", "retired_at", "retired_for", "exposed")
    return s.ExamQuestionPage(
        items=[
            s.ExamQuestionOut(
                **{name: row[name] for name in names},
                difficulty=golden.Difficulty(row["difficulty"]),
                question=read_question(row["content"]),
            )
            for row in shown
        ],
        next_cursor=cursor(shown[-1]["id"]) if len(found) > query.limit else None,
    )


async def list_exam_pools(_call: Call) -> s.PoolsOut:
    """The pools, with how many questions each has."""
    return s.PoolsOut(items=[s.PoolOut(**row) for row in await pools.pools()])


async def list_exam_attempts(call: Call, query: PageQuery) -> s.AttemptPage:
    """Who sat an exam, and what came of it."""
    code = code_of(call)
    if not await versions(EXAMS, code):
        raise NotFound
    found = await figures.attempts_at(code, query.after(LAST), query.limit + 1)
    items = [s.AttemptRow(**row) for row in found[: query.limit]]
    return s.AttemptPage(items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


async def show_exam_attempt(call: Call) -> s.AttemptDetail:
    """An attempt with its answers, keys and marks."""
    sees_keys(call)
    row, asked, results, scores = await figures.attempt(call.id("attempt_id"))
    marks: dict[int, list[s.ExamMarkOut]] = {}
    for one in scores:
        mark = s.ExamMarkOut(
            revision=one["revision"], share=one["share"] / WHOLE, errors=orjson.loads(one["errors"]), reason=one["reason"]
        )
        marks.setdefault(one["n"], []).append(mark)
    names = ("id", "version", "freelancer_id", "started_at", "ends_at", "finished_at", "ended_by", "appeal")
    return s.AttemptDetail(
        **{name: row[name] for name in names},
        code=row["exam_code"],
        results=[result(one) for one in results],
        questions=[
            s.AttemptQuestion(
                **{name: one[name] for name in ("n", "section", "points", "saved_at")},
                question=read_question(one["content"]),
                answer=None if one["body"] is None else orjson.loads(one["body"]),
                marks=marks.get(one["n"], []),
            )
            for one in asked
        ],
    )


async def mark_exam_again(call: Call, body: s.ExamMarksIn) -> s.MarkedAgain:
    """Mark questions again after an appeal was upheld."""
    sees_keys(call)
    attempt_id = call.id("attempt_id")
    marks = [deciding.Again(one.n, one.points, one.reason) for one in body.marks]
    passed = await deciding.mark_again(call.principal.account_id, attempt_id, marks, body.reason)
    return s.MarkedAgain(attempt_id=attempt_id, passed=passed)


def result(row: Mapping[str, Any]) -> s.ExamResultOut:
    """A stored result as it is told."""
    names = ("revision", "passed", "low", "high", "words", "reason", "decided_at", "valid_until")
    return s.ExamResultOut(
        **{name: row[name] for name in names},
        points=row["scored"] / WHOLE,
        possible=row["possible"] // WHOLE,
        share=row["scored"] / row["possible"],
    )


OPERATIONS = (
    Operation("POST", "/exams", draft_exam, policy.EXAMS_WRITE, "Draft a version of an exam", body=s.ExamIn, reply=VersionDrafted,
              status=201, tag=TAG),
    Operation("POST", "/exams/shipped", bring_in_shipped_exam, policy.EXAMS_WRITE, "Draft the exam that comes with the product",
              reply=s.ShippedOut, status=201, tag=TAG),
    Operation("GET", "/exams", list_exams, policy.EXAMS_READ, "All versions of all exams", reply=s.ExamsOut, tag=TAG),
    Operation("POST", "/exams/{code}/versions/{version}/publish", publish_exam, policy.EXAMS_WRITE, "Publish a version of an exam",
              reply=s.ExamOut, errors=(NotADraft, OwnDraft, PoolTooSmall), tag=TAG),
    Operation("POST", "/exams/{code}/versions/{version}/retire", retire_exam, policy.EXAMS_WRITE, "Retire a version of an exam",
              body=VersionReasonIn, reply=s.ExamOut, tag=TAG),
    Operation("GET", "/exams/{code}/statistics", exam_statistics, policy.EXAMS_READ, "How an exam and its questions fare",
              reply=s.ExamFigures, tag=TAG),
    Operation("POST", "/exam-questions", add_exam_questions, policy.EXAMS_WRITE, "Put questions into a pool", body=s.ExamQuestionsIn,
              reply=s.QuestionsAdded, status=201, tag=TAG),
    Operation("POST", "/projects/{code}/exam-questions", add_golden_exam_questions, policy.EXAMS_WRITE,
              "Put tasks with known answers into a pool", body=s.GoldenQuestionsIn, reply=s.QuestionsAdded, status=201,
              errors=(NotComparable, UsedLive), tag=TAG),
    Operation("POST", "/projects/{code}/exam-questions/from-golden", move_golden_to_exam, policy.EXAMS_WRITE,
              "Move unused golden tasks into a pool", body=s.MoveGoldenIn, reply=s.QuestionsAdded, status=201, errors=(UsedLive,),
              tag=TAG),
    Operation("GET", "/exam-questions", list_exam_questions, policy.EXAMS_READ, "Questions with their keys", query=s.ExamQuestionQuery,
              reply=s.ExamQuestionPage, tag=TAG),
    Operation("POST", "/exam-questions/approve", approve_exam_questions, policy.EXAMS_WRITE, "Approve another curator's questions",
              body=s.ApproveQuestionsIn, reply=s.QuestionsApproved, tag=TAG),
    Operation("POST", "/exam-questions/{question_id}/retire", retire_exam_question, policy.EXAMS_WRITE, "Retire a question",
              body=VersionReasonIn, status=204, tag=TAG),
    Operation("GET", "/exam-pools", list_exam_pools, policy.EXAMS_READ, "Pools of questions", reply=s.PoolsOut, tag=TAG),
    Operation("GET", "/exams/{code}/attempts", list_exam_attempts, policy.EXAMS_READ, "Attempts at an exam", query=PageQuery,
              reply=s.AttemptPage, tag=TAG),
    Operation("GET", "/attempts/{attempt_id}", show_exam_attempt, policy.EXAMS_READ, "An attempt with answers and marks",
              reply=s.AttemptDetail, tag=TAG),
    Operation("POST", "/attempts/{attempt_id}/marks", mark_exam_again, policy.EXAMS_WRITE, "Mark an attempt again after an appeal",
              body=s.ExamMarksIn, reply=s.MarkedAgain, errors=(NotUpheld, NotImpartial), tag=TAG),
)  # fmt: skip
