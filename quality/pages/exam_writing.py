"""Exams and their questions as curators write them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, RootModel

from piecework.platform.errors import NotFound
from piecework.platform.pages.outline import Part
from piecework.platform.pages.view import N_, Go
from piecework.platform.web.operation import Call
from piecework.quality import policy
from piecework.quality.api import admitting
from piecework.quality.api import exams as api
from piecework.quality.api.publishing import sees_keys
from piecework.quality.exams.definition import ExamSpec
from piecework.quality.exams.publishing import EXAMS, lacking
from piecework.quality.golden import golden
from piecework.quality.pages.answer_parts import answer_parts, of_step, shown_parts
from piecework.quality.pages.pieces import projects_of
from piecework.quality.pages.writing_views import NEW, Around, Spec, Subject
from piecework.quality.publishing import direction, published, versions
from piecework.quality.schemas.exams import ExamIn, ExamQuestionIn, ExamQuestionsIn, GoldenQuestionIn, GoldenQuestionsIn
from piecework.quality.writing import Kind
from piecework.tasks.projects import project_by_code
from piecework.tasks.workflows import StepSpec


class Questions(RootModel[Annotated[list[ExamQuestionIn], Field(min_length=1, max_length=500)]]):
    """Questions that are written as such."""


class StepQuestions(RootModel[Annotated[list[GoldenQuestionIn], Field(min_length=1, max_length=500)]]):
    """Tasks of a step with known answers."""


async def begin_exam(call: Call, name: str) -> Spec:
    """An empty one, or the newest version of this code."""
    sees_keys(call)
    if name == NEW:
        return {"spec": {"kind": "general", "passing": {"by": "share"}, "sections": [{}]}}
    found = await versions(EXAMS, name)
    if not found:
        raise NotFound
    return {"code": name, "spec": found[0].spec.model_dump(mode="json", exclude_defaults=True)}


async def exam_in_force(_call: Call, name: str) -> Spec | None:
    """The version that can be sat."""
    try:
        return {"spec": (await published(EXAMS, name)).spec.model_dump(mode="json")}
    except NotFound:
        return None


async def around_exam(call: Call, _name: str, _spec: Mapping[str, Any]) -> Around:
    """Directions, pools, qualifications."""
    return Around(
        {
            "direction": [one.code for one in await projects_of(call)],
            "pool": [one.pool for one in (await api.list_exam_pools(call)).items],
            "code": [one.code for one in (await admitting.list_qualifications(call)).items],
        }
    )


async def look_at_exam(_call: Call, _name: str, body: ExamIn) -> Mapping[str, Any]:
    """As it would read, and what its pools lack."""
    project = await direction(body.spec)
    return {"spec": body.spec, "lacks": await lacking(body.spec.sections, None if project is None else project.id)}


async def send_exam(call: Call, _name: str, body: ExamIn) -> Go:
    """Draft the version for another curator."""
    made = await api.draft_exam(call, body)
    return Go(f"/exams/{made.code}/versions/{made.version}", N_("Another curator publishes it now."))


async def begin_questions(call: Call, name: str) -> Spec:
    """None yet, for a pool that is to be named, or is."""
    sees_keys(call)
    return {"questions": []} if name == NEW else {"pool": name, "questions": []}


async def around_questions(call: Call, _name: str, _spec: Mapping[str, Any]) -> Around:
    """Pools."""
    return Around({"pool": [one.pool for one in (await api.list_exam_pools(call)).items]})


async def look_at_questions(_call: Call, _name: str, body: ExamQuestionsIn) -> Mapping[str, Any]:
    """As they would read."""
    return {"rows": body.questions}


async def send_questions(call: Call, _name: str, body: ExamQuestionsIn) -> Go:
    """Put them into the pool."""
    made = await api.add_exam_questions(call, body)
    return _brought(body.pool, len(made.question_ids))


def _brought(pool: str, count: int) -> Go:
    said = N_("They wait for another curator now.") if count else N_("All of them were there already.")
    return Go(f"/exam-questions?pool={pool}&state=waiting", said)


async def _step(call: Call, name: str) -> StepSpec:
    """The step that a name such as `orders.classify` tells.

    Raises:
        NotFound: there is none.
    """
    code, _, key = name.partition(".")
    return (await golden.target(await project_by_code(call.principal, code), key, at_work=False)).step


async def begin_step_questions(call: Call, name: str) -> Spec:
    """None yet, of the step."""
    sees_keys(call)
    return {"step": (await _step(call, name)).key, "items": []}


async def around_step_questions(call: Call, name: str, _spec: Mapping[str, Any]) -> Around:
    """Pools, and what the step shows and asks."""
    form = of_step(await _step(call, name))
    shown, asked = shown_parts(form["input"]), answer_parts(form["answer"])

    def opened(path: str, _spec: Mapping[str, Any]) -> Sequence[Part]:
        return {"input": shown, "answer": asked}.get(path.rpartition(".")[2], ())

    return Around({"pool": [one.pool for one in (await api.list_exam_pools(call)).items]}, opened)


async def look_at_step_questions(call: Call, name: str, body: GoldenQuestionsIn) -> Mapping[str, Any]:
    """As they would read."""
    return {"rows": body.items, "step": await _step(call, name)}


async def send_step_questions(call: Call, name: str, body: GoldenQuestionsIn) -> Go:
    """Put them into the pool."""
    call.request.path_params["code"] = name.partition(".")[0]
    made = await api.add_golden_exam_questions(call, body)
    return _brought(body.pool, len(made.question_ids))


TO_ANOTHER = N_("It counts for nobody until another curator publishes it.")
APPROVED = N_("They are drawn once another curator has approved them.")
QUESTION_LIST = ("/exam-questions", N_("Questions of exams"))
EXAM = Subject(
    Kind.EXAM, policy.EXAMS_WRITE, N_("The next version of an exam"), "/exams", N_("Exams"), "writing_exam.html",
    N_("Send it to another curator"), TO_ANOTHER, ExamSpec, "spec", begin_exam, send_exam, look_at_exam, exam_in_force, around_exam,
)  # fmt: skip
QUESTIONS = Subject(
    Kind.QUESTIONS, policy.EXAMS_WRITE, N_("Further questions"), *QUESTION_LIST, "writing_questions.html",
    N_("Bring in"), APPROVED, Questions, "questions", begin_questions, send_questions, look_at_questions, around=around_questions,
)  # fmt: skip
STEP_QUESTIONS = Subject(
    Kind.STEP_QUESTIONS, policy.EXAMS_WRITE, N_("Further questions: tasks of a step"), *QUESTION_LIST, "writing_questions.html",
    N_("Bring in"), APPROVED, StepQuestions, "items", begin_step_questions, send_step_questions, look_at_step_questions,
    around=around_step_questions,
)  # fmt: skip
