"""What tickets may cost."""

import asyncio
import uuid
from typing import Any

import pytest

from piecework.platform import db
from piecework.tasks import budgets, decisions, queries, splitting
from tests import races
from tests.traceless import nothing_changes
from tests.world import World, choice_step

PRICE = 25_000
"""Of choice_step: 2.50."""


async def bound(amount: int | None, **prices: int) -> None:
    """A price list in force with this bound for tickets, and prices per step for everybody."""
    tariff = await db.scalar(
        """INSERT INTO tariff (project_id, version, kind, ticket_budget, starts_at, state, author_id, reason, approver_id, approved_at)
           SELECT p.id, 1, 'per_step', $1, now(), 'approved', p.requester_id, 'for the test', a.id, now()
           FROM project p JOIN account a ON a.name = 'finance' RETURNING id""",
        amount,
    )
    await db.execute(
        """INSERT INTO rate_list (project_id, starts_at, tariff_id, ticket_budget)
           SELECT project_id, starts_at, id, ticket_budget FROM tariff WHERE id = $1""",
        tariff,
    )
    for key, price in prices.items():
        await rate(tariff, key, 1, price)


async def rate(tariff: uuid.UUID, key: str, level: int, price: int) -> None:
    for table in ("rate", "tariff_item"):
        sql = f"INSERT INTO {table} (tariff_id, step_key, level, language, price) VALUES ($1, $2, $3, '', $4)"
        await db.execute(sql, tariff, key, level, price)


async def set_budget(world: World, ticket_id: str, budget: str | None) -> dict[str, Any]:
    body = {"budget": budget, "reason": "It is worth that."}
    return dict(await world.requester.ok("PUT", f"/tickets/{ticket_id}/budget", body))


async def states(world: World, ticket_id: str) -> tuple[str, Any, list[tuple[str, str, int]]]:
    shown = await world.requester.ok("GET", f"/tickets/{ticket_id}")
    return shown["state"], shown["result"], [(one["step"], one["state"], one["overlap"]) for one in shown["tasks"]]


async def answer(world: World, name: str, topic: str) -> None:
    person = world.people.get(name) or await world.worker(name)
    (held,) = await person.claim()
    assert (await person.answer(held, {"topic": topic})).is_success
    await world.drain()


class TestSteps:
    async def test_a_step_that_does_not_fit_is_not_opened_until_the_budget_is_raised(self, world: World) -> None:
        await world.project(choice_step(overlap=2), choice_step(key="second", overlap=1, after=["classify"]))
        await bound(3 * PRICE - 1)
        (one,) = await world.tickets(1)
        await answer(world, "anna", "a")
        await answer(world, "boris", "a")
        state, result, tasks = await states(world, one)
        assert (state, result) == ("stuck", {"classify": {"topic": "a"}, "stuck": "budget"})
        assert tasks == [("classify", "resolved", 2)]
        await world.verify()
        assert await set_budget(world, one, "7.4999") == {
            "ticket_id": one, "state": "open", "budget": "7.4999", "committed": "5.0000",
        }  # fmt: skip
        await world.drain()
        assert (await states(world, one))[0] == "stuck", "still not enough"
        assert (await set_budget(world, one, "7.5"))["state"] == "open"
        await world.drain()
        state, _, tasks = await states(world, one)
        assert (state, tasks[1:]) == ("open", [("second", "open", 1)])
        await answer(world, "anna", "a")
        assert (await states(world, one))[0] == "resolved"
        assert (await set_budget(world, one, None))["budget"] == "7.4999", "back to the price list's"
        await world.verify()

    async def test_not_even_the_first_step(self, world: World) -> None:
        await world.project()
        await bound(1)
        (one,) = await world.tickets(1)
        assert await states(world, one) == ("stuck", {"stuck": "budget"}, [])
        await world.verify()

    async def test_without_a_bound_nothing_is_in_the_way(self, world: World) -> None:
        await world.project(choice_step(overlap=1))
        await bound(None, classify=10**9)
        (one,) = await world.tickets(1)
        assert (await states(world, one))[0] == "open"

    async def test_the_price_list_in_force_counts_at_its_dearest(self, world: World) -> None:
        await world.project(choice_step(overlap=1))
        await bound(99_999, classify=100_000)
        (one,) = await world.tickets(1)
        assert (await states(world, one))[0] == "stuck"
        assert (await set_budget(world, one, "10"))["state"] == "open"
        await rate(await db.scalar("SELECT id FROM tariff"), "classify", 2, 100_001)
        await world.drain()
        assert (await states(world, one))[0] == "stuck", "whoever claims it may be of level 2"

    async def test_a_reopening_beyond_the_budget_is_refused(self, world: World) -> None:
        await world.project(choice_step(overlap=1))
        (one,) = await world.tickets(1)
        await answer(world, "anna", "a")
        await set_budget(world, one, "2.5")
        body = {"reason": "Once more.", "redo": ["classify"]}
        refused = await world.requester.call("POST", f"/tickets/{one}/reopen", body)
        assert (refused.status_code, refused.json()["code"]) == (409, "budget_exceeded")
        assert (await states(world, one))[0] == "resolved"
        await set_budget(world, one, "5")
        await world.requester.ok("POST", f"/tickets/{one}/reopen", body)
        await world.verify()

    async def test_what_is_no_budget(self, world: World, subtests: pytest.Subtests) -> None:
        await world.project()
        (one,) = await world.tickets(1)
        async with nothing_changes():
            for budget in ["0", "-1", "NaN", 5, "1e3", ""]:
                with subtests.test(budget=budget):
                    reply = await world.requester.call("PUT", f"/tickets/{one}/budget", {"budget": budget, "reason": "Because."})
                    assert (reply.status_code, reply.json()["code"]) == (422, "invalid")


