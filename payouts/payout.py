"""The second half of a kopeck's life: payable -> clearing when a closed period is exported, clearing -> bank when confirmed.

The entries are recorded in the period that is open when the money moves; they are no part of that period's total, which is what
people earned in it.
"""

from uuid import UUID

from piecework.payouts import ledger, periods, queries
from piecework.payouts.errors import PayoutConfirmed, PeriodExported, PeriodNotClosed
from piecework.payouts.ledger import Entry, LedgerAccount, move
from piecework.platform import db, trail
from piecework.platform.errors import NotFound

BANK = LedgerAccount("bank")


async def export(period_id: UUID, actor: UUID | None) -> UUID:
    """Move what a closed period owes to each person from payable to clearing, once; returns the payout's id.

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
    owed = await db.rows(queries.PAYABLE_OF_PERIOD, period_id)
    payout_id: UUID | None = await db.scalar(queries.ADD_PAYOUT, period_id, actor, sum(r["amount"] for r in owed))
    if payout_id is None:
        raise PeriodExported
    people, amounts = [r["owner"] for r in owed], [r["amount"] for r in owed]
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
