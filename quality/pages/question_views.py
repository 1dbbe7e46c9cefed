"""Questions of exams, by pool: brought in by one curator, approved by another, retired."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call, Query, Shape
from piecework.quality import policy
from piecework.quality.api import exams as api
from piecework.quality.exams import pools
from piecework.quality.golden import promotion
from piecework.quality.pages.exam_views import SECTION
from piecework.quality.pages.pieces import fitted, names, projects_of
from piecework.quality.pages.writing_views import NEW
from piecework.quality.schemas.exams import (
    ApproveQuestionsIn,
    ExamQuestionQuery,
)
from piecework.quality.schemas.publishing import VersionReasonIn

QUESTIONS, WHICH = "/exam-questions", "/new-exam-questions"


class WhichQuery(Query):
    """What is to be written: `questions`, or a step such as `orders.classify`; into which pool, if it is known."""

    kind: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,99}$")] | None = None
    pool: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")] | None = None


class ApproveForm(Shape):
    """Those that are ticked."""

    pool: str
    question_ids: list[UUID] = Field(default_factory=list, max_length=1000)


async def questions_page(call: Call, query: ExamQuestionQuery | None = None) -> Shown:
    """Questions with their keys, by pool and state."""
    asked = query or ExamQuestionQuery()
    found = await api.list_exam_questions(call, asked)
    return {
        "found": found,
        "query": asked,
        "pools": (await api.list_exam_pools(call)).items,
        "names": await names(person for one in found.items for person in (one.author, one.approved_by)),
        "me": call.principal.account_id,
    }


async def new_page(call: Call, query: WhichQuery | None = None) -> Shown | Go:
    """What further questions are to be: written as such, or tasks of a step; or on to writing them."""
    if query is not None and query.kind is not None:
        name = query.pool or NEW if query.kind == "questions" else query.kind
        return Go(f"/writing/{'questions' if query.kind == 'questions' else 'step-questions'}/{name}")
    projects = await projects_of(call)
    targets = await promotion.targets_of([project.id for project in projects])
    steps = [
        (f"{project.code}.{key}", f"{project.name} · {target.step.title}")
        for project in projects
        for key, target in targets[project.id].items()
    ]
    return {"steps": steps, "pools": (await api.list_exam_pools(call)).items}


async def approve(call: Call, form: ApproveForm) -> Go:
    """Let the ticked questions be drawn."""
    made = await api.approve_exam_questions(call, fitted(ApproveQuestionsIn, pool=form.pool, question_ids=form.question_ids))
    none = N_("Nothing was approved: your own questions wait for another curator, and the others do not wait any more.")
    said = N_("Approved: they can be drawn from now on.") if made.approved else none
    return Go(f"{QUESTIONS}?pool={form.pool}&state=waiting", said)


async def retire(call: Call, form: VersionReasonIn) -> Go:
    """Draw a question no more."""
    await api.retire_exam_question(call, form)
    return Go(QUESTIONS, N_("The question is drawn no more."))


READ, WRITE = policy.EXAMS_READ, policy.EXAMS_WRITE
VIEWS = (
    View("GET", QUESTIONS, questions_page, READ, N_("Questions of exams"), "questions.html", query=ExamQuestionQuery),
    View("POST", f"{QUESTIONS}/approve", approve, WRITE, form=ApproveForm, again=QUESTIONS),
    View("POST", f"{QUESTIONS}/{{question_id}}/retire", retire, WRITE, form=VersionReasonIn, again=QUESTIONS),
    View("GET", WHICH, new_page, WRITE, N_("Further questions"), "questions_new.html", query=WhichQuery),
)
MENU = (Entry(SECTION, N_("Questions of exams"), QUESTIONS, READ, badge=pools.waiting),)
