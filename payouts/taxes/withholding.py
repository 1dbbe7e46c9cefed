"""Withholding: what is kept of a person's pay for the state when a period closes, cumulatively over the calendar year.

The year is that of the moment at which the period ended, in the period's own zone: a period that ends with the year is of the next,
in which alone it can be paid. Income of a year is the gross of a person's statements of one currency under one regime; whoever
changes regime within a year begins anew under the other, for each regime taxes its own income. Tables are of one currency, and pay
of another is not taxed by them: nothing is withheld, and the statement says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from piecework.payouts.errors import NoTaxTable
from piecework.payouts.taxes import tables
from piecework.payouts.taxes.tables import WHOLE, Regime, Table
from piecework.platform import db
from piecework.platform.money import KOPECK, UNIT
from piecework.platform.said import Said

# The last statement of the tax year says what came before it, so the cost grows with people and not with their statements. That the
# chain is whole is checked by invariants and by recomputing, from the sums of all statements.
BEFORE = """
SELECT who AS person, terms.regime, coalesce(last.number, 0) AS statements, coalesce(last.income, 0) AS income, coalesce(last.tax, 0) AS tax
FROM unnest($1::uuid[]) AS who
CROSS JOIN LATERAL (SELECT regime_of(who, $2) AS regime OFFSET 0) terms
LEFT JOIN LATERAL (
    SELECT (tax_basis ->> 'number')::int AS number, (tax_basis ->> 'income_before')::bigint + gross AS income,
           (tax_basis ->> 'tax_before')::bigint + tax AS tax
    FROM statement s
    WHERE s.freelancer_id = who AND s.currency = $3 AND s.regime = terms.regime AND (s.tax_basis ->> 'year')::int = $4
    ORDER BY (s.tax_basis ->> 'number')::int DESC LIMIT 1) last ON true
"""


@dataclass(frozen=True, slots=True)
class Withheld:
    """Tax of one person in one period, in 1/100 kopeck; negative where tax comes back. `basis` is the evidence for it."""

    amount: int
    regime: str
    basis: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Before:
    """What a person's statements of the tax year say so far: how many, their gross, their tax."""

    statements: int
    income: int
    tax: int


def tax_on(table: Table, income: int) -> int:
    """The tax on the income of a whole year: whole roubles; less than 50 kopecks is dropped, more goes up (Tax Code, 52, 6)."""
    brackets = table.spec.brackets
    steps = zip(brackets, [0, *(one.rate for one in brackets)], strict=False)
    exact = sum(max(income - one.above, 0) * (one.rate - below) for one, below in steps)
    rounded: int = (2 * exact + WHOLE * UNIT) // (2 * WHOLE * UNIT) * UNIT
    return rounded


def tax_due(table: Table, income_before: int, income_now: int, tax_before: int, *, covered: int | None = None) -> int:
    """What is withheld of `income_now`: the tax on the year's income with it, less what was withheld of the year before.

    Always whole roubles. Of positive income never more than it, nor more than `covered`; what they cannot bear is withheld of what
    comes next. Of negative income nothing is taken, and what was withheld too much comes back, never more than was withheld.

    Raises:
        ValueError: income is in whole kopecks, for it is withheld after rounding.
    """
    if income_now % KOPECK:
        msg = f"tax is withheld of whole kopecks, not of {income_now}/{KOPECK}"
        raise ValueError(msg)
    bearable: int = max(income_now if covered is None else min(income_now, covered), 0) // UNIT * UNIT
    return min(tax_on(table, income_before + income_now) - tax_before, bearable)


def settle(
    table: Table, currency: str, at: datetime, year: int, before: Before, income_now: int, covered: int | None = None
) -> Withheld:
    """The tax of one statement with its basis: all that the amount rests on, so that anybody can reckon it again.

    `covered` is all that the person is owed, where that is less than the tax (earlier periods took back more than they gave); else
    None.
    """
    taxed = currency == table.spec.currency
    amount = tax_due(table, before.income, income_now, before.tax, covered=covered) if taxed else 0
    due = tax_on(table, before.income + income_now) if taxed else 0
    basis = {
        "table": str(table.id),
        "valid_from": table.valid_from.isoformat(),
        "currency": table.spec.currency,
        "brackets": [{"above": one.above, "rate": one.rate} for one in table.spec.brackets] if taxed else [],
        "note": table.spec.note if taxed else f"Paid in {currency}: the table is for {table.spec.currency}, nothing is withheld.",
        "at": at.astimezone(UTC).isoformat(),
        "year": year,
        "number": before.statements + 1,
        "income_before": before.income,
        "income_now": income_now,
        "covered": covered,
        "tax_before": before.tax,
        "tax_now": amount,
        "due": due,
        "short": due - before.tax - amount,
    }
    return Withheld(amount, table.regime, basis)


async def one_at_a_time(currency: str) -> None:
    """Wait until no other closing of this currency is under way, and let none begin before the current transaction ends.

    A closing calls it before it posts anything: whoever waits here must not hold balances that the other wants.
    """
    await db.execute("SELECT lock_withholding($1)", currency)


async def withhold(currency: str, at: datetime, gross: Mapping[UUID, int], period_id: UUID) -> dict[UUID, Withheld]:
    """The tax of everybody in a period that closes, in whole kopecks of `gross`; the caller posts it and makes the statements.

    `at` is the moment at which the period ended. Two closings that concern the same people see each other's statements: the
    second waits for the first.

    Raises:
        NoTaxTable: a regime has no table for the year.
        ValueError: an amount is not in whole kopecks.
    """
    await one_at_a_time(currency)
    await db.execute("SELECT hold_tax_rules()")
    year: int = await db.scalar(
        "SELECT extract(year FROM $2::timestamptz AT TIME ZONE zone)::int FROM period WHERE id = $1", period_id, at
    )
    in_force = await tables.of_year(year)
    before = {r["person"]: r for r in await db.rows(BEFORE, list(gross), at, currency, year)}

    def settled(person: UUID, covered: int | None = None) -> Withheld:
        found = before[person]
        sums = Before(found["statements"], found["income"], found["tax"])
        return settle(table_for(in_force, found["regime"], year), currency, at, year, sums, gross[person], covered)

    withheld = {person: settled(person) for person in before}
    taxed = [str(person) for person, one in withheld.items() if one.amount > 0]
    for r in await db.rows("SELECT owner, amount FROM hold_owed($1, $2)", taxed, currency):
        if r["amount"] < withheld[person := UUID(r["owner"])].amount:
            withheld[person] = settled(person, r["amount"])
    return withheld


def table_for(in_force: Mapping[Regime, Table], regime: str, year: int) -> Table:
    """The table of a regime.

    Raises:
        NoTaxTable: there is none for the year.
    """
    table = in_force.get(Regime(regime))
    if table is None:
        raise NoTaxTable(Said("The regime %(regime)s has no table for %(year)s.", regime=regime, year=str(year)))
    return table
