"""The second half of a kopeck's life: payable -> clearing when a closed period is exported, clearing -> bank when confirmed.

The entries are recorded in the period that is open when the money moves; they are no part of that period's total, which is what
people earned in it.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from piecework.payouts import ledger, periods, queries
from piecework.payouts.errors import PayoutConfirmed, PeriodExported, PeriodNotClosed
from piecework.payouts.ledger import Entry, LedgerAccount, move
from piecework.platform import db, trail
from piecework.platform.errors import NotFound

BANK = LedgerAccount("bank")


async def export(period_id: UUID, actor: UUID | None) -> UUID:
    """Move what a closed period owes to each person from payable to clearing, once; returns the payout's id.

    Whose pay is held back (a restriction) gets no line now: what is owed to them is noted, and goes out with the first payout after
    the restriction has ended.

    Raises:
        NotFound: there is no such period.
        PeriodNotClosed: its sums are not final.
        PeriodExported: it has its payout already; of two exports at the same time one gets this.
    """
    period = await db.row("SELECT state, currency FROM period WHERE id = $1", period_id)
    if period is None:
        raise NotFound
    if period["state"] != "closed":
        raise PeriodNotClosed
    owed = {r["owner"]: r["amount"] for r in await db.rows(queries.PAYABLE_OF_PERIOD, period_id)}
    held = {str(r["freelancer_id"]) for r in await db.rows(queries.PAY_IS_HELD, list(owed))}
    lines = {person: amount for person, amount in owed.items() if person not in held}
    before = await db.rows(queries.HELD_FROM_BEFORE, period["currency"])
    for row in before:
        person = str(row["freelancer_id"])
        lines[person] = lines.get(person, 0) + row["amount"]
    payout_id: UUID | None = await db.scalar(queries.ADD_PAYOUT, period_id, actor, sum(lines.values()))
    if payout_id is None:
        raise PeriodExported
    await _note_held(payout_id, {person: owed[person] for person in held}, before)
    people, amounts = sorted(lines), [lines[person] for person in sorted(lines)]
    await db.execute(
        "INSERT INTO payout_line (payout_id, freelancer_id, amount) SELECT $1, * FROM unnest($2::uuid[], $3::bigint[])",
        payout_id,
        people,
        amounts,
    )
    at, current = await periods.now_in(period["currency"])
    await ledger.post(
        [
            Entry(
                business_key=f"export:{period_id}:{person}",
                kind="export",
                period_id=current,
                effective_at=at,
                currency=period["currency"],
                legs=move(amount, LedgerAccount("payable", person), LedgerAccount("clearing", person)),
                actor=actor,
                reason=f"payout {payout_id}",
            )
            for person, amount in zip(people, amounts, strict=True)
        ]
    )
    await trail.record(actor, "payout.export", "payout", payout_id, period=period_id, total=sum(amounts), lines=len(amounts))
    return payout_id


async def _note_held(payout_id: UUID, held: Mapping[str, int], before: Sequence[Mapping[str, Any]]) -> None:
    """Store whom this payout leaves out, and which rows that earlier ones left out it takes along."""
    await db.execute(
        """UPDATE payout_held h SET paid_by = $1 FROM unnest($2::uuid[], $3::uuid[]) AS taken (payout, person)
           WHERE h.payout_id = taken.payout AND h.freelancer_id = taken.person""",
        payout_id,
        [row["payout_id"] for row in before],
        [row["freelancer_id"] for row in before],
    )
    await db.execute(
        "INSERT INTO payout_held (payout_id, freelancer_id, amount) SELECT $1, * FROM unnest($2::uuid[], $3::bigint[])",
        payout_id,
        list(held),
        list(held.values()),
    )


async def confirm(payout_id: UUID, bank_reference: str, actor: UUID | None) -> None:
    """Record that the bank paid: move each person's clearing to bank, once, with the bank's reference.

    Raises:
        NotFound: there is no such payout.
        PayoutConfirmed: the confirmation was recorded before; of two at the same time one gets this.
    """
    payout = await db.row(
        """SELECT payout.state, payout.period_id, period.currency FROM payout JOIN period ON period.id = payout.period_id
           WHERE payout.id = $1 FOR UPDATE OF payout""",
        payout_id,
    )
    if payout is None:
        raise NotFound
    if payout["state"] == "confirmed":
        raise PayoutConfirmed
    lines = await db.rows("SELECT freelancer_id, amount FROM payout_line WHERE payout_id = $1 ORDER BY freelancer_id", payout_id)
    at, current = await periods.now_in(payout["currency"])
    await ledger.post(
        [
            Entry(
                business_key=f"confirm:{payout['period_id']}:{line['freelancer_id']}",
                kind="confirm",
                period_id=current,
                effective_at=at,
                currency=payout["currency"],
                legs=move(line["amount"], LedgerAccount("clearing", str(line["freelancer_id"])), BANK),
                actor=actor,
                reason=f"bank reference {bank_reference}",
            )
            for line in lines
        ]
    )
    await db.execute(
        "UPDATE payout SET state = 'confirmed', confirmed_by = $2, confirmed_at = $3, bank_reference = $4 WHERE id = $1",
        payout_id,
        actor,
        at,
        bank_reference,
    )
    await trail.record(actor, "payout.confirm", "payout", payout_id, reason=f"bank reference {bank_reference}", lines=len(lines))
