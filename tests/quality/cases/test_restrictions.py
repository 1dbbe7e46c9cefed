"""Restrictions: each does what it says, to nobody else, until it ends; graver ones need a confirmed case."""

from typing import Any

import pytest

from piecework.payouts.books import periods
from piecework.payouts.closing import closing
from piecework.platform import db
from piecework.platform.identity.models import Role
from piecework.quality.people import suspicions
from tests.payouts.formats.batches import account
from tests.payouts.paying.paying_world import DETAILS, PAYER_BODY, TODAY
from tests.traceless import nothing_changes, rehearsed
from tests.world import Person, World, choice_step

WHY = "The work has to be looked at for a while."


async def confirmed(world: World, person: Person) -> None:
    async with db.transaction():
        case = await suspicions.open_case("flat", [person.id], None, 3.0, "All answers are the same.", {})
    await world.curator.ok("POST", f"/cases/{case}/decision", {"decision": "confirm", "reason": "seen by hand as well"})


async def restrict(world: World, person: Person, kind: str, **more: Any) -> dict[str, Any]:
    body = {"kind": kind, "days": 30, "reason": WHY, **more}
    made: dict[str, Any] = await world.curator.ok("POST", f"/freelancers/{person.id}/restrictions", body)
    return made


async def let_it_end(restriction_id: str) -> None:
    await db.execute("UPDATE restriction SET ends_at = now() WHERE id = $1", restriction_id)


async def code(person: Person) -> str | None:
    """Why a claim is refused, if it is."""
    reply = await person.call("POST", "/assignments", {"count": 1})
    return reply.json()["code"] if reply.is_error else None


class TestEffects:
    async def test_a_blocked_person_claims_nothing_until_the_block_ends(self, world: World) -> None:
        await world.project()
        await world.tickets(2)
        one, other = await world.worker("one"), await world.worker("other")
        await confirmed(world, one)
        made = await restrict(world, one, "block")
        assert (await code(one), await code(other)) == ("blocked", None)
        await let_it_end(made["id"])
        assert await code(one) is None
        await world.verify()

    async def test_a_project_limit_closes_that_project_only(self, world: World) -> None:
        await world.project()
        await world.project(code="music")
        await world.tickets(1)
        await world.tickets(1, "music")
        person = await world.worker("person")
        made = await restrict(world, person, "project", project="music")
        assert [one["project"] for one in await person.claim(5)] == ["orders"]
        assert await person.claim(project="music") == []
        await world.curator.ok("POST", f"/restrictions/{made['id']}/lift", {"reason": "it was about somebody else"})
        assert [one["project"] for one in await person.claim(5)] == ["music"]
        await world.verify()

    async def test_under_audits_each_answer_waits_for_a_second_look(self, world: World) -> None:
        await world.project(choice_step(overlap=2))
        await world.tickets(1)
        one, other = await world.worker("one"), await world.worker("other")
        await restrict(world, one, "audits")
        for person in (one, other):
            (held,) = await person.claim()
            await person.answer(held, {"topic": "a"})
        await world.drain()
        found = await db.rows(
            "SELECT a.state, u.plan FROM assignment a LEFT JOIN audit u ON u.assignment_id = a.id ORDER BY a.id"
        )
        assert [tuple(row) for row in found] == [("submitted", "acceptance"), ("accepted", None)]
        await world.verify()

    async def test_held_pay_is_left_out_and_goes_out_with_the_first_payout_after_its_end(self, world: World) -> None:
        await world.project(choice_step(overlap=2))
        one, other = await world.worker("one"), await world.worker("other")
        for number, person in enumerate((one, other), start=1):
            await person.ok("PUT", "/me/payment-details", DETAILS | {"account": account(number)})
        await world.finance.ok("PUT", "/payer", PAYER_BODY)
        await confirmed(world, one)
        made = await restrict(world, one, "pay")

        async def pay_out(first: int) -> dict[str, int]:
            await world.tickets(1, first=first)
            for person in (one, other):
                (held,) = await person.claim()
                await person.answer(held, {"topic": "a"})
            await world.drain()
            period = await periods.current()
            async with db.transaction():
                await closing.close(period, None, cut_off=True)
            run = await world.finance.ok("POST", "/payouts", {"execution_on": TODAY.isoformat()})
            await world.finance.ok("POST", f"/payouts/{run['id']}/approve")
            names = {str(one.id): "one", str(other.id): "other"}
            lines = (await world.finance.ok("GET", f"/payouts/{run['id']}/lines"))["items"]
            return {names[line["freelancer_id"]]: line["amount"] for line in lines}

        assert await pay_out(0) == {"other": "2.5000"}
        await world.verify()
        assert await pay_out(1) == {"other": "2.5000"}
        await let_it_end(made["id"])
        assert await pay_out(2) == {"one": "7.5000", "other": "2.5000"}
        await world.verify()


