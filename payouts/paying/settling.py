"""What becomes of an ordered line: the bank paid it, or sent it back. Each once, whatever is told how often.

Paid: clearing -> bank. Returned, before or after that: back to payable, with a new due, so the next run pays it again; to other
details, or when somebody has said that these are right (payees.details).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from piecework.payouts.books import ledger, periods
from piecework.payouts.books.ledger import Entry, LedgerAccount, move
from piecework.payouts.errors import LineNotOnItsWay, OwnPayout, PayoutNotApproved, PayoutSettled
from piecework.platform import db, trail
from piecework.platform.errors import NotFound

BANK = LedgerAccount("bank")

LOCK_RUNS_OF = """
SELECT id FROM payout_run WHERE id IN (SELECT run_id FROM payout_line WHERE id = ANY ($1::uuid[])) ORDER BY id FOR UPDATE"""

LOCK_LINES = """
SELECT l.id, l.run_id, l.freelancer_id, l.currency, l.amount, l.state, l.paid_at FROM payout_line l
WHERE l.id = ANY ($1::uuid[]) ORDER BY l.id FOR UPDATE"""

# What a return undoes: that the bank paid, or else that it was told to.
UNDONE = """
SELECT DISTINCT ON (source_id) source_id, id FROM entry WHERE source_id = ANY ($1::uuid[]) AND kind IN ('export', 'confirm')
ORDER BY source_id, kind = 'confirm' DESC"""

PAID = """
UPDATE payout_line l SET state = 'paid', paid_at = $3, reason = told.reason
FROM unnest($1::uuid[], $2::text[]) AS told (id, reason) WHERE l.id = told.id"""

RETURNED = """
UPDATE payout_line l SET state = 'returned', returned_at = $3, reason = told.reason
FROM unnest($1::uuid[], $2::text[]) AS told (id, reason) WHERE l.id = told.id"""

DUE_AGAIN = """
INSERT INTO due (freelancer_id, currency, amount, returned_line)
SELECT freelancer_id, currency, amount, id FROM payout_line WHERE id = ANY ($1::uuid[]) ORDER BY freelancer_id"""

SETTLE = """
UPDATE payout_run r SET state = 'settled', ended_at = clock_timestamp()
WHERE r.id = ANY ($1::uuid[]) AND r.state = 'approved' AND NOT EXISTS (
    SELECT FROM payout_line l WHERE l.run_id = r.id AND l.state = 'ordered')"""


async def locked(line_ids: Sequence[UUID]) -> dict[UUID, Any]:
    """These lines as they are now, locked until the transaction ends; their runs too, so that the last one to settle a run sees it."""
    await db.execute(LOCK_RUNS_OF, list(line_ids))
    return {row["id"]: row for row in await db.rows(LOCK_LINES, list(line_ids))}


def refuse_own(actor: UUID | None, lines: Iterable[Any]) -> None:
    """Raises OwnPayout if one of these lines pays the actor."""
    if any(line["freelancer_id"] == actor for line in lines):
        raise OwnPayout


async def confirm(actor: UUID | None, lines: Mapping[UUID, Any], told: Mapping[UUID, str]) -> None:
    """The bank paid these ordered lines (`locked` ones), for each with the words that say how we know.

    Raises:
        OwnPayout: one of them pays the actor.
    """
    await _post(actor, [lines[line_id] for line_id in told], "confirm", told)


async def send_back(actor: UUID | None, lines: Mapping[UUID, Any], told: Mapping[UUID, str]) -> None:
    """The bank returned these ordered or paid lines (`locked` ones): each is due again.

    Raises:
        OwnPayout: one of them pays the actor.
    """
    await _post(actor, [lines[line_id] for line_id in told], "return", told)
    await db.execute(DUE_AGAIN, list(told))


async def confirm_all(actor: UUID | None, run_id: UUID, bank_reference: str) -> None:
    """Record by hand that the bank paid all that is still on its way of a run.

    Raises:
        NotFound: there is no such run.
        PayoutNotApproved: it is a draft, or cancelled.
        PayoutSettled: nothing of it is on its way; of two confirmations at the same time one gets this.
        OwnPayout: it has a line of the actor.
    """
    run = await db.row("SELECT state FROM payout_run WHERE id = $1 FOR UPDATE", run_id)
    if run is None:
        raise NotFound
    if run["state"] in ("draft", "cancelled"):
        raise PayoutNotApproved
    if run["state"] == "settled":
        raise PayoutSettled
    sent = await db.rows("SELECT id, freelancer_id, state FROM payout_line WHERE run_id = $1 AND state <> 'dropped'", run_id)
    refuse_own(actor, sent)
    lines = await locked([row["id"] for row in sent if row["state"] == "ordered"])
    await confirm(actor, lines, dict.fromkeys(lines, f"bank reference {bank_reference}"))
    await db.execute(SETTLE, [run_id])  # also a run that never had a line
    await trail.record(actor, "payout.confirmed", "payout", run_id, reason=f"bank reference {bank_reference}", lines=len(lines))


async def return_one(actor: UUID | None, run_id: UUID, line_id: UUID, reason: str) -> None:
    """Record by hand that the bank sent one payment back, or refused it.

    Raises:
        NotFound: there is no such line in this run.
        LineNotOnItsWay: it was never ordered, or was returned before; of two at the same time one gets this.
        OwnPayout: it pays the actor.
    """
    lines = await locked([line_id])
    if line_id not in lines or lines[line_id]["run_id"] != run_id:
        raise NotFound
    if lines[line_id]["state"] not in ("ordered", "paid"):
        raise LineNotOnItsWay
    await send_back(actor, lines, {line_id: reason})
    await trail.record(actor, "payout.line_returned", "payout", run_id, reason=reason, line=line_id)


async def _post(actor: UUID | None, lines: Sequence[Any], kind: str, told: Mapping[UUID, str]) -> None:
    """Post the lines' entries, write their states, settle their runs. All lines are of one currency."""
    if not lines:
        return
    refuse_own(actor, lines)
    currency = lines[0]["currency"]
    at, period_id = await periods.now_in(currency)
    ids = [line["id"] for line in lines]
    undone = {row["source_id"]: row["id"] for row in await db.rows(UNDONE, ids)} if kind == "return" else {}
    await ledger.post(
        [
            Entry(
                business_key=f"{kind}:{line['id']}",
                kind=kind,
                period_id=period_id,
                effective_at=at,
                currency=currency,
                legs=_legs(kind, line),
                actor=actor,
                reason=told[line["id"]],
                reverses=undone.get(line["id"]),
                source_id=line["id"],
            )
            for line in lines
        ]
    )
    await db.execute(PAID if kind == "confirm" else RETURNED, ids, [told[line_id] for line_id in ids], at)
    await db.execute(SETTLE, sorted({line["run_id"] for line in lines}))


def _legs(kind: str, line: Any) -> tuple[tuple[LedgerAccount, int], ...]:
    person = str(line["freelancer_id"])
    clearing = LedgerAccount("clearing", person)
    if kind == "confirm":
        return move(line["amount"], clearing, BANK)
    return move(line["amount"], clearing if line["state"] == "ordered" else BANK, LedgerAccount("payable", person))
