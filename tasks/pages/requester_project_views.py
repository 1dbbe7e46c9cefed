"""The requester's projects: the list, a new one, one with its workflow."""

from typing import Any

from piecework.platform import money
from piecework.platform.errors import NotFound
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call
from piecework.platform.web.paging import PageQuery
from piecework.tasks import policy, projects
from piecework.tasks.api import load, work
from piecework.tasks.models import Project
from piecework.tasks.schemas.load import LiveQuery
from piecework.tasks.schemas.work import ProjectIn
from piecework.tasks.workflows import WorkflowSpec, read_spec


async def project_of(call: Call) -> Project:
    """The project that the path names."""
    return await projects.project_by_code(call.principal, call.request.path_params["code"])


async def projects_page(call: Call, query: PageQuery) -> Shown:
    """Projects in the order they were made."""
    return {"found": await work.list_projects(call, query)}


async def new_project_page(_call: Call) -> Shown:
    """The form for a new project."""
    return {}


async def make_project(call: Call, form: ProjectIn) -> Go:
    """Make a project; then its workflow is next."""
    made = await work.create_project(call, form)
    return Go(f"/projects/{made.code}", N_("The project is made. Now publish its workflow."))


async def _spec(call: Call) -> tuple[WorkflowSpec | None, Any]:
    try:
        workflow = await work.active_workflow(call)
    except NotFound:
        return None, None
    return read_spec(workflow.spec), workflow


async def project_page(call: Call) -> Shown:
    """A project: its backlog now and its workflow, readable."""
    project = await project_of(call)
    spec, workflow = await _spec(call)
    live = None
    if call.principal.may(policy.LOAD_READ, call.services.permissions):
        live = next(iter((await load.live_load(call, LiveQuery(project=project.code))).projects), None)
    return {
        "title": project.name,
        "project": project,
        "workflow": workflow,
        "spec": spec,
        "steps": spec.order() if spec else (),
        "titles": {step.key: step.title for step in spec.steps} if spec else {},
        "fields": {(step.key, field.name): field.title for step in spec.steps for field in step.answer} if spec else {},
        "options": _titles(spec) if spec else {},
        "amount": money.text,
        "live": live,
    }


def _titles(spec: WorkflowSpec) -> dict[tuple[str, str, str], str]:
    """The words of each option: (step, field, value) -> title."""
    return {
        (step.key, field.name, option.value): option.title
        for step in spec.steps
        for field in step.answer
        for option in field.options
    }


ONE = "/projects/{code}"
VIEWS = (
    View("GET", "/projects", projects_page, policy.PROJECTS_READ, N_("Projects"), "requester_projects.html", query=PageQuery),
    View("GET", "/new-project", new_project_page, policy.PROJECTS_WRITE, N_("A new project"), "requester_new.html"),
    View("POST", "/new-project", make_project, policy.PROJECTS_WRITE, form=ProjectIn, again="/new-project"),
    View("GET", ONE, project_page, policy.PROJECTS_READ, N_("Project"), "requester_project.html"),
)
MENU = (Entry(N_("Projects"), N_("Projects"), "/projects", policy.PROJECTS_READ),)
