"""Races over one offer. Each guard is also taken away, to see that its race then really breaks what it guards."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from piecework.platform import db
from piecework.tasks.contracts import accepting, offers, versions
from piecework.tasks.errors import OfferClosed
from tests.races import in_transaction, race, stop_before
from tests.world import World

OFFER = {"rate": "by the ticket", "regime": "none"}


@pytest.fixture(params=[True, False], ids=["guarded", "naive"])
async def guarded(request: pytest.FixtureRequest, world: World, monkeypatch: pytest.MonkeyPatch) -> bool:
    """The guards as they are shipped, or without both of them; either way everybody has looked before anybody writes, if they may."""
    if not request.param:
        monkeypatch.setattr(versions, "LOCK", "SELECT $1::uuid")
        await world.as_owner(
            "ALTER TABLE contract_answer DROP CONSTRAINT contract_answer_pkey",
            "ALTER TABLE contract DROP CONSTRAINT contract_offer_once",
            "ALTER TABLE contract DROP CONSTRAINT contract_version_key CASCADE",
        )
    monkeypatch.setattr(offers, "answer", stop_before(offers.answer))
    return bool(request.param)


async def open_offer(world: World) -> dict[str, Any]:
    return dict(await world.curator.ok("POST", f"/freelancers/{world.applicant.id}/offers", OFFER))


async def test_one_offer_is_accepted_once(world: World, guarded: bool) -> None:
    made = await open_offer(world)
    accept = lambda: accepting.accept(world.applicant.id, made["id"], made["sha256"])  # noqa: E731
    async with world.connections(1, role=None) as (watcher,):
        ended = await race(watcher, in_transaction(accept), in_transaction(accept))
    assert await db.scalar("SELECT count(*) FROM contract") == (1 if guarded else 2)
    assert sum(isinstance(one, OfferClosed) for one in ended) == guarded
    if guarded:
        await world.verify()


async def test_an_offer_is_accepted_or_withdrawn(world: World, guarded: bool) -> None:
    made = await open_offer(world)
    async with world.connections(1, role=None) as (watcher,):
        await race(
            watcher,
            in_transaction(lambda: accepting.accept(world.applicant.id, made["id"], made["sha256"])),
            in_transaction(lambda: offers.withdraw(world.curator.id, UUID(made["id"]), "a wrong norm")),
        )
    outcomes = {row["outcome"] for row in await db.rows("SELECT outcome FROM contract_answer")}
    contracts = await db.scalar("SELECT count(*) FROM contract")
    if guarded:
        assert (outcomes, contracts) in (({"accepted"}, 1), ({"withdrawn"}, 0))
        await world.verify()
    else:
        assert (outcomes, contracts) == ({"accepted", "withdrawn"}, 1)


async def test_racing_curators_leave_one_open_offer(world: World) -> None:
    path = f"/freelancers/{world.applicant.id}/offers"
    made = await asyncio.gather(*(world.curator.ok("POST", path, OFFER | {"max_held": 1 + i}) for i in range(8)))
    assert len({one["id"] for one in made}) == 8
    states = [one["state"] for one in (await world.applicant.ok("GET", "/me/offers"))["items"]]
    assert sorted(states) == ["open"] + ["superseded"] * 7


async def test_an_end_and_a_change_at_once_fit_together(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever is first: the change is declined with the end, or the end is of the changed contract."""
    await world.agree(world.freelancer)
    path = f"/freelancers/{world.freelancer.id}/offers"
    made = await world.curator.ok("POST", path, OFFER | {"on_request": True})
    monkeypatch.setattr(offers, "answer", stop_before(offers.answer))
    async with world.connections(1, role=None) as (watcher,):
        replies = await race(
            watcher,
            world.freelancer.call("POST", f"/me/offers/{made['id']}/accept", {"sha256": made["sha256"]}),
            world.freelancer.call("POST", "/me/contract/end", {}),
        )
    assert {reply.status_code for reply in replies} <= {200, 201, 409}
    held = (await world.freelancer.ok("GET", "/me/contract"))["in_force"]
    ended = await db.scalar("SELECT max(version) FROM contract_end")
    newest = await db.scalar("SELECT max(version) FROM contract")
    assert (held is None) == (ended == newest)
    await world.verify()
