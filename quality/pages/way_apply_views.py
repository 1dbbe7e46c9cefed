"""The way in for anybody: the directions that take applications, what each asks for, and the application form."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from piecework.platform.errors import Invalid
from piecework.platform.identity.schemas import Email, Name, Password
from piecework.platform.pages import texts
from piecework.platform.pages.view import N_, Go, Shown, View
from piecework.platform.web.operation import ANYONE, Call, Shape
from piecework.quality import policy
from piecework.quality.api import admissions as api
from piecework.quality.schemas.admissions import ApplicationIn, FurtherApplicationIn, WayInOut
from piecework.tasks.fields import Answer
from piecework.tasks.pages import asked

APPLY = "/apply"
ONE = f"{APPLY}/{{code}}"
WAY = "/me/way"
FORM_LIMIT = 256 * 1024
Given = Annotated[dict[str, list[Annotated[str, StringConstraints(max_length=20_000)]]], Field(default_factory=dict)]


class FurtherForm(Shape):
    """Answers to a direction's form, by the names of its fields."""

    answer: Given


class ApplyForm(FurtherForm):
    """A stranger's application. `consent`: to what is kept of it, said on the page."""

    email: Email
    name: Name
    password: Password
    consent: Literal[True]


async def directions_page(call: Call) -> Shown:
    """Directions that take applications."""
    return {"directions": (await api.list_directions(call)).directions, "language": texts.language(call.request)}


async def form_page(call: Call) -> Shown:
    """The way into a direction, and its application form."""
    way = await api.show_way_in(call)
    language = texts.language(call.request)
    return {
        "way": way,
        "language": language,
        "fields": way.form.fields(language),
        "few": asked.FEW,
        "received": None,
    }


async def apply(call: Call, form: ApplyForm) -> Shown:
    """Apply, and get an account."""
    way = await api.show_way_in(call)
    language = texts.language(call.request)
    try:
        made = await api.apply(
            call,
            ApplicationIn(
                direction=way.direction,
                language="ru" if language == "ru" else "en",
                answers=_answers(way, language, form.answer),
                email=form.email,
                name=form.name,
                password=form.password,
            ),
        )
    except Invalid as problem:
        raise asked.incomplete(problem) from None
    return {"way": way, "sign_in": made.sign_in}


async def apply_further(call: Call, form: FurtherForm) -> Go:
    """Apply to a direction with the account that I have."""
    way = await api.show_way_in(call)
    language = texts.language(call.request)
    answers = _answers(way, language, form.answer)
    try:
        body = FurtherApplicationIn(direction=way.direction, language="ru" if language == "ru" else "en", answers=answers)
        await api.apply_further(call, body)
    except Invalid as problem:
        raise asked.incomplete(problem) from None
    return Go(WAY, N_("Your application has been received."))


def _answers(way: WayInOut, language: str, given: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    found: Answer = asked.answer(way.form.fields(language), given)
    return found


VIEWS = (
    View("GET", APPLY, directions_page, ANYONE, N_("Work with us"), "way_directions.html"),
    View("GET", ONE, form_page, ANYONE, N_("Application"), "way_apply.html"),
    View("POST", ONE, apply, ANYONE, N_("Your application has been received."), "way_received.html", form=ApplyForm, again=ONE,
         transaction=False, body_limit_bytes=FORM_LIMIT),
    View("POST", f"{WAY}/{{code}}", apply_further, policy.OWN_CANDIDACY, form=FurtherForm, again=ONE, body_limit_bytes=FORM_LIMIT),
)  # fmt: skip
