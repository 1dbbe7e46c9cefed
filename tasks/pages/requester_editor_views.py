"""The workflow editor: the draft as a whole, one step of it, and its JSON for those who know what they do.

Every button keeps what was typed, complete or not; what is still missing is told by the draft's own check, beside the fields.
"""

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from pydantic import StringConstraints

from piecework.platform.errors import NotFound
from piecework.platform.pages import loose, texts
from piecework.platform.pages.view import N_, Go, Shown, View
from piecework.platform.web import body
from piecework.platform.web.operation import Call, Shape
from piecework.platform.web.written import WritingIn
from piecework.tasks import drafts, policy, templates, workflows
from piecework.tasks.api import authoring, work
from piecework.tasks.coherence import Fault
from piecework.tasks.fields import COMPARISONS, FieldType
from piecework.tasks.models import Project
from piecework.tasks.pages import requester_changes as changes
from piecework.tasks.pages import requester_form as typed
from piecework.tasks.pages.asked import FEW
from piecework.tasks.pages.requester_faults import missing
from piecework.tasks.pages.requester_project_views import ONE, project_of
from piecework.tasks.pages.requester_samples import sample_inputs

LONGEST = 500_000
EDIT = ONE + "/workflow"
STEP = EDIT + "/steps/{number}"
METHODS = ("posterior", "majority", "weighted", "dawid-skene", "toloka-basic")


class WholeForm(Shape):
    """What holds of the workflow as a whole, and what to do: save, publish, add a step, move or remove one (`step.1.up`)."""

    revision: UUID | None = None
    act: Annotated[str, StringConstraints(max_length=40)] = "save"
    name: typed.Typed = ""
    urgent_when: typed.Typed = ""
    new_title: typed.Typed = ""


class BeginForm(Shape):
    """What to write on: a shipped workflow, what holds now, or nothing. It takes the place of the draft."""

    revision: UUID | None = None
    begin: Literal["classify", "answer", "moderate", "now", "empty"]


class JsonForm(Shape):
    """A workflow as JSON."""

    revision: UUID | None = None
    spec: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]


async def _draft(call: Call) -> tuple[Project, drafts.Draft]:
    project = await project_of(call)
    return project, await drafts.begun(project.id)


async def _keep(call: Call, spec: Mapping[str, Any], revision: UUID | None) -> None:
    await authoring.keep_workflow_draft(call, WritingIn.model_validate({"spec": spec, "revision": revision}, strict=False))


def _around(project: Project, draft: drafts.Draft, found: Sequence[Fault]) -> dict[str, Any]:
    return {
        "project": project,
        "draft": draft,
        "edit": f"/projects/{project.code}/workflow",
        "faults": len(found),
        "steps": [
            {
                "title": typed.words_of(step, "title") or typed.words_of(step, "key"),
                "price": (price := typed.money(step.get("price"))),
                "priced": re.fullmatch(r"\d{1,9}(\.\d{1,4})?", price) is not None,
                "answers": typed.words_of(step, "overlap") or "1",
                "most": typed.words_of(step, "max_overlap"),
                "questions": len(typed.answers_of(step)),
                "faults": len(missing(found, ("steps", number)).errors),
            }
            for number, step in enumerate(typed.steps_of(draft.spec))
        ],
    }


async def editor_page(call: Call) -> Shown:
    """The draft as a whole: its steps in order, and what is still missing."""
    project, draft = await _draft(call)
    found = drafts.faults(draft.spec)
    steps = typed.steps_of(draft.spec)
    urgent = draft.spec.get("urgent_when")
    return {
        **_around(project, draft, found),
        "active": await workflows.active(project.id),
        "names": templates.NAMES,
        "name": typed.words_of(draft.spec, "name"),
        "urgent_when": typed.condition_text(urgent) if isinstance(urgent, dict) else "",
        "conditions": changes.conditions(steps),
        "marked": missing(found, ()),
    }


async def save_workflow(call: Call, form: WholeForm) -> Go:
    """Keep the whole, and do what was asked."""
    project, draft = await _draft(call)
    spec = {**copy.deepcopy(dict(draft.spec)), "name": form.name.strip()}
    spec.pop("urgent_when", None)
    if form.urgent_when:
        spec["urgent_when"] = typed.condition_spec(form.urgent_when, changes.types_of(spec))
    steps = list(typed.steps_of(spec))
    place = f"/projects/{project.code}/workflow"
    act = form.act.split(".")
    if act[0] == "add":
        spec, place = changes.with_step(spec, form.new_title.strip()), f"{place}/steps/{len(steps) + 1}"
    elif act[0] == "step" and len(act) == 3:
        at, what = loose.place(act[1]), act[2]
        key = typed.words_of(steps[at], "key") if 0 <= at < len(steps) else ""
        loose.moved(steps, at, what)
        spec["steps"] = steps
        if what == "remove":
            changes.without_references(spec, key)
    await _keep(call, spec, form.revision)
    if act[0] == "publish":
        return await _publish(call, project, spec)
    return Go(place, N_("The draft is kept."))


async def _publish(call: Call, project: Project, spec: Mapping[str, Any]) -> Go:
    if drafts.faults(spec):
        return Go(
            f"/projects/{project.code}/workflow",
            N_("The draft is kept. It cannot be published yet: look at what is missing."),
            well=False,
        )
    await work.publish_workflow(call, drafts.read(spec))
    await authoring.drop_workflow_draft(call)
    return Go(f"/projects/{project.code}", N_("The new version holds for new tickets."))


