"""What a ticket may cost in base prices: nothing is opened and no further answer asked for that would go beyond it.

The bound is the ticket's own, else that of the price list in force, else there is none; a ticket without one costs no statement more.
Reckoned with are the answers given and not refused, those being worked on, and those still wanted. Premiums of the pay rules come on
top: what work will be done at night nobody knows beforehand.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from piecework.platform import db, jobs, trail
from piecework.tasks.models import TicketState

BUDGET = "budget"
"""Why a ticket is stuck that its budget did not allow to go on."""
LOCK = "SELECT state, result ->> 'stuck' AS stuck FROM ticket WHERE id = $1 FOR UPDATE"

BEYOND = """
WITH more AS (
    SELECT n.ticket_id, sum(n.answers * dearest_price(n.step_id, k.language)) AS price
    FROM unnest($1::uuid[], $2::bigint[], $3::int[]) AS n (ticket_id, step_id, answers) JOIN ticket k ON k.id = n.ticket_id GROUP BY 1),
so_far AS (
    SELECT c.ticket_id, sum(c.given + c.working + c.wanted) AS price FROM committed($1::uuid[]) c GROUP BY 1)
SELECT m.ticket_id FROM more m JOIN ticket k ON k.id = m.ticket_id LEFT JOIN so_far s ON s.ticket_id = m.ticket_id
WHERE m.price + coalesce(s.price, 0) > budget_of(k.id, k.project_id)
"""


@dataclass(frozen=True, slots=True)
class More:
    """Answers to a step that a ticket would pay for."""

    ticket_id: UUID
    step_id: int
    answers: int


async def beyond(wanted: Sequence[More]) -> set[UUID]:
    """The tickets that cannot afford this. The caller holds their rows, so that two steps do not share the same money."""
    if not wanted:
        return set()
    columns = [w.ticket_id for w in wanted], [w.step_id for w in wanted], [w.answers for w in wanted]
    return {row["ticket_id"] for row in await db.rows(BEYOND, *columns)}


async def affords_answer(task_id: UUID) -> bool:
    """True if the task's ticket can pay for one more answer. Its row is locked until the transaction ends."""
    row = await db.row(
        "SELECT k.id, t.step_id FROM task t JOIN ticket k ON k.id = t.ticket_id WHERE t.id = $1 FOR UPDATE OF k", task_id
    )
    return row is None or not await beyond([More(row["id"], row["step_id"], 1)])


async def set_budget(actor: UUID, ticket_id: UUID, amount: int | None, reason: str) -> None:
    """Set what this ticket may cost, or with None go back to its price list's bound. What stopped for want of money goes on, if it can.

    The caller has seen that the ticket exists.
    """
    ticket = await db.row(LOCK, ticket_id)
    assert ticket is not None
    if amount is None:
        await db.execute("DELETE FROM ticket_budget WHERE ticket_id = $1", ticket_id)
    else:
        await db.execute(
            """INSERT INTO ticket_budget (ticket_id, amount, set_by) VALUES ($1, $2, $3)
               ON CONFLICT (ticket_id) DO UPDATE SET amount = excluded.amount, set_by = excluded.set_by, set_at = now()""",
            ticket_id,
            amount,
            actor,
        )
    await trail.record(actor, "ticket.budget_set", "ticket", ticket_id, reason=reason, amount=amount)
    if ticket["state"] == TicketState.STUCK and ticket["stuck"] == BUDGET:
        await db.execute("UPDATE ticket SET state = 'open', result = NULL WHERE id = $1", ticket_id)
        await jobs.enqueue("tasks.split", [(str(ticket_id), {})])
    await jobs.enqueue("tasks.ask_again", [(str(ticket_id), {})])


async def unaffordable(ticket_ids: Iterable[UUID]) -> list[tuple[UUID, int]]:
    """Tasks still before a curator for want of money, locked and open again, with the number of answers that they wanted."""
    found = await db.rows(
        """DELETE FROM unaffordable u USING task t WHERE t.id = u.task_id AND t.ticket_id = ANY ($1)
           RETURNING u.task_id, u.overlap""",
        sorted(set(ticket_ids)),
    )
    overlap = {row["task_id"]: row["overlap"] for row in found}
    opened = await db.rows(
        """UPDATE task SET state = 'open' WHERE id IN (SELECT id FROM task WHERE id = ANY ($1) AND state = 'disputed' ORDER BY id FOR UPDATE)
           RETURNING id""",
        sorted(overlap),
    )
    return [(row["id"], overlap[row["id"]]) for row in opened]
