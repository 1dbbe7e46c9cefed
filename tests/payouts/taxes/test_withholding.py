"""What closings withhold: a worked example for each regime, and what must hold for all of them."""

from datetime import UTC, datetime
from random import Random

import orjson
import pytest

from piecework.payouts.errors import NoTaxTable
from piecework.payouts.taxes import recomputing, tables, withholding
from piecework.platform import db
from piecework.platform.money import KOPECK, UNIT
from tests.payouts import builders as b
from tests.payouts.taxes import closings as c
from tests.traceless import nothing_changes, rehearsed

EXAMPLES = {
    # regime: gross of each month in roubles and kopecks, what is withheld of it in whole roubles
    "none": [(50_000_00, 0), (50_000_00, 0)],
    "self_employed": [(200_000_00, 0), (2_300_000_00, 0)],
    "individual": [
        (100_003_84, 13_000),  # 13 000.4992
        (1, 0),  # 13 000.5005 is a rouble more, which one kopeck cannot bear
        (10_00, 2),  # 13 001.8005, so now two
        (2_300_000_00, 299_000),  # 2 400 013.85 in the year: 312 000 and 15 % of 13.85
        (1_000_000_00, 150_000),
    ],
    "non_resident": [(100_000_00, 30_000), (3_85, 1), (2_400_000_00, 720_000)],
    "other_country": [(100_000_00, 0), (5_000_000_00, 0)],
}


async def test_a_year_of_each_regime(database: db.Config, subtests: pytest.Subtests) -> None:
    anna = await b.person()
    async with nothing_changes():
        for regime in sorted(EXAMPLES):
            with subtests.test(regime=regime):
                async with rehearsed():
                    await c.terms(anna, regime)
                    for month, (gross, tax) in enumerate(EXAMPLES[regime], 1):
                        period_id = await c.earn_and_close(anna, gross, c.moment(2025, month))
                        made = await c.statement(period_id, anna)
                        assert (made["gross"], made["tax"], made["net"]) == (
                            gross * KOPECK,
                            tax * UNIT,
                            gross * KOPECK - tax * UNIT,
                        ), month
                        assert made["regime"] == regime
                        assert await recomputing.recompute(period_id) == []
                    withheld = sum(tax for _, tax in EXAMPLES[regime]) * UNIT
                    assert (await b.balances()).get("tax", 0) == withheld
                    assert not await c.broken()


async def test_the_basis_says_on_what_the_tax_rests(database: db.Config) -> None:
    anna = await b.person()
    await c.terms(anna, "non_resident")
    await c.earn_and_close(anna, 1_000_00, c.moment(2025, 1))
    period_id = await c.earn_and_close(anna, 501_00, c.moment(2025, 2))
    table = await db.scalar("SELECT id::text FROM tax_table WHERE regime = 'non_resident'")
    assert await c.basis(period_id, anna) == {
        "table": table,
        "valid_from": "2001-01-01",
        "currency": "RUB",
        "brackets": [{"above": 0, "rate": 3000}],
        "note": "Not resident: one rate.",
        "at": "2025-02-28T21:00:00+00:00",
        "year": 2025,
        "number": 2,
        "income_before": 1_000 * UNIT,
        "income_now": 501 * UNIT,
        "covered": None,
        "tax_before": 300 * UNIT,
        "tax_now": 150 * UNIT,
        "due": 450 * UNIT,
        "short": 0,
    }


async def test_who_has_no_terms_is_not_taxed(database: db.Config) -> None:
    anna = await b.person()
    made = await c.statement(await c.earn_and_close(anna, 100_00, c.moment(2025, 1), "weekly"), anna)
    assert (made["regime"], made["tax"]) == ("none", 0)


