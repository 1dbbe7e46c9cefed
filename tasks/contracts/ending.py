"""The end of a contract: by staff with notice and a reason, which the person may object to; by the person at any time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from piecework.platform import db, jobs, notices, trail
from piecework.platform.errors import Invalid
from piecework.platform.jobs import Job
from piecework.platform.said import Said, ours
from piecework.tasks import objections
from piecework.tasks.contracts import offers, versions
from piecework.tasks.contracts.limits import FARTHEST, OBJECT_WITHIN
from piecework.tasks.errors import EndsAlready, NothingInForce, OwnContract

SUBJECT = "contract"
ENDED = "contract.ended"

SHOWN = """
SELECT e.id, e.ends_at, e.reason, e.ended_at AS announced_at, u.undone_at, a.appeal_by, a.state AS appeal
FROM contract_end e LEFT JOIN contract_end_undone u ON u.end_id = e.id
LEFT JOIN appealable a ON a.subject = $2 AND a.subject_id = e.id
WHERE e.freelancer_id = $1 ORDER BY e.id DESC"""
END = "INSERT INTO contract_end (freelancer_id, version, ends_at, ended_by, reason) VALUES ($1, $2, $3, $4, $5) RETURNING id"
UNDO = """
INSERT INTO contract_end_undone (end_id) SELECT id FROM contract_end WHERE id = $1
ON CONFLICT DO NOTHING RETURNING (SELECT freelancer_id FROM contract_end WHERE id = $1)"""

GOES_ON = ours(Said("The contract in force goes on."))


async def end(actor: UUID, freelancer_id: UUID, *, ends_at: datetime | None, reason: str) -> UUID:
    """End a person's contract, no sooner than its notice allows (`ends_at` None: then); returns the end's id.

    The person is told, with the reason, and may object; an objection that is upheld undoes the end. What they hold when it comes may
    still be submitted. Open offers are withdrawn; an offer made later starts anew. Records `contract.ended` {freelancer_id, end_id}.

    Raises:
        OwnContract, NotFound, NothingInForce: oneself; no such account; no contract is in force or to come.
        EndsAlready: it ends by then already.
        Invalid: sooner than the notice allows, or more than a year ahead.
    """
    if actor == freelancer_id:
        raise OwnContract
    await versions.check_known(freelancer_id)
    await db.execute(versions.LOCK, freelancer_id)
    version = await _standing(freelancer_id)
    now = await versions.clock()
    earliest = now + await versions.notice(freelancer_id)
    ends_at = ends_at or earliest
    _check_when(ends_at, earliest, now)
    made = await _end(actor, version, ends_at, reason)
    await offers.close_all(actor, freelancer_id, "withdrawn", reason)
    words = Said("Your contract ends at %(at)s: %(reason)s", at=ends_at, reason=reason)
    until = await objections.note(
        SUBJECT,
        made,
        freelancer_id,
        words=words,
        evidence={"version": str(version["version"]), "ends_at": Said("%(at)s", at=ends_at), "reason": reason},
        involved=[actor],
        within=OBJECT_WITHIN,
    )
    body = [
        words,
        Said("You may object until %(until)s.", until=until),
    ]
    await notices.send([freelancer_id], ENDED, Said("Your contract ends"), body, link="/me/contract", key=str(made))
    return made


async def ends(freelancer_id: UUID) -> list[dict[str, Any]]:
    """The ends of a person's contracts, the newest first; those that staff announced with until when they may be objected to."""
    return [dict(row) for row in await db.rows(SHOWN, freelancer_id, SUBJECT)]


async def end_own(me: UUID, *, ends_at: datetime | None, reason: str) -> UUID:
    """End one's own contract, at once or later; returns the end's id. Open offers are declined. Records `contract.ended`.

    Raises:
        NothingInForce, EndsAlready: see `end`.
        Invalid: in the past, or more than a year ahead.
    """
    await db.execute(versions.LOCK, me)
    version = await _standing(me)
    now = await versions.clock()
    _check_when(ends_at or now, now, now)
    made = await _end(me, version, ends_at or now, reason)
    await offers.close_all(me, me, "declined", reason)
    return made


async def appeals_decided(decided: Sequence[Job]) -> None:
    """Objections were answered: ends that were objected to rightly do not hold. Doing it twice changes nothing."""
    for job in decided:
        if job.payload["subject"] == SUBJECT and job.payload["outcome"] == objections.State.UPHELD:
            await _undo(UUID(job.payload["subject_id"]))


async def _undo(end_id: UUID) -> None:
    freelancer_id = await db.scalar(UNDO, end_id)
    if freelancer_id is not None:
        # What was offered meanwhile took no heed of the notice that this contract promises.
        await db.execute(versions.LOCK, freelancer_id)
        await offers.close_all(None, freelancer_id, "withdrawn", GOES_ON)
        await versions.refresh_load(freelancer_id)
        await trail.record(None, "contract.end_undone", "account", freelancer_id, end=end_id)
        body = Said(
            "Your objection was upheld: the contract stays in force as it was. What you were offered meanwhile is withdrawn."
        )
        await notices.send(
            [freelancer_id], "contract.end_undone", Said("Your contract goes on"), body, link="/me/contract", key=str(end_id)
        )


async def _standing(freelancer_id: UUID) -> dict[str, Any]:
    version = await versions.standing(freelancer_id)
    if version is None:
        raise NothingInForce
    return version


def _check_when(ends_at: datetime, earliest: datetime, now: datetime) -> None:
    if not earliest <= ends_at <= now + FARTHEST:
        message = Said("From %(earliest)s on, and within a year.", earliest=earliest)
        raise Invalid(errors=[{"field": "ends_at", "code": "out_of_range", "message": message}])


async def _end(actor: UUID, version: dict[str, Any], ends_at: datetime, reason: str) -> UUID:
    """Write the end down. The caller has locked the account."""
    if version["until"] is not None and version["until"] <= ends_at:
        raise EndsAlready
    freelancer_id: UUID = version["freelancer_id"]
    made: UUID = await db.scalar(END, freelancer_id, version["version"], ends_at, actor, reason)
    await versions.refresh_load(freelancer_id)
    await jobs.record(ENDED, [(str(made), {"freelancer_id": str(freelancer_id), "end_id": str(made)})])
    await trail.record(actor, ENDED, "account", freelancer_id, reason=reason, end=made, ends_at=ends_at)
    return made
