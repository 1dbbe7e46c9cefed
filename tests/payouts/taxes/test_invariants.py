"""Each invariant of taxes, and the recomputation, goes red when somebody above the application's role breaks what it says."""

from datetime import date

import pytest

from piecework.payouts.taxes import recomputing, remitting
from piecework.payouts.taxes.invariants import INVARIANTS
from piecework.platform import db
from piecework.platform.money import UNIT
from tests.payouts import builders as b
from tests.payouts.taxes import closings as c
from tests.traceless import undone

BREAKS = {
    "payouts.tax_is_what_statements_withheld": "UPDATE posting SET amount = amount - 10000 WHERE account_id = (SELECT min(id) FROM ledger_account WHERE kind = 'tax')",
    "payouts.tax_recomputes": "UPDATE statement SET tax = tax + 10000, net = net - 10000",
    "payouts.tax_years_are_cumulative": """UPDATE statement SET tax_basis = tax_basis || '{"income_before": 100}' WHERE tax_basis ->> 'number' = '2'""",
    "payouts.remittances_are_whole_periods": "UPDATE tax_remittance SET amount = amount + 1",
    "payouts.receipts_have_their_line": "INSERT INTO receipt (line_id, freelancer_id, number, url, issued_on) SELECT gen_random_uuid(), id, '1', 'u', now() FROM account",
}  # fmt: skip

TAMPERED = {
    "the tax": ("UPDATE statement SET tax = tax + 10000, net = net - 10000", {"tax"}),
    "the regime": ("UPDATE statement SET regime = 'none'", {"regime"}),
    "the gross": ("UPDATE statement SET gross = gross + 100000, work = work + 100000, net = net + 100000", {"income_now", "due", "tax_now", "tax"}),
    "the sums before": ("""UPDATE statement SET tax_basis = tax_basis || '{"tax_before": 0}'""", {"tax_before"}),
    "the basis": ("UPDATE statement SET tax_basis = '{}'", {"regime", "tax"}),
    "the table": ("""UPDATE tax_table SET spec = jsonb_set(spec, '{brackets,0,rate}', '1400') WHERE regime = 'individual'""", {"brackets", "due", "tax", "tax_now"}),
    "the terms": ("UPDATE pay_terms SET regime = 'non_resident'", {"brackets", "due", "income_before", "note", "number", "regime", "table", "tax", "tax_before", "tax_now", "valid_from"}),
}  # fmt: skip


async def two_months() -> None:
    anna = await b.person()
    await c.terms(anna, "individual")
    january = await c.earn_and_close(anna, 1_000_00, c.moment(2025, 1))
    await c.earn_and_close(anna, 1_000_00, c.moment(2025, 2))
    async with db.transaction():
        facts = {"currency": "RUB", "amount": 130 * UNIT, "reference": "PP 1", "paid_on": date(2025, 2, 1)}
        await remitting.remit(None, **facts, period_ids=[january])  # type: ignore[arg-type]


def test_every_invariant_has_its_break() -> None:
    assert set(BREAKS) == {invariant.name for invariant in INVARIANTS}


async def test_each_invariant_goes_red(database: db.Config, subtests: pytest.Subtests) -> None:
    await two_months()
    assert not await c.broken()
    for name, statement in BREAKS.items():
        with subtests.test(name):
            async with undone(statement) as touched:
                assert touched != [0]
                assert name in await c.broken()


async def test_the_recomputation_finds_what_was_tampered_with(database: db.Config, subtests: pytest.Subtests) -> None:
    await two_months()
    february = await db.scalar("SELECT id FROM period WHERE name = '2025-02'")
    assert await recomputing.recompute(february) == []
    for what, (statement, fields) in TAMPERED.items():
        where = f" WHERE period_id = '{february}'" if statement.startswith("UPDATE statement") else ""
        with subtests.test(what):
            async with undone(statement + where):
                assert {one.field for one in await recomputing.recompute(february)} == fields
