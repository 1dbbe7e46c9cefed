"""Tax tables through the API: what is shipped, what finance may add, and what is refused."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from piecework.payouts.taxes import tables
from piecework.payouts.taxes.tables import Regime
from piecework.platform import db
from piecework.platform.money import UNIT
from tests.payouts import builders as b
from tests.payouts.taxes import closings as c
from tests.traceless import nothing_changes
from tests.world import World

NEXT = date(datetime.now(UTC).year + 2, 1, 1)
SPEC = {"currency": "RUB", "brackets": [{"above": "0", "rate": 1300}, {"above": "2400000", "rate": 1500}], "note": "Progressive."}


def body(spec: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return {"regime": "individual", "valid_from": NEXT.isoformat(), "spec": SPEC | (spec or {}), "reason": "the law"} | changes


async def test_what_is_shipped(database: db.Config, subtests: pytest.Subtests) -> None:
    async with nothing_changes():
        for regime, year, brackets in [
            (Regime.INDIVIDUAL, 2021, [(0, 1300), (5_000_000, 1500)]),
            (Regime.INDIVIDUAL, 2024, [(0, 1300), (5_000_000, 1500)]),
            (
                Regime.INDIVIDUAL,
                2025,
                [(0, 1300), (2_400_000, 1500), (5_000_000, 1800), (20_000_000, 2000), (50_000_000, 2200)],
            ),
            (Regime.NON_RESIDENT, 2025, [(0, 3000)]),
            (Regime.SELF_EMPLOYED, 2025, []),
            (Regime.OTHER_COUNTRY, 2025, []),
            (Regime.NONE, 1999, []),
        ]:
            with subtests.test(regime=regime, year=year, brackets=brackets):
                table = (await tables.of_year(year))[regime]
                assert [(one.above, one.rate) for one in table.spec.brackets] == [
                    (above * UNIT, rate) for above, rate in brackets
                ]
                assert table.spec.yearly_limit == (2_400_000 * UNIT if regime == Regime.SELF_EMPLOYED else None)


async def test_a_table_holds_from_its_year_on_and_a_newer_version_takes_its_place(world: World) -> None:
    first = await world.finance.ok("POST", "/tax-tables", body())
    assert (await tables.of_year(NEXT.year))[Regime.INDIVIDUAL].id.hex == first["id"].replace("-", "")
    second = await world.finance.ok("POST", "/tax-tables", body({"brackets": [{"above": "0.00", "rate": 1400}]}))
    in_force = (await tables.of_year(NEXT.year + 3))[Regime.INDIVIDUAL]
    assert (str(in_force.id), in_force.spec.brackets[0].rate) == (second["id"], 1400)
    assert len((await tables.of_year(NEXT.year - 1))[Regime.INDIVIDUAL].spec.brackets) == 5
    listed = (await world.finance.ok("GET", "/tax-tables"))["tables"]
    mine = [one for one in listed if one["regime"] == "individual"]
    assert [(one["valid_from"], one["version"]) for one in mine] == [
        (NEXT.isoformat(), 2),
        (NEXT.isoformat(), 1),
        ("2025-01-01", 1),
        ("2021-01-01", 1),
    ]
    assert mine[0]["author_id"] == str(world.finance.id)
    assert mine[1]["spec"]["brackets"][1] == {"above": "2400000.0000", "rate": 1500}
    await world.verify()


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "descending": (
        body({"brackets": [{"above": "0", "rate": 1}, {"above": "9", "rate": 2}, {"above": "8", "rate": 3}]}),
        "brackets_ascend",
    ),
    "twice the same": (body({"brackets": [{"above": "0", "rate": 1}, {"above": "0", "rate": 2}]}), "brackets_ascend"),
    "not from nothing on": (body({"brackets": [{"above": "1", "rate": 1}]}), "brackets_ascend"),
    "no brackets": (body({"brackets": []}), "brackets_of_regime"),
    "brackets of the self-employed": (body({"yearly_limit": "1"}, regime="self_employed"), "brackets_of_regime"),
    "a limit of the others": (body({"yearly_limit": "1"}), "limit_of_regime"),
    "no limit": (body({"brackets": []}, regime="self_employed"), "limit_of_regime"),
    "more than everything": (body({"brackets": [{"above": "0", "rate": 10_001}]}), "less_than_equal"),
    "less than nothing": (body({"brackets": [{"above": "0", "rate": -1}]}), "greater_than_equal"),
    "a part": (body({"brackets": [{"above": "0", "rate": 13.5}]}), "int_type"),
    "not a number": (body({"brackets": [{"above": "NaN", "rate": 1}]}), "value_error"),
    "below zero": (body({"brackets": [{"above": "-1", "rate": 1}]}), "greater_than_equal"),
    "a number": (body({"brackets": [{"above": 0, "rate": 1}]}), "value_error"),
    "no regime": (body(regime="emperor"), "enum"),
    "no reason": (body(reason=""), "string_too_short"),
    "within a year": (body(valid_from=NEXT.replace(month=7).isoformat()), "not_1_january"),
    "this year": (body(valid_from=f"{datetime.now(UTC).year}-01-01"), "not_in_the_future"),
    "the past": (body(valid_from="2021-01-01"), "not_in_the_future"),
}


async def test_what_does_not_fit_is_refused(world: World, subtests: pytest.Subtests) -> None:
    async with nothing_changes():
        for name in sorted(REFUSED):
            with subtests.test(name=name):
                sent, code = REFUSED[name]
                reply = await world.finance.call("POST", "/tax-tables", sent)
                assert (reply.status_code, reply.json()["errors"][0]["code"]) == (422, code)
                assert await db.scalar("SELECT count(*) FROM tax_table WHERE author_id IS NOT NULL") == 0


async def test_a_year_in_which_a_period_was_closed_keeps_its_tables(world: World) -> None:
    # Seen from the zone of the policy the year is still to come; in the period's own it has begun.
    period_id = await c.earn(await b.person(), 100_00, c.moment(2025, 1), "weekly")
    await world.as_owner(
        f"UPDATE period SET ends_at = '{NEXT.year}-01-01T01:00Z' WHERE id = '{period_id}'",
        f"UPDATE period SET state = 'closed', closed_at = now(), total = 0, entries = 0 WHERE id = '{period_id}'",
    )
    reply = await world.finance.call("POST", "/tax-tables", body())
    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (422, "year_in_use")


async def test_only_finance_adds_tables(world: World) -> None:
    assert (await world.administrator.call("POST", "/tax-tables", body())).status_code == 403
    assert (await world.freelancer.call("GET", "/tax-tables")).status_code == 403
    assert (await world.administrator.call("GET", "/tax-tables")).status_code == 200


async def test_tables_are_never_changed(world: World) -> None:
    for statement in ("UPDATE tax_table SET spec = '{}'", "DELETE FROM tax_table", "TRUNCATE tax_table"):
        with pytest.raises(Exception, match=r"permission denied|never changed|append"):
            await db.execute(statement)
