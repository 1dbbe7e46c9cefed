"""What a reopened ticket means for the money of its answers.

What was released before stays with its people, and so does what was due for release when the ticket was opened again, whether or not
its job had run by then. Where the reopening asks for it, what the replaced answers had on hold at that moment is clawed back by
reversal, once: by the first reopening that asks for it; the premiums go with the price. Their people are told, and may object; an objection that is upheld restores it all, payable at once. What
other answers have on hold goes on waiting for the ticket's end. New answers are paid as any.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from piecework.payouts.books import ledger, periods
from piecework.payouts.books.ledger import LedgerAccount, move
from piecework.payouts.earning import accruals, holds, queries
from piecework.payouts.earning.holds import Held
from piecework.payouts.errors import Contradiction
from piecework.platform import db, money
from piecework.platform.said import Said, Sum
from piecework.tasks import objections

SUBJECT = "clawback"
"""The subject of objections to claw-backs; the id beside it is the assignment's."""


@dataclass(frozen=True, slots=True)
class Reopening:
    """A reopening as tasks recorded it."""

    id: UUID
    ticket_id: UUID
    number: int
    reason: str
    replaced: Sequence[UUID]
    resolved_at: datetime | None
    claw_back: bool
    appeal_days: int
    actor: UUID
    at: datetime


async def follow(reopening_id: UUID) -> int:
    """Carry out what a reopening means for money, once; returns how many amounts were clawed back.

    Raises:
        Contradiction: there is no such reopening.
    """
    row = await db.row(queries.REOPENING, reopening_id)
    if row is None:
        raise Contradiction(f"there is no reopening {reopening_id}")
    what = Reopening(**row)
    waiting = [row["id"] for row in await db.rows(queries.HELD_FOR_TICKETS, [what.ticket_id])]
    replaced = (
        [row["id"] for row in await db.rows(queries.ACCEPTED_OF_TASKS, list(what.replaced), what.at)] if what.claw_back else []
    )
    await db.execute(queries.LOCK_ASSIGNMENTS, sorted({*waiting, *replaced}))
    await accruals.accrue(replaced)  # an acceptance whose job has not run yet
    await holds.release_as_of([*waiting, *replaced], what.at, what.resolved_at)
    return await _claw_back(what, replaced)


async def restore(assignment_ids: Sequence[UUID]) -> int:
    """Give back what was clawed back of assignments whose people objected and were right; returns how many amounts."""
    await db.execute(queries.LOCK_ASSIGNMENTS, list(assignment_ids))
    found = [dict(row) for row in await db.rows(queries.CLAWED_BACK, list(assignment_ids), SUBJECT)]
    taken = [(row.pop("at"), Held(**row)) for row in found]
    moments = await holds.moments_of([(one, at) for at, one in taken])
    open_periods = await periods.hold(moments.values())
    entries = []
    for _, one in taken:
        expense, payable = LedgerAccount("task_expense", str(one.project_id)), LedgerAccount("payable", one.owner)
        made = holds.ending("restore", one, moments[one.entry_id], open_periods, payable)
        entries.append(replace(made, legs=move(one.amount, expense, payable), resolves=None, reverses=one.entry_id))
    return len(await ledger.post(entries))


async def _claw_back(what: Reopening, assignment_ids: Sequence[UUID]) -> int:
    held = [one for one in await holds.held_of(assignment_ids) if one.accepted_at <= what.at]
    moments = await holds.moments_of([(one, what.at) for one in held])
    open_periods = await periods.hold(moments.values())
    entries = []
    for one in held:
        expense = LedgerAccount("task_expense", str(one.project_id))
        made = holds.ending("clawback", one, moments[one.entry_id], open_periods, expense)
        entries.append(replace(made, actor=what.actor, reason=what.reason, source_id=what.id))
    done = await ledger.post(entries)
    await _tell(what, [one for one in held if f"clawback:{one.entry_id}" in done])
    return len(done)


async def _tell(what: Reopening, taken: Sequence[Held]) -> None:
    """Note each person's loss with its grounds, so that they may object."""
    lost: dict[UUID, list[Held]] = {}
    for one in taken:
        lost.setdefault(one.assignment_id, []).append(one)
    about = {row["id"]: row for row in await db.rows(queries.TOLD_OF, list(lost))}
    for assignment_id, amounts in sorted(lost.items()):
        amount = Sum(money.text(sum(one.amount for one in amounts)), amounts[0].currency)
        await objections.note(
            SUBJECT,
            assignment_id,
            UUID(amounts[0].owner),
            words=_words(about[assignment_id], amount, what.reason),
            evidence={
                "ticket": str(what.ticket_id),
                "step": about[assignment_id]["step"],
                "iteration": str(about[assignment_id]["iteration"]),
                "amount": Said("%(amount)s", amount=amount),
                "reason": what.reason,
                "reopening": str(what.number),
            },
            involved=[what.actor],
            within=timedelta(days=what.appeal_days),
        )


def _words(about: Mapping[str, Any], amount: Sum, reason: str) -> Said:
    """What a person reads. It names no ticket: a freelancer knows none."""
    return Said(
        "The step “%(step)s” has to be done anew, and %(amount)s for your answer, which were still on hold, were taken back. "
        "The reason: “%(reason)s”",
        step=about["title"],
        amount=amount,
        reason=reason,
    )
