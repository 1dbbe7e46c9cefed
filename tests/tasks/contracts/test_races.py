"""Races over one offer. Each guard is also taken away, to see that its race then really breaks what it guards."""

import asyncio
import contextlib
from typing import Any

import pytest

from piecework.platform import db
from piecework.tasks.contracts import accepting, offers, versions
from piecework.tasks.errors import OfferClosed, OtherText
from tests.world import Person, World

OFFER = {"rate": "by the ticket", "regime": "none"}
ROUNDS = 5


@pytest.fixture(params=[True, False], ids=["guarded", "naive"])
async def guarded(request: pytest.FixtureRequest, world: World, monkeypatch: pytest.MonkeyPatch) -> bool:
    """The guards as they are shipped, or without both of them; either way with a pause between looking and writing."""
    if not request.param:
        monkeypatch.setattr(versions, "LOCK", "SELECT $1::uuid")
        await world.as_owner(
            "ALTER TABLE contract_answer DROP CONSTRAINT contract_answer_pkey",
            "ALTER TABLE contract DROP CONSTRAINT contract_offer_once",
            "ALTER TABLE contract DROP CONSTRAINT contract_version_key CASCADE",
        )
    answer = offers.answer

    async def slow_answer(*args: Any, **more: Any) -> Any:
        await asyncio.sleep(0.02)
        return await answer(*args, **more)

    monkeypatch.setattr(offers, "answer", slow_answer)
    return bool(request.param)


async def open_offer(world: World, person: Person) -> dict[str, Any]:
    return dict(await world.curator.ok("POST", f"/freelancers/{person.id}/offers", OFFER))


async def alone(work: Any) -> None:
    """In a transaction of its own, as a request."""
    with contextlib.suppress(OfferClosed, OtherText):
        async with db.transaction():
            await work


async def test_one_offer_is_accepted_once(world: World, guarded: bool) -> None:
    most = 0
    for number in range(ROUNDS):
        person = await world.person(f"person-{number}")
        made = await open_offer(world, person)
        await asyncio.gather(*(alone(accepting.accept(person.id, made["id"], made["sha256"])) for _ in range(2)))
        most = max(most, await db.scalar("SELECT count(*) FROM contract WHERE freelancer_id = $1", person.id))
    assert most == (1 if guarded else 2), "without any guard it must be accepted twice, or this test shows nothing"
    if guarded:
        await world.verify()


async def test_an_offer_is_accepted_or_withdrawn(world: World, guarded: bool) -> None:
    both = 0
    for number in range(ROUNDS):
        person = await world.person(f"person-{number}")
        made = await open_offer(world, person)
        await asyncio.gather(
            alone(accepting.accept(person.id, made["id"], made["sha256"])),
            alone(offers.withdraw(world.curator.id, made["id"], "a wrong norm")),
        )
        contracts = await db.scalar("SELECT count(*) FROM contract WHERE freelancer_id = $1", person.id)
        found = await db.scalar(
            "SELECT string_agg(outcome, ' ' ORDER BY outcome) FROM contract_answer WHERE offer_id = $1", made["id"]
        )
        both += found == "accepted withdrawn"
        if guarded:
            assert (found, contracts) in (("accepted", 1), ("withdrawn", 0))
    assert (both > 0) != guarded, "without any guard both must happen, or this test shows nothing"


async def test_racing_curators_leave_one_open_offer(world: World) -> None:
    path = f"/freelancers/{world.applicant.id}/offers"
    made = await asyncio.gather(*(world.curator.ok("POST", path, OFFER | {"max_held": 1 + i}) for i in range(8)))
    assert len({one["id"] for one in made}) == 8
    states = [one["state"] for one in (await world.applicant.ok("GET", "/me/offers"))["items"]]
    assert sorted(states) == ["open"] + ["superseded"] * 7


async def test_versions_accepted_at_once_have_their_order(world: World) -> None:
    """An end and a change at the same time: whichever is first, what is written down fits together."""
    await world.agree(world.freelancer)
    made = await world.curator.ok("POST", f"/freelancers/{world.freelancer.id}/offers", OFFER | {"on_request": True})
    replies = await asyncio.gather(
        world.freelancer.call("POST", f"/me/offers/{made['id']}/accept", {"sha256": made["sha256"]}),
        world.freelancer.call("POST", "/me/contract/end", {}),
    )
    assert {reply.status_code for reply in replies} <= {200, 201, 409}
    held = (await world.freelancer.ok("GET", "/me/contract"))["in_force"]
    ended = await db.scalar("SELECT max(version) FROM contract_end")
    newest = await db.scalar("SELECT max(version) FROM contract")
    assert (held is None) == (ended == newest)
    await world.verify()
