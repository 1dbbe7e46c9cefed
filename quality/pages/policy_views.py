"""Policies: how each step's answers are checked, tried on simulated people before they hold."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import Field, StringConstraints, ValidationError

from piecework.platform import money
from piecework.platform.errors import Invalid, NotFound
from piecework.platform.pages.view import N_, Go, Shown, View
from piecework.platform.web import body
from piecework.platform.web.operation import Call, Query
from piecework.quality import policy
from piecework.quality.checking import changing, trials
from piecework.quality.checking.changing import Change, Rules
from piecework.quality.checking.trials import Trial
from piecework.quality.pages.pieces import projects_of
from piecework.quality.pages.scatter import scatter
from piecework.quality.simulator.models import Policy
from piecework.tasks import workflows
from piecework.tasks.models import Project, Workflow
from piecework.tasks.projects import project_by_code
from piecework.tasks.workflows import StepSpec, read_spec

NOW, TRIED = "now", "tried"


class ChangeForm(Change):
    """New rules for a step; `cost_ceiling` is in the project's currency."""

    reason: Annotated[str, StringConstraints(max_length=1000)] = ""


class Tried(Query):
    """Rules to try, in the place of those that hold."""

    overlap: int | None = None
    max_overlap: int | None = None
    confidence: float | None = None
    method: str | None = Field(default=None, max_length=40)
    reject_below: float | None = None
    accept_from: float | None = None
    cost_ceiling: str | None = Field(default=None, max_length=20)
    audit_rate: float | None = None
    second_rate: float | None = None
    review_days: int | None = None
    good: float | None = None


async def policies_page(call: Call) -> Shown:
    """All steps at work with their rules."""
    projects = await projects_of(call)
    active = await workflows.active_of([project.id for project in projects])
    found = [(project, active[project.id]) for project in projects if project.id in active]
    return {"listed": [(project, workflow.version, read_spec(workflow.spec).steps) for project, workflow in found]}


async def _step(call: Call) -> tuple[Project, Workflow, StepSpec]:
    project = await project_by_code(call.principal, call.request.path_params["code"])
    workflow = await workflows.active(project.id)
    steps = {} if workflow is None else {one.key: one for one in read_spec(workflow.spec).steps}
    step = steps.get(call.request.path_params["step"])
    if workflow is None or step is None:
        raise NotFound
    return project, workflow, step


def _tried(step: StepSpec, query: Tried) -> StepSpec | None:
    """The step with the rules that are to be tried; None if they are those that hold."""
    given = {name: value for name in Rules.model_fields if (value := getattr(query, name)) is not None}
    if not given:
        return None
    before = changing.rules_of(step)
    if step.checking.cost_ceiling is not None:
        before["cost_ceiling"] = money.text(step.checking.cost_ceiling)
    try:
        return changing.with_rules(step, Rules.model_validate(before | given))
    except ValidationError as error:
        raise body.refusal(error) from None


def _policies(step: StepSpec, tried: StepSpec | None, control_rate: float) -> list[Policy]:
    try:
        now = trials.policy_of(step, control_rate, NOW)
        other = [] if tried is None else [trials.policy_of(tried, control_rate, TRIED)]
    except ValueError as error:
        raise Invalid(str(error)) from None
    own = [now, *other]
    nameless = [one.model_copy(update={"name": ""}) for one in own]
    return own + [one for one in trials.ladder(own[-1]) if one.model_copy(update={"name": ""}) not in nameless]


async def policy_page(call: Call, query: Tried) -> Shown:
    """A step's rules, and what is known of them and of their neighbours from the simulator."""
    project, workflow, step = await _step(call)
    tried = _tried(step, query)
    rules = changing.rules_of(tried or step)
    ceiling = (tried or step).checking.cost_ceiling
    return {
        "project": project,
        "workflow": workflow,
        "step": step,
        "rules": rules,
        "ceiling": "" if ceiling is None else money.text(ceiling),
        "is_tried": tried is not None,
        **await _curve(step, tried, project),
    }


async def _curve(step: StepSpec, tried: StepSpec | None, project: Project) -> dict[str, Any]:
    found = await trials.find(_policies(step, tried, project.control_rate), trials.population(step))
    done = [] if found is None else [one for one in found if one.figures is not None]
    return {
        "trials": found,
        "done": done,
        "tasks": trials.TASKS,
        "scatter": scatter,
        "waiting": found is not None and len(done) < len(found),
        "points": _points(done),
        "named": lambda points, own: [(own.get(name, name), x, y, series) for name, x, y, series in points],
        "costs": lambda value: f"{value:.2f}",
        "shares": lambda value: f"{100 * value:.1f} %",
    }


def _points(done: Sequence[Trial]) -> list[tuple[str, float, float, int]]:
    """Name, cost and accuracy of what was played, and its series: what holds, what is tried, the others."""
    series = {NOW: 0, TRIED: 1}
    return [
        (one.policy.name, one.figures.cost_per_ticket, one.figures.accuracy, series.get(one.policy.name, 2))
        for one in done
        if one.figures is not None
    ]


async def try_out(call: Call, form: ChangeForm) -> Go:
    """Have rules played on simulated people; the page shows what comes of it."""
    project, _, step = await _step(call)
    ceiling = None if form.cost_ceiling is None else money.text(form.cost_ceiling)
    given = {name: value for name in Rules.model_fields if (value := getattr(form, name)) is not None} | (
        {} if ceiling is None else {"cost_ceiling": ceiling}
    )
    tried = _tried(step, body.parse_query(Tried, {name: str(value) for name, value in given.items()}, len(given)))
    same = tried is not None and changing.rules_of(tried) == changing.rules_of(step)
    await trials.ask(_policies(step, None if same else tried, project.control_rate), trials.population(step))
    return Go(f"/policies/{project.code}/{step.key}" + ("" if same else f"?{urlencode(given)}") + "#curve")


async def save(call: Call, form: ChangeForm) -> Go:
    """Publish the workflow with these rules for the step."""
    project, _, step = await _step(call)
    try:
        changed = Change.model_validate(form.model_dump() | {"cost_ceiling": _amount(form.cost_ceiling)})
        await changing.change(call.principal.account_id, project, step.key, changed)
    except ValidationError as error:
        raise body.refusal(error) from None
    return Go(f"/policies/{project.code}/{step.key}", N_("The new rules hold for new tickets."))


def _amount(value: int | None) -> str | None:
    return None if value is None else money.text(value)


EDIT = "/policies/{code}/{step}"
VIEWS = (
    View("GET", "/policies", policies_page, policy.POLICIES_WRITE, N_("Policies"), "policies.html"),
    View("GET", EDIT, policy_page, policy.POLICIES_WRITE, N_("Policy"), "policy.html", query=Tried),
    View("GET", EDIT + "/curve", policy_page, policy.POLICIES_WRITE, N_("Policy"), "policy_curve.html", query=Tried),
    View("POST", EDIT + "/try", try_out, policy.POLICIES_WRITE, form=ChangeForm, again=EDIT),
    View("POST", EDIT, save, policy.POLICIES_WRITE, form=ChangeForm, again=EDIT),
)
