"""Training: my courses and where I am, a unit with its text and tasks, answers with hints and feedback."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call, Shape
from piecework.quality import policy
from piecework.quality.api import own_training as api
from piecework.quality.schemas.training import CourseAnswerIn
from piecework.quality.training import enrolments
from piecework.quality.training.definition import AnyUnit, Essay, Item, fields_of, items_of
from piecework.tasks.fields import AnswerField
from piecework.tasks.pages import asked
from piecework.tasks.pages.markdown import blocks

TRAINING = "/me/training"
UNIT = f"{TRAINING}/{{code}}/{{unit}}"
Texts = list[Annotated[str, StringConstraints(max_length=20_000)]]


class AnswerForm(Shape):
    """An answer to an item of a unit, for the `number`-th time."""

    item: Annotated[int, Field(ge=1, le=200)]
    number: Annotated[int, Field(ge=1, le=30_000)]
    answer: Annotated[dict[str, Texts], Field(default_factory=dict, max_length=100)]


async def training_page(call: Call) -> Shown:
    """My courses with where I am, and what is published."""
    found = await api.my_courses(call)
    taken = {one.code for one in found.items if one.ended_at is None}
    return {"courses": found.items, "offered": [one for one in found.offered if one.code not in taken]}


async def begin(call: Call) -> Go:
    """Begin a course."""
    await api.begin_course(call)
    return Go(TRAINING, N_("The course has begun."))


async def unit_page(call: Call) -> Shown:
    """A unit: its text, my tries with what I was told, and what can be answered now."""
    found = await api.my_course_unit(call)
    fields = await _fields(call)
    return {
        "unit": found,
        "code": call.request.path_params["code"],
        "fields": fields,
        "few": asked.FEW,
        "titles": _titles(fields),
        "blocks": blocks,
    }


async def answer(call: Call, form: AnswerForm) -> Go:
    """Answer a question, homework or a task."""
    unit = call.request.path_params["unit"]
    fields = (await _fields(call)).get(form.item, [])
    body = {"unit": unit, "item": form.item, "try": form.number, "answer": asked.answer(fields, form.answer)}
    told = await api.answer_in_course(call, CourseAnswerIn.model_validate(body))
    said = N_("That is right.") if told.correct else N_("That is not right yet. Read what is said below.")
    if told.correct is None:
        said = N_("Handed in. Somebody reads it and answers.")
    return Go(f"{TRAINING}/{call.request.path_params['code']}/{unit}#item-{form.item}", said, well=told.correct is not False)


async def _fields(call: Call) -> dict[int, list[AnswerField]]:
    """The fields of each item of the unit, by its number."""
    mine = await enrolments.mine(call.principal.account_id, str(call.request.path_params["code"]))
    units = (await enrolments.standings([mine]))[mine.id]
    here = next((one.unit for one in units if one.unit.key == call.request.path_params["unit"]), None)
    return {} if here is None else {at: _asked(here, item) for at, item in enumerate(items_of(here), 1)}


def _asked(unit: AnyUnit, item: Item) -> list[AnswerField]:
    """The fields of an item; the one of an essay has no title of its own."""
    fields = list(fields_of(unit, item))
    return [field.model_copy(update={"title": ""}) for field in fields] if isinstance(item, Essay) else fields


def _titles(fields: dict[int, list[AnswerField]]) -> dict[int, dict[str, Any]]:
    """Titles by item: of each field, and of each value of a choice."""
    return {
        number: {one.name: (one.title, {option.value: option.title for option in one.options}) for one in listed}
        for number, listed in fields.items()
    }


VIEWS = (
    View("GET", TRAINING, training_page, policy.TRAINING_TAKE, N_("Training"), "way_training.html"),
    View("POST", f"{TRAINING}/{{code}}/begin", begin, policy.TRAINING_TAKE, again=TRAINING),
    View("GET", UNIT, unit_page, policy.TRAINING_TAKE, N_("A unit"), "way_unit.html"),
    View("POST", f"{UNIT}/answer", answer, policy.TRAINING_TAKE, form=AnswerForm, again=UNIT),
)
MENU = (Entry(N_("Way in"), N_("Training"), TRAINING, policy.TRAINING_TAKE),)
