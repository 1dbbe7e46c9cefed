"""The weekly cap: reserved at the claim, freed by what came to nothing."""

import asyncio
import uuid
from typing import Any

from piecework.platform import db
from piecework.tasks import decisions, queries
from piecework.tasks.decisions import WHOLE, Basis, Verdict
from tests.tasks.test_claim_races import CLAIM_STOPS, WORKLOAD_WITHOUT_LOCK
from tests.world import World, choice_step


async def claimed(person_id: uuid.UUID) -> int:
    return int(await db.scalar("SELECT week_claimed FROM workload WHERE freelancer_id = $1", person_id))


def verdict(held: dict[str, Any], share: int = 0) -> Verdict:
    why = (None, None) if share else ("differs", "Three others say something else.")
    return Verdict(uuid.UUID(held["id"]), share, Basis.CURATOR, *why)


async def decide(*verdicts: Verdict, again: bool = False) -> None:
    async with db.transaction():
        await decisions.decide(verdicts, again=again)


class TestTwoConnections:
    """One task is left under the cap, and two claims come at once."""

    async def claim_twice(self, world: World) -> int:
        await world.project(choice_step(overlap=1))
        await world.tickets(5)
        (me,) = await world.crowd(1, weekly_cap=1)
        async with world.connections(2) as connections:
            await world.race(*(one.fetch(queries.CLAIM, me, 1, None) for one in connections))
        return int(await db.scalar("SELECT count(*) FROM assignment"))

    async def test_one_of_them_gets_it(self, world: World) -> None:
        await world.as_owner(CLAIM_STOPS)
        assert await self.claim_twice(world) == 1
        await world.verify()

    async def test_without_the_lock_both_do(self, world: World) -> None:
        await world.as_owner(CLAIM_STOPS, WORKLOAD_WITHOUT_LOCK)
        assert await self.claim_twice(world) == 2


class TestRejection:
    async def two_answers(self, world: World) -> tuple[Any, list[dict[str, Any]]]:
        await world.project(choice_step(overlap=1))
        await world.tickets(5)
        anna = await world.worker("anna", weekly_cap=2, weekly_norm=2)
        held = await anna.claim(2)
        for one in held:
            await anna.answer(one, {"topic": "a"})
        return anna, held

    async def test_it_frees_the_cap_and_acceptance_does_not(self, world: World) -> None:
        anna, (first, second) = await self.two_answers(world)
        assert (await anna.call("POST", "/assignments", {"count": 1})).json()["code"] == "weekly_cap_reached"
        await decide(verdict(first), verdict(second, WHOLE))
        assert await claimed(anna.id) == 1
        assert len(await anna.claim(2)) == 1

    async def test_an_acceptance_after_all_does_not_take_it_back(self, world: World) -> None:
        anna, (first, _) = await self.two_answers(world)
        await decide(verdict(first))
        await decide(verdict(first, WHOLE), again=True)
        assert await claimed(anna.id) == 1

    async def test_what_was_claimed_in_an_earlier_week_frees_nothing_of_this_one(self, world: World) -> None:
        anna, (first, _) = await self.two_answers(world)
        await db.execute("UPDATE workload SET week_ends = clock_timestamp() WHERE freelancer_id = $1", anna.id)
        await anna.claim(2)
        await decide(verdict(first))
        assert await claimed(anna.id) == 2
        assert (await anna.call("POST", "/assignments", {"count": 1})).json()["code"] == "weekly_cap_reached"

    async def test_it_does_not_meet_give_backs_in_a_deadlock(self, world: World) -> None:
        """Rejections of many people's answers, each of whom gives something else back at the same time."""
        await world.project(choice_step(overlap=1))
        await world.tickets(60)
        people = await world.crowd(20)
        async with world.connections(20) as connections:

            async def work(i: int) -> tuple[Any, Any]:
                first, second = await connections[i].fetch(queries.CLAIM, people[i], 2, None)
                await connections[i].fetch(
                    queries.SUBMIT, people[i], first["id"], first["step_id"], first["token"], uuid.uuid4(), '{"topic": "a"}', b"x", [], 0, None
                )  # fmt: skip
                return first, second

            held = await asyncio.gather(*(work(i) for i in range(20)))
            done = await asyncio.gather(
                decide(*(verdict({"id": str(first["id"])}) for first, _ in held)),
                decide(*(verdict({"id": str(first["id"])}) for first, _ in reversed(held))),
                *(connections[i].fetchval(queries.GIVE_BACK, people[i], held[i][1]["id"], "released", None) for i in range(20)),
            )
        assert done[2:] == ["released"] * 20
        assert [await claimed(me) for me in people] == [0] * 20
        assert (await db.scalar("SELECT count(*) FROM assignment WHERE state = 'rejected'")) == 20
