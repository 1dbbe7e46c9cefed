"""Criteria of admission as curators write them. The draft is named by code, level and line, as `orders.1.1`."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, RootModel

from piecework.platform.errors import NotFound
from piecework.platform.pages.view import N_, Go
from piecework.platform.web.operation import Call
from piecework.quality.admitting import criteria
from piecework.quality.admitting.kinds import Criterion
from piecework.quality.api import admitting as api
from piecework.quality.api import exams, training
from piecework.quality.pages.pieces import projects_of
from piecework.quality.pages.writing_views import Around, Spec, Subject
from piecework.quality.schemas.admitting import CriteriaIn
from piecework.quality.writing import Kind
from piecework.tasks.policy import QUALIFICATIONS_WRITE


class Criteria(RootModel[Annotated[list[Criterion], Field(max_length=30)]]):
    """Criteria, in their order."""


def _named(name: str) -> tuple[str, int, int]:
    """Code, level and line.

    Raises:
        NotFound: it is no such name.
    """
    code, *numbers = name.split(".")
    if not api.CODE.fullmatch(code) or len(numbers) != 2 or not all(one in "123456789" and one for one in numbers):
        raise NotFound
    level, line = map(int, numbers)
    if line > 3:
        raise NotFound
    return code, level, line


async def _newest(name: str) -> criteria.Version | None:
    listed = await criteria.versions(*_named(name))
    return listed[0] if listed else None


async def begin(_call: Call, name: str) -> Spec:
    """What is in force for the code, level and line."""
    found, (_, level, line) = await _newest(name), _named(name)
    items = [] if found is None else [one.model_dump(mode="json", exclude_defaults=True) for one in found.items]
    return {"level": level, "line": line, "criteria": items}


async def in_force(_call: Call, name: str) -> Spec | None:
    """What they take the place of."""
    found = await _newest(name)
    return None if found is None else {"criteria": [one.model_dump(mode="json") for one in found.items]}


async def around(call: Call, _name: str, _spec: Mapping[str, Any]) -> Around:
    """What there is to name."""
    return Around(
        {
            "exam": sorted({one.code for one in (await exams.list_exams(call)).items}),
            "course": sorted({one.code for one in (await training.list_courses(call)).items}),
            "direction": [one.code for one in await projects_of(call)],
            "code": [one.code for one in (await api.list_qualifications(call)).items],
        }
    )


async def look(_call: Call, name: str, body: CriteriaIn) -> Mapping[str, Any]:
    """As they would read."""
    code, level, line = _named(name)
    return {"listed": body.criteria, "code": code, "level": level, "line": line, "grade": criteria.GRADES.get(level)}


async def send(call: Call, name: str, body: CriteriaIn) -> Go:
    """Draft them for whoever decides on it."""
    code, level, line = _named(name)
    if (body.level, body.line) != (level, line):
        raise NotFound
    call.request.path_params["code"] = code
    await api.draft_criteria(call, body)
    return Go("/criteria", N_("Drafted. It counts once another curator or an administrator publishes it."))


CRITERIA = Subject(
    Kind.CRITERIA, QUALIFICATIONS_WRITE, N_("Draft criteria"), "/criteria", N_("Criteria"), "writing_criteria.html",
    N_("Send the draft"), N_("It counts for nobody until another curator or an administrator publishes it."), Criteria, "criteria",
    begin, send, look, in_force, around,
)  # fmt: skip
