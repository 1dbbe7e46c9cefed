"""An approved run as the batch of payment orders that its files are made from: a function of what was stored at approval only."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from piecework.payouts.errors import NoDetailsKept, PayoutNotApproved
from piecework.payouts.formats.orders import Batch, PaymentOrder
from piecework.payouts.payees.details import payee_of
from piecework.payouts.paying.payer import payer_of
from piecework.platform import db
from piecework.platform.errors import NotFound

PURPOSE = "Вознаграждение за выполненные задания по договору. НДС не облагается."

ORDERED = """
SELECT l.id AS line_id, l.number, l.amount, l.inn, d.* FROM payout_line l LEFT JOIN payment_details d ON d.id = l.details_id
WHERE l.run_id = $1 AND l.state <> 'dropped' ORDER BY l.number"""


async def batch(run_id: UUID) -> Batch:
    """The batch of an approved run. The same at any later time, whatever has become of its lines.

    Raises:
        NotFound: there is no such run.
        PayoutNotApproved: a draft, or cancelled: its lines may still change, or will never be paid.
        NoDetailsKept: it is from before payment details were kept.
    """
    run = await db.row("SELECT * FROM payout_run WHERE id = $1", run_id)
    if run is None:
        raise NotFound
    if run["approved_at"] is None:
        raise PayoutNotApproved
    payer = await db.row("SELECT * FROM payer WHERE id = $1", run["payer_id"])
    if payer is None:
        raise NoDetailsKept
    return Batch(
        id=run["id"],
        number=run["number"],
        currency=run["currency"],
        created_at=run["approved_at"],
        execution_date=run["execution_on"],
        payer=payer_of(payer),
        orders=tuple(_order(row, run["currency"]) for row in await db.rows(ORDERED, run_id)),
        chain_head=run["chain_head"],
    )


def _order(row: Any, currency: str) -> PaymentOrder:
    payee = replace(payee_of(row), inn=row["inn"])
    return PaymentOrder(row["number"], row["line_id"], row["amount"], currency, payee, PURPOSE)
