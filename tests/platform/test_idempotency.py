"""`Idempotency-Key`: one effect, the first reply for every retry."""

import asyncio
from typing import Any

import httpx2
import pytest

from piecework.platform import db
from piecework.platform.composition import PARTS
from piecework.tasks.norms.policy import NormPolicy
from tests.traceless import nothing_changes
from tests.world import World

BODY = {"code": "disk", "name": "Disk"}


async def make(world: World, key: str, body: dict[str, Any] = BODY) -> httpx2.Response:
    return await world.requester.call("POST", "/projects", body, headers={"idempotency-key": key})


async def projects() -> int:
    return int(await db.scalar("SELECT count(*) FROM project"))


class TestReplay:
    async def test_a_retry_gets_the_first_reply_and_no_second_effect(self, world: World) -> None:
        first, second = await make(world, "k1"), await make(world, "k1")
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.content == second.content
        assert ("idempotency-replayed" in first.headers, second.headers["idempotency-replayed"]) == (False, "true")
        assert await projects() == 1

    async def test_without_a_key_a_retry_is_a_new_request(self, world: World) -> None:
        await world.requester.ok("POST", "/projects", BODY)
        assert (await world.requester.call("POST", "/projects", BODY)).status_code == 409

    async def test_the_same_key_with_another_body_is_refused_and_changes_nothing(self, world: World) -> None:
        await make(world, "k1")
        reply = await make(world, "k1", {"code": "music", "name": "Music"})
        assert (reply.status_code, reply.json()["code"]) == (422, "idempotency_key_reused")
        assert await projects() == 1

    async def test_the_same_key_for_another_operation_is_refused(self, world: World) -> None:
        await make(world, "k1")
        await world.project()
        workflow = {"name": "w", "steps": [(await world.requester.ok("GET", "/projects/orders/workflow"))["spec"]["steps"][0]]}
        reply = await world.requester.call("POST", "/projects/orders/workflows", workflow, headers={"idempotency-key": "k1"})
        assert (reply.status_code, reply.json()["code"]) == (422, "idempotency_key_reused")

    async def test_keys_belong_to_their_account(self, world: World) -> None:
        await make(world, "k1")
        headers = {"idempotency-key": "k1"}
        reply = await world.administrator.call("POST", "/projects", {"code": "music", "name": "Music"}, headers=headers)
        assert reply.status_code == 201

    async def test_a_refused_request_does_not_use_up_its_key(self, world: World) -> None:
        await world.requester.ok("POST", "/projects", BODY)
        assert (await make(world, "k1")).status_code == 409
        assert (await make(world, "k1", {"code": "music", "name": "Music"})).status_code == 201

    async def test_a_bad_key_is_refused(self, world: World, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for key in ["", "a" * 256, "with space", "tab\there", "é"]:
                with subtests.test(key=key):
                    token = {"authorization": f"Bearer {world.requester.token}", "idempotency-key": key.encode("latin-1")}
                    reply = await world.client.post("/api/v1/projects", json=BODY, headers=token)
                    assert (reply.status_code, reply.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
                    assert await projects() == 0


class TestTwiceAtOnce:
    async def test_ten_at_once_make_one_project_and_get_one_reply(self, world: World) -> None:
        replies = await asyncio.gather(*(make(world, "k1") for _ in range(10)))
        assert {reply.status_code for reply in replies} == {201}
        assert len({reply.content for reply in replies}) == 1
        assert await projects() == 1

    async def test_many_keys_at_once_do_not_mix(self, world: World) -> None:
        bodies = [{"code": f"p{i % 10}", "name": f"P{i % 10}"} for i in range(40)]
        replies = await asyncio.gather(*(make(world, f"k{i % 10}", body) for i, body in enumerate(bodies)))
        assert [reply.json()["code"] for reply in replies] == [body["code"] for body in bodies]
        assert await projects() == 10


OTHERWISE = {
    "/sessions": "nobody is known yet",
    "/applications": "nobody is known yet",
    "/tokens": "a secret is shown once and never kept",
    "/accounts/{account_id}/tokens": "a secret is shown once and never kept",
    "/assignments/{assignment_id}/answer": "it has its own submission_id",
    "/assignments/{assignment_id}/heartbeat": "a repeat is the next one",
    "/assignments/{assignment_id}/release": "a repeat finds it given back",
    "/assignments/{assignment_id}/skip": "a repeat finds it given back",
    "/assignments/{assignment_id}/escalate": "a repeat finds it given back",
    "/projects/{code}/workflow-trial": "it changes nothing",
}
"""Writes without a key, and why."""


class TestWhere:
    def test_every_write_takes_a_key_but_for_those_that_need_none(self) -> None:
        writes = [one for part in PARTS for one in part.operations if one.method != "GET"]
        assert {one.path for one in writes if not one.takes_key} == set(OTHERWISE)

    async def test_what_is_put_is_put_once(self, world: World) -> None:
        body = {"policy": NormPolicy(gap_daily_hours=1).model_dump(), "reason": "Fewer hours."}
        replies = [await world.curator.call("PUT", "/norm-policy", body, headers={"idempotency-key": "k"}) for _ in range(2)]
        assert [reply.json()["version"] for reply in replies] == [1, 1]
        assert (await world.curator.ok("PUT", "/norm-policy", body))["version"] == 2

    async def test_a_decision_whose_reply_was_lost_can_be_asked_for_again(self, world: World) -> None:
        criteria = {"level": 1, "criteria": [], "reason": "Open to all."}
        made = await world.curator.ok("POST", "/qualifications/orders/criteria", criteria)
        path, body = f"/criteria-drafts/{made['id']}/decision", {"decision": "publish", "reason": "Read it."}
        first, second = [await world.administrator.call("POST", path, body, headers={"idempotency-key": "k"}) for _ in range(2)]
        assert (first.status_code, second.status_code, second.headers["idempotency-replayed"]) == (204, 204, "true")
        assert (await world.administrator.call("POST", path, body)).status_code == 409

    async def test_a_token_is_never_kept(self, world: World) -> None:
        body = {"name": "ci", "scopes": ["tasks.work"]}
        made = await world.requester.call("POST", "/tokens", body, headers={"idempotency-key": "k"})
        assert made.status_code == 201, made.text
        assert await db.scalar("SELECT count(*) FROM idempotency") == 0


class TestKeeping:
    async def test_keys_are_forgotten_after_thirty_days_and_not_before(self, world: World) -> None:
        await make(world, "old")
        await make(world, "young", {"code": "music", "name": "Music"})
        await db.execute("UPDATE idempotency SET created_at = now() - interval '31 days' WHERE key = 'old'")
        await db.execute("UPDATE idempotency SET created_at = now() - interval '29 days' WHERE key = 'young'")
        await world.drain_recurring("platform.tidy")
        assert [row["key"] for row in await db.rows("SELECT key FROM idempotency")] == ["young"]
