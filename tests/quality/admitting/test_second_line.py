"""The second line settles disputes: of its own qualification, never of a ticket it worked on, and is looked at itself."""

import pytest

from piecework.platform import db
from tests.quality.admitting.admitting_world import problem
from tests.quality.auditing.test_disputes import SETTLED, disputed
from tests.world import Person, World


async def found(person: Person) -> list[str]:
    return [one["task_id"] for one in (await person.ok("GET", "/disputes"))["items"]]


class TestWhoMay:
    async def test_the_second_line_of_the_steps_qualification_finds_and_settles_them(self, world: World) -> None:
        task, _ = await disputed(world)
        second = await world.worker("second", "orders:1:2")
        assert await found(second) == [task]
        shown = await second.ok("GET", f"/disputes/{task}")
        assert sorted(side["answer"]["topic"] for side in shown["sides"]) == ["a", "b"]
        await second.ok("POST", f"/disputes/{task}", SETTLED)
        await world.drain()
        assert await db.scalar("SELECT result->'classify'->>'topic' FROM ticket") == "a"
        assert await found(second) == []
        await world.verify()

    @pytest.mark.parametrize("qualification", ["orders", "orders:3", "music:1:3"])
    async def test_nobody_else_does(self, world: World, qualification: str) -> None:
        task, _ = await disputed(world)
        other = await world.worker("other", qualification)
        assert await found(other) == []
        assert (await other.call("GET", f"/disputes/{task}")).status_code == 404
        assert (await other.call("POST", f"/disputes/{task}", SETTLED)).status_code == 404

    async def test_nor_whose_qualification_has_ended_or_who_is_restricted(self, world: World) -> None:
        task, _ = await disputed(world)
        expired, watched = await world.worker("expired", "orders:1:2"), await world.worker("watched", "orders:1:2")
        await db.execute("UPDATE qualification SET expires_at = now() WHERE freelancer_id = $1", expired.id)
        await world.curator.ok(
            "POST", f"/freelancers/{watched.id}/restrictions", {"kind": "audits", "days": 5, "reason": "too many mistakes"}
        )
        for person in (expired, watched):
            assert await found(person) == []
            assert (await person.call("POST", f"/disputes/{task}", SETTLED)).status_code == 404

    async def test_who_worked_on_the_ticket_does_not_settle_it(self, world: World) -> None:
        task, people = await disputed(world)
        await world.admit(people[0], "orders", 1, 2)
        assert await found(people[0]) == []
        assert problem(await people[0].call("GET", f"/disputes/{task}")) == (409, "own_work")
        assert problem(await people[0].call("POST", f"/disputes/{task}", SETTLED)) == (409, "own_work")

    async def test_curators_find_all_of_them(self, world: World) -> None:
        task, _ = await disputed(world)
        assert await found(world.curator) == [task]


class TestBeingLookedAt:
    async def test_what_it_settles_is_drawn_for_an_audit_that_may_overturn_it(self, world: World) -> None:
        task, _ = await disputed(world, checking={"second_rate": 1.0})
        second = await world.worker("second", "orders:1:2")
        await second.ok("POST", f"/disputes/{task}", SETTLED)
        await world.drain()
        taken = (await world.curator.ok("POST", "/audits/take"))["audit"]
        await world.curator.ok("POST", f"/audits/{taken['id']}", {"answer": {"topic": "b"}, "reason": "It says b in the ticket."})
        await world.drain()
        (one,) = (await world.curator.ok("GET", "/settlers"))["items"]
        assert (one["person_id"], one["settled"], one["checked"], one["overturned"]) == (str(second.id), 1, 1, 1)
        await world.verify()

    async def test_what_curators_settle_is_counted_with_it(self, world: World) -> None:
        task, _ = await disputed(world)
        await world.curator.ok("POST", f"/disputes/{task}", SETTLED)
        (one,) = (await world.curator.ok("GET", "/settlers"))["items"]
        assert (one["person_id"], one["settled"], one["overturned"]) == (str(world.curator.id), 1, 0)
