"""The requester's tickets: the list, those at risk, one with its way through the steps, and the results as files."""

from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from starlette.responses import Response

from piecework.platform import db
from piecework.platform.pages.view import N_, Shown, View
from piecework.platform.said import Said
from piecework.platform.web.operation import Call
from piecework.tasks import policy, projects, splitting, workflows
from piecework.tasks.api import requesting, work
from piecework.tasks.budgets import BUDGET
from piecework.tasks.flow import advance
from piecework.tasks.models import Channel, Project, TicketState
from piecework.tasks.pages.requester_project_views import ONE, project_of
from piecework.tasks.schemas.requesting import AtRiskQuery, ResultsQuery
from piecework.tasks.schemas.work import TicketQuery
from piecework.tasks.workflows import read_step

SPANS = (0, 60, 240, 1440)
"""Within how many minutes tickets are due that are listed as at risk."""


class ListQuery(TicketQuery):
    """As the API takes it; a page begins with what came last."""

    order: Literal["oldest", "newest"] = "newest"


async def tickets_page(call: Call, query: ListQuery) -> Shown:
    """A project's tickets, the newest first unless asked otherwise."""
    return {
        "project": await project_of(call),
        "found": await work.list_tickets(call, query),
        "asked": query.model_dump(mode="json", include={"state", "channel", "order"}, exclude_none=True),
        "begins": query.cursor is None,
        "states": [one.value for one in TicketState],
        "channels": [one.value for one in Channel],
    }


async def at_risk_page(call: Call, query: AtRiskQuery) -> Shown:
    """Open tickets that are overdue or due soon, and what they wait for."""
    return {
        "project": await project_of(call),
        "found": await requesting.tickets_at_risk(call, query),
        "within": query.within_minutes,
        "channel": query.channel.value if query.channel else "",
        "channels": [one.value for one in Channel],
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
    stuck = await _stuck(way.id, ticket.workflow_id, result.pop("stuck", None))
    return {
        "project": project,
        "way": way,
        "steps": steps,
        "stuck": stuck,
        "result": [(steps[key], value) for key, value in result.items() if key in steps and isinstance(value, dict)],
        "to_come": [step for key, step in steps.items() if key not in {task.step for task in way.tasks}],
    }


async def _stuck(ticket_id: UUID, workflow_id: UUID, kept: str | None) -> str | Said | None:
    """Why a ticket goes no further: what is kept of it in English is told again from the same facts."""
    if kept in (None, BUDGET):
        return kept
    spec, _ = (await workflows.load([workflow_id]))[workflow_id]
    return advance(spec, (await splitting.known_of([ticket_id]))[ticket_id]).stuck or kept


async def results_page(call: Call) -> Shown:
    """What came of the resolved tickets, to be taken away."""
    return {"project": await project_of(call)}


async def results_file(call: Call, query: ResultsQuery) -> Response:
    """The results as a file."""
    return await requesting.project_results(call, query)


READ = policy.TICKETS_READ
VIEWS = (
    View("GET", ONE + "/tickets", tickets_page, READ, N_("Tickets"), "requester_tickets.html", query=ListQuery),
    View("GET", ONE + "/at-risk", at_risk_page, READ, N_("Tickets at risk of their deadline"), "requester_at_risk.html",
         query=AtRiskQuery),
    View("GET", "/tickets/{ticket_id}", ticket_page, READ, N_("Ticket"), "requester_ticket.html"),
    View("GET", ONE + "/results", results_page, READ, N_("Results"), "requester_results.html"),
    View("GET", ONE + "/results.{format}", results_file, READ, query=ResultsQuery, transaction=False),
)  # fmt: skip
