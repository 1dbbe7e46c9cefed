"""Mentors: who may be one, that both see it, and one at a time."""

from typing import Any

from tests.quality.admitting.admitting_world import notices, problem
from tests.world import Person, World


async def assign(world: World, person: Person, mentor: Person | None) -> Any:
    body = {"mentor_id": mentor and str(mentor.id), "reason": "The first weeks in orders."}
    return await world.curator.call("POST", f"/freelancers/{person.id}/mentor", body)


class TestMentors:
    async def test_the_second_line_and_seniors_mentor_and_both_see_it(self, world: World) -> None:
        newcomer, second, senior = (
            await world.worker("newcomer"),
            await world.worker("second", "orders:1:2"),
            await world.worker("senior", "orders:3"),
        )
        for mentor in (second, senior):
            assert (await assign(world, newcomer, mentor)).is_success
            assert (await newcomer.ok("GET", "/me/mentoring"))["mentor"]["id"] == str(mentor.id)
            assert [one["name"] for one in (await mentor.ok("GET", "/me/mentoring"))["mentees"]] == ["newcomer"]
        assert (await second.ok("GET", "/me/mentoring"))["mentees"] == []
        assert len(await notices(newcomer, "mentor.assigned")) == 2

    async def test_others_do_not(self, world: World) -> None:
        newcomer, junior = await world.worker("newcomer"), await world.worker("junior", "orders:2")
        assert problem(await assign(world, newcomer, junior)) == (409, "not_a_mentor")
        senior = await world.worker("senior", "orders:3")
        assert problem(await assign(world, senior, senior)) == (409, "not_a_mentor")
        assert problem(await assign(world, newcomer, world.finance)) == (409, "not_a_freelancer")

    async def test_it_ends(self, world: World) -> None:
        newcomer, senior = await world.worker("newcomer"), await world.worker("senior", "orders:3")
        await assign(world, newcomer, senior)
        assert (await assign(world, newcomer, None)).is_success
        assert (await newcomer.ok("GET", "/me/mentoring"))["mentor"] is None
        assert (await assign(world, newcomer, None)).status_code == 404
