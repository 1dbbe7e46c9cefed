"""Projects and who may see them: a requester their own, the staff all."""

from collections.abc import Sequence
from uuid import UUID

from tortoise.queryset import QuerySet

from piecework.platform import db, trail
from piecework.platform.errors import NotFound
from piecework.platform.identity.models import Account, Role
from piecework.platform.identity.principal import Principal
from piecework.platform.ids import uuid7
from piecework.tasks.errors import NotARequester, ProjectCodeTaken
from piecework.tasks.models import Project, Ticket

SEES_ALL = frozenset({Role.ADMINISTRATOR, Role.CURATOR, Role.FINANCE})


def visible(principal: Principal) -> QuerySet[Project]:
    """What every query for this caller's projects starts from."""
    return Project.all() if principal.roles & SEES_ALL else Project.filter(requester_id=principal.account_id)


async def project_by_code(principal: Principal, code: str) -> Project:
    """The project with this code, if the caller may know of it.

    Raises:
        NotFound: there is none, or it is another requester's.
    """
    project = await visible(principal).get_or_none(code=code[:60])
    if project is None:
        raise NotFound
    return project


async def ticket_by_id(principal: Principal, ticket_id: UUID) -> Ticket:
    """The ticket, if the caller may know of its project.

    Raises:
        NotFound: there is none, or it is another requester's.
    """
    ticket = await Ticket.get_or_none(id=ticket_id)
    if ticket is None or not await visible(principal).filter(id=ticket.project_id).exists():
        raise NotFound
    return ticket


async def may_read_step(principal: Principal, project_id: UUID, step_id: int) -> bool:
    """True for who sees the project, and for a freelancer who is qualified for the step or has worked on it."""
    if principal.roles & (SEES_ALL | {Role.REQUESTER}) and await visible(principal).filter(id=project_id).exists():
        return True
    return bool(
        await db.scalar(
            """SELECT EXISTS (SELECT FROM queue q JOIN qualification ql ON ql.code = q.qualification AND ql.level >= q.level
                              WHERE q.step_id = $2 AND ql.freelancer_id = $1 AND ql.revoked_at IS NULL)
                   OR EXISTS (SELECT FROM assignment a WHERE a.freelancer_id = $1 AND a.step_id = $2)""",
            principal.account_id,
            step_id,
        )
    )


async def page(principal: Principal, after: UUID, limit: int) -> Sequence[Project]:
    """The caller's projects in the order they were made."""
    return await visible(principal).filter(id__gt=after).order_by("id").limit(limit)


async def create(principal: Principal, requester_id: UUID | None, **fields: object) -> Project:
    """Make a project. It belongs to the requester who makes it; an administrator names whose it is.

    Raises:
        NotARequester: it would belong to nobody who sends tickets.
        ProjectCodeTaken: see there.
    """
    owner_id = requester_id if requester_id is not None and Role.ADMINISTRATOR in principal.roles else principal.account_id
    owner = await Account.get_or_none(id=owner_id)
    if owner is None or not {Role.REQUESTER, Role.ADMINISTRATOR} & set(owner.roles):
        raise NotARequester
    identifier = uuid7()
    made = await db.execute(
        """INSERT INTO project (id, requester_id, code, name, currency, sla_minutes, control_rate)
           VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT ON CONSTRAINT project_code_key DO NOTHING""",
        identifier,
        owner_id,
        *fields.values(),
    )
    if not made:
        raise ProjectCodeTaken
    await trail.record(principal.account_id, "project.created", "project", identifier, requester=owner_id)
    return await Project.get(id=identifier)
