"""The settings of pay take two people, are said whole, and count from their approval on."""

import asyncio
from collections import Counter
from typing import Any

import asyncpg
import pytest

from piecework.payouts.books import pay_policy
from piecework.payouts.books.pay_policy import PayPolicy
from piecework.payouts.errors import PolicyDecided
from piecework.payouts.schemas.policy import WholePolicy
from piecework.platform import db
from piecework.platform.ids import uuid7
from tests.payouts import builders as b
from tests.traceless import nothing_changes
from tests.world import Person, World

DEFAULTS = PayPolicy().model_dump(mode="json")


async def propose(person: Person, **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = await person.ok("PUT", "/pay-policy", {"policy": DEFAULTS | changes, "reason": "for the test"})
    return made


async def approve(person: Person, version: int) -> tuple[int, str]:
    """The status, and the state of the version or the code of the refusal."""
    reply = await person.call("POST", f"/pay-policy/versions/{version}/approve")
    return reply.status_code, reply.json().get("state") or reply.json()["code"]


async def states(world: World) -> dict[int, str]:
    return {one["version"]: one["state"] for one in (await world.finance.ok("GET", "/pay-policy/versions"))["versions"]}


def test_what_is_proposed_names_every_setting_there_is() -> None:
    assert all(field.is_required() for field in WholePolicy.model_fields.values())
    assert {name: field.annotation for name, field in WholePolicy.model_fields.items()} == {
        name: field.annotation for name, field in PayPolicy.model_fields.items()
    }


async def test_one_person_alone_cannot_loosen_four_eyes(world: World) -> None:
    made = await propose(world.finance, four_eyes_above="99000000000.00")
    assert (made["version"], made["state"], made["approver_id"]) == (1, "proposed", None)
    assert await approve(world.finance, 1) == (409, "own_policy")
    assert await world.finance.ok("GET", "/pay-policy") == {"version": 0, "policy": DEFAULTS}
    assert (await pay_policy.current()).four_eyes_above == PayPolicy().four_eyes_above


async def test_it_counts_from_its_approval_by_somebody_else_on(world: World) -> None:
    await propose(world.finance, minimum_payout="10.0000")
    assert await approve(world.administrator, 1) == (200, "in_force")
    await propose(world.finance, minimum_payout="20.0000")
    assert await world.finance.ok("GET", "/pay-policy") == {"version": 1, "policy": DEFAULTS | {"minimum_payout": "10.0000"}}
    assert await approve(world.administrator, 2) == (200, "in_force")
    assert await world.finance.ok("GET", "/pay-policy") == {"version": 2, "policy": DEFAULTS | {"minimum_payout": "20.0000"}}
    trail = await db.rows("SELECT actor, action FROM trail WHERE subject = 'pay_policy' AND subject_id = '2' ORDER BY id")
    assert [(row["actor"], row["action"]) for row in trail] == [
        (world.finance.id, "pay_policy.proposed"),
        (world.administrator.id, "pay_policy.approved"),
    ]


async def test_a_version_is_approved_once_and_never_after_a_later_one(world: World) -> None:
    for _ in range(4):
        await propose(world.finance)
    assert await approve(world.administrator, 1) == (200, "in_force")
    assert await approve(world.administrator, 1) == (409, "policy_decided")
    assert await approve(world.administrator, 3) == (200, "in_force")
    assert await approve(world.administrator, 2) == (409, "policy_decided")
    assert await states(world) == {4: "proposed", 3: "in_force", 2: "passed_over", 1: "replaced"}
    for absent in ("5", "0", "x", "9" * 18):
        assert (await world.administrator.call("POST", f"/pay-policy/versions/{absent}/approve")).status_code == 404


async def test_versions_say_who_proposed_and_approved_what_and_why(world: World) -> None:
    await propose(world.finance, zone="Asia/Omsk")
    await approve(world.administrator, 1)
    (found,) = (await world.curator.ok("GET", "/pay-policy/versions"))["versions"]
    assert found["proposed_at"] < found["approved_at"]
    assert (found["author_id"], found["approver_id"], found["reason"]) == (
        str(world.finance.id),
        str(world.administrator.id),
        "for the test",
    )
    assert found["policy"] == DEFAULTS | {"zone": "Asia/Omsk"}


async def test_what_is_left_out_is_refused_and_not_reset(world: World, subtests: pytest.Subtests) -> None:
    async with nothing_changes():
        for setting in sorted(DEFAULTS):
            with subtests.test(setting=setting):
                policy = {name: value for name, value in DEFAULTS.items() if name != setting}
                reply = await world.finance.call("PUT", "/pay-policy", {"policy": policy, "reason": "for the test"})
                assert (reply.status_code, reply.json()["errors"][0]["field"]) == (422, f"policy.{setting}")
                assert await states(world) == {}


async def test_what_cannot_be_meant_is_refused(world: World, subtests: pytest.Subtests) -> None:
    async with nothing_changes():
        for setting, value in [
            ("four_eyes_above", "-0.0001"),
            ("minimum_payout", "-1.00"),
            ("hourly_floor", "-1.00"),
            ("deductions_keep", 10_001),
            ("zone", "Mars/Olympus"),
        ]:
            with subtests.test(setting=setting, value=value):
                body = {"policy": DEFAULTS | {setting: value}, "reason": "for the test"}
                assert (await world.finance.call("PUT", "/pay-policy", body)).status_code == 422
                assert await states(world) == {}


async def test_the_administrator_approves_but_does_not_propose_and_others_do_neither(world: World) -> None:
    await propose(world.finance)
    for person in (world.administrator, world.curator, world.requester, world.freelancer):
        assert (await person.call("PUT", "/pay-policy", {"policy": DEFAULTS, "reason": "no"})).status_code == 403
    for person in (world.curator, world.requester, world.freelancer):
        assert (await approve(person, 1))[0] == 403


@pytest.mark.usefixtures("database")
async def test_many_at_once_make_versions_of_their_own_and_one_approval_of_each() -> None:
    async def made() -> int:
        async with db.transaction():
            return await pay_policy.propose(uuid7(), PayPolicy(), "for the test")

    async def approved(version: int) -> str:
        try:
            async with db.transaction():
                await pay_policy.approve(uuid7(), version)
        except PolicyDecided:
            return "decided"
        return "approved"

    assert sorted(await asyncio.gather(*(made() for _ in range(8)))) == list(range(1, 9))
    assert Counter(await asyncio.gather(*(approved(8) for _ in range(8)))) == {"approved": 1, "decided": 7}


@pytest.mark.usefixtures("database")
async def test_the_database_lets_nobody_approve_their_own_nor_go_back() -> None:
    await b.policy()
    await b.policy()
    author = uuid7()
    approval = "INSERT INTO pay_policy_approval (version, approver_id) VALUES ($1, $2)"
    async with db.transaction():
        own = await pay_policy.propose(author, PayPolicy(), "for the test")
        passed_over = await pay_policy.propose(author, PayPolicy(), "for the test")
    with pytest.raises(asyncpg.CheckViolationError, match="not its author"):
        await db.execute(approval, own, author)
    await b.policy()
    with pytest.raises(asyncpg.CheckViolationError, match="older"):
        await db.execute(approval, passed_over, uuid7())
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await db.execute("UPDATE pay_policy_approval SET approved_at = clock_timestamp()")
