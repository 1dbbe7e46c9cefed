"""Courses as curators write them."""

from collections.abc import Mapping, Sequence
from typing import Any

from piecework.platform.errors import NotFound
from piecework.platform.pages import loose
from piecework.platform.pages.outline import Part
from piecework.platform.pages.sheet import Opened
from piecework.platform.pages.view import N_, Go
from piecework.platform.web.operation import Call
from piecework.quality import policy
from piecework.quality.api import training as api
from piecework.quality.api.publishing import sees_keys
from piecework.quality.pages.answer_parts import answer_parts, of_step, shown_parts
from piecework.quality.pages.exam_writing import TO_ANOTHER
from piecework.quality.pages.pieces import projects_of
from piecework.quality.pages.writing_views import NEW, Around, Spec, Subject
from piecework.quality.publishing import published, versions
from piecework.quality.schemas.training import CourseIn
from piecework.quality.training.definition import CourseSpec
from piecework.quality.training.publishing import COURSES
from piecework.quality.writing import Kind
from piecework.tasks import workflows
from piecework.tasks.pages.markdown import blocks

Form = Mapping[str, Any]


def _as_written(spec: CourseSpec) -> Spec:
    """A version as it was written: what tasks of a step show and ask comes from the step anew."""
    made: Spec = spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    for unit in made["units"]:
        if unit.get("step"):
            unit.pop("form", None)
    return made


async def begin(call: Call, name: str) -> Spec:
    """An empty one, or the newest version of this code."""
    sees_keys(call)
    if name == NEW:
        return {"spec": {"language": "ru", "units": []}}
    found = await versions(COURSES, name)
    if not found:
        raise NotFound
    return {"code": name, "spec": _as_written(found[0].spec)}


async def in_force(_call: Call, name: str) -> Spec | None:
    """The version that is taught."""
    try:
        return {"spec": _as_written((await published(COURSES, name)).spec)}
    except NotFound:
        return None


async def around(call: Call, _name: str, spec: Mapping[str, Any]) -> Around:
    """Directions, the steps of this one, and what each unit's tasks show and ask."""
    projects = await projects_of(call)
    code = loose.mapping(spec.get("spec")).get("direction")
    project = next((one for one in projects if one.code == code), None)
    active = None if project is None else await workflows.active(project.id)
    steps = {} if active is None else {step.key: of_step(step) for step in workflows.read_spec(active.spec).steps}
    return Around({"direction": [one.code for one in projects], "step": list(steps)}, opened(steps))


def opened(steps: Mapping[str, Form]) -> Opened:
    """What tasks show and ask, by their step or their unit; and what homework asks, by itself."""

    def parts(path: str, written: Mapping[str, Any]) -> Sequence[Part]:
        """Of `spec.units.1.items.0.input`, `spec.units.1.items.0.answers.0.answer`, `spec.units.0.homework.0.answers.0.answer`."""
        way = path.split(".")
        unit = _at(loose.mapping(written.get("spec")).get("units"), way[2])
        if way[3] == "homework":
            return answer_parts(map(loose.mapping, loose.listed(_at(unit.get("homework"), way[4]).get("answer"))))
        form = steps.get(loose.text(unit.get("step"))) or loose.mapping(unit.get("form"))
        fields = map(loose.mapping, loose.listed(form.get(way[-1])))
        return shown_parts(fields) if way[-1] == "input" else answer_parts(fields)

    return parts


def _at(rows: Any, number: str) -> Mapping[str, Any]:
    listed, place = loose.listed(rows), loose.place(number)
    return loose.mapping(listed[place]) if 0 <= place < len(listed) else {}


async def look(_call: Call, _name: str, body: CourseIn) -> Mapping[str, Any]:
    """As people would read it, with its answers."""
    return {"spec": body.spec, "blocks": blocks}


async def send(call: Call, _name: str, body: CourseIn) -> Go:
    """Draft the version for another curator."""
    made = await api.draft_course(call, body)
    return Go(f"/courses/{made.code}/versions/{made.version}", N_("Another curator publishes it now."))


COURSE = Subject(
    Kind.COURSE, policy.TRAINING_WRITE, N_("The next version of a course"), "/courses", N_("Courses"), "writing_course.html",
    N_("Send it to another curator"), TO_ANOTHER, CourseSpec, "spec", begin, send, look, in_force, around,
)  # fmt: skip
