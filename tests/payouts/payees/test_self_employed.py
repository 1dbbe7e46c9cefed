"""The self-employed: who may be paid, whose receipt is missing, how near the yearly limit is."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from piecework.payouts.payees import self_employed
from piecework.platform import db
from piecework.platform.money import KOPECK
from tests.payouts import builders as b
from tests.payouts.taxes import closings as c
from tests.traceless import nothing_changes, rehearsed
from tests.world import World

INN, OTHER_INN = "500100732259", "771234567859"
PAY_DAY = c.moment(2025, 3, 14)
RECEIPT = {
    "number": "20ab17",
    "url": "https://lknpd.nalog.ru/api/v1/receipt/500100732259/20ab17/print",
    "issued_on": "2025-03-20",
}


async def self_employed_person(name: str = "Anna", inn: str | None = INN) -> UUID:
    person = await b.person(name)
    await c.terms(person, "self_employed")
    if inn is not None:
        await identify(person, inn)
    return person


async def identify(person: UUID, inn: str) -> None:
    await db.execute(
        """INSERT INTO payee_identity (freelancer_id, version, inn, legal_name, residence, reason)
           SELECT $1, 1 + count(*), $2, 'Anna', 'RU', 'seen' FROM payee_identity WHERE freelancer_id = $1""",
        person,
        inn,
    )


async def checked(person: UUID, on: str, *, active: bool = True, inn: str = INN) -> None:
    await db.execute(
        "INSERT INTO status_check (freelancer_id, inn, checked_on, active, source) VALUES ($1, $2, $3, $4, 'by hand')",
        person,
        inn,
        date.fromisoformat(on),
        active,
    )


async def paid(person: UUID, kopecks: int, at: datetime | None, state: str = "paid") -> UUID:
    """A line of a payout of its own."""
    run = await db.scalar(
        """INSERT INTO payout_run (currency, number, execution_on, total, lines)
           SELECT 'RUB', 1 + count(*), now(), $1, 1 FROM payout_run RETURNING id""",
        kopecks * KOPECK,
    )
    line: UUID = await db.scalar(
        """INSERT INTO payout_line (run_id, number, freelancer_id, currency, amount, state, paid_at)
           VALUES ($1, 1, $2, 'RUB', $3, $4, $5) RETURNING id""",
        run,
        person,
        kopecks * KOPECK,
        state,
        at,
    )
    return line


class TestStatus:
    async def test_who_may_be_paid(self, database: db.Config, subtests: pytest.Subtests) -> None:
        anna = await self_employed_person()
        async with nothing_changes():
            for checks, reason in [
                ([], "status_unchecked"),
                ([("2025-03-14", True)], None),
                ([("2025-03-13", True)], None),
                ([("2025-03-12", True)], "status_stale"),
                ([("2025-03-15", True)], "status_unchecked"),  # of a day after the payment
                ([("2025-03-14", False)], "status_lost"),
                ([("2025-01-14", False)], "status_lost"),
                ([("2025-03-13", False), ("2025-03-14", True)], None),
                ([("2025-03-14", True), ("2025-03-14", False)], "status_lost"),  # later the same day
            ]:
                with subtests.test(checks=checks, reason=reason):
                    async with rehearsed():
                        for on, active in checks:
                            await checked(anna, on, active=active)
                        assert (await self_employed.refusals([anna], PAY_DAY)).get(anna) == reason

    async def test_the_day_is_that_of_the_policys_zone(self, database: db.Config) -> None:
        anna = await self_employed_person()
        await checked(anna, "2025-03-13")
        in_moscow_it_is_the_15th = datetime(2025, 3, 14, 21, 30, tzinfo=UTC)
        assert await self_employed.refusals([anna], in_moscow_it_is_the_15th) == {anna: "status_stale"}

    async def test_a_check_is_of_the_number_that_counts_now(self, database: db.Config) -> None:
        anna = await self_employed_person()
        await checked(anna, "2025-03-14")
        await identify(anna, OTHER_INN)
        assert await self_employed.refusals([anna], PAY_DAY) == {anna: "status_unchecked"}

    async def test_others_need_no_check(self, database: db.Config) -> None:
        anna, boris, vera = await self_employed_person(inn=None), await b.person("Boris"), await b.person("Vera")
        await c.terms(boris, "individual")
        assert await self_employed.refusals([anna, boris, vera], PAY_DAY) == {anna: "status_unchecked"}

    async def test_checks_are_recorded_and_listed(self, world: World) -> None:
        path = f"/freelancers/{world.freelancer.id}/status-checks"
        sent = {"checked_on": "2025-03-14", "active": True, "source": "statusnpd.nalog.ru"}
        refused = await world.finance.call("POST", path, sent)
        assert (refused.status_code, refused.json()["code"]) == (409, "inn_missing")
        await identify(world.freelancer.id, INN)
        await world.finance.ok("POST", path, sent)
        await world.finance.ok("POST", path, sent | {"active": False})
        found = (await world.administrator.ok("GET", path))["items"]
        assert [(one["active"], one["inn"], one["recorded_by"]) for one in found] == [
            (False, INN, str(world.finance.id)),
            (True, INN, str(world.finance.id)),
        ]
        tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
        reply = await world.finance.call("POST", path, sent | {"checked_on": tomorrow})
        assert reply.json()["errors"][0]["code"] == "in_the_future"
        assert (await world.freelancer.call("POST", path, sent)).status_code == 403
        assert (await world.finance.call("GET", f"/freelancers/{uuid4()}/status-checks")).status_code == 404


class TestReceipts:
    async def test_a_payment_has_one_receipt(self, world: World) -> None:
        anna = await self_employed_person()
        line = await paid(anna, 100_00, PAY_DAY)
        replies = await asyncio.gather(
            *(world.finance.call("POST", f"/payout-lines/{line}/receipt", RECEIPT | {"number": f"n{i}"}) for i in range(8))
        )
        assert sorted(reply.status_code for reply in replies) == [204] + [409] * 7
        assert {reply.json()["code"] for reply in replies if reply.content} == {"receipt_recorded"}
        assert not await c.broken()

    async def test_a_receipt_is_for_one_payment(self, world: World) -> None:
        anna, boris = await self_employed_person(), await self_employed_person("Boris", OTHER_INN)
        lines = [await paid(person, 100_00, PAY_DAY) for person in (anna, anna, boris)]
        statuses = [(await world.finance.call("POST", f"/payout-lines/{line}/receipt", RECEIPT)).status_code for line in lines]
        assert statuses == [204, 409, 204]

    async def test_what_does_not_fit_is_refused(self, world: World, subtests: pytest.Subtests) -> None:
        line = await paid(await self_employed_person(), 100_00, PAY_DAY)
        async with nothing_changes():
            for changes, code in [
                ({"url": "javascript:alert(1)"}, "string_pattern_mismatch"),
                ({"url": "http://lknpd.nalog.ru/x"}, "string_pattern_mismatch"),
                ({"url": "https://lknpd.nalog.ru/" + "x" * 500}, "string_too_long"),
                ({"number": ""}, "string_too_short"),
                ({"issued_on": "2090-01-01"}, "in_the_future"),
                ({"issued_on": "yesterday"}, "date_parsing"),
            ]:
                with subtests.test(changes=changes, code=code):
                    reply = await world.finance.call("POST", f"/payout-lines/{line}/receipt", RECEIPT | changes)
                    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (422, code)

    async def test_of_whom_no_receipt_is_due(self, world: World) -> None:
        anna, boris = await self_employed_person(), await b.person("Boris")
        await c.terms(boris, "individual")
        for line in (await paid(boris, 100_00, PAY_DAY), await paid(anna, 100_00, None, "ordered")):
            reply = await world.finance.call("POST", f"/payout-lines/{line}/receipt", RECEIPT)
            assert (reply.status_code, reply.json()["code"]) == (409, "no_receipt_due")
        assert (await world.finance.call("POST", f"/payout-lines/{uuid4()}/receipt", RECEIPT)).status_code == 404

    async def test_missing_are_those_that_were_due_by_the_9th_of_the_next_month(self, world: World) -> None:
        anna, boris = await self_employed_person(), await b.person("Boris")
        in_march = await paid(anna, 100_00, PAY_DAY)
        in_april = await paid(anna, 200_00, datetime(2025, 3, 31, 21, 30, tzinfo=UTC))  # 1 April in Moscow
        with_receipt = await paid(anna, 300_00, PAY_DAY)
        await paid(anna, 400_00, None, "ordered")
        await paid(boris, 500_00, PAY_DAY)
        await world.finance.ok("POST", f"/payout-lines/{with_receipt}/receipt", RECEIPT | {"issued_on": "2025-04-20"})

        async def missing(on: str) -> list[str]:
            return [one["line_id"] for one in (await world.finance.ok("GET", f"/receipts/missing{on}"))["items"]]

        assert await missing("?on=2025-04-09") == []
        assert await missing("?on=2025-04-10") == [str(in_march), str(with_receipt)]
        assert await missing("?on=2025-04-20") == [str(in_march)]
        assert await missing("?on=2025-05-10") == await missing("") == [str(in_march), str(in_april)]
        page = await world.finance.ok("GET", "/receipts/missing?limit=1")
        assert (page["items"][0]["due_on"], page["items"][0]["amount"]) == ("2025-04-09", "100.0000")
        rest = await world.finance.ok("GET", f"/receipts/missing?limit=1&cursor={page['next_cursor']}")
        assert [one["line_id"] for one in rest["items"]] == [str(in_april)]
        assert (await world.freelancer.call("GET", "/receipts/missing")).status_code == 403


class TestLimits:
    async def test_the_larger_of_paid_and_accrued_against_the_tables_limit(self, world: World) -> None:
        anna, boris, vera = [await self_employed_person(name, None) for name in ("Anna", "Boris", "Vera")]
        await b.person("Gleb")
        await paid(anna, 1_919_999_99, c.moment(2025, 6))
        await paid(anna, 1_000_000_00, c.moment(2024, 6))
        await paid(anna, 1_000_000_00, None, "ordered")
        await c.earn_and_close(boris, 1_920_000_00, c.moment(2025, 1))
        await paid(boris, 1_000_000_00, c.moment(2025, 2))
        await c.earn_and_close(vera, 2_300_000_00, c.moment(2025, 3))
        await c.earn(vera, 100_000_00, c.moment(2025, 4))  # still open
        found = (await world.finance.ok("GET", "/self-employed/limits?year=2025"))["items"]
        seen = {one["name"]: (one["paid"], one["accrued"], one["used"], one["level"]) for one in found}
        assert seen == {
            "Anna": ("1919999.9900", "0.0000", 79, "below"),
            "Boris": ("1000000.0000", "1920000.0000", 80, "near"),
            "Vera": ("0.0000", "2400000.0000", 100, "reached"),
        }
        warned = (await world.finance.ok("GET", "/self-employed/limits?year=2025&at_least=80"))["items"]
        assert [one["name"] for one in warned] == ["Boris", "Vera"]
        page = await world.finance.ok("GET", "/self-employed/limits?year=2025&limit=2")
        rest = await world.finance.ok("GET", f"/self-employed/limits?year=2025&limit=2&cursor={page['next_cursor']}")
        assert [one["name"] for one in page["items"] + rest["items"]] == ["Anna", "Boris", "Vera"]

    async def test_what_was_earned_under_another_regime_does_not_count(self, world: World) -> None:
        anna = await self_employed_person(inn=None)
        await c.terms(anna, "individual", datetime(2025, 5, 15, tzinfo=UTC))
        await c.earn_and_close(anna, 100_000_00, c.moment(2025, 4))
        await c.earn_and_close(anna, 200_000_00, c.moment(2025, 5))
        await paid(anna, 100_000_00, c.moment(2025, 5, 10))
        await paid(anna, 174_000_00, c.moment(2025, 6, 10))
        (found,) = (await world.finance.ok("GET", "/self-employed/limits?year=2025"))["items"]
        assert (found["paid"], found["accrued"], found["used"]) == ("100000.0000", "100000.0000", 4)

    async def test_a_year_without_a_table_and_no_year(self, world: World) -> None:
        assert (await world.finance.call("GET", "/self-employed/limits?year=2018")).json()["code"] == "no_tax_table"
        assert (await world.finance.call("GET", "/self-employed/limits?year=20250")).status_code == 422
        assert (await world.finance.call("GET", "/self-employed/limits")).status_code == 422
        assert (await world.freelancer.call("GET", "/self-employed/limits?year=2025")).status_code == 403
