"""The requester's tickets: the list, those at risk, one with its way through the steps, and the results as files."""

from datetime import UTC, datetime

from starlette.responses import Response

from piecework.platform import db
from piecework.platform.pages.view import N_, Shown, View
from piecework.platform.web.operation import Call
from piecework.tasks import policy, projects
from piecework.tasks.api import requesting, work
from piecework.tasks.models import Project, TicketState
from piecework.tasks.pages.requester_project_views import ONE, project_of
from piecework.tasks.schemas.requesting import AtRiskQuery, ResultsQuery
from piecework.tasks.schemas.work import TicketQuery
from piecework.tasks.workflows import read_step

SPANS = (0, 60, 240, 1440)
"""Within how many minutes tickets are due that are listed as at risk."""


async def tickets_page(call: Call, query: TicketQuery) -> Shown:
    """A project's tickets in the order they came."""
    project = await project_of(call)
    return {
        "project": project,
        "found": await work.list_tickets(call, query),
        "state": query.state.value if query.state else "",
        "states": [one.value for one in TicketState],
    }


async def at_risk_page(call: Call, query: AtRiskQuery) -> Shown:
    """Open tickets that are overdue or due soon, and what they wait for."""
    return {
        "project": await project_of(call),
        "found": await requesting.tickets_at_risk(call, query),
        "within": query.within_minutes,
        "spans": SPANS,
        "now": datetime.now(UTC),
    }


async def ticket_page(call: Call) -> Shown:
    """A ticket, its way through the steps and what came of it."""
    way = await work.show_ticket(call)
    ticket = await projects.ticket_by_id(call.principal, way.id)
    project = await Project.get(id=ticket.project_id)
    rows = await db.rows("SELECT key, spec FROM step WHERE workflow_id = $1 ORDER BY id", ticket.workflow_id)
    steps = {row["key"]: read_step(row["spec"]) for row in rows}
    result = dict(way.result or {})
    stuck = result.pop("stuck", None)
    return {
        "project": project,
        "way": way,
        "steps": steps,
        "stuck": stuck,
        "result": [(steps[key], value) for key, value in result.items() if key in steps and isinstance(value, dict)],
        "to_come": [step for key, step in steps.items() if key not in {task.step for task in way.tasks}],
    }


async def results_page(call: Call) -> Shown:
    """What came of the resolved tickets, to be taken away."""
    return {"project": await project_of(call)}


async def results_file(call: Call, query: ResultsQuery) -> Response:
    """The results as a file."""
    return await requesting.project_results(call, query)


READ = policy.TICKETS_READ
VIEWS = (
    View("GET", ONE + "/tickets", tickets_page, READ, N_("Tickets"), "requester_tickets.html", query=TicketQuery),
    View("GET", ONE + "/at-risk", at_risk_page, READ, N_("Tickets at risk of their deadline"), "requester_at_risk.html",
         query=AtRiskQuery),
    View("GET", "/tickets/{ticket_id}", ticket_page, READ, N_("Ticket"), "requester_ticket.html"),
    View("GET", ONE + "/results", results_page, READ, N_("Results"), "requester_results.html"),
    View("GET", ONE + "/results.{format}", results_file, READ, query=ResultsQuery, transaction=False),
)  # fmt: skip