async def test_what_is_taken_back_brings_its_tax_back_and_no_more(database: db.Config) -> None:
    anna = await b.person()
    await c.terms(anna, "individual")
    taxes = []
    for month, gross in enumerate((1_000_00, -400_00, -500_00, -50_00, 1_000_00), 1):
        period_id = await c.earn_and_close(anna, gross, c.moment(2025, month))
        taxes.append((await c.statement(period_id, anna))["tax"] // UNIT)
        assert await recomputing.recompute(period_id) == []
    assert taxes == [130, -52, -65, -6, 130]  # 50 roubles: 6.50 goes up to 7, so 13 became 7
    assert not await c.broken()


async def test_no_more_is_withheld_than_a_person_is_owed_in_all(database: db.Config) -> None:
    anna = await b.person()
    await c.terms(anna, "individual")
    january = await c.earn(anna, 1_000_00, c.moment(2025, 1))
    last_year = await c.earn(anna, -950_50, c.moment(2024, 11), "weekly")
    await c.close(last_year)
    await c.close(january)
    february = await c.earn_and_close(anna, 1_000_00, c.moment(2025, 2))
    assert [(await c.statement(one, anna))["tax"] // UNIT for one in (last_year, january, february)] == [0, 49, 211]
    basis = await c.basis(january, anna)
    assert (basis["covered"], basis["due"], basis["short"]) == (49_50 * KOPECK, 130 * UNIT, 81 * UNIT)
    assert [await recomputing.recompute(one) for one in (last_year, january, february)] == [[], [], []]
    assert not await c.broken()


async def test_a_period_that_ends_with_the_year_is_of_the_next(database: db.Config) -> None:
    anna = await b.person()
    await c.terms(anna, "individual")
    november = await c.earn_and_close(anna, 2_400_000_00, c.moment(2024, 11))
    december = await c.earn_and_close(anna, 1_000_00, c.moment(2024, 12))
    january = await c.earn_and_close(anna, 1_000_00, c.moment(2025, 1))
    years = [(await c.basis(one, anna))["year"] for one in (november, december, january)]
    tables = [(await c.basis(one, anna))["valid_from"] for one in (november, december, january)]
    taxes = [(await c.statement(one, anna))["tax"] // UNIT for one in (november, december, january)]
    assert years == [2024, 2025, 2025]
    assert tables == ["2021-01-01", "2025-01-01", "2025-01-01"]
    assert taxes == [312_000, 130, 130]
    assert not await c.broken()


async def test_each_regime_of_a_year_has_its_own_income(database: db.Config) -> None:
    anna = await b.person()
    await c.terms(anna, "individual")
    await c.terms(anna, "non_resident", datetime(2025, 2, 15, tzinfo=UTC))
    await c.terms(anna, "individual", datetime(2025, 3, 15, tzinfo=UTC))
    made = [
        await c.earn_and_close(anna, gross, c.moment(2025, month)) for month, gross in ((1, 1_03_00), (2, 100_00), (3, 1_03_00))
    ]
    assert [(await c.statement(one, anna))["tax"] // UNIT for one in made] == [
        13,
        30,
        14,
    ]  # 26.78 in all by the table of residents
    assert [(await c.basis(one, anna))["number"] for one in made] == [1, 1, 2]
    assert [await recomputing.recompute(one) for one in made] == [[], [], []]
    assert not await c.broken()


async def test_pay_of_another_currency_is_not_taxed_by_a_table_of_roubles(database: db.Config) -> None:
    anna = await b.person()
    await c.terms(anna, "individual")
    roubles = await c.earn_and_close(anna, 100_00, c.moment(2025, 1))
    euros = await c.earn_and_close(anna, 100_00, c.moment(2025, 1), currency="EUR")
    assert [(await c.statement(one, anna))["tax"] // UNIT for one in (roubles, euros)] == [13, 0]
    basis = await c.basis(euros, anna)
    assert basis["note"] == "Paid in EUR: the table is for RUB, nothing is withheld."
    assert (basis["number"], basis["income_before"], basis["brackets"]) == (1, 0, [])
    assert await recomputing.recompute(euros) == []
    assert not await c.broken()


async def test_without_a_table_for_the_year_nothing_is_closed(database: db.Config) -> None:
    anna = await b.person()
    await c.terms(anna, "individual", datetime(2019, 1, 1, tzinfo=UTC))
    period_id = await c.earn(anna, 100_00, c.moment(2020, 1))
    with pytest.raises(NoTaxTable):
        await c.close(period_id)
    assert await db.scalar("SELECT state FROM period WHERE id = $1", period_id) == "open"


async def test_many_people_each_by_their_own_regime(database: db.Config) -> None:
    people = {regime: await b.person(regime) for regime in EXAMPLES}
    for regime, person in people.items():
        await c.terms(person, regime)
        period_id = await c.earn(person, 1_000_00, c.moment(2025, 1))
    await c.close(period_id)
    taxes = {regime: (await c.statement(period_id, person))["tax"] // UNIT for regime, person in people.items()}
    assert taxes == {"none": 0, "self_employed": 0, "individual": 130, "non_resident": 300, "other_country": 0}
    assert await recomputing.recompute(period_id) == []
    assert not await c.broken()


async def test_the_database_reckons_the_same_tax_by_itself(database: db.Config) -> None:
    random = Random(4)
    shipped = [table for year in (2021, 2025) for table in (await tables.of_year(year)).values()]
    for table in shipped:
        edges = [one.above + more for one in table.spec.brackets for more in (-KOPECK, 0, KOPECK, 3_84 * KOPECK, 3_85 * KOPECK)]
        incomes = [*edges, *(random.randrange(10 ** random.randrange(1, 12)) * KOPECK for _ in range(2_000))]
        brackets = orjson.dumps([{"above": one.above, "rate": one.rate} for one in table.spec.brackets]).decode()
        found = await db.rows(
            "SELECT tax_on($1::jsonb, income) AS tax FROM unnest($2::bigint[]) WITH ORDINALITY AS given (income, n) ORDER BY n",
            brackets,
            incomes,
        )
        assert [row["tax"] for row in found] == [withholding.tax_on(table, income) for income in incomes]
