"""A curator's decision on one answer."""

from uuid import UUID

from piecework.platform import db, trail
from piecework.platform.errors import NotFound
from piecework.quality.errors import NotAwaitingReview, OwnWork
from piecework.tasks import decisions
from piecework.tasks.decisions import WHOLE, Basis, Verdict

BY_CURATOR = "rejected_by_curator"


async def review(actor: UUID, assignment_id: UUID, *, accept: bool, reason: str) -> str:
    """Accept or reject a submitted answer; returns its new state. The row is locked, so two curators cannot both decide.

    Raises:
        NotFound, OwnWork, NotAwaitingReview: no such assignment; the curator's own; decided already or not submitted.
    """
    row = await db.row(
        """SELECT a.freelancer_id, a.state, t.id AS task_id, t.overlap, t.state AS task_state
           FROM assignment a JOIN task t ON t.id = a.task_id WHERE a.id = $1 FOR UPDATE""",
        assignment_id,
    )
    if row is None:
        raise NotFound
    if row["freelancer_id"] == actor:
        raise OwnWork
    if row["state"] != "submitted":
        raise NotAwaitingReview(f"It is {row['state']}.")
    verdict = Verdict(assignment_id, WHOLE, Basis.CURATOR, actor=actor)
    if not accept:
        verdict = Verdict(assignment_id, 0, Basis.CURATOR, BY_CURATOR, reason, actor)
    await decisions.decide([verdict])
    if not accept and row["task_state"] == "open":  # a rejected answer takes no part in the consensus: somebody else is asked
        await decisions.want_one_more(row["task_id"], row["overlap"] + 1)
    state = "accepted" if accept else "rejected"
    await trail.record(actor, f"answer.{state}", "assignment", assignment_id, reason=reason)
    return state
