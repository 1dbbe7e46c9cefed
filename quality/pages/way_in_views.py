"""Ways into directions as curators publish them: stages with their days, what decides each, the interview's bar; forms and guides as read."""

from typing import Annotated, Any, Literal

import orjson
from pydantic import Field, StringConstraints

from piecework.platform.errors import Invalid, NotFound
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call, Shape
from piecework.quality import policy
from piecework.quality.admissions import documents
from piecework.quality.admissions.specs import STAGES, Form, Guide, Stage, WayIn
from piecework.quality.api import admissions as api
from piecework.quality.api import exams, training
from piecework.quality.pages import spec_text
from piecework.quality.pages.pieces import fitted, names, projects_of
from piecework.quality.schemas.admissions import DocumentIn, DocumentQuery
from piecework.tasks.projects import project_by_code

LIST, ONE = "/ways-in", "/ways-in/{code}"
DOCUMENT = f"{ONE}/{{kind}}"
SHAPES: dict[str, type[Form | Guide]] = {"form": Form, "guide": Guide}
ALWAYS = (Stage.APPLICATION, Stage.LIVE)
"""Every way in begins and ends with these."""
CODES = {
    Stage.LANGUAGE_EXAM: "language_exam",
    Stage.TRAINING: "course",
    Stage.DIRECTION_EXAM: "direction_exam",
    Stage.TRIAL: "trial",
}
"""What names the exam or course that decides a stage."""
Text = Annotated[str, StringConstraints(max_length=2000, strip_whitespace=True)]


class StageForm(Shape):
    """A stage, if the way has it, and how many days there are for it."""

    on: bool = False
    days: int | None = None


class WayForm(Shape):
    """A way in as it is typed."""

    open: bool = False
    summary_ru: Text = ""
    summary_en: Text = ""
    stages: Annotated[dict[str, StageForm], Field(default_factory=dict, max_length=len(STAGES))]
    language_exam: Text = ""
    course: Text = ""
    direction_exam: Text = ""
    trial: Text = ""
    qualification: Text = ""
    overall: float | int | None = None
    group: float | int | None = None
    appeal_days: int | None = None
    again_after_days: int | None = None
    reason: Text = ""


class DocumentForm(Shape):
    """A form or guide as it is typed, and whether it is to be looked at first."""

    spec: Annotated[str, StringConstraints(max_length=512 * 1024)] = ""
    reason: Text = ""
    act: Literal["look", "publish"] = "look"


async def ways_page(call: Call) -> Shown:
    """The directions, and which of them take applications."""
    newest = {one.direction: one for one in await documents.newest("way_in")}
    return {"listed": [(project, newest.get(project.code)) for project in await projects_of(call)]}


async def way_page(call: Call) -> Shown:
    """A direction's way in as it is published, with the form and the guide that go with it; and the next version of it."""
    project = await project_by_code(call.principal, call.request.path_params["code"])
    now = await documents.current("way_in", project.code)
    form, guide = await documents.current("form", project.code), await documents.current("guide", project.code)
    assert form is not None
    assert isinstance(form.spec, Form)
    assert guide is not None
    assert isinstance(guide.spec, Guide)
    versions = await api.list_admission_documents(call, DocumentQuery(kind="way_in", direction=project.code, limit=20))
    spec = now.spec if now is not None else WayIn.model_construct(**_beginning())
    assert isinstance(spec, WayIn)
    return {
        "project": project,
        "title": project.name,
        "now": now,
        "spec": spec,
        "days": {str(plan.stage): plan.days for plan in spec.stages},
        "stages": [str(stage) for stage in STAGES],
        "always": [str(stage) for stage in ALWAYS],
        "codes": {str(stage): name for stage, name in CODES.items()},
        "form": form,
        "guide": guide,
        "versions": versions.items,
        "names": await names(one.published_by for one in versions.items),
        "exams": sorted({one.code for one in (await exams.list_exams(call)).items}) if _writes(call) else [],
        "courses": sorted({one.code for one in (await training.list_courses(call)).items}) if _writes(call) else [],
    }


def _writes(call: Call) -> bool:
    return call.principal.may(policy.CANDIDACIES, call.services.permissions)


