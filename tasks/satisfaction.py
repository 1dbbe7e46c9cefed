"""What customers thought of the help they got: one mark from 1 to 5 per ticket, told by its requester."""

from uuid import UUID

from piecework.platform import db, trail
from piecework.tasks.errors import TicketRated


async def rate(actor: UUID, ticket_id: UUID, *, score: int, comment: str, replace: bool) -> int:
    """Record the mark of a ticket, or with `replace` a new one that counts instead; returns its revision.

    Raises:
        TicketRated: it has one, and it is not to be replaced.
    """
    await db.execute("SELECT FROM ticket WHERE id = $1 FOR NO KEY UPDATE", ticket_id)
    last: int = await db.scalar("SELECT coalesce(max(revision), 0) FROM satisfaction WHERE ticket_id = $1", ticket_id)
    if last and not replace:
        raise TicketRated
    await db.execute(
        "INSERT INTO satisfaction (ticket_id, revision, score, comment, rated_by) VALUES ($1, $2, $3, $4, $5)",
        ticket_id,
        last + 1,
        score,
        comment,
        actor,
    )
    await trail.record(actor, "ticket.rated", "ticket", ticket_id, score=score, revision=last + 1)
    return last + 1