async def begin(call: Call, form: BeginForm) -> Go:
    """Write on from something else; the draft is replaced."""
    project = await project_of(call)
    place = f"/projects/{project.code}/workflow"
    if form.begin == "now":
        await authoring.drop_workflow_draft(call)
        return Go(place, N_("The draft is thrown away. This is what holds now."))
    spec = drafts.EMPTY if form.begin == "empty" else templates.load(form.begin).model_dump(mode="json", by_alias=True)
    await _keep(call, spec, form.revision)
    return Go(place, N_("The draft is kept."))


async def _at(call: Call) -> tuple[Project, drafts.Draft, int, dict[str, Any]]:
    """The step that the path names, of a copy of the draft."""
    project, draft = await _draft(call)
    spec = copy.deepcopy(dict(draft.spec))
    number = call.number("number") - 1
    if not 0 <= number < len(typed.steps_of(spec)):
        raise NotFound
    return project, draft, number, spec


async def step_page(call: Call) -> Shown:
    """One step of the draft, what is missing in it, and how it will look to those who do it."""
    project, draft, number, spec = await _at(call)
    found = drafts.faults(spec)
    steps = typed.steps_of(spec)
    step = steps[number]
    key = typed.words_of(step, "key")
    before = changes.earlier(spec, key)
    title = typed.words_of(step, "title")
    return {
        **_around(project, draft, found),
        **({"title": title} if title else {}),
        "number": number,
        "step": typed.step_form(step),
        "others": [(typed.words_of(one, "key"), typed.words_of(one, "title")) for one in steps if one is not step],
        "before": [(typed.words_of(one, "key"), typed.words_of(one, "title")) for one in before],
        "sources": changes.sources(before),
        "conditions": changes.conditions(before),
        "own": changes.outcomes(step),
        "only_ifs": [
            changes.outcomes({**step, "answer": typed.answers_of(step)[:place]}) for place in range(len(typed.answers_of(step)))
        ],
        "types": [one.value for one in FieldType],
        "comparisons": {kind.value: sorted(ways) for kind, ways in COMPARISONS.items()},
        "methods": METHODS,
        "marked": missing(found, ("steps", number)),
        "card": await sample_inputs(project, steps, step, texts.language(call.request)),
        "few": FEW,
    }


async def save_step(call: Call, form: typed.StepForm) -> Go:
    """Keep a step, and do with its rows what was asked."""
    project, _, number, spec = await _at(call)
    steps = typed.steps_of(spec)
    old = steps[number]
    key = typed.words_of(old, "key")
    new = typed.step_spec(form, changes.types_of(spec), key)
    spec["steps"] = [*steps[:number], new, *steps[number + 1 :]]
    if key and new["key"] != key and key not in {typed.words_of(one, "key") for one in spec["steps"]}:
        changes.renamed_step(spec, key, new["key"])
    was = [typed.words_of(one, "name") for one in typed.answers_of(old)]
    for before, after in zip(was, (one["name"] for one in new["answer"]), strict=False):
        if before != after and before not in {one["name"] for one in new["answer"]}:
            changes.renamed_field(spec, new, before, after)
    anchor = _rows(new, form.act)
    await _keep(call, spec, form.revision)
    return Go(f"/projects/{project.code}/workflow/steps/{number + 1}{anchor}", N_("The draft is kept."))


def _rows(step: dict[str, Any], act: str) -> str:
    """Add, move or remove rows of a step; returns where on the page one goes on."""
    what, *rest = act.split(".")
    if what == "add":
        fields = step["answer"]
        kind = rest[0] if rest and rest[0] in list(FieldType) else FieldType.TEXT.value
        fields.append({"name": "", "type": kind, "title": "", "required": True})
        return f"#field-answer.{len(fields) - 1}.title"
    if what in ("answer", "input") and len(rest) == 2 and loose.moved(step[what], loose.place(rest[0]), rest[1]):
        return f"#{what}"
    return ""


async def json_page(call: Call) -> Shown:
    """The draft as JSON."""
    project, draft = await _draft(call)
    text = orjson.dumps(draft.spec, option=orjson.OPT_INDENT_2).decode()
    return {**_around(project, draft, drafts.faults(draft.spec)), "text": text}


async def save_json(call: Call, form: JsonForm) -> Go:
    """Keep a draft that was written as JSON, if it is one that could be published."""
    spec = body.parse(workflows.WorkflowSpec, form.spec.encode(), "application/json")
    await _keep(call, spec.model_dump(mode="json", by_alias=True), form.revision)
    return Go(f"/projects/{(await project_of(call)).code}/workflow", N_("The draft is kept."))


WRITE = policy.PROJECTS_WRITE
VIEWS = (
    View("GET", EDIT, editor_page, WRITE, N_("The next version of the workflow"), "requester_editor.html"),
    View("POST", EDIT, save_workflow, WRITE, form=WholeForm, again=EDIT),
    View("POST", f"{EDIT}/begin", begin, WRITE, form=BeginForm, again=EDIT),
    View("GET", STEP, step_page, WRITE, N_("A step without a title"), "requester_step.html"),
    View("POST", STEP, save_step, WRITE, form=typed.StepForm, again=STEP),
    View("GET", f"{EDIT}/json", json_page, WRITE, N_("The next version of the workflow"), "requester_json.html"),
    View("POST", f"{EDIT}/json", save_json, WRITE, form=JsonForm, again=f"{EDIT}/json"),
)  # fmt: skip