def _beginning() -> dict[str, Any]:
    """Where nothing is published: everything as it is if nothing is said, without what must be named first."""
    shortest = WayIn.model_validate({"stages": [{"stage": str(stage)} for stage in ALWAYS]})
    return {name: getattr(shortest, name) for name in WayIn.model_fields}


async def publish(call: Call, form: WayForm) -> Go:
    """Publish the next version of a direction's way in."""
    code = call.request.path_params["code"]
    if await documents.current("form", code) is None:
        raise NotFound
    document = {"kind": "way_in", **_document(form)}
    await api.publish_admission_document(call, fitted(DocumentIn, direction=code, document=document, reason=form.reason))
    return Go(f"{LIST}/{code}", N_("Published: it holds for who applies from now on."))


def _document(form: WayForm) -> dict[str, Any]:
    """What was typed as the API takes it.

    Raises:
        Invalid: a stage lacks its days, or what decides it; the summary is in one language only.
    """
    chosen = [stage for stage in STAGES if stage in ALWAYS or form.stages.get(str(stage), StageForm()).on]
    days = {stage: form.stages.get(str(stage), StageForm()).days for stage in chosen}
    deciding = {name: getattr(form, name) for stage, name in CODES.items() if stage in chosen}
    missing = [f"stages.{stage}.days" for stage, count in days.items() if count is None]
    missing += [name for name, text in deciding.items() if not text]
    missing += [name for name in ("overall", "group", "appeal_days", "again_after_days") if getattr(form, name) is None]
    if bool(form.summary_ru) != bool(form.summary_en):
        missing.append("summary_en" if form.summary_ru else "summary_ru")
    if missing:
        raise Invalid(errors=[{"field": name, "code": "missing", "message": "This is needed."} for name in missing])
    return {
        "open": form.open,
        "summary": {"ru": form.summary_ru, "en": form.summary_en} if form.summary_ru else None,
        "stages": [{"stage": str(stage), "days": count} for stage, count in days.items()],
        **deciding,
        "qualification": form.qualification or None,
        "interview": {"overall": float(form.overall or 0), "group": float(form.group or 0)},
        "appeal_days": form.appeal_days,
        "again_after_days": form.again_after_days,
    }


def _kind(call: Call) -> str:
    kind = str(call.request.path_params["kind"])
    if kind not in SHAPES:
        raise NotFound
    return kind


async def document_page(call: Call) -> dict[str, Any]:
    """A direction's application form or interview guide as it is read, and its next version as a text."""
    project, kind = await project_by_code(call.principal, call.request.path_params["code"]), _kind(call)
    now = await documents.current(kind, project.code)
    assert now is not None
    text = orjson.dumps(
        now.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True), option=orjson.OPT_INDENT_2
    ).decode()
    return {"project": project, "kind": kind, "now": now, "spec": now.spec, "text": text, "looked": False}


async def write(call: Call, form: DocumentForm) -> Shown | Go:
    """Show how a form or guide would read, or publish it for the direction."""
    kind = _kind(call)
    spec = spec_text.read(SHAPES[kind], form.spec)
    if form.act == "look":
        return {**await document_page(call), "spec": spec, "text": form.spec, "looked": True}
    code = call.request.path_params["code"]
    document = {**spec.model_dump(mode="json", by_alias=True), "kind": kind}
    await api.publish_admission_document(call, fitted(DocumentIn, direction=code, document=document, reason=form.reason))
    return Go(f"{LIST}/{code}", N_("Published: it holds for who applies from now on."))


READ, WRITE = policy.CANDIDACIES_READ, policy.CANDIDACIES
VIEWS = (
    View("GET", LIST, ways_page, READ, N_("Ways in"), "ways_in.html"),
    View("GET", ONE, way_page, READ, N_("The way in"), "way_in.html"),
    View("GET", DOCUMENT, document_page, WRITE, N_("Form or guide"), "way_document.html"),
    View("POST", DOCUMENT, write, WRITE, N_("Form or guide"), "way_document.html", form=DocumentForm, again=DOCUMENT),
    View("POST", ONE, publish, WRITE, form=WayForm, again=ONE),
)
MENU = (Entry(N_("People"), N_("Ways in"), LIST, READ),)
