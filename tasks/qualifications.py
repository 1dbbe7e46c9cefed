"""Qualifications: what a person is admitted to, at which level and line, by whom and why."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from piecework.platform import db, notices, trail
from piecework.platform.errors import NotFound
from piecework.platform.identity.models import Account, Role
from piecework.platform.ids import uuid7
from piecework.platform.said import Said, is_ours
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


async def qualify(
    actor: UUID | None,
    freelancer_id: UUID,
    *,
    code: str,
    level: int,
    reason: str,
    granted_by: UUID,
    line: int = 1,
    languages: Sequence[str] = (),
    expires_at: datetime | None = None,
) -> Qualification:
    """Admit a freelancer to a qualification at a level and line; an earlier one of the same code ends.

    `actor` None is the system; `granted_by` in whose name it stands. No `languages`: tickets of all of them. The caller has made
    sure that it is a freelancer's account, and not that of who decides (`freelancer`).
    """
    # One grant at a time, so that a second one ends the first rather than meeting it.
    await db.execute("SELECT id FROM account WHERE id = $1 FOR NO KEY UPDATE", freelancer_id)
    await db.execute(
        "UPDATE qualification SET revoked_at = now() WHERE freelancer_id = $1 AND code = $2 AND revoked_at IS NULL",
        freelancer_id,
        code,
    )
    made = await Qualification.create(
        id=uuid7(),
        freelancer_id=freelancer_id,
        code=code,
        level=level,
        line=line,
        languages=sorted(set(languages)),
        expires_at=expires_at,
        granted_by=granted_by,
        reason=reason,
    )
    await trail.record(actor, "qualification.granted", "account", freelancer_id, reason=reason, code=code, level=level, line=line)
    return made


async def disqualify(
    actor: UUID | None, freelancer_id: UUID, code: str, reason: str, *, qualification_id: UUID | None = None
) -> UUID:
    """End a qualification (`actor` None: the system) and tell its owner why; what they hold already may still be submitted.

    With `qualification_id` only that grant of it. Returns the id of what was ended.

    Raises:
        NotFound: they do not have it.
    """
    ended: UUID | None = await db.scalar(
        """UPDATE qualification SET revoked_at = now()
           WHERE freelancer_id = $1 AND code = $2 AND revoked_at IS NULL AND ($3::uuid IS NULL OR id = $3) RETURNING id""",
        freelancer_id,
        code,
        qualification_id,
    )
    if ended is None:
        raise NotFound
    await trail.record(actor, "qualification.revoked", "account", freelancer_id, reason=reason, code=code)
    title = Said("Your qualification %(code)s has ended", code=code)
    still = Said("What you hold now you may still submit. You may appeal: GET /me/qualifications says until when.")
    body: list[str | Said] = [Said(reason) if is_ours(reason) else reason, "", still]
    await notices.send([freelancer_id], "qualification.revoked", title, body, link="/me/qualifications", key=str(ended))
    return ended


async def reinstate(actor: UUID | None, qualification_id: UUID, reason: str) -> None:
    """Grant a revoked qualification again as it was, unless the person has it. What has expired meanwhile no longer expires.

    `actor` None is the system: then it stands in the name of who granted it before.
    """
    old = await db.row(
        """SELECT freelancer_id, code, level, line, languages, granted_by, CASE WHEN expires_at > now() THEN expires_at END AS expires_at
           FROM qualification WHERE id = $1""",
        qualification_id,
    )
    assert old is not None
    freelancer_id, code = old["freelancer_id"], old["code"]
    await db.execute("SELECT id FROM account WHERE id = $1 FOR NO KEY UPDATE", freelancer_id)
    has = """SELECT EXISTS (SELECT FROM qualification WHERE freelancer_id = $1 AND code = $2 AND revoked_at IS NULL
             AND level >= $3 AND line >= $4)"""
    if await db.scalar(has, freelancer_id, code, old["level"], old["line"]):
        return
    await qualify(
        actor,
        freelancer_id,
        code=code,
        level=old["level"],
        line=old["line"],
        languages=old["languages"],
        expires_at=old["expires_at"],
        granted_by=actor or old["granted_by"],
        reason=reason,
    )
