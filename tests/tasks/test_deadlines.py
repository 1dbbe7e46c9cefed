"""Deadlines in the order of work."""

from datetime import UTC, datetime, timedelta

from piecework.platform import db
from tests.world import World, choice_step


def in_(**span: float) -> str:
    return (datetime.now(UTC) + timedelta(**span)).isoformat()


class TestHurry:
    async def test_a_second_answer_that_is_due_soon_goes_before_first_answers_that_are_not(self, world: World) -> None:
        await world.project(choice_step(overlap=2))
        due_soon = (await world.tickets(1, deadline_at=in_(minutes=30)))[0]
        later = (await world.tickets(1, first=1, deadline_at=in_(hours=9)))[0]
        anna, boris = await world.worker("anna"), await world.worker("boris")
        await anna.claim()
        await db.scalar("SELECT hurry(interval '1 hour')")
        (got,) = await boris.claim()
        ticket = await db.scalar("SELECT ticket_id::text FROM task WHERE id = $1::text::uuid", got["task_id"])
        assert ticket == due_soon != later
        await world.verify()

    async def test_without_hurry_first_answers_go_first(self, world: World) -> None:
        await world.project(choice_step(overlap=2))
        await world.tickets(1, deadline_at=in_(hours=8))
        later = (await world.tickets(1, first=1, deadline_at=in_(hours=9)))[0]
        anna, boris = await world.worker("anna"), await world.worker("boris")
        await anna.claim()
        assert await db.scalar("SELECT hurry(interval '1 hour')") == 0
        (got,) = await boris.claim()
        assert await db.scalar("SELECT ticket_id::text FROM task WHERE id = $1::text::uuid", got["task_id"]) == later

    async def test_what_moved_once_is_not_moved_again(self, world: World) -> None:
        await world.project()
        await world.tickets(2, deadline_at=in_(minutes=30))
        assert await db.scalar("SELECT hurry(interval '1 hour')") == 6
        assert await db.scalar("SELECT hurry(interval '1 hour')") == 0
        await world.verify()
