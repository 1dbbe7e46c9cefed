"""Taking up a ticket again after its end: steps are done anew, and what depends on them follows.

Nothing that was done is undone here: answers stay as they were decided. What a reopening means for their money is for payouts, which
takes the event `ticket.reopened` (its key is the reopening's id).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from piecework.platform import db, jobs, trail
from piecework.platform.errors import Forbidden, Invalid
from piecework.platform.identity.models import Role
from piecework.platform.identity.principal import Principal
from piecework.platform.said import Said
from piecework.tasks import projects, splitting, workflows
from piecework.tasks.errors import BudgetExceeded, NothingToRedo, OwnProject, ProjectArchived, TicketNotEnded
from piecework.tasks.flow import Known
from piecework.tasks.models import Project, TicketState
from piecework.tasks.workflows import WorkflowSpec

MAY_CLAW_BACK = frozenset({Role.CURATOR, Role.ADMINISTRATOR})

LOCK = "SELECT * FROM ticket WHERE id = $1 FOR UPDATE"
NEWEST = """
SELECT DISTINCT ON (s.key) s.key, t.id FROM task t JOIN step s ON s.id = t.step_id
WHERE t.ticket_id = $1 AND s.key = ANY ($2) ORDER BY s.key, t.iteration DESC
"""
REOPEN = """
UPDATE ticket k SET state = 'open', resolved_at = NULL, result = NULL,
       deadline_at = greatest(k.deadline_at, now() + make_interval(mins => p.sla_minutes))
FROM project p WHERE k.id = $1 AND p.id = k.project_id
"""
RECORD = """
INSERT INTO reopening (ticket_id, number, reason, redo, replaced, resolved_at, claw_back, appeal_days, actor)
SELECT $1, 1 + coalesce(max(number), 0), $2, $3, $4, $5, $6, $7, $8 FROM reopening WHERE ticket_id = $1 RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Reopening:
    """How a ticket is taken up again. `claw_back` asks for the money of the answers that are done anew, as far as it is on hold.

    Whose money that is may object to it for `appeal_days`.
    """

    redo: Sequence[str]
    reason: str
    appeal_days: int
    claw_back: bool = False


async def reopen(principal: Principal, ticket_id: UUID, how: Reopening) -> UUID:
    """Open an ended ticket again, with new tasks of the named steps; returns the reopening's id.

    Of steps that depend on each other the first is opened; the others follow, as all that depends on them. The ticket gets a new
    deadline, as if it came now. Records `ticket.reopened`.

    Raises:
        NotFound: there is no such ticket that the caller may know of.
        Forbidden: who is neither curator nor administrator asks to claw back.
        OwnProject: the project's requester asks to, whatever other roles they have.
        ProjectArchived, TicketNotEnded, NothingToRedo, BudgetExceeded: see there.
        Invalid: the ticket's workflow has no such step.
    """
    await projects.ticket_by_id(principal, ticket_id)
    if how.claw_back and not principal.roles & MAY_CLAW_BACK:
        raise Forbidden(Said("Only a curator decides that money is taken back."))
    ticket = await db.row(LOCK, ticket_id)
    assert ticket is not None
    project = await Project.get(id=ticket["project_id"])
    if how.claw_back and project.requester_id == principal.account_id:
        raise OwnProject
    if project.state == "archived":
        raise ProjectArchived
    if ticket["state"] == TicketState.OPEN:
        raise TicketNotEnded
    spec, step_ids = (await workflows.load([ticket["workflow_id"]]))[ticket["workflow_id"]]
    redo = list(dict.fromkeys(how.redo))
    unknown = [key for key in redo if key not in step_ids]
    if unknown:
        message = Said("The ticket's workflow has no step %(steps)s.", steps=", ".join(unknown))
        raise Invalid(errors=[{"field": "redo", "code": "unknown_step", "message": message}])
    newest = {row["key"]: row["id"] for row in await db.rows(NEWEST, ticket_id, redo)}
    if len(newest) < len(redo):
        raise NothingToRedo(
            Said("These steps were never done: %(steps)s.", steps=", ".join(key for key in redo if key not in newest))
        )
    await db.execute(REOPEN, ticket_id)
    opened = await db.row(LOCK, ticket_id)
    so_far = (await splitting.known_of([ticket_id]))[ticket_id]
    if not await splitting.open_anew(opened, spec, step_ids, iterations(spec, so_far, redo), so_far):
        raise BudgetExceeded
    replaced = [newest[key] for key in redo]
    made: UUID = await db.scalar(
        RECORD, ticket_id, how.reason, redo, replaced, ticket["resolved_at"], how.claw_back, how.appeal_days, principal.account_id
    )
    await trail.record(
        principal.account_id, "ticket.reopened", "ticket", ticket_id, reason=how.reason, redo=redo, claw_back=how.claw_back
    )
    await jobs.record("ticket.reopened", [(str(made), {"ticket": str(ticket_id)})])
    return made


def iterations(spec: WorkflowSpec, known: Mapping[str, Known], redo: Sequence[str]) -> dict[str, int]:
    """Which steps are to be opened to do these anew, and at which iteration.

    That is one above all that was done of the step and of what depends on it: only then all of that follows. A step that depends on
    another one that is done anew follows by itself.
    """
    follows: dict[str, set[str]] = {}
    for step in reversed(spec.order()):
        later = [other for other in spec.steps if step.key in other.after]
        follows[step.key] = {other.key for other in later}.union(*(follows[other.key] for other in later))
    first = [key for key in redo if not any(key in follows[other] for other in redo)]
    return {key: 1 + max(known[one].iteration for one in {key, *follows[key]} if one in known) for key in first}
