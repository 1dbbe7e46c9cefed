"""Claims through the API."""

from tests.world import World


class TestClaim:
    async def test_a_person_never_gets_the_same_task_twice(self, world: World) -> None:
        await world.project()
        await world.tickets(3)
        anna = await world.worker("anna", max_held=20)
        got = await anna.claim(20)
        assert len(got) == 3
        assert len({assignment["task_id"] for assignment in got}) == 3
        assert await anna.claim(5) == []
        await world.verify()
