"""Answers through the API."""

import tracemalloc
import uuid
from typing import Any

import pytest

from piecework.platform import db
from tests.traceless import nothing_changes
from tests.world import Person, World, choice_step


async def anna_holds(world: World, count: int = 1, **step: Any) -> tuple[Person, list[dict[str, Any]]]:
    await world.project(choice_step(**step))
    await world.tickets(count + 3)
    anna = await world.worker("anna")
    return anna, await anna.claim(count)


def body(held: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"submission_id": str(uuid.uuid4()), "lease_token": held["lease_token"], "answer": {"topic": "a"}, **changes}


class TestSubmit:
    async def test_the_answer_is_stored_as_sent_and_its_grading_is_queued(self, world: World) -> None:
        anna, (held,) = await anna_holds(world)
        reply = (await anna.answer(held, {"topic": "b"})).json()
        assert (reply["assignment_id"], reply["state"], reply["next"]) == (held["id"], "submitted", [])
        stored = await db.row("SELECT body::text, freelancer_id FROM answer")
        assert stored == ('{"topic": "b"}', anna.id)
        assert await db.scalar("SELECT count(*) FROM job WHERE kind = 'quality.grade' AND key = $1", held["id"]) == 1
        await world.verify()

    async def test_a_retry_gets_the_same_bytes(self, world: World) -> None:
        anna, (held,) = await anna_holds(world)
        path, sent = f"/assignments/{held['id']}/answer", body(held, next={"count": 2})
        first, second = await anna.call("POST", path, sent), await anna.call("POST", path, sent)
        assert first.content == second.content
        assert ("idempotency-replayed" in first.headers, second.headers["idempotency-replayed"]) == (False, "true")
        assert len(first.json()["next"]) == 2
        assert await db.scalar("SELECT count(*) FROM answer") == 1

    async def test_a_late_retry_names_the_same_next_assignments(self, world: World) -> None:
        anna, (held,) = await anna_holds(world)
        path, sent = f"/assignments/{held['id']}/answer", body(held, next={"count": 2})
        first = (await anna.call("POST", path, sent)).json()
        await anna.answer(first["next"][0], {"topic": "a"})
        await world.drain()
        late = (await anna.call("POST", path, sent)).json()
        assert [one["id"] for one in late["next"]] == [one["id"] for one in first["next"]]
        assert late["submitted_at"] == first["submitted_at"]

    async def test_key_order_and_spacing_make_no_other_answer(self, world: World) -> None:
        two = [
            {"name": "x", "type": "yes_no", "title": "X"},
            {"name": "y", "type": "yes_no", "title": "Y"},
        ]
        anna, (held,) = await anna_holds(world, answer=two)
        path, sent = f"/assignments/{held['id']}/answer", body(held, answer={"x": True, "y": False})
        first = await anna.call("POST", path, sent)
        again = await anna.call("POST", path, sent | {"answer": {"y": False, "x": True}})
        assert first.content == again.content

    async def test_a_submission_id_cannot_be_used_for_something_else(self, world: World, subtests: pytest.Subtests) -> None:
        anna, (held, other) = await anna_holds(world, 2)
        sent = body(held)
        await anna.ok("POST", f"/assignments/{held['id']}/answer", sent)
        async with nothing_changes():
            for change in ["another answer", "another assignment"]:
                with subtests.test(change=change):
                    path, changed = {
                        "another answer": (held["id"], sent | {"answer": {"topic": "b"}}),
                        "another assignment": (other["id"], sent | {"lease_token": other["lease_token"]}),
                    }[change]
                    reply = await anna.call("POST", f"/assignments/{path}/answer", changed)
                    assert (reply.status_code, reply.json()["code"]) == (422, "submission_id_reused")
                    assert await db.scalar("SELECT body->>'topic' FROM answer") == "a"

    async def test_two_people_may_happen_to_use_the_same_submission_id(self, world: World) -> None:
        anna, (held,) = await anna_holds(world)
        boris = await world.worker("boris")
        (his,) = await boris.claim()
        sent = body(held)
        await anna.ok("POST", f"/assignments/{held['id']}/answer", sent)
        await boris.ok("POST", f"/assignments/{his['id']}/answer", sent | {"lease_token": his["lease_token"]})
        assert await db.scalar("SELECT count(*) FROM answer") == 2

    async def test_a_second_answer_is_refused(self, world: World) -> None:
        anna, (held,) = await anna_holds(world)
        await anna.answer(held, {"topic": "a"})
        reply = await anna.answer(held, {"topic": "b"})
        assert (reply.status_code, reply.json()["code"]) == (409, "already_answered")

    async def test_a_token_of_another_assignment_does_not_do(self, world: World) -> None:
        anna, (held, other) = await anna_holds(world, 2)
        reply = await anna.answer(held | {"lease_token": other["lease_token"]}, {"topic": "a"})
        assert (reply.status_code, reply.json()["code"]) == (409, "stale_lease")

    async def test_a_token_that_was_never_given_is_stale(self, world: World, subtests: pytest.Subtests) -> None:
        anna, (held,) = await anna_holds(world)
        async with nothing_changes():
            for token in ["x", "1", "1.", ".", "999999999999999999.0", "9" * 19 + ".0", "-1.5", "\u0661.\u0661"]:
                with subtests.test(token=token):
                    reply = await anna.answer(held | {"lease_token": token}, {"topic": "a"})
                    assert (reply.status_code, reply.json()["code"]) == (409, "stale_lease")

    async def test_an_answer_that_does_not_fit_changes_nothing_and_can_be_corrected(self, world: World) -> None:
        anna, (held,) = await anna_holds(world)
        reply = await anna.answer(held, {"topic": "z"})
        assert (reply.status_code, reply.json()["errors"][0]["field"]) == (422, "answer.topic")
        assert (await anna.answer(held, {"topic": "a"})).status_code == 200

    async def test_after_a_release_the_answer_comes_too_late(self, world: World) -> None:
        anna, (held,) = await anna_holds(world)
        await anna.ok("POST", f"/assignments/{held['id']}/release")
        reply = await anna.answer(held, {"topic": "a"})
        assert (reply.status_code, reply.json()["code"]) == (409, "lease_ended")
        await world.verify()

    async def test_an_ended_lease_is_refused_before_the_sweeper_comes(self, world: World) -> None:
        anna, (held,) = await anna_holds(world)
        await db.execute("UPDATE slot SET expires_at = clock_timestamp() WHERE assignment_id IS NOT NULL")
        reply = await anna.answer(held, {"topic": "a"})
        assert (reply.status_code, reply.json()["code"]) == (409, "lease_ended")
        await world.drain_recurring("tasks.expire")
        await world.verify()


