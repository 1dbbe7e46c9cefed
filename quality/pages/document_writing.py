"""Ways into a direction, its application form and its interview guide as curators write them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from piecework.platform.errors import NotFound
from piecework.platform.pages.view import N_, Go
from piecework.platform.web.operation import Call
from piecework.quality import policy
from piecework.quality.admissions import documents
from piecework.quality.admissions.specs import Form, Guide, Stage, WayIn
from piecework.quality.api import admissions as api
from piecework.quality.api import admitting, exams, training
from piecework.quality.pages.writing_views import Around, Spec, Subject
from piecework.quality.schemas.admissions import DocumentIn
from piecework.quality.writing import Kind
from piecework.tasks.projects import project_by_code

PUBLISHED = N_("Published: it holds for who applies from now on.")
PUBLISH = N_("Publish")
HOLDS = N_("It holds for who applies from now on; who is under way goes on by the version that they began with.")


async def current(kind: str, direction: str) -> dict[str, Any] | None:
    """A document as it is in force for a direction, as JSON."""
    found = await documents.current(kind, direction)
    return None if found is None else {"kind": kind, **found.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)}


def begin(kind: str) -> Callable[[Call, str], Awaitable[Spec]]:
    """What is in force for the direction that the draft is named by."""

    async def begun(call: Call, name: str) -> Spec:
        await project_by_code(call.principal, name)
        return {"direction": name, "document": await current(kind, name) or {"kind": kind}}

    return begun


def in_force(kind: str) -> Callable[[Call, str], Awaitable[Spec | None]]:
    """What it takes the place of."""

    async def before(_call: Call, name: str) -> Spec | None:
        found = await current(kind, name)
        return None if found is None else {"document": found}

    return before


async def begin_way(call: Call, name: str) -> Spec:
    """The way that is in force, else the shortest there is."""
    project = await project_by_code(call.principal, name)
    shortest = {"kind": "way_in", "stages": [{"stage": Stage.APPLICATION.value}, {"stage": Stage.LIVE.value}]}
    found = await documents.current("way_in", project.code)
    if found is not None:
        shortest = {"kind": "way_in", **found.spec.model_dump(mode="json", exclude_defaults=True)}
        shortest.setdefault("stages", found.spec.model_dump(mode="json")["stages"])
    return {"direction": name, "document": shortest}


async def around_way(call: Call, _name: str, _spec: Mapping[str, Any]) -> Around:
    """Exams and courses that decide stages, qualifications."""
    return Around(
        {
            "exam": sorted({one.code for one in (await exams.list_exams(call)).items}),
            "course": sorted({one.code for one in (await training.list_courses(call)).items}),
            "code": [one.code for one in (await admitting.list_qualifications(call)).items],
        }
    )


async def look(call: Call, name: str, body: DocumentIn) -> Mapping[str, Any]:
    """As it would read."""
    return {"spec": body.document, "project": await project_by_code(call.principal, name)}


async def send(call: Call, name: str, body: DocumentIn) -> Go:
    """Publish it for the direction."""
    if body.direction != name:
        raise NotFound
    await api.publish_admission_document(call, body)
    return Go(f"/ways-in/{name}", PUBLISHED)


WAY_IN = Subject(
    Kind.WAY_IN, policy.CANDIDACIES, N_("The way in"), "/ways-in", N_("Ways in"), "writing_document.html", PUBLISH, HOLDS, WayIn,
    "document", begin_way, send, look, in_force("way_in"), around_way, {"kind": "way_in"},
)  # fmt: skip
FORM = Subject(
    Kind.FORM, policy.CANDIDACIES, N_("Application form"), "/ways-in", N_("Ways in"), "writing_document.html", PUBLISH, HOLDS, Form,
    "document", begin("form"), send, look, in_force("form"), constants={"kind": "form"},
)  # fmt: skip
GUIDE = Subject(
    Kind.GUIDE, policy.CANDIDACIES, N_("Interview guide"), "/ways-in", N_("Ways in"), "writing_document.html", PUBLISH, HOLDS, Guide,
    "document", begin("guide"), send, look, in_force("guide"), constants={"kind": "guide"},
)  # fmt: skip
