"""Ways into directions as curators publish them: stages with their days, what decides each, the interview's bar; forms and guides as read."""

from piecework.platform.pages.view import N_, Entry, Shown, View
from piecework.platform.web.operation import Call
from piecework.quality import policy
from piecework.quality.admissions import documents
from piecework.quality.admissions.specs import Form, Guide
from piecework.quality.api import admissions as api
from piecework.quality.pages.pieces import names, projects_of
from piecework.quality.schemas.admissions import DocumentQuery
from piecework.tasks.projects import project_by_code

LIST, ONE = "/ways-in", "/ways-in/{code}"


async def ways_page(call: Call) -> Shown:
    """The directions, and which of them take applications."""
    newest = {one.direction: one for one in await documents.newest("way_in")}
    return {"listed": [(project, newest.get(project.code)) for project in await projects_of(call)]}


async def way_page(call: Call) -> Shown:
    """A direction's way in as it is published, with the form and the guide that go with it."""
    project = await project_by_code(call.principal, call.request.path_params["code"])
    now = await documents.current("way_in", project.code)
    form, guide = await documents.current("form", project.code), await documents.current("guide", project.code)
    assert form is not None
    assert isinstance(form.spec, Form)
    assert guide is not None
    assert isinstance(guide.spec, Guide)
    versions = await api.list_admission_documents(call, DocumentQuery(kind="way_in", direction=project.code, limit=20))
    return {
        "project": project,
        "title": project.name,
        "now": now,
        "form": form,
        "guide": guide,
        "versions": versions.items,
        "names": await names(one.published_by for one in versions.items),
    }


READ = policy.CANDIDACIES_READ
VIEWS = (
    View("GET", LIST, ways_page, READ, N_("Ways in"), "ways_in.html"),
    View("GET", ONE, way_page, READ, N_("The way in"), "way_in.html"),
)
MENU = (Entry(N_("People"), N_("Ways in"), LIST, READ),)
