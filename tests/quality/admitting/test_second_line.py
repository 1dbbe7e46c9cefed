"""The second line settles disputes and audits: of its own qualification, never of a ticket it worked on, and is looked at itself."""

import uuid

import pytest

from piecework.platform import db
from tests.quality.admitting.admitting_world import problem
from tests.quality.auditing.test_audits import REASON, answered, audit, plan, record, take, waiting
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

    async def test_nobody_else_does(self, world: World) -> None:
        task, _ = await disputed(world)
        for qualification in ("orders", "orders:3", "music:1:3"):
            other = await world.worker(f"of {qualification}", qualification)
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


async def reviews() -> list[tuple[str, int]]:
    """Who has done reviews, and how many, as pay rules count them."""
    found = await db.rows(
        """SELECT a.name, sum(m.value)::int AS n FROM measure m JOIN account a ON a.id = m.freelancer_id
           WHERE m.kind = 'review' GROUP BY 1 ORDER BY 1"""
    )
    return [(row["name"], row["n"]) for row in found]


class TestAuditing:
    async def test_it_audits_answers_of_others_blindly_and_each_counts_once(self, world: World) -> None:
        people = await answered(world, "aab")
        second = await world.worker("second", "orders:1:2")
        await plan(world, "person", freelancer_id=str(people[2].id))
        taken = await take(second)
        assert (taken["project"], taken["words"]) == ("orders", [])
        assert not any(text in str(taken) for text in (str(people[2].id), "person2", "'b'}"))
        key = {"idempotency-key": str(uuid.uuid4())}
        for _ in range(2):
            body = {"answer": {"topic": "a"}, "reason": REASON}
            found = await second.call("POST", f"/audits/{taken['id']}", body, headers=key)
            assert found.status_code == 200, found.text
            assert found.json()["fields"] == {"topic": False}
        await world.drain()
        assert await reviews() == [("second", 1)]
        assert problem(await record(second, taken, {"topic": "a"})) == (409, "audit_ended")
        (one,) = [c for c in (await world.curator.ok("GET", "/curators"))["items"] if c["curator_id"] == str(second.id)]
        assert one["audits"] == 1
        await world.verify()

    async def test_who_is_not_of_the_second_line_gets_none(self, world: World) -> None:
        await answered(world)
        await plan(world)
        for qualification in ("orders", "orders:3", "music:1:3"):
            assert await take(await world.worker(f"of {qualification}", qualification)) is None, qualification

    async def test_nor_who_worked_on_the_ticket_or_has_no_contract_now(self, world: World) -> None:
        people = await answered(world)
        await world.admit(people[0], "orders", 1, 2)
        gone = await world.person("gone")
        await world.admit(gone, "orders", 1, 2)
        await plan(world)
        assert await take(people[0]) is None
        assert await take(gone) is None

    async def test_whose_line_ends_while_they_hold_one_cannot_record_it(self, world: World) -> None:
        await answered(world)
        await plan(world)
        second = await world.worker("second", "orders:1:2")
        taken = await take(second)
        await world.curator.ok("POST", f"/freelancers/{second.id}/qualifications/orders/revoke", {"reason": "too many mistakes"})
        assert problem(await record(second, taken, {"topic": "a"})) == (409, "audit_not_taken")
        assert await reviews() == []

    async def test_what_an_answer_waits_for_is_left_to_curators(self, world: World) -> None:
        await waiting(world, topic="a")
        assert await take(await world.worker("second", "orders:1:2")) is None
        assert await take(world.curator) is not None

    async def test_second_looks_at_the_second_line_are_left_to_curators(self, world: World) -> None:
        await answered(world, checking={"second_rate": 1.0})
        await plan(world, count=1)
        second, other = await world.worker("second", "orders:1:2"), await world.worker("other", "orders:1:3")
        await audit(second, {"topic": "b"})
        assert await take(other) is None
        assert (await audit(world.curator, {"topic": "a"}))["fields"] == {"topic": True}

    async def test_nobody_audits_what_they_have_settled(self, world: World) -> None:
        await disputed(world, checking={"second_rate": 1.0})
        await world.curator.ok("POST", f"/disputes/{await db.scalar('SELECT id FROM task')}", SETTLED)
        await world.drain()
        assert await plan(world, count=1) == 1
        assert await take(world.curator) is None

    async def test_what_the_second_line_settles_is_audited_by_curators_alone(self, world: World) -> None:
        task, _ = await disputed(world, checking={"second_rate": 1.0})
        second, other = await world.worker("second", "orders:1:2"), await world.worker("other", "orders:1:2")
        await second.ok("POST", f"/disputes/{task}", SETTLED)
        await world.drain()
        assert (await take(second), await take(other)) == (None, None)
        assert await take(world.curator) is not None

    @pytest.mark.parametrize("how", ["settles", "audits"])
    async def test_what_it_has_judged_does_not_come_back_to_it_as_golden(self, world: World, how: str) -> None:
        second = await world.worker("second", "orders:1:2")
        if how == "settles":
            task, _ = await disputed(world)
            await second.ok("POST", f"/disputes/{task}", SETTLED)
        else:
            await answered(world)
            task = await db.scalar("SELECT id::text FROM task")
            await plan(world, count=1)
            await audit(second, {"topic": "a"})
        await world.drain()
        reply = await world.curator.call("POST", "/projects/orders/golden/promote", {"task_id": task})
        assert problem(reply) == (409, "not_promotable"), reply.text
        assert "second line" in reply.json()["detail"]
        assert (await world.curator.ok("GET", "/projects/orders/golden/candidates"))["items"] == []

    async def test_curators_are_not_counted(self, world: World) -> None:
        await answered(world)
        await plan(world, count=1)
        await audit(world.curator, {"topic": "a"})
        assert await reviews() == []

    async def test_the_queue_of_curators_is_not_theirs(self, world: World) -> None:
        second = await world.worker("second", "orders:1:2")
        assert (await second.call("GET", "/curator/queue")).status_code == 403