class TestCombinedCall:
    async def test_it_answers_and_claims_in_one_commit(self, world: World) -> None:
        anna, (held,) = await anna_holds(world)
        following = (await anna.answer(held, {"topic": "a"}, next={"count": 2})).json()["next"]
        assert len({one["task_id"] for one in following} | {held["task_id"]}) == 3
        assert (await anna.ok("GET", "/assignments"))["assignments"] == following
        await world.verify()

    async def test_it_fills_the_place_that_the_answer_frees(self, world: World) -> None:
        await world.project()
        await world.tickets(3)
        anna = await world.worker("anna", max_held=1)
        (held,) = await anna.claim()
        assert len((await anna.answer(held, {"topic": "a"}, next={"count": 5})).json()["next"]) == 1

    async def test_a_refused_answer_claims_nothing(self, world: World) -> None:
        anna, (held,) = await anna_holds(world)
        await anna.answer(held | {"lease_token": "x"}, {"topic": "a"}, next={"count": 2})
        assert await db.scalar("SELECT count(*) FROM assignment") == 1

    async def test_an_unknown_project_refuses_the_whole_call(self, world: World) -> None:
        anna, (held,) = await anna_holds(world)
        reply = await anna.answer(held, {"topic": "a"}, next={"count": 1, "project": "nowhere"})
        assert reply.status_code == 404
        assert await db.scalar("SELECT count(*) FROM answer") == 0


class TestHostileAnswers:
    async def test_a_long_list_is_refused_without_looking_at_each_item(self, world: World) -> None:
        options = [{"value": f"v{i}", "title": "x" * 300} for i in range(200)]
        await world.project(choice_step(overlap=1, answer=[{"name": "n", "type": "choices", "title": "N", "options": options}]))
        await world.tickets(1)
        anna = await world.worker("anna")
        (held,) = await anna.claim()
        tracemalloc.start()
        refused = await anna.answer(held, {"n": [1] * 50_000})
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "does_not_fit")
        assert peak_bytes < 20 * 1024 * 1024
        assert (await anna.answer(held, {"n": ["v1", "v2"]})).status_code == 200

    async def test_an_answer_beyond_its_limit_is_refused(self, world: World) -> None:
        await world.project()
        await world.tickets(1)
        anna = await world.worker("anna")
        (held,) = await anna.claim()
        refused = await anna.answer(held, {"topic": "a" * 300_000})
        assert (refused.status_code, refused.json()["code"]) == (413, "body_too_large")
