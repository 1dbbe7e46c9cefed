"""The whole ledger as a beancount file, with the balances that it must come to: an independent program checks our sums.

Every entry is a transaction on the day on which it took effect in the zone of pay, every ledger account an account whose last component
is our id of its owner. Debits are positive there as here, so amounts are taken over as they are. At the end each account has a `balance`
assertion, from sums that the database makes of the postings by itself; `bean-check` fails if a transaction does not balance or one of
these is not met to the last 1/100 kopeck.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import IO, Any
from uuid import UUID

from piecework.payouts.reports import filters
from piecework.payouts.reports.filters import Filters, Question
from piecework.platform import db, money

NAME = "ledger"
FORMATS = ("beancount",)
BATCH = 500

PLACES = {
    "task_expense": "Expenses:Tasks",
    "bonus_expense": "Expenses:Bonus",
    "deduction": "Income:Deductions",
    "rounding": "Expenses:Rounding",
    "pending": "Liabilities:Pending",
    "held": "Liabilities:Held",
    "payable": "Liabilities:Payable",
    "tax": "Liabilities:Tax",
    "clearing": "Liabilities:Clearing",
    "bank": "Assets:Bank",
}
"""Kind of account -> where it stands. Money on its way to the bank is owed until the bank has paid it."""

CONDITIONS = {
    "currency": "h.currency = {}",
    "recorded_until": "e.recorded_at < {}",
}
ENTRIES = """
SELECT e.id, (e.effective_at AT TIME ZONE {zone})::date AS day, e.kind, e.business_key, e.reason, h.name AS period, h.currency,
       e.assignment_id, e.ticket_id, e.rule_id, e.source_id, e.resolves, e.reverses,
       array_agg(p.account_id ORDER BY p.id) AS accounts, array_agg(p.amount ORDER BY p.id) AS amounts
FROM entry e JOIN period h ON h.id = e.period_id JOIN posting p ON p.entry_id = e.id
WHERE true {where} GROUP BY e.id, h.id ORDER BY e.id"""
BALANCES = """
SELECT l.id, l.kind, l.owner, l.currency, coalesce(j.code, a.name, '') AS name, sum(p.amount)::bigint AS amount,
       min((e.effective_at AT TIME ZONE {zone})::date) AS first, max((e.effective_at AT TIME ZONE {zone})::date) AS last
FROM ledger_account l JOIN posting p ON p.account_id = l.id JOIN entry e ON e.id = p.entry_id JOIN period h ON h.id = e.period_id
LEFT JOIN project j ON j.id::text = l.owner LEFT JOIN account a ON a.id::text = l.owner
WHERE true {where} GROUP BY l.id, j.code, a.name ORDER BY l.kind, l.owner, l.currency"""


async def question(given: Filters) -> Question:
    """The statement of all entries.

    Raises:
        Invalid: filtered by anything but currency or when it was recorded: such a part of a ledger has no balances of its own.
    """
    return await filters.question(ENTRIES, CONDITIONS, frozenset(), given)


async def write(given: Filters, out: IO[bytes], told: Callable[[int], None]) -> int:
    """Write the ledger; returns how many entries it has. Use inside a snapshot.

    Raises:
        Invalid: filtered by anything but currency or when it was recorded.
    """
    asked = await filters.question(BALANCES, CONDITIONS, frozenset(), given)
    balances = await db.rows(asked.sql, *asked.params)
    names = {row["id"]: account(row["kind"], row["owner"]) for row in balances}
    out.write(b'option "title" "Piecework"\n\n')
    first = min((row["first"] for row in balances), default=date(2000, 1, 1))
    _write(out, (_open(first, name, row) for name, row in {names[row["id"]]: row for row in balances}.items()))
    asked = await question(given)
    rows = 0
    async for batch in db.batches(asked.sql, *asked.params, size=BATCH):
        _write(out, (_transaction(row, names) for row in batch))
        rows += len(batch)
        told(rows)
    if balances:
        after = max(row["last"] for row in balances) + timedelta(days=1)
        _write(out, (_balance(after, names[row["id"]], row) for row in balances))
    return rows


def account(kind: str, owner: str) -> str:
    """The account's name: components begin with a capital and hold letters, digits and hyphens only, whatever the owner is called."""
    if not owner:
        return PLACES[kind]
    try:
        return f"{PLACES[kind]}:Id-{UUID(owner)}"
    except ValueError:
        return f"{PLACES[kind]}:Named-{owner.encode().hex()}"


def quoted(text: str) -> str:
    """A string of beancount's: in quotes, on one line."""
    return '"' + " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _write(out: IO[bytes], texts: Iterable[str]) -> None:
    out.write("".join(texts).encode())


def _open(day: date, name: str, row: Any) -> str:
    return f"{day} open {name}\n  name: {quoted(row['name'])}\n"


def _transaction(row: Any, names: dict[int, str]) -> str:
    lines = [
        f"\n{row['day']} * {quoted(row['kind'])} {quoted(row['reason'])}\n  entry: {row['id']}\n  key: {quoted(row['business_key'])}\n"
    ]
    lines.append(f"  period: {quoted(row['period'])}\n")
    lines += [f'  {name}: "{row[f"{name}_id"]}"\n' for name in ("assignment", "ticket", "rule", "source") if row[f"{name}_id"]]
    lines += [f"  {name}: {row[name]}\n" for name in ("resolves", "reverses") if row[name]]
    for account_id, amount in zip(row["accounts"], row["amounts"], strict=True):
        lines.append(f"  {names[account_id]}  {money.text(amount)} {row['currency']}\n")
    return "".join(lines)


def _balance(day: date, name: str, row: Any) -> str:
    return f"{day} balance {name}  {money.text(row['amount'])} ~ 0.0000 {row['currency']}\n"
