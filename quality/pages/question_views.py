"""Questions of exams, by pool: brought in by one curator, approved by another, retired."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, RootModel, StringConstraints

from piecework.platform.errors import Invalid
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call, Shape
from piecework.quality import policy
from piecework.quality.api import exams as api
from piecework.quality.exams import pools
from piecework.quality.pages import spec_text
from piecework.quality.pages.exam_views import LONG, SECTION, pretty
from piecework.quality.pages.golden_views import golden_targets
from piecework.quality.pages.pieces import fitted, names, projects_of
from piecework.quality.schemas.exams import (
    ApproveQuestionsIn,
    ExamQuestionIn,
    ExamQuestionQuery,
    ExamQuestionsIn,
    GoldenQuestionIn,
    GoldenQuestionsIn,
)
from piecework.quality.schemas.publishing import VersionReasonIn

QUESTIONS, NEW = "/exam-questions", "/new-exam-questions"
EXAMPLE = [
    {
        "question": {
            "kind": "style",
            "form": "choice",
            "prompt": "Какой ответ вежливее?",
            "options": ["Ждите.", "Проверяем ваш заказ и ответим сегодня до 18:00."],
            "right": 1,
        },
        "difficulty": "easy",
    }
]


class Written(RootModel[Annotated[list[ExamQuestionIn], Field(min_length=1, max_length=500)]]):
    """Questions that are written as such."""


class OfStep(RootModel[Annotated[list[GoldenQuestionIn], Field(min_length=1, max_length=500)]]):
    """Tasks of a step with known answers."""


class QuestionsForm(Shape):
    """Questions as they are typed. `step`: the project and the step that they are tasks of, if they are."""

    pool: str = ""
    step: str = ""
    spec: Annotated[str, StringConstraints(max_length=LONG)] = ""
    act: Literal["look", "keep"] = "look"


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


async def new_page(call: Call) -> Shown:
    """The form for further questions."""
    steps = [
        (f"{project.code}/{key}", f"{project.name} · {target.step.title}")
        for project in await projects_of(call)
        for key, target in (await golden_targets(project)).items()
    ]
    return {"text": pretty(EXAMPLE), "pool": "", "step": "", "steps": steps, "rows": None}


async def bring_in(call: Call, form: QuestionsForm, file: bytes = b"") -> Shown | Go:
    """Put questions into a pool; or show how they would read, from the text or from a file."""
    if form.act == "keep" and not file:
        added = await _stored(call, form)
        said = N_("They wait for another curator now.") if added else N_("All of them were there already.")
        return Go(f"{QUESTIONS}?pool={form.pool}&state=waiting", said)
    text = file.decode("utf-8-sig", "replace") if file else form.spec
    shown = {**await new_page(call), "text": text, "pool": form.pool, "step": form.step}
    try:
        rows = spec_text.read(OfStep, text).root if form.step else spec_text.read(Written, text).root
    except Invalid as refused:
        return {**shown, "problem": refused}
    return {**shown, "rows": rows}


async def _stored(call: Call, form: QuestionsForm) -> int:
    """Have the API store them; what it refuses of a step's tasks is placed in the text."""
    if not form.step:
        written = spec_text.read(Written, form.spec).root
        made = await api.add_exam_questions(call, fitted(ExamQuestionsIn, pool=form.pool, questions=written))
        return len(made.question_ids)
    code, _, step = form.step.partition("/")
    call.request.path_params["code"] = code
    items = spec_text.read(OfStep, form.spec).root
    try:
        made = await api.add_golden_exam_questions(call, fitted(GoldenQuestionsIn, pool=form.pool, step=step, items=items))
    except Invalid as refused:
        raise spec_text.located(refused, form.spec, "items") from None
    return len(made.question_ids)


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
    View("GET", NEW, new_page, WRITE, N_("Further questions"), "questions_new.html"),
    View("POST", NEW, bring_in, WRITE, N_("Further questions"), "questions_new.html", form=QuestionsForm, file=True, again=NEW),
)
MENU = (Entry(SECTION, N_("Questions of exams"), QUESTIONS, READ, badge=pools.waiting),)
