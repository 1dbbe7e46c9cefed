"""Illness that is longer than a person's word reaches: a curator confirms it or, in time and with a reason, refuses it.

To a refusal the person may object. What nobody has decided on in time is confirmed.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from piecework.platform import db, notices, trail
from piecework.platform.jobs import Job
from piecework.platform.said import Said, is_ours, ours
from piecework.tasks import objections
from piecework.tasks.contracts import leave
from piecework.tasks.contracts.limits import CONFIRM_WITHIN, OBJECT_WITHIN
from piecework.tasks.errors import NothingToConfirm, OwnAbsence

SUBJECT = "leave"
WON = ours(Said("An objection to the refusal was upheld."))
UNDECIDED = ours(Said("Nobody decided in time, so it is as you told."))

DECIDE = """
UPDATE leave SET decision = $2, decided_by = $3, decided_at = clock_timestamp(), reason = $4 WHERE id = $1 AND needs_confirmation
  AND decision IS NOT DISTINCT FROM $5 AND cut_to IS DISTINCT FROM starts_at RETURNING freelancer_id"""
OVERDUE = """
SELECT id FROM leave WHERE needs_confirmation AND decision IS NULL AND cut_to IS DISTINCT FROM starts_at
  AND told_at <= clock_timestamp() - $1::interval ORDER BY told_at LIMIT $2"""
WAITS = "l.needs_confirmation AND l.decision IS NULL AND l.cut_to IS DISTINCT FROM l.starts_at"
BATCH = 500


async def decide(actor: UUID, leave_id: UUID, *, confirm: bool, reason: str) -> None:
    """Confirm an illness, which counts from then on, or refuse it; once.

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
    if not confirm:
        await objections.note(
            SUBJECT,
            leave_id,
            freelancer_id,
            words=Said("Your illness from %(from)s was not confirmed: %(reason)s", **{"from": found["starts_at"]}, reason=reason),
            evidence={
                "from": Said("%(at)s", at=found["starts_at"]),
                "to": Said("%(at)s", at=found["ends_at"]),
                "their words": found["words"],
            },
            involved=[actor],
            within=OBJECT_WITHIN,
        )
    await _tell(actor, freelancer_id, leave_id, decision, reason)


async def confirm_overdue() -> None:
    """Confirm what has waited too long, at most `BATCH` at a time. Doing it twice changes nothing, and a curator's decision stays."""
    for row in await db.rows(OVERDUE, CONFIRM_WITHIN, BATCH):
        freelancer_id = await db.scalar(DECIDE, row["id"], "confirmed", None, UNDECIDED, None)
        if freelancer_id is not None:
            await _tell(None, freelancer_id, row["id"], "confirmed", UNDECIDED)


async def waiting(after: UUID, limit: int) -> list[dict[str, Any]]:
    """Absences that wait for somebody to confirm them, the longest waiting first."""
    found = await db.rows(
        f"{leave.SHOWN} WHERE {WAITS} AND l.id > $1 ORDER BY l.id LIMIT $2",
        after,
        limit,
    )
    return [dict(row) for row in found]


async def count(actor: UUID) -> int:
    """How many of them this person may decide on: all but their own."""
    return int(await db.scalar(f"SELECT count(*) FROM leave l WHERE {WAITS} AND l.freelancer_id <> $1", actor))


async def appeals_decided(decided: Sequence[Job]) -> None:
    """Objections were answered: what was refused wrongly is confirmed. Doing it twice changes nothing."""
    for job in decided:
        if job.payload["subject"] == SUBJECT and job.payload["outcome"] == objections.State.UPHELD:
            leave_id = UUID(job.payload["subject_id"])
            freelancer_id = await db.scalar(DECIDE, leave_id, "confirmed", None, WON, "refused")
            if freelancer_id is not None:
                await _tell(None, freelancer_id, leave_id, "confirmed", WON)


async def _tell(actor: UUID | None, freelancer_id: UUID, leave_id: UUID, decision: str, reason: str) -> None:
    await trail.record(actor, f"leave.{decision}", "account", freelancer_id, reason=reason, leave=leave_id)
    words = Said(reason) if is_ours(reason) else reason
    title = Said("Your illness was confirmed") if decision == "confirmed" else Said("Your illness was refused")
    await notices.send([freelancer_id], f"leave.{decision}", title, words, link="/me/leave", key=str(leave_id))
