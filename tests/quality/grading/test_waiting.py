"""What must neither be told by the moment of a verdict, nor lost by the order in which graders come."""

import asyncio
import uuid
from typing import Any

from piecework.platform import db
from piecework.quality.grading import grading, regrading
from piecework.quality.grading.deadlines import accept_overdue
from tests import races
from tests.quality.auditing.test_audits import audit, plan
from tests.quality.cases.test_restrictions import restrict
from tests.quality.golden.golden_world import add
from tests.quality.grading.test_grading import people, say
from tests.world import Person, World, choice_step


async def golden_then_ordinary(world: World, everybody: list[Person], topics: str) -> None:
    """The same answers to a golden task and to an ordinary one."""
    for rate in (1.0, 0.0):
        await db.execute("UPDATE queue SET control_rate = $1", rate)
        await db.execute("DELETE FROM attention")
        for person, topic in zip(everybody, topics, strict=True):
            await say(person, topic=topic)
        await world.drain()


async def states_of(person: Person) -> set[Any]:
    """What the person sees of each answer's verdict."""
    return {(one["state"], one["reason"]) for one in (await person.ok("GET", "/me/assignments"))["items"]}


class TestMoments:
    async def test_under_audits_golden_answers_wait_like_others(self, world: World) -> None:
        await world.project(choice_step(overlap=2), control_rate=0.5)
        await add(world)
        await world.tickets(3)
        one, other = await people(world, 2)
        await restrict(world, one, "audits")
        await golden_then_ordinary(world, [one, other], "aa")
        assert await states_of(one) == {("submitted", None)}
        await world.verify()

    async def test_a_wrong_golden_answer_is_not_refused_where_an_ordinary_one_would_wait(self, world: World) -> None:
        await world.project(choice_step(overlap=3, confidence=0.99), control_rate=0.5)
        await add(world)
        await world.tickets(3)
        three = await people(world, 3)
        await golden_then_ordinary(world, three, "aab")
        assert await states_of(three[2]) == {("submitted", None)}
        await world.verify()

    async def test_what_was_put_off_is_decided_by_the_key_when_it_is_due(self, world: World) -> None:
        await world.project(choice_step(overlap=3, confidence=0.99), control_rate=0.5)
        await add(world)
        await world.tickets(3)
        await golden_then_ordinary(world, await people(world, 3), "aab")
        await db.execute("UPDATE job SET run_at = now() WHERE kind = 'quality.verdict'")
        await world.drain()
        found = await db.rows(
            """SELECT a.state FROM assignment a JOIN task t ON t.id = a.task_id WHERE t.ticket_id IS NULL ORDER BY a.id"""
        )
        assert [row["state"] for row in found] == ["accepted", "accepted", "rejected"]
        assert await db.scalar("SELECT count(DISTINCT run_at) FROM job WHERE kind = 'quality.verdict'") == 0
        await world.verify()


class TestOrder:
    async def test_a_rejection_while_the_last_answer_is_graded_leaves_no_task_behind(self, world: World) -> None:
        await world.project(choice_step(overlap=3))
        await world.tickets(1)
        one, two, three = await people(world, 3)
        await say(one, topic="b")
        await world.drain()
        await db.execute("UPDATE assignment SET ended_at = ended_at - interval '8 days'")
        async with db.transaction():
            assert await accept_overdue() == 1
        await world.drain()
        await say(two, topic="b")
        await world.drain()
        assert await plan(world) == 1
        (held,) = await three.claim()
        await audit(world.curator, {"topic": "a"})  # the regrade will refuse the second answer
        task_id = await db.scalar("SELECT id FROM task")
        regraded, answered = asyncio.Event(), asyncio.Event()

        async def regrade() -> None:
            async with db.transaction():
                await regrading.regrade([task_id])
                regraded.set()
                await answered.wait()
                await db.execute("DELETE FROM job WHERE kind = 'quality.regrade'")

        async def grade() -> None:
            await regraded.wait()
            async with db.transaction():
                await grading.grade([uuid.UUID(held["id"])])
                await db.execute("DELETE FROM job WHERE kind = 'quality.grade'")

        both = [asyncio.create_task(regrade()), asyncio.create_task(grade())]
        await regraded.wait()
        assert (await three.answer(held, {"topic": "a"})).status_code == 200
        async with world.connections(1, role=None) as (watcher,):
            await races.stand(watcher, both[1])  # the grader waits for the regrade: what it read before would be stale
        answered.set()
        await asyncio.gather(*both)
        await world.drain()
        assert await db.scalar("SELECT state FROM task") == "resolved"
        await world.verify()

    async def test_a_dead_job_excuses_nothing(self, world: World) -> None:
        await world.project(choice_step(overlap=2))
        await world.tickets(1)
        for person in await people(world, 2):
            await say(person, topic="a")
        await db.execute("UPDATE job SET dead_at = now() WHERE kind = 'quality.grade'")
        await world.drain()
        assert "quality.complete_task_is_decided" in await world.broken()
