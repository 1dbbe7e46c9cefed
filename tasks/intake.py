"""Intake: tickets come in masked, once per (project, source, external id), with the deadline they came with."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import orjson
from pydantic import Field, StringConstraints

from piecework.platform import db, jobs
from piecework.platform.ids import uuid7
from piecework.platform.web.operation import Moment, Shape
from piecework.tasks import workflows
from piecework.tasks.errors import NoWorkflow, ProjectArchived
from piecework.tasks.masking import mask
from piecework.tasks.models import Channel, Project

Line = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class TicketIn(Shape):
    """A ticket as a helpdesk sends it. Without a deadline the project's SLA counts from now."""

    external_id: Line
    channel: Annotated[Channel, Field(strict=False)]
    language: Annotated[str, StringConstraints(pattern="^[a-z]{2}$")]
    subject: Annotated[str, StringConstraints(max_length=500)] = ""
    text: Annotated[str, StringConstraints(min_length=1, max_length=50_000)]
    urgent: bool = False
    deadline_at: Moment | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """One ticket's outcome: its id, and whether it is new or was known."""

    external_id: str
    ticket_id: UUID
    new: bool


NEW_TICKETS = """
INSERT INTO ticket (id, project_id, workflow_id, source, external_id, channel, language, subject, text, urgent, deadline_at)
SELECT n.id, $1, $2, $3, n.external_id, n.channel, n.language, n.subject, n.text, n.urgent,
       coalesce(n.deadline_at, now() + make_interval(mins => $4))
FROM unnest($5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::boolean[], $12::timestamptz[])
     AS n (id, external_id, channel, language, subject, text, urgent, deadline_at)
ON CONFLICT ON CONSTRAINT ticket_external_key DO NOTHING
RETURNING id, external_id
"""

ORIGINALS = """
INSERT INTO ticket_original (ticket_id, subject, text, found)
SELECT n.id, n.subject, n.text, n.found::jsonb FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS n (id, subject, text, found)
"""


async def receive(project: Project, source: str, tickets: Sequence[TicketIn]) -> list[Received]:
    """Take tickets in, in the current transaction; each is split into tasks by a job after the commit.

    The same (source, external_id) again adds nothing and changes nothing, whether it comes later or twice in one call.

    Raises:
        NoWorkflow, ProjectArchived: the project cannot take tickets.
    """
    workflow_id = await ready_workflow(project)
    once = {ticket.external_id: ticket for ticket in reversed(tickets)}
    rows = await asyncio.to_thread(lambda: [_row(ticket) for ticket in once.values()])  # masking is work for a processor
    made = await db.rows(
        NEW_TICKETS,
        project.id,
        workflow_id,
        source,
        project.sla_minutes,
        *[
            [row[name] for row in rows]
            for name in ("id", "external_id", "channel", "language", "subject", "text", "urgent", "deadline_at")
        ],
    )
    ids = {row["external_id"]: row["id"] for row in made}
    fresh = [row for row in rows if row["external_id"] in ids]
    await db.execute(
        ORIGINALS,
        [row["id"] for row in fresh],
        [row["original_subject"] for row in fresh],
        [row["original_text"] for row in fresh],
        [row["found"] for row in fresh],
    )
    await jobs.enqueue("tasks.split", [(str(ticket_id), {}) for ticket_id in ids.values()])
    known = await db.rows(
        "SELECT id, external_id FROM ticket WHERE project_id = $1 AND source = $2 AND external_id = ANY ($3)",
        project.id,
        source,
        [external_id for external_id in once if external_id not in ids],
    )
    ids_known = {row["external_id"]: row["id"] for row in known}
    seen: set[str] = set()
    out: list[Received] = []
    for ticket in tickets:
        new = ticket.external_id in ids and ticket.external_id not in seen
        seen.add(ticket.external_id)
        out.append(Received(ticket.external_id, ids.get(ticket.external_id) or ids_known[ticket.external_id], new))
    return out


async def ready_workflow(project: Project) -> UUID:
    """The workflow that new tickets of the project get.

    Raises:
        NoWorkflow, ProjectArchived: there is none; the project takes no tickets.
    """
    if project.state != "active":
        raise ProjectArchived
    workflow = await workflows.active(project.id)
    if workflow is None:
        raise NoWorkflow
    return workflow.id


def _row(ticket: TicketIn) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "external_id": ticket.external_id,
        "channel": str(ticket.channel),
        "language": ticket.language,
        "urgent": ticket.urgent,
        "deadline_at": ticket.deadline_at,
        **masked(ticket),
    }


def masked(ticket: TicketIn) -> dict[str, Any]:
    """Subject and text as they may be shown, the originals, and what was found in them (kinds and places, not values)."""
    subject, text = mask(ticket.subject), mask(ticket.text)
    found = {
        part: [[str(f.kind), f.start, f.end] for f in outcome.findings]
        for part, outcome in (("subject", subject), ("text", text))
        if outcome.findings
    }
    return {
        "subject": subject.text,
        "text": text.text,
        "original_subject": ticket.subject,
        "original_text": ticket.text,
        "found": orjson.dumps(found).decode(),
    }
