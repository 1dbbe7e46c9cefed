"""What projects spend, by day."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from piecework.payouts.tickets import spend
from piecework.platform import db, money
from tests.payouts import builders as b
from tests.payouts.earning import held_money as h
from tests.payouts.earning.held_money import DAY
from tests.payouts.tickets.ticket_world import answer, figures, project, reopen
from tests.traceless import nothing_changes
from tests.world import World

MIDNIGHT = datetime(2026, 3, 1, 21, tzinfo=UTC)
"""In Moscow, where pay is reckoned, the second of March begins."""


async def owed(project_code: str = "orders") -> int:
    """What the ledger says that a project has spent."""
    found: int = await db.scalar(
        """SELECT -sum(p.amount)::bigint FROM entry e JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id
           JOIN project j ON j.id = e.project_id AND j.code = $1 WHERE l.kind IN ('held', 'payable')""",
        project_code,
    )
    return found


async def spent(world: World, **query: str) -> dict[str, Any]:
    return dict(await world.requester.ok("GET", "/projects/orders/spend", params=query))


class TestDays:
    async def test_money_stands_under_its_day_in_the_zone_of_pay(self, database: db.Config) -> None:
        of, anna = await b.project(), await b.person()
        terms = await h.tariff(of, "resolved")
        last = await h.earned(of, anna, terms, MIDNIGHT - timedelta(seconds=1), ticket_id=await b.ticket(of, "T-1"), price=10_000)
        await h.earned(of, anna, terms, MIDNIGHT, ticket_id=await b.ticket(of, "T-2"), price=30_000, premium=500)
        waits = await b.assignment(of, anna, price=700, at=MIDNIGHT)
        await b.announce(waits, "submitted")
        await b.run_jobs()
        rows = {row.pop("day"): row for row in await spend.by_day(of.id, date(2026, 3, 1), date(2026, 3, 3))}
        assert list(rows) == [date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)]
        assert [row["spent"] for row in rows.values()] == [10_000, 30_500, 0]
        assert [row["pending"] for row in rows.values()] == [0, 700, 0]
        assert [row["held"] for row in rows.values()] == [0, 0, 0], "the bound of both holds is over"
        assert await h.ended(last)
        assert sum(row["spent"] for row in rows.values()) == await owed("disk")

    async def test_what_is_still_on_hold(self, database: db.Config) -> None:
        of, anna = await b.project(), await b.person()
        now: datetime = await db.scalar("SELECT now()")
        await h.earned(of, anna, await h.tariff(of), now - DAY, premium=500)
        total = dict.fromkeys(("spent", "held"), 0)
        for row in await spend.by_day(of.id, None, None):
            total = {name: total[name] + row[name] for name in total}
        assert total == {"spent": 25_550, "held": 25_550}

    async def test_of_other_projects_there_is_nothing_in_it(self, database: db.Config) -> None:
        of, other, anna = await b.project(), await b.project("maps"), await b.person()
        await b.earned(of, anna, at=MIDNIGHT)
        assert sum(row["spent"] for row in await spend.by_day(other.id, date(2026, 3, 1), date(2026, 3, 3))) == 0


class TestProject:
    async def test_the_sums_are_the_ledgers_through_a_reopening(self, world: World) -> None:
        await project(world, ticket_budget="16.00")
        first, second = await world.tickets(2)
        for name in ("anna", "boris", "clara"):
            await answer(world, name)
        shown = await spent(world)
        assert figures(shown["total"]) == {"spent": "9.90", "held": "9.90", "reserved": "5.00", "budget": "16.00"}
        resolved = (await world.requester.ok("GET", "/projects/orders/tickets", params={"state": "resolved"}))["items"]
        await reopen(world, resolved[0]["id"], "reply", claw_back=True)
        shown = await spent(world)
        assert figures(shown["total"]) == {"spent": "4.40", "held": "4.40", "reserved": "10.00", "budget": "32.00"}
        assert money.parse(shown["total"]["spent"]) == await owed()
        (held,) = await world.anna.claim()
        assert figures((await spent(world))["total"])["reserved"] == "10.00", "claimed or not"
        await world.anna.answer(held, {"topic": "a"})
        await world.drain()
        shown = await spent(world)
        assert figures(shown["total"]) == {"spent": "9.90", "held": "9.90", "reserved": "5.00", "budget": "16.00"}
        assert len(shown["days"]) == 30
        for name in shown["total"]:
            assert sum(money.parse(day[name]) for day in shown["days"]) == money.parse(shown["total"][name])
        assert {first, second} == {one["id"] for one in (await world.requester.ok("GET", "/projects/orders/tickets"))["items"]}

    async def test_ranges(self, world: World, subtests: pytest.Subtests) -> None:
        await world.project()
        async with nothing_changes():
            for query, status in [
                ({"since": "2026-01-01", "until": "2026-12-31"}, 200),
                ({"since": "2024-01-01", "until": "2024-12-31"}, 200),
                ({"since": "2026-01-01", "until": "2027-01-02"}, 422),
                ({"since": "2026-01-02", "until": "2026-01-01"}, 422),
                ({"until": "1999-12-31"}, 422),
                ({"until": "9999-12-31"}, 422),
                ({"until": "2000-01-01"}, 200),
                ({"since": "yesterday"}, 422),
                ({"since": "2026-13-01"}, 422),
                ({"day": "2026-01-01"}, 422),
            ]:
                with subtests.test(query=query, status=status):
                    reply = await world.requester.call("GET", "/projects/orders/spend", params=query)
                    assert (reply.status_code, reply.json().get("code", "")) == (status, "" if status == 200 else "invalid")
