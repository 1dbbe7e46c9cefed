"""The bank's answers: statements that were taken, what they told, what fits no payment."""

from typing import Literal
from uuid import UUID

from piecework.payouts.api import paying as api
from piecework.payouts.pages.pieces import amount, names
from piecework.payouts.schemas import paying as s
from piecework.platform import db
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call, Shape
from piecework.platform.web.paging import PageQuery

LIMIT_BYTES = 16 * 1024 * 1024
# Payments that a movement may be about: of its amount and currency, still on their way or just paid.
FITTING = """
SELECT b.id AS bank_line_id, l.id, r.number AS run, l.number, a.name, l.amount
FROM bank_line b JOIN payout_line l ON l.amount = b.amount AND l.state IN ('ordered', 'paid') JOIN payout_run r ON r.id = l.run_id
JOIN account a ON a.id = l.freelancer_id
WHERE b.id = ANY ($1) AND r.currency = b.currency ORDER BY l.id DESC LIMIT 500"""


class StatementForm(Shape):
    """Of which currency the account is."""

    currency: s.Currency = "RUB"


class BankQuery(PageQuery):
    """Which movements: those that fit no payment unless others are asked for."""

    outcome: s.Outcome | Literal["all"] = "unmatched"
    statement_id: UUID | None = None


async def bank_page(call: Call, query: BankQuery) -> Shown:
    """The statements that were taken, and what they told."""
    outcome = None if query.outcome == "all" else query.outcome
    asked = s.BankLineQuery(limit=query.limit, cursor=query.cursor, outcome=outcome, statement_id=query.statement_id)
    lines = await api.list_bank_lines(call, asked)
    statements = await api.list_bank_statements(call, PageQuery(limit=20))
    people = await names([*(one.received_by for one in statements.items), *(one.decided_by for one in lines.items)])
    open_lines = [one.id for one in lines.items if one.outcome == "unmatched"]
    fitting: dict[UUID, list[object]] = {}
    for row in await db.rows(FITTING, open_lines) if open_lines else []:
        fitting.setdefault(row["bank_line_id"], []).append(row)
    return {"lines": lines, "statements": statements, "query": query, "names": people, "amount": amount, "fitting": fitting}


async def take(call: Call, form: StatementForm, file: bytes) -> Go:
    """Take what the bank says."""
    found = await api.send_bank_statement(call, s.BankStatementQuery(currency=form.currency), file)
    if not found.added:
        return Go("/money/bank", N_("This very file was taken before: nothing was done."))
    if found.unmatched:
        return Go("/money/bank", N_("The statement is taken. Some movements fit no payment: look at them."))
    return Go(f"/money/bank?outcome=all&statement_id={found.id}", N_("The statement is taken."))


async def match(call: Call, form: s.MatchIn) -> Go:
    """Say which payment a movement is about."""
    await api.match_bank_line(call, form)
    return Go("/money/bank", N_("The movement belongs to this payment now."))


async def set_aside(call: Call, form: s.PayoutReasonIn) -> Go:
    """Say that a movement is none of payouts'."""
    await api.set_bank_line_aside(call, form)
    return Go("/money/bank", N_("The movement is set aside."))


VIEWS = (
    View("GET", "/money/bank", bank_page, api.PAY, N_("Bank"), "money_bank.html", query=BankQuery),
    View("POST", "/money/bank", take, api.PAY, form=StatementForm, file=True, again="/money/bank", body_limit_bytes=LIMIT_BYTES),
    View("POST", "/money/bank/{bank_line_id}/match", match, api.PAY, form=s.MatchIn, again="/money/bank"),
    View("POST", "/money/bank/{bank_line_id}/aside", set_aside, api.PAY, form=s.PayoutReasonIn, again="/money/bank"),
)
MENU = (Entry(N_("Money"), N_("Bank"), "/money/bank", api.PAY),)
