"""Qualifications through the API."""

import asyncio
from typing import Any

from piecework.platform import db
from tests.world import World


def code_of(reply: Any) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


class TestQualify:
    async def test_a_new_level_replaces_the_old_one_and_keeps_it_on_record(self, world: World) -> None:
        path = f"/freelancers/{world.freelancer.id}/qualifications"
        for level in (1, 3):
            await world.open_to_all("orders", level)
            await world.curator.ok("POST", path, {"code": "orders", "level": level, "reason": "exam passed"})
        rows = await db.rows("SELECT level, revoked_at IS NULL AS valid FROM qualification ORDER BY level")
        assert [tuple(row) for row in rows] == [(1, False), (3, True)]

    async def test_racing_grants_leave_one_that_is_valid(self, world: World) -> None:
        path = f"/freelancers/{world.freelancer.id}/qualifications"
        for level in range(1, 7):
            await world.open_to_all("orders", level)
        replies = await asyncio.gather(
            *(world.curator.call("POST", path, {"code": "orders", "level": 1 + i, "reason": "exam passed"}) for i in range(6))
        )
        assert [reply.status_code for reply in replies if reply.status_code >= 500] == []
        assert await db.scalar("SELECT count(*) FROM qualification WHERE revoked_at IS NULL") == 1

    async def test_what_one_does_not_have_cannot_be_revoked(self, world: World) -> None:
        path = f"/freelancers/{world.freelancer.id}/qualifications/orders/revoke"
        assert code_of(await world.curator.call("POST", path, {"reason": "no longer"})) == (404, "not_found")
