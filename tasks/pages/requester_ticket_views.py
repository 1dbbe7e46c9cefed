"""The requester's tickets: the list, one with its way through the steps, intake of one, by paste and from a file."""

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import StringConstraints

from piecework.platform import db
from piecework.platform.errors import Invalid
from piecework.platform.pages.view import N_, Go, Shown, View
from piecework.platform.web.operation import Call, Shape
from piecework.tasks import policy, projects
from piecework.tasks.api import work
from piecework.tasks.importing.bad import BadFile, BadRow
from piecework.tasks.importing.csv_file import csv_outcomes
from piecework.tasks.importing.files import Lines
from piecework.tasks.intake import TicketIn
from piecework.tasks.models import Channel, Project, TicketState
from piecework.tasks.pages.requester_project_views import ONE, project_of
from piecework.tasks.schemas.work import Source, TicketQuery, TicketsIn
from piecework.tasks.workflows import read_step

MOST_ROWS = 1000
MOST_SHOWN = 100
FEW = 5
LONGEST = 4_000_000
PASTED = Path("The text")
"""What stands for a file's name in the words of what is wrong with it."""


class OneForm(TicketIn):
    """One ticket, with where it comes from."""

    source: Source = "pages"


class RowsForm(Shape):
    """Tickets as CSV; only looked at, or sent."""

    source: Source = "pages"
    rows: Annotated[str, StringConstraints(max_length=LONGEST)] = ""
    send: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """What rows hold: tickets, and what could not be one."""

    tickets: Sequence[TicketIn]
    bad: Sequence[BadRow]


def read_rows(text: str) -> Rows:
    """The tickets in a CSV text, as strict as an import's.

    Raises:
        Invalid: it is not such a text, or it has more than 1,000 tickets.
    """
    lines = Lines(io.BufferedReader(io.BytesIO(text.encode(errors="replace"))), PASTED)
    try:
        outcomes = list(csv_outcomes(lines, PASTED))
    except BadFile as error:
        raise Invalid(str(error), errors=[{"field": "rows", "code": "bad_rows", "message": str(error)}]) from None
    found = Rows([one for one in outcomes if not isinstance(one, BadRow)], [one for one in outcomes if isinstance(one, BadRow)])
    if len(found.tickets) > MOST_ROWS:
        message = f"At most {MOST_ROWS} tickets at once. Larger files: piecework import tickets."
        raise Invalid(message, errors=[{"field": "rows", "code": "too_long", "message": message}])
    return found


async def tickets_page(call: Call, query: TicketQuery) -> Shown:
    """A project's tickets in the order they came."""
    project = await project_of(call)
    return {
        "project": project,
        "found": await work.list_tickets(call, query),
        "state": query.state.value if query.state else "",
        "states": [one.value for one in TicketState],
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
    }


async def intake_page(call: Call) -> Shown:
    """The forms for tickets."""
    return {**await _around(call), "rows": None, "done": None, "pasted": ""}


async def _around(call: Call) -> dict[str, Any]:
    return {"project": await project_of(call), "channels": [one.value for one in Channel], "columns": list(TicketIn.model_fields)}


async def send_one(call: Call, form: OneForm) -> Go:
    """Send one ticket, and go on to it."""
    ticket = TicketIn.model_validate(form.model_dump(exclude={"source"}))
    reply = await work.send_tickets(call, TicketsIn(source=form.source, tickets=[ticket]))
    return Go(
        f"/tickets/{reply.tickets[0].ticket_id}",
        N_("The ticket is sent.") if reply.added else N_("This ticket was known already."),
    )


async def send_rows(call: Call, form: RowsForm, file: bytes) -> Shown:
    """Look at rows, or send the good ones of them; the others are shown with what is wrong with them."""
    text = file.decode("utf-8-sig", "replace").replace("\x00", "\ufffd") if file else form.rows
    rows = await asyncio.to_thread(read_rows, text)
    done = None
    if form.send and rows.tickets:
        done = await work.send_tickets(call, TicketsIn(source=form.source, tickets=list(rows.tickets)))
    return {
        **await _around(call),
        "rows": rows,
        "bad": rows.bad[:MOST_SHOWN],
        "few": rows.tickets[:FEW],
        "done": done,
        "source": form.source,
        "pasted": "" if done else text,
    }


LISTED = ONE + "/tickets"
INTAKE = ONE + "/intake"
VIEWS = (
    View("GET", LISTED, tickets_page, policy.TICKETS_READ, N_("Tickets"), "requester_tickets.html", query=TicketQuery),
    View("GET", "/tickets/{ticket_id}", ticket_page, policy.TICKETS_READ, N_("Ticket"), "requester_ticket.html"),
    View("GET", INTAKE, intake_page, policy.TICKETS_WRITE, N_("Send tickets"), "requester_intake.html"),
    View("POST", LISTED, send_one, policy.TICKETS_WRITE, form=OneForm, again=INTAKE),
    View("POST", INTAKE, send_rows, policy.TICKETS_WRITE, N_("Send tickets"), "requester_intake.html", form=RowsForm, file=True,
         again=INTAKE, body_limit_bytes=4 * 1024 * 1024),
)  # fmt: skip
