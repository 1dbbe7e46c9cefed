"""Contracts and qualifications: what one has agreed to, and what one is admitted to."""

from typing import Any
from uuid import UUID

from piecework.platform import db, trail
from piecework.platform.errors import Invalid, NotFound
from piecework.platform.identity.models import Account, Role
from piecework.platform.ids import uuid7
from piecework.tasks.errors import NotAFreelancer, OwnContract
from piecework.tasks.models import Qualification


async def freelancer(actor: UUID, account_id: UUID) -> None:
    """Make sure that the account is a freelancer's, and not the actor's own.

    Raises:
        OwnContract, NotFound, NotAFreelancer: see there.
    """
    if actor == account_id:
        raise OwnContract
    account = await Account.get_or_none(id=account_id)
    if account is None:
        raise NotFound
    if Role.FREELANCER not in account.roles:
        raise NotAFreelancer


async def agree(
    actor: UUID, freelancer_id: UUID, *, zone: str, weekly_norm: int, weekly_cap: int, max_held: int
) -> dict[str, Any]:
    """Give a freelancer the next version of their contract; its caps hold from the next claim on.

    Raises:
        NotFound, NotAFreelancer, OwnContract, Invalid: no such account, not a freelancer, oneself, not a time zone.
    """
    await freelancer(actor, freelancer_id)
    # The database reckons the weeks, and its zones are not quite those of this machine ("localtime", "posixrules").
    if not await db.scalar("SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1)", zone):
        raise Invalid(errors=[{"field": "zone", "code": "unknown_zone", "message": "Not an IANA time zone."}])
    await db.execute("SELECT id FROM account WHERE id = $1 FOR NO KEY UPDATE", freelancer_id)
    made = await db.row(
        """INSERT INTO contract (freelancer_id, version, zone, weekly_norm, weekly_cap, max_held)
           SELECT $1, 1 + coalesce(max(version), 0), $2, $3, $4, $5 FROM contract WHERE freelancer_id = $1
           RETURNING id, freelancer_id, version, zone, weekly_norm, weekly_cap, max_held, created_at""",
        freelancer_id,
        zone,
        weekly_norm,
        weekly_cap,
        max_held,
    )
    assert made is not None
    await db.execute(
        """INSERT INTO workload (freelancer_id, zone, max_held, weekly_cap) VALUES ($1, $2, $3, $4)
           ON CONFLICT (freelancer_id) DO UPDATE SET zone = $2, max_held = $3, weekly_cap = $4,
               week_ends = CASE WHEN workload.zone <> $2 AND workload.week_ends > clock_timestamp()
                                THEN week_end($2, clock_timestamp()) ELSE workload.week_ends END""",
        freelancer_id,
        zone,
        max_held,
        weekly_cap,
    )
    await trail.record(actor, "contract.agreed", "account", freelancer_id, version=made["version"])
    return dict(made)


async def qualify(actor: UUID, freelancer_id: UUID, *, code: str, level: int, reason: str) -> Qualification:
    """Admit a freelancer to a qualification at a level; an earlier level of the same code ends.

    Raises:
        NotFound, NotAFreelancer, OwnContract: see there.
    """
    await freelancer(actor, freelancer_id)
    # One grant at a time, so that a second one ends the first rather than meeting it.
    await db.execute("SELECT id FROM account WHERE id = $1 FOR NO KEY UPDATE", freelancer_id)
    await db.execute(
        "UPDATE qualification SET revoked_at = now() WHERE freelancer_id = $1 AND code = $2 AND revoked_at IS NULL",
        freelancer_id,
        code,
    )
    made = await Qualification.create(
        id=uuid7(), freelancer_id=freelancer_id, code=code, level=level, granted_by=actor, reason=reason
    )
    await trail.record(actor, "qualification.granted", "account", freelancer_id, reason=reason, code=code, level=level)
    return made


async def disqualify(actor: UUID, freelancer_id: UUID, code: str, reason: str) -> None:
    """End a qualification; what the person holds already may still be submitted.

    Raises:
        NotFound: they do not have it.
    """
    ended = await db.execute(
        "UPDATE qualification SET revoked_at = now() WHERE freelancer_id = $1 AND code = $2 AND revoked_at IS NULL",
        freelancer_id,
        code,
    )
    if not ended:
        raise NotFound
    await trail.record(actor, "qualification.revoked", "account", freelancer_id, reason=reason, code=code)


async def reinstate(actor: UUID | None, qualification_id: UUID, reason: str) -> None:
    """Grant a revoked qualification again at its level, unless the person has it.

    `actor` None is the system: then it stands in the name of who granted it before.
    """
    old = await db.row("SELECT freelancer_id, code, level, granted_by FROM qualification WHERE id = $1", qualification_id)
    assert old is not None
    freelancer_id, code = old["freelancer_id"], old["code"]
    await db.execute("SELECT id FROM account WHERE id = $1 FOR NO KEY UPDATE", freelancer_id)
    current = "FROM qualification WHERE freelancer_id = $1 AND code = $2 AND revoked_at IS NULL"
    if await db.scalar(f"SELECT EXISTS (SELECT {current} AND level >= $3)", freelancer_id, code, old["level"]):
        return
    await db.execute(f"UPDATE qualification SET revoked_at = now() WHERE id IN (SELECT id {current})", freelancer_id, code)
    await Qualification.create(
        id=uuid7(),
        freelancer_id=freelancer_id,
        code=code,
        level=old["level"],
        granted_by=actor or old["granted_by"],
        reason=reason,
    )
    await trail.record(
        actor,
        "qualification.granted",
        "account",
        freelancer_id,
        reason=reason,
        code=code,
        level=old["level"],
        again=qualification_id,
    )
