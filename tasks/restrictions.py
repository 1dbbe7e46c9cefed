"""Restrictions: what a person may not do for a time, by a named person's decision, with a reason and an end. They show it to them."""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from piecework.platform import db, jobs, trail
from piecework.platform.errors import NotFound
from piecework.tasks.qualifications import freelancer


class Kind(StrEnum):
    """In steps: audits (answers wait for a second look) · project (none of one project) · pay (held back) · block (no tasks)."""

    AUDITS = "audits"
    PROJECT = "project"
    PAY = "pay"
    BLOCK = "block"


async def impose(actor: UUID, freelancer_id: UUID, *, kind: Kind, project_id: UUID | None, days: int, reason: str) -> UUID:
    """Restrict a freelancer from now on for `days` (1..365); returns its id. Claims heed it from the next one on.

    Raises:
        NotFound, NotAFreelancer, OwnContract: no such account, not a freelancer, oneself.
    """
    await freelancer(actor, freelancer_id)
    made: UUID = await db.scalar(
        """INSERT INTO restriction (freelancer_id, kind, project_id, reason, imposed_by, ends_at)
           VALUES ($1, $2, $3, $4, $5, now() + $6::interval) RETURNING id""",
        freelancer_id,
        str(kind),
        project_id,
        reason,
        actor,
        timedelta(days=days),
    )
    await trail.record(actor, "restriction.imposed", "account", freelancer_id, reason=reason, restriction=made, kind=str(kind))
    await jobs.record("restriction.changed", [(str(made), {})])
    return made


async def lift(actor: UUID | None, restriction_id: UUID, reason: str) -> None:
    """End a restriction early (`actor` None: the system, by a missed deadline). Lifting it twice changes nothing.

    Raises:
        NotFound: there is none.
    """
    freelancer_id = await db.scalar("SELECT freelancer_id FROM restriction WHERE id = $1 FOR UPDATE", restriction_id)
    if freelancer_id is None:
        raise NotFound
    lifted = await db.execute(
        "UPDATE restriction SET lifted_at = now(), lifted_by = $2, lift_reason = $3 WHERE id = $1 AND lifted_at IS NULL",
        restriction_id,
        actor,
        reason,
    )
    if lifted:
        await trail.record(actor, "restriction.lifted", "account", freelancer_id, reason=reason, restriction=restriction_id)
        await jobs.record("restriction.changed", [(f"{restriction_id}:lifted", {})])


async def of(freelancer_id: UUID, on: str = db.APP) -> Sequence[dict[str, Any]]:
    """A person's restrictions, newest first, with whether each holds now."""
    return [
        dict(row)
        for row in await db.rows(
            """SELECT r.id, r.kind, p.code AS project, r.reason, r.starts_at, r.ends_at, r.lifted_at, r.lift_reason,
                      r.lifted_at IS NULL AND r.ends_at > now() AS active
               FROM restriction r LEFT JOIN project p ON p.id = r.project_id WHERE r.freelancer_id = $1
               ORDER BY r.id DESC LIMIT 200""",
            freelancer_id,
            on=on,
        )
    ]


async def under_audit(people: Sequence[UUID]) -> set[UUID]:
    """Who of these people is restricted to audited work now."""
    found = await db.rows(
        "SELECT DISTINCT freelancer_id FROM restriction_now WHERE kind = 'audits' AND freelancer_id = ANY ($1)", list(people)
    )
    return {row["freelancer_id"] for row in found}
