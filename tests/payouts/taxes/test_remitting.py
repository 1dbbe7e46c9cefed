"""Withheld tax on its way to the state: by whole closed periods, once, exactly."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from piecework.platform import db
from tests.payouts import builders as b
from tests.payouts.taxes import closings as c
from tests.traceless import nothing_changes
from tests.world import World


def body(amount: str, *periods: UUID, **changes: Any) -> dict[str, Any]:
    facts = {"currency": "RUB", "amount": amount, "reference": "PP 17", "paid_on": "2025-04-28"}
    return facts | {"period_ids": [str(one) for one in periods]} | changes


async def three_months() -> tuple[list[UUID], UUID, UUID]:
    """Anna: 1,300, 130 and 39 roubles withheld; Boris: 1,300 withheld, then 520 given back, then nothing."""
    anna, boris = await b.person(), await b.person("Boris")
    periods = []
    for month, (annas, borises) in enumerate(((10_000_00, 10_000_00), (1_000_00, -4_000_00), (300_00, 0)), 1):
        for person, gross in ((anna, annas), (boris, borises)):
            if month == 1:
                await c.terms(person, "individual")
            if gross:
                period_id = await c.earn(person, gross, c.moment(2025, month))
        await c.close(period_id)
        periods.append(period_id)
    return periods, anna, boris


async def test_the_tax_of_periods_goes_to_the_state_once(world: World) -> None:
    (january, february, march), anna, boris = await three_months()
    made = await world.finance.ok("POST", "/taxes/remittances", body("2210.00", january, february))
    assert (await b.balances())["tax"] == 39_0000
    assert (await b.balances())["bank"] == 2_210_0000
    entries = await db.rows("SELECT business_key, source_id FROM entry WHERE kind = 'remit' ORDER BY 1")
    assert {r["business_key"] for r in entries} == {f"remit:{made['id']}:{person}" for person in (anna, boris)}
    assert {str(r["source_id"]) for r in entries} == {made["id"]}
    again = await world.finance.call("POST", "/taxes/remittances", body("169.00", march, january))
    assert (again.status_code, again.json()["code"]) == (422, "invalid")
    again = await world.finance.call("POST", "/taxes/remittances", body("2639.00", march, january))
    assert (again.status_code, again.json()["code"]) == (409, "tax_remitted")
    await world.finance.ok("POST", "/taxes/remittances", body("39.00", march))
    assert (await b.balances()).get("tax", 0) == 0
    assert not await c.broken()
    listed = (await world.finance.ok("GET", "/taxes/remittances"))["items"]
    assert [(one["amount"], len(one["period_ids"])) for one in listed] == [("39.0000", 1), ("2210.0000", 2)]


async def test_a_sum_in_which_more_came_back_than_was_withheld_is_no_payment(world: World) -> None:
    (_january, february, march), *_ = await three_months()
    for amount, periods in (("1.00", [february]), ("390.00", [february]), ("351.00", [february, march])):
        reply = await world.finance.call("POST", "/taxes/remittances", body(amount, *periods))
        assert (reply.status_code, reply.json()["errors"][0]["code"]) == (422, "amount_differs")
    assert (await world.finance.call("POST", "/taxes/remittances", body("-390.00", february))).status_code == 422
    assert await db.scalar("SELECT count(*) FROM tax_remittance") == 0


async def test_lists_by_period_and_by_person(world: World) -> None:
    (january, february, march), anna, boris = await three_months()
    await world.finance.ok("POST", "/taxes/remittances", body("2600.00", january))
    found = (await world.finance.ok("GET", "/taxes/periods"))["items"]
    assert [(one["id"], one["people"], one["withheld"], one["remittance_id"] is None) for one in found] == [
        (str(march), 1, "39.0000", True),
        (str(february), 2, "-390.0000", True),
        (str(january), 2, "2600.0000", False),
    ]
    assert found[0]["name"] == "2025-03"
    waiting = await world.finance.ok("GET", "/taxes/periods?unremitted=true&limit=1")
    assert [one["id"] for one in waiting["items"]] == [str(march)]
    rest = await world.finance.ok("GET", f"/taxes/periods?unremitted=true&cursor={waiting['next_cursor']}")
    assert [one["id"] for one in rest["items"]] == [str(february)]
    annas = (await world.finance.ok("GET", f"/taxes/withheld?freelancer_id={anna}&year=2025"))["items"]
    assert [(one["period"], one["gross"], one["tax"], one["regime"]) for one in annas] == [
        ("2025-03", "300.0000", "39.0000", "individual"),
        ("2025-02", "1000.0000", "130.0000", "individual"),
        ("2025-01", "10000.0000", "1300.0000", "individual"),
    ]
    both = (await world.finance.ok("GET", f"/taxes/withheld?period_id={february}"))["items"]
    assert {(one["freelancer_id"], one["tax"]) for one in both} == {(str(anna), "130.0000"), (str(boris), "-520.0000")}
    assert (await world.finance.ok("GET", "/taxes/withheld?year=2024"))["items"] == []


async def test_what_does_not_fit_is_refused(world: World) -> None:
    (january, *_), anna, _ = await three_months()
    current = await c.earn(anna, 100_00, datetime.now(UTC))
    euros = await c.earn_and_close(anna, 100_00, c.moment(2025, 1), currency="EUR")
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    cases = [
        (body("2600.01", january), 422, "amount_differs"),
        (body("2600", january, paid_on=tomorrow), 422, "in_the_future"),
        (body("2600", january, january), 422, "unknown_period"),
        (body("2600", january, uuid4()), 422, "unknown_period"),
        (body("2600", january, euros), 422, "other_currency"),
        (body("2600", january, current), 409, "period_not_closed"),
        (body("2600"), 422, "too_short"),
        (body("1e400", january), 422, "value_error"),
        (body("2600", january, reference=""), 422, "string_too_short"),
        (body("2600", january, currency="rub"), 422, "string_pattern_mismatch"),
    ]
    for sent, status, code in cases:
        reply = await world.finance.call("POST", "/taxes/remittances", sent)
        said = reply.json()
        assert (reply.status_code, said["errors"][0]["code"] if "errors" in said else said["code"]) == (status, code), sent
    assert await db.scalar("SELECT count(*) FROM tax_remittance") == 0


async def test_twenty_clicks_at_once_pay_once(world: World) -> None:
    (january, *_), _, _ = await three_months()
    replies = await asyncio.gather(
        *(world.finance.call("POST", "/taxes/remittances", body("2600.00", january)) for _ in range(20))
    )
    assert sorted(reply.status_code for reply in replies) == [201] + [409] * 19
    assert (await b.balances())["bank"] == 2_600_0000
    assert not await c.broken()


async def test_only_finance_and_administrators_read(world: World, subtests: pytest.Subtests) -> None:
    async with nothing_changes():
        for path in ["/taxes/withheld", "/taxes/periods", "/taxes/remittances"]:
            with subtests.test(path=path):
                assert (await world.freelancer.call("GET", path)).status_code == 403
                assert (await world.administrator.call("GET", path)).status_code == 200
                assert (await world.administrator.call("POST", "/taxes/remittances", body("1.00", uuid4()))).status_code == 403
