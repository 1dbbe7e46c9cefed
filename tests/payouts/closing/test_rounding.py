"""One rounding point: sums are exact whatever the prices."""

import itertools
import string
from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from piecework.payouts.closing import closing
from piecework.payouts.reports import reports
from piecework.platform import db, money
from tests.payouts import builders as b

CURRENCIES = ("".join(letters) for letters in itertools.product(string.ascii_uppercase, repeat=3))
PRICES = st.one_of(st.integers(1, 10**9), st.sampled_from([1, 49, 50, 51, 99, 100, 101, 149, 150]))


def half_up(amount: int) -> int:
    """The reference: an amount in whole kopecks, by decimal arithmetic."""
    return int((Decimal(amount) / money.KOPECK).quantize(Decimal(1), ROUND_HALF_UP)) * money.KOPECK


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(prices=st.lists(st.lists(PRICES, min_size=1, max_size=4), min_size=1, max_size=4))
async def test_sums_are_exact(database: db.Config, prices: list[list[int]]) -> None:
    currency = next(CURRENCIES)
    project = await b.project(f"p-{currency.lower()}", currency)
    wanted = {}
    for mine in prices:
        who = await b.person()
        wanted[str(who)] = half_up(sum(mine))
        for price in mine:
            await b.announce(await b.assignment(project, who, price=price, state="accepted"), "accepted")
    await b.run_jobs()
    period = await b.period_of(b.LONG_AGO, currency)
    async with db.transaction():
        facts = await closing.close(period, None)
        people, tickets = BytesIO(), BytesIO()
        by_person = await reports.people(period, people)
        by_ticket = await reports.tickets(period, tickets)
    owed = await db.rows(
        """SELECT l.owner, b.amount FROM balance b JOIN ledger_account l ON l.id = b.account_id WHERE l.currency = $1""", currency
    )
    assert {r["owner"]: r["amount"] for r in owed} == wanted
    assert facts["total"] == by_person.total == by_ticket.total == sum(wanted.values())
    residues = await db.rows(
        """SELECT p.amount FROM posting p JOIN ledger_account l ON l.id = p.account_id
           WHERE l.kind = 'rounding' AND l.currency = $1""",
        currency,
    )
    assert sum(r["amount"] for r in residues) == sum(wanted.values()) - sum(map(sum, prices))
    assert all(-50 < r["amount"] <= 50 for r in residues)
    assert not await b.broken()


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts=st.lists(st.integers(-(10**15), 10**15), min_size=1, max_size=50))
async def test_half_a_kopeck_goes_up(database: db.Config, amounts: list[int]) -> None:
    found = await db.rows("SELECT a, rounding_of(a) AS residue FROM unnest($1::bigint[]) a", amounts)
    for r in found:
        assert r["a"] + r["residue"] == (r["a"] + 50) // 100 * 100
