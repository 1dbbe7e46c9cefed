"""Contracts and qualifications through the API."""

import asyncio
from typing import Any

import pytest

from piecework.platform import db
from piecework.platform.identity.models import Role
from tests.world import World


def code_of(reply: Any) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


class TestAgree:
    async def test_each_agreement_is_a_version_and_the_latest_holds(self, world: World) -> None:
        path = f"/freelancers/{world.freelancer.id}/contract"
        first = await world.curator.ok("PUT", path, {"weekly_cap": 10})
        second = await world.curator.ok("PUT", path, {"weekly_cap": 20, "max_held": 7})
        work = await world.freelancer.ok("GET", "/work")
        assert (first["version"], second["version"]) == (1, 2)
        assert (work["weekly_cap"], work["max_held"]) == (20, 7)
        assert await db.scalar("SELECT count(*) FROM contract") == 2

    async def test_racing_curators_get_versions_of_their_own(self, world: World) -> None:
        path = f"/freelancers/{world.freelancer.id}/contract"
        made = await asyncio.gather(*(world.curator.ok("PUT", path, {"weekly_cap": 10 + i}) for i in range(8)))
        assert sorted(one["version"] for one in made) == list(range(1, 9))
        latest = max(made, key=lambda one: one["version"])
        assert await db.scalar("SELECT weekly_cap FROM workload") == latest["weekly_cap"]

    async def test_only_a_freelancer_gets_one(self, world: World) -> None:
        reply = await world.curator.call("PUT", f"/freelancers/{world.finance.id}/contract", {})
        assert code_of(reply) == (409, "not_a_freelancer")

    async def test_nobody_writes_their_own(self, world: World) -> None:
        both = await world.person("both", Role.FREELANCER, Role.CURATOR)
        assert code_of(await both.call("PUT", f"/freelancers/{both.id}/contract", {})) == (409, "own_contract")

    @pytest.mark.parametrize(
        "body", [{"weekly_cap": 0}, {"max_held": 51}, {"weekly_norm": -1}, {"zone": "Mars/Base"}, {"zone": ""}, {"price": "1"}]
    )
    async def test_what_makes_no_sense_is_refused(self, world: World, body: dict[str, Any]) -> None:
        assert code_of(await world.curator.call("PUT", f"/freelancers/{world.freelancer.id}/contract", body)) == (422, "invalid")
        assert await db.scalar("SELECT count(*) FROM contract") == 0


class TestQualify:
    async def test_a_new_level_replaces_the_old_one_and_keeps_it_on_record(self, world: World) -> None:
        path = f"/freelancers/{world.freelancer.id}/qualifications"
        for level in (1, 3):
            await world.curator.ok("POST", path, {"code": "orders", "level": level, "reason": "exam passed"})
        rows = await db.rows("SELECT level, revoked_at IS NULL AS valid FROM qualification ORDER BY level")
        assert [tuple(row) for row in rows] == [(1, False), (3, True)]

    async def test_racing_grants_leave_one_that_is_valid(self, world: World) -> None:
        path = f"/freelancers/{world.freelancer.id}/qualifications"
        replies = await asyncio.gather(
            *(world.curator.call("POST", path, {"code": "orders", "level": 1 + i, "reason": "exam passed"}) for i in range(6))
        )
        assert [reply.status_code for reply in replies if reply.status_code >= 500] == []
        assert await db.scalar("SELECT count(*) FROM qualification WHERE revoked_at IS NULL") == 1

    async def test_what_one_does_not_have_cannot_be_revoked(self, world: World) -> None:
        path = f"/freelancers/{world.freelancer.id}/qualifications/orders/revoke"
        assert code_of(await world.curator.call("POST", path, {"reason": "no longer"})) == (404, "not_found")
