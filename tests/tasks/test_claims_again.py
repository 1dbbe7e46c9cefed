"""Claims that are asked for again by their Idempotency-Key."""

import httpx2

from tests.traceless import nothing_changes
from tests.world import Person, World


def code_of(reply: httpx2.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


class TestAskedAgain:
    """A reply may be lost on the way; who asks again by the same key is given the same tasks."""

    @staticmethod
    async def ask(person: Person, key: str, count: int = 2) -> httpx2.Response:
        return await person.call("POST", "/assignments", {"count": count}, headers={"idempotency-key": key})

    async def test_the_same_key_gives_the_same_tasks_and_no_others(self, world: World) -> None:
        await world.project()
        await world.tickets(6)
        anna = await world.worker("anna", max_held=5)
        first, second = await self.ask(anna, "k1"), await self.ask(anna, "k1")
        assert first.content == second.content
        assert len(first.json()["assignments"]) == 2
        assert ("idempotency-replayed" in first.headers, second.headers["idempotency-replayed"]) == (False, "true")
        other = await self.ask(anna, "k2")
        assert len((await anna.ok("GET", "/assignments"))["assignments"]) == 4
        assert not {one["id"] for one in other.json()["assignments"]} & {one["id"] for one in first.json()["assignments"]}
        await world.verify()

    async def test_it_is_given_again_when_no_more_may_be_held(self, world: World) -> None:
        await world.project()
        await world.tickets(6)
        anna = await world.worker("anna", max_held=2)
        first = await self.ask(anna, "k1")
        assert code_of(await self.ask(anna, "k2")) == (409, "held_cap_reached")
        assert (await self.ask(anna, "k1")).content == first.content

    async def test_what_has_ended_meanwhile_is_left_out(self, world: World) -> None:
        await world.project()
        await world.tickets(6)
        anna = await world.worker("anna", max_held=2)
        done, kept = (await self.ask(anna, "k1")).json()["assignments"]
        await anna.answer(done, {"topic": "a"})
        assert (await self.ask(anna, "k1")).json()["assignments"] == [kept]
        await anna.answer(kept, {"topic": "a"})
        last = await self.ask(anna, "k1")
        assert (last.json(), last.headers["idempotency-replayed"]) == ({"assignments": [], "retry_after_s": None}, "true")

    async def test_the_same_key_for_another_wish_is_refused_and_hands_nothing_out(self, world: World) -> None:
        await world.project()
        await world.tickets(6)
        anna = await world.worker("anna", max_held=5)
        await self.ask(anna, "k1")
        async with nothing_changes():
            assert code_of(await self.ask(anna, "k1", count=1)) == (422, "idempotency_key_reused")
            assert code_of(await self.ask(anna, "with space")) == (422, "invalid")

    async def test_a_key_belongs_to_who_used_it(self, world: World) -> None:
        await world.project()
        await world.tickets(6)
        anna, boris = await world.worker("anna"), await world.worker("boris")
        first, second = await self.ask(anna, "k1"), await self.ask(boris, "k1")
        assert "idempotency-replayed" not in second.headers
        assert {one["id"] for one in first.json()["assignments"]} & {one["id"] for one in second.json()["assignments"]} == set()

    async def test_an_empty_hand_and_a_refusal_do_not_use_a_key_up(self, world: World) -> None:
        await world.project()
        anna = await world.worker("anna", max_held=2)
        assert (await self.ask(anna, "k1")).json()["assignments"] == []
        await world.tickets(6)
        held = (await self.ask(anna, "k1")).json()["assignments"]
        assert code_of(await self.ask(anna, "k2")) == (409, "held_cap_reached")
        for one in held:
            await anna.answer(one, {"topic": "a"})
        assert len((await self.ask(anna, "k2")).json()["assignments"]) == 2
