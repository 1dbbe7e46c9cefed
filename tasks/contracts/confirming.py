"""Illness that is longer than a person's word reaches: a curator confirms or refuses it with a reason, which they may object to."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from piecework.platform import db, jobs, notices, trail
from piecework.platform.jobs import Job
from piecework.tasks import objections
from piecework.tasks.contracts import leave
from piecework.tasks.contracts.limits import OBJECT_WITHIN
from piecework.tasks.errors import NothingToConfirm, OwnAbsence

SUBJECT = "leave"
CONFIRMED = "leave.confirmed"
WON = "An objection to the refusal was upheld."

DECIDE = """
UPDATE leave SET decision = $2, decided_by = $3, decided_at = clock_timestamp(), reason = $4 WHERE id = $1 AND needs_confirmation
  AND decision IS NOT DISTINCT FROM $5 AND cut_to IS DISTINCT FROM starts_at RETURNING freelancer_id"""


async def decide(actor: UUID, leave_id: UUID, *, confirm: bool, reason: str) -> None:
    """Confirm an illness, which counts from then on (event `leave.confirmed` {freelancer_id, leave_id}), or refuse it; once.

    The person is told with the reason; to a refusal they may object.

    Raises:
        NotFound: there is none.
        OwnAbsence, NothingToConfirm: see there.
    """
    found = await leave.one(leave_id)
    if actor == found["freelancer_id"]:
        raise OwnAbsence
    decision = "confirmed" if confirm else "refused"
    freelancer_id = await db.scalar(DECIDE, leave_id, decision, actor, reason, None)
    if freelancer_id is None:
        raise NothingToConfirm
    if confirm:
        await _record(freelancer_id, leave_id)
    else:
        await objections.note(
            SUBJECT,
            leave_id,
            freelancer_id,
            words=f"Your illness from {found['starts_at'].isoformat(timespec='minutes')} was not confirmed: {reason}",
            evidence={"from": found["starts_at"].isoformat(), "to": found["ends_at"].isoformat(), "their words": found["words"]},
            involved=[actor],
            within=OBJECT_WITHIN,
        )
    await trail.record(actor, f"leave.{decision}", "account", freelancer_id, reason=reason, leave=leave_id)
    await notices.send(
        [freelancer_id], f"leave.{decision}", f"Your illness was {decision}", reason, link="/me/leave", key=str(leave_id)
    )


async def waiting(after: UUID, limit: int) -> list[dict[str, Any]]:
    """Absences that wait for somebody to confirm them, the longest waiting first."""
    found = await db.rows(
        f"""{leave.SHOWN} WHERE l.needs_confirmation AND l.decision IS NULL AND l.cut_to IS DISTINCT FROM l.starts_at AND l.id > $1
            ORDER BY l.id LIMIT $2""",
        after,
        limit,
    )
    return [dict(row) for row in found]


async def appeals_decided(decided: Sequence[Job]) -> None:
    """Objections were answered: what was refused wrongly is confirmed. Doing it twice changes nothing."""
    for job in decided:
        if job.payload["subject"] == SUBJECT and job.payload["outcome"] == objections.State.UPHELD:
            leave_id = UUID(job.payload["subject_id"])
            freelancer_id = await db.scalar(DECIDE, leave_id, "confirmed", None, WON, "refused")
            if freelancer_id is not None:
                await _record(freelancer_id, leave_id)
                await trail.record(None, CONFIRMED, "account", freelancer_id, reason=WON, leave=leave_id)


async def _record(freelancer_id: UUID, leave_id: UUID) -> None:
    await jobs.record(CONFIRMED, [(str(leave_id), {"freelancer_id": str(freelancer_id), "leave_id": str(leave_id)})])
