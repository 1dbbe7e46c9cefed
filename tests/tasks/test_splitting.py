"""From tickets to tasks."""

import asyncio
from typing import Any

from piecework.platform import db
from piecework.tasks.splitting import ORDINARY_LANE, URGENT_LANE
from tests.world import World, choice_step

TICKET = {"external_id": "1", "channel": "email", "language": "en", "subject": "Hello", "text": "Where is it?"}


async def send(world: World, *tickets: dict[str, Any]) -> dict[str, Any]:
    return dict(await world.requester.ok("POST", "/projects/orders/tickets", {"source": "helpdesk", "tickets": list(tickets)}))


class TestIntake:
    async def test_the_same_ticket_again_adds_nothing(self, world: World) -> None:
        await world.project()
        first, again = await send(world, TICKET), await send(world, TICKET | {"text": "another text"})
        assert ((first["added"], first["known"]), (again["added"], again["known"])) == ((1, 0), (0, 1))
        assert first["tickets"][0]["ticket_id"] == again["tickets"][0]["ticket_id"]
        assert await db.scalar("SELECT text FROM ticket") == "Where is it?"

    async def test_twice_in_one_call_the_first_counts(self, world: World) -> None:
        await world.project()
        got = await send(world, TICKET, TICKET | {"text": "another text"})
        assert [one["new"] for one in got["tickets"]] == [True, False]
        assert await db.scalar("SELECT text FROM ticket") == "Where is it?"

    async def test_sent_ten_times_at_once_it_is_one_ticket(self, world: World) -> None:
        await world.project()
        got = await asyncio.gather(*(send(world, TICKET) for _ in range(10)))
        assert sum(one["added"] for one in got) == 1
        await world.drain()
        assert await db.scalar("SELECT count(*) FROM task") == 1
        await world.verify()

    async def test_personal_data_is_masked_and_the_original_kept_apart(self, world: World) -> None:
        await world.project()
        await send(world, TICKET | {"text": "call +7 921 000-90-01", "subject": "from ivan@example.org"})
        shown = await db.row("SELECT subject, text FROM ticket")
        kept = await db.row("SELECT subject, text FROM ticket_original")
        assert kept == ("from ivan@example.org", "call +7 921 000-90-01")
        assert "921" not in str(shown)
        assert "ivan" not in str(shown)

    async def test_one_bad_ticket_refuses_the_whole_call(self, world: World) -> None:
        await world.project()
        body = {"source": "helpdesk", "tickets": [TICKET, TICKET | {"external_id": "2", "channel": "pigeon"}]}
        assert (await world.requester.call("POST", "/projects/orders/tickets", body)).status_code == 422
        assert await db.scalar("SELECT count(*) FROM ticket") == 0


class TestSteps:
    async def test_a_later_step_shows_what_an_earlier_one_found(self, world: World) -> None:
        shown = [
            {"name": "subject", "title": "Subject", "source": "ticket.subject"},
            {"name": "topic", "title": "Topic", "source": "classify.topic"},
        ]
        await world.project(choice_step(overlap=1), choice_step(key="second", overlap=1, after=["classify"], input=shown))
        await send(world, TICKET)
        await world.drain()
        anna = await world.worker("anna")
        (held,) = await anna.claim()
        await anna.answer(held, {"topic": "b"})
        await world.drain()
        (following,) = await anna.claim()
        assert following["input"] == {"subject": "Hello", "topic": "b"}
        await world.verify()

    async def test_a_ticket_found_urgent_goes_to_the_urgent_lane(self, world: World) -> None:
        second = choice_step(key="second", overlap=1, after=["classify"])
        await world.project(choice_step(overlap=1), second, urgent_when={"step": "classify", "field": "topic", "is": "c"})
        await send(world, TICKET)
        await world.drain()
        anna = await world.worker("anna")
        (held,) = await anna.claim()
        await anna.answer(held, {"topic": "c"})
        await world.drain()
        lanes = [row["lane"] for row in await db.rows("SELECT lane FROM task ORDER BY created_at")]
        assert lanes == [ORDINARY_LANE, URGENT_LANE]

    async def test_a_task_has_a_slot_for_each_answer_it_wants(self, world: World) -> None:
        await world.project(choice_step(overlap=4))
        await world.tickets(3)
        assert await db.scalar("SELECT array_agg(n) FROM (SELECT count(*) AS n FROM slot GROUP BY task_id) per_task") == [4, 4, 4]
        await world.verify()