class TestAnswers:
    async def test_an_answer_that_does_not_fit_is_not_asked_for_and_a_curator_decides(self, world: World) -> None:
        await world.project(choice_step(overlap=2, max_overlap=4, confidence=0.9))
        await bound(2 * PRICE)
        (one,) = await world.tickets(1)
        await answer(world, "anna", "a")
        await answer(world, "boris", "b")
        assert (await states(world, one))[2] == [("classify", "disputed", 2)]
        assert await db.scalar("SELECT count(*) FROM slot") == 0
        await world.verify()
        await set_budget(world, one, "7.50")
        await world.drain()
        assert (await states(world, one))[2] == [("classify", "open", 3)], "with more money it is asked for after all"
        assert await db.scalar("SELECT count(*) FROM unaffordable") == 0
        await answer(world, "clara", "a")
        await world.verify()

    async def test_what_a_curator_has_decided_stays(self, world: World) -> None:
        await world.project(choice_step(overlap=2, max_overlap=3, confidence=0.9))
        await bound(2 * PRICE)
        (one,) = await world.tickets(1)
        await answer(world, "anna", "a")
        await answer(world, "boris", "b")
        (task,) = [row["id"] for row in await db.rows("SELECT id FROM task")]
        settled = {"answer": {"topic": "a"}, "reason": "It is an a, clearly."}
        await world.curator.ok("POST", f"/disputes/{task}", settled)
        await world.drain()
        await set_budget(world, one, "100")
        await world.drain()
        assert (await states(world, one))[2] == [("classify", "resolved", 2)]
        await world.verify()

    async def test_two_tasks_do_not_share_the_money_for_one_answer(self, world: World) -> None:
        await world.project(choice_step(overlap=1, max_overlap=9), choice_step(key="other", overlap=1, max_overlap=9))
        await bound(3 * PRICE)
        await world.tickets(1)
        tasks = [row["id"] for row in await db.rows("SELECT id FROM task ORDER BY id")]

        async def ask(task: uuid.UUID) -> None:
            async with db.transaction():
                await db.execute("SELECT FROM task WHERE id = $1 FOR UPDATE", task)
                await decisions.want_more([(task, 2)])

        await asyncio.gather(*(ask(task) for task in tasks))
        assert sorted(row["state"] for row in await db.rows("SELECT state FROM task")) == ["disputed", "open"]
        assert await db.scalar("SELECT sum(given + working + wanted) FROM committed(ARRAY(SELECT id FROM ticket))") == 2 * PRICE


class TestRaces:
    """Raising the budget of a ticket that is stopping for want of it just then."""

    @staticmethod
    async def race(world: World, monkeypatch: pytest.MonkeyPatch, first: str) -> str:
        """What a ticket comes to whose raise, or whose end for want of money, has read how it stands when the other begins."""
        await world.project(choice_step(overlap=1))
        await bound(1)
        body = {"source": "s", "tickets": [{"external_id": "R", "channel": "chat", "language": "en", "text": "x"}]}
        (sent,) = (await world.requester.ok("POST", "/projects/orders/tickets", body))["tickets"]
        ticket_id = uuid.UUID(sent["ticket_id"])

        ends = races.in_transaction(lambda: splitting.advance_tickets([ticket_id]))
        raises = races.in_transaction(lambda: budgets.set_budget(world.requester.id, ticket_id, PRICE, "It is worth that."))
        if first == "raise":
            races.stop_after_reading(monkeypatch, "row", budgets.LOCK)
            assert await world.overtake([raises], [ends]) == [None, None]
        else:
            races.stop_after_reading(monkeypatch, "rows", queries.TICKETS_TO_ADVANCE)
            assert await world.overtake([ends], [raises]) == [None, None]
        await world.drain()
        state: str = await db.scalar("SELECT state FROM ticket WHERE id = $1", ticket_id)
        return state

    @pytest.mark.parametrize("first", ["raise", "end"])
    async def test_it_goes_on(self, world: World, monkeypatch: pytest.MonkeyPatch, first: str) -> None:
        assert await self.race(world, monkeypatch, first) == "open"
        await world.verify()

    async def test_without_the_lock_the_raise_is_lost(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "FOR UPDATE" in budgets.LOCK
        monkeypatch.setattr(budgets, "LOCK", budgets.LOCK.replace("FOR UPDATE", ""))
        assert await self.race(world, monkeypatch, "raise") == "stuck"


class TestCost:
    async def test_where_there_is_no_bound_nothing_is_reckoned(self, world: World) -> None:
        await world.project(choice_step(overlap=2, max_overlap=3, confidence=0.9))
        await world.as_owner("DROP FUNCTION committed(uuid[])", "DROP FUNCTION dearest_price(bigint, text)")
        (one,) = await world.tickets(1)
        await answer(world, "anna", "a")
        await answer(world, "boris", "b")
        assert (await states(world, one))[2] == [("classify", "open", 3)]