class TestWho:
    async def test_pay_and_block_need_a_confirmed_case(self, world: World, subtests: pytest.Subtests) -> None:
        person = await world.worker("person")
        async with nothing_changes():
            for kind in ["pay", "block"]:
                with subtests.test(kind=kind):
                    async with rehearsed():
                        body = {"kind": kind, "days": 30, "reason": WHY}
                        path = f"/freelancers/{person.id}/restrictions"
                        async with db.transaction():
                            case = await suspicions.open_case("flat", [person.id], None, 3.0, "All answers are the same.", {})
                        refused = await world.curator.call("POST", path, body)
                        assert (refused.status_code, refused.json()["code"]) == (409, "needs_confirmed_case")
                        await world.curator.ok(
                            "POST", f"/cases/{case}/decision", {"decision": "confirm", "reason": "seen by hand as well"}
                        )
                        assert (await world.curator.call("POST", path, body)).status_code == 201
                        await world.verify()

    async def test_the_person_reads_what_why_until_when_and_can_appeal(self, world: World) -> None:
        person = await world.worker("person")
        made = await restrict(world, person, "audits")
        (mine,) = (await person.ok("GET", "/me/restrictions"))["restrictions"]
        assert (mine["kind"], mine["reason"], mine["active"], mine["appeal"]) == ("audits", WHY, True, None)
        assert mine["ends_at"] == made["ends_at"]
        assert mine["appeal_by"] is not None
        assert "imposed_by" not in mine
        (theirs,) = (await world.curator.ok("GET", f"/freelancers/{person.id}/restrictions"))["restrictions"]
        assert theirs["imposed_by"] == str(world.curator.id)
        await person.ok(
            "POST", "/appeals", {"subject": "restriction", "id": made["id"], "words": "I made no more mistakes than others."}
        )
        (mine,) = (await person.ok("GET", "/me/restrictions"))["restrictions"]
        assert (mine["appeal"], mine["appeal_by"]) == ("open", None)

    async def test_nobody_restricts_or_frees_themselves(self, world: World) -> None:
        both = await world.person("both", Role.FREELANCER, Role.CURATOR)
        own = await both.call("POST", f"/freelancers/{both.id}/restrictions", {"kind": "audits", "days": 1, "reason": WHY})
        assert own.json()["code"] == "not_impartial"
        made = await restrict(world, both, "audits")
        assert (await both.call("POST", f"/restrictions/{made['id']}/lift", {"reason": WHY})).json()["code"] == "not_impartial"

    async def test_what_does_not_fit_is_refused(self, world: World, subtests: pytest.Subtests) -> None:
        person = await world.worker("person")
        async with nothing_changes():
            for body in [
                {"kind": "audits", "days": 0, "reason": WHY},
                {"kind": "audits", "days": 366, "reason": WHY},
                {"kind": "audits", "days": 1, "reason": "bad"},
                {"kind": "audits", "days": 1, "reason": WHY, "project": "orders"},
                {"kind": "project", "days": 1, "reason": WHY},
                {"kind": "exile", "days": 1, "reason": WHY},
            ]:
                with subtests.test(body=body):
                    assert (await world.curator.call("POST", f"/freelancers/{person.id}/restrictions", body)).status_code == 422

    async def test_only_freelancers_are_restricted(self, world: World) -> None:
        reply = await world.curator.call(
            "POST", f"/freelancers/{world.requester.id}/restrictions", {"kind": "audits", "days": 1, "reason": WHY}
        )
        assert reply.json()["code"] == "not_a_freelancer"
