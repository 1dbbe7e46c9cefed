"""The end of a contract: with notice and a reason by staff, at any time by the person; and what an objection does."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from piecework.platform import db
from piecework.platform.identity.models import Role
from tests.traceless import nothing_changes, rehearsed
from tests.world import Person, World

DAY = timedelta(days=1)
WHY = {"reason": "three weeks were missed"}
IN_FORCE = "SELECT (contract_at($1, $2)).version"


def code_of(reply: Any) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


def in_days(days: float) -> str:
    return (datetime.now(UTC) + days * DAY).isoformat()


@pytest.fixture
async def anna(world: World) -> Person:
    person = await world.person("anna")
    await world.agree(person, notice_days=14)
    return person


async def contract(person: Person) -> dict[str, Any]:
    return dict(await person.ok("GET", "/me/contract"))


class TestByStaff:
    async def test_it_holds_after_the_notice_and_the_person_is_told_why(self, world: World, anna: Person) -> None:
        await world.curator.ok("POST", f"/freelancers/{anna.id}/contract/end", WHY)
        held = (await contract(anna))["in_force"]
        ends = datetime.fromisoformat(held["until"])
        assert timedelta() <= datetime.now(UTC) + 14 * DAY - ends < timedelta(minutes=1)
        assert await db.scalar(IN_FORCE, anna.id, ends - timedelta(microseconds=1)) == 1
        assert await db.scalar(IN_FORCE, anna.id, ends) is None
        assert await db.scalar("SELECT contract_until($1, clock_timestamp())", anna.id) == ends
        told = (await anna.ok("GET", "/me/notices"))["items"][0]
        assert told["kind"] == "contract.ended"
        assert WHY["reason"] in told["body"]

    async def test_its_notice_is_kept(self, world: World, anna: Person, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for days in [13.9, -1, 400]:
                with subtests.test(days=days):
                    async with rehearsed():
                        reply = await world.curator.call(
                            "POST", f"/freelancers/{anna.id}/contract/end", WHY | {"ends_at": in_days(days)}
                        )
                        assert (*code_of(reply), reply.json()["errors"][0]["code"]) == (422, "invalid", "out_of_range")
                        assert await db.scalar("SELECT count(*) FROM contract_end") == 0

    async def test_a_second_end_must_be_sooner(self, world: World, anna: Person) -> None:
        path = f"/freelancers/{anna.id}/contract/end"
        await world.curator.ok("POST", path, WHY | {"ends_at": in_days(30)})
        assert code_of(await world.curator.call("POST", path, WHY | {"ends_at": in_days(31)})) == (409, "ends_already")
        await world.curator.ok("POST", path, WHY | {"ends_at": in_days(20)})
        await anna.ok("POST", "/me/contract/end", {})
        assert (await contract(anna))["in_force"] is None

    async def test_without_a_contract_there_is_nothing_to_end(self, world: World) -> None:
        reply = await world.curator.call("POST", f"/freelancers/{world.freelancer.id}/contract/end", WHY)
        assert code_of(reply) == (409, "nothing_in_force")

    async def test_nobody_ends_their_own_as_staff(self, world: World) -> None:
        both = await world.person("both", Role.FREELANCER, Role.CURATOR)
        await world.agree(both)
        assert code_of(await both.call("POST", f"/freelancers/{both.id}/contract/end", WHY)) == (409, "own_contract")

    async def test_what_was_on_offer_is_withdrawn(self, world: World, anna: Person) -> None:
        made = await world.curator.ok("POST", f"/freelancers/{anna.id}/offers", {"rate": "more", "regime": "none"})
        await world.curator.ok("POST", f"/freelancers/{anna.id}/contract/end", WHY)
        reply = await anna.call("POST", f"/me/offers/{made['id']}/accept", {"sha256": made["sha256"]})
        assert (*code_of(reply), reply.json()["state"]) == (409, "offer_closed", "withdrawn")

    async def test_a_version_accepted_later_is_not_ended_by_it(self, world: World, anna: Person) -> None:
        await world.curator.ok("POST", f"/freelancers/{anna.id}/contract/end", WHY)
        await world.agree(anna, weekly_norm=10)
        held = (await contract(anna))["in_force"]
        assert (held["version"], held["until"]) == (2, None)
        assert await db.scalar(IN_FORCE, anna.id, datetime.now(UTC) + 30 * DAY) == 2

    async def test_the_version_to_come_ends_with_the_one_in_force(self, world: World, anna: Person) -> None:
        begins = in_days(20)
        offer = {"rate": "more", "regime": "none", "starts_at": begins}
        made = await world.curator.ok("POST", f"/freelancers/{anna.id}/offers", offer)
        await anna.ok("POST", f"/me/offers/{made['id']}/accept", {"sha256": made["sha256"]})
        await world.curator.ok("POST", f"/freelancers/{anna.id}/contract/end", WHY)
        assert (await contract(anna))["next"] is None
        assert [await db.scalar(IN_FORCE, anna.id, datetime.now(UTC) + days * DAY) for days in (13, 15, 21)] == [1, None, None]


class TestByThePerson:
    async def test_at_once(self, world: World, anna: Person) -> None:
        await world.project()
        await world.tickets(1)
        await anna.ok("POST", "/me/contract/end", {})
        assert (await contract(anna))["in_force"] is None
        assert code_of(await anna.call("POST", "/assignments", {})) == (409, "no_contract")
        await world.agree(anna)
        assert (await contract(anna))["in_force"]["version"] == 2

    async def test_at_a_day_that_they_name(self, world: World, anna: Person) -> None:
        await anna.ok("POST", "/me/contract/end", {"ends_at": in_days(3), "reason": "I move away"})
        assert [await db.scalar(IN_FORCE, anna.id, datetime.now(UTC) + days * DAY) for days in (2, 4)] == [1, None]

    async def test_not_in_the_past_and_not_twice(self, anna: Person) -> None:
        assert code_of(await anna.call("POST", "/me/contract/end", {"ends_at": in_days(-1)})) == (422, "invalid")
        await anna.ok("POST", "/me/contract/end", {})
        assert code_of(await anna.call("POST", "/me/contract/end", {})) == (409, "nothing_in_force")


class TestObjection:
    @pytest.mark.parametrize(("decision", "later"), [("uphold", 1), ("deny", None)])
    async def test_an_end_that_was_objected_to_rightly_does_not_hold(
        self, world: World, anna: Person, decision: str, later: int | None
    ) -> None:
        made = await world.curator.ok("POST", f"/freelancers/{anna.id}/contract/end", WHY)
        (told,) = (await contract(anna))["ends"]  # the person finds there what to object to, and until when
        assert (told["id"], told["reason"], told["appeal"]) == (made["id"], WHY["reason"], "open")
        assert told["appeal_by"]
        words = {"subject": "contract", "id": told["id"], "words": "There were no tasks in those weeks."}
        appeal = await anna.ok("POST", "/appeals", words)
        answer = {"decision": decision, "reply": "The supply was looked at again."}
        refused = await world.curator.call("POST", f"/appeals/{appeal['id']}/decision", answer)
        assert code_of(refused) == (409, "not_impartial")
        arbiter = await world.person("arbiter", Role.CURATOR)
        await arbiter.ok("POST", f"/appeals/{appeal['id']}/decision", answer)
        await world.drain()
        assert await db.scalar(IN_FORCE, anna.id, datetime.now(UTC) + 15 * DAY) == later
        (told,) = (await contract(anna))["ends"]
        assert (told["undone_at"] is None) == (later is None)
        await world.verify()

    async def test_what_was_offered_meanwhile_is_withdrawn(self, world: World, anna: Person) -> None:
        """It was offered to somebody without a contract, so without notice; she has one, which promises 14 days."""
        made = await world.curator.ok("POST", f"/freelancers/{anna.id}/contract/end", WHY)
        appeal = await anna.ok("POST", "/appeals", {"subject": "contract", "id": made["id"], "words": "There were no tasks."})
        await world.as_owner(
            "ALTER TABLE contract_end DISABLE TRIGGER append_only",
            "UPDATE contract_end SET ends_at = now()",
        )
        offer = await world.curator.ok(
            "POST", f"/freelancers/{anna.id}/offers", {"rate": "by the ticket", "regime": "none", "weekly_norm": 5000}
        )
        assert offer["starts_at"] is None
        arbiter = await world.person("arbiter", Role.CURATOR)
        await arbiter.ok("POST", f"/appeals/{appeal['id']}/decision", {"decision": "uphold", "reply": "There were none."})
        await world.drain()
        reply = await anna.call("POST", f"/me/offers/{offer['id']}/accept", {"sha256": offer["sha256"]})
        assert (*code_of(reply), reply.json()["state"]) == (409, "offer_closed", "withdrawn")
        assert (await contract(anna))["in_force"]["weekly_norm"] == 1000
        await world.verify()

    async def test_what_was_between_stays_as_it_was(self, world: World, anna: Person) -> None:
        made = UUID((await world.curator.ok("POST", f"/freelancers/{anna.id}/contract/end", WHY))["id"])
        await db.execute(
            "INSERT INTO contract_end_undone SELECT id, ends_at + interval '2 days' FROM contract_end WHERE id = $1", made
        )
        ends = await db.scalar("SELECT ends_at FROM contract_end")
        found = [await db.scalar(IN_FORCE, anna.id, ends + days * DAY) for days in (-1, 0, 1, 2)]
        assert found == [1, None, None, 1]
