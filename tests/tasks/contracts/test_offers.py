"""Offers of contracts: what is shown is what is stored, and nothing holds before it is accepted."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from piecework.payouts.taxes.tables import Regime
from piecework.platform import db
from piecework.platform.identity.models import Role
from piecework.tasks.contracts.terms import CADENCES, REGIMES
from tests.traceless import nothing_changes
from tests.world import Person, World

OFFER = {"rate": "Each accepted task is paid at its price.", "regime": "self_employed", "weekly_norm": 100, "weekly_cap": 500}
DAY = timedelta(days=1)


def code_of(reply: Any) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def offer(world: World, person: Person, **changes: Any) -> dict[str, Any]:
    return dict(await world.curator.ok("POST", f"/freelancers/{person.id}/offers", OFFER | changes))


async def refused(world: World, person: Person, **changes: Any) -> str:
    """The code of the one field that is wrong."""
    reply = await world.curator.call("POST", f"/freelancers/{person.id}/offers", OFFER | changes)
    assert code_of(reply) == (422, "invalid")
    (error,) = reply.json()["errors"]
    return str(error["code"])


async def accept(person: Person, made: dict[str, Any]) -> Any:
    return await person.ok("POST", f"/me/offers/{made['id']}/accept", {"sha256": made["sha256"]})


class TestMake:
    async def test_the_person_sees_the_whole_text_and_its_hash(self, world: World) -> None:
        made = await offer(world, world.applicant, clauses="Trial work in May is paid twice.")
        (seen,) = (await world.applicant.ok("GET", "/me/offers"))["items"]
        assert seen == made
        assert seen["state"] == "open"
        assert seen["sha256"] == hashlib.sha256(seen["text"].encode()).hexdigest()
        for words in (
            OFFER["rate"],
            "Не меньше 100",
            "At least 100 tasks a week",
            "Europe/Moscow",
            "Trial work in May",
            "самозанятость",
        ):
            assert str(words) in seen["text"]

    async def test_that_the_person_asked_for_it_is_in_the_text(self, world: World) -> None:
        for on_request in (True, False):
            made = await offer(world, world.applicant, on_request=on_request)
            for words in ("исполнитель попросил сам", "The person has asked for these terms"):
                assert (words in made["text"]) == on_request

    async def test_an_offer_changes_nothing(self, world: World) -> None:
        await offer(world, world.freelancer)
        assert await world.freelancer.ok("GET", "/me/contract") == {"in_force": None, "next": None, "versions": [], "ends": []}
        assert code_of(await world.freelancer.call("POST", "/assignments", {})) == (409, "no_contract")

    async def test_the_person_is_told(self, world: World) -> None:
        await offer(world, world.applicant)
        (notice,) = (await world.applicant.ok("GET", "/me/notices"))["items"]
        assert (notice["kind"], notice["link"]) == ("contract.offered", "/me/offers")

    async def test_a_newer_offer_takes_the_place_of_an_open_one(self, world: World) -> None:
        first = await offer(world, world.applicant)
        await offer(world, world.applicant, weekly_norm=50)
        listed = (await world.applicant.ok("GET", "/me/offers"))["items"]
        assert [one["state"] for one in listed] == ["open", "superseded"]
        reply = await world.applicant.call("POST", f"/me/offers/{first['id']}/accept", {"sha256": first["sha256"]})
        assert code_of(reply) == (409, "offer_closed")
        assert reply.json()["state"] == "superseded"

    async def test_only_applicants_and_freelancers_are_offered_one(self, world: World) -> None:
        reply = await world.curator.call("POST", f"/freelancers/{world.finance.id}/offers", OFFER)
        assert code_of(reply) == (409, "not_a_freelancer")

    async def test_nobody_offers_themselves_one(self, world: World) -> None:
        both = await world.person("both", Role.FREELANCER, Role.CURATOR)
        assert code_of(await both.call("POST", f"/freelancers/{both.id}/offers", OFFER)) == (409, "own_contract")

    async def test_what_makes_no_sense_is_refused(self, world: World, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for change in [
                {"weekly_cap": 99},
                {"max_held": 51},
                {"weekly_norm": -1},
                {"zone": "Mars/Base"},
                {"zone": "localtime"},
                {"price_list": "nothing"},
                {"regime": "offshore"},
                {"cadence": "daily"},
                {"notice_days": 366},
                {"rate": ""},
                {"rate": " \t \n "},
                {"rate": "00.2 \u202eRUB for each task"},
                {"clauses": "nothing\u200b to see"},
                {"clauses": "over\rwritten"},
                {"starts_at": "2020-01-01T00:00:00Z"},
                {"starts_at": "2020-01-01T00:00:00"},
                {"price": "1"},
            ]:
                with subtests.test(change=change):
                    await refused(world, world.applicant, **change)
                    assert await db.scalar("SELECT count(*) FROM contract_offer") == 0

    async def test_a_price_list_is_named_by_its_project(self, world: World) -> None:
        await world.project()
        assert 'price list of the project "orders"' in (await offer(world, world.applicant, price_list="orders"))["text"]

    def test_its_regimes_and_cadences_are_those_of_payouts(self) -> None:
        assert tuple(Regime) == REGIMES
        assert CADENCES == ("weekly", "half_monthly", "monthly")


class TestAccept:
    async def test_it_makes_the_first_version_and_the_person_a_freelancer(self, world: World) -> None:
        made = await offer(world, world.applicant)
        version = await accept(world.applicant, made)
        assert (version["version"], version["sha256"], version["text"]) == (1, made["sha256"], made["text"])
        contract = await world.applicant.ok("GET", "/me/contract")
        assert contract == {"in_force": version, "next": None, "versions": [version], "ends": []}
        assert set((await world.applicant.ok("GET", "/me"))["roles"]) == {"applicant", "freelancer"}
        assert (await world.applicant.ok("GET", "/work"))["weekly_cap"] == 500
        (told,) = (await world.curator.ok("GET", "/me/notices"))["items"]
        assert told["kind"] == "contract.accepted"
        await world.verify()

    async def test_it_is_on_record_who_accepted_what(self, world: World) -> None:
        made = await offer(world, world.applicant)
        await accept(world.applicant, made)
        row = await db.row("SELECT outcome, actor, sha256, at <= clock_timestamp() AS past FROM contract_answer")
        assert tuple(row or ()) == ("accepted", world.applicant.id, made["sha256"], True)

    async def test_another_text_cannot_be_accepted(self, world: World) -> None:
        made = await offer(world, world.applicant)
        reply = await world.applicant.call("POST", f"/me/offers/{made['id']}/accept", {"sha256": "0" * 64})
        assert code_of(reply) == (409, "other_text")
        assert await db.scalar("SELECT count(*) FROM contract") == 0

    async def test_it_is_accepted_once(self, world: World) -> None:
        made = await offer(world, world.applicant)
        await accept(world.applicant, made)
        reply = await world.applicant.call("POST", f"/me/offers/{made['id']}/accept", {"sha256": made["sha256"]})
        assert (*code_of(reply), reply.json()["state"]) == (409, "offer_closed", "accepted")
        assert await db.scalar("SELECT count(*) FROM contract") == 1

    async def test_after_two_weeks_it_is_too_late(self, world: World) -> None:
        made = await offer(world, world.applicant)
        assert at(made["expires_at"]) - at(made["offered_at"]) == 14 * DAY
        await world.as_owner(
            "ALTER TABLE contract_offer DISABLE TRIGGER append_only",
            "UPDATE contract_offer SET offered_at = offered_at - interval '15 days', expires_at = expires_at - interval '14 days'",
        )
        reply = await world.applicant.call("POST", f"/me/offers/{made['id']}/accept", {"sha256": made["sha256"]})
        assert (*code_of(reply), reply.json()["state"]) == (409, "offer_closed", "expired")

    async def test_somebody_elses_offer_is_not_there(self, world: World) -> None:
        made = await offer(world, world.applicant)
        reply = await world.freelancer.call("POST", f"/me/offers/{made['id']}/accept", {"sha256": made["sha256"]})
        assert code_of(reply) == (404, "not_found")

    async def test_the_browser_that_it_was_accepted_from_is_noted(self, world: World) -> None:
        known = {"email": "nina@example.test", "password": "correct horse battery"}
        nina = await world.administrator.ok("POST", "/accounts", {**known, "name": "Nina", "roles": ["applicant"]})
        made = await world.curator.ok("POST", f"/freelancers/{nina['id']}/offers", OFFER)
        browser = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "origin": "http://test"}
        session = await world.client.post("/api/v1/sessions", json=known, headers=browser)
        path = f"/api/v1/me/offers/{made['id']}/accept"
        world.client.cookies.update(session.cookies)
        reply = await world.client.post(path, json={"sha256": made["sha256"]}, headers=browser)
        assert reply.status_code == 200, reply.text
        assert await db.scalar("SELECT device FROM contract_answer") == await db.scalar("SELECT fingerprint FROM device")


class TestDeclineAndWithdraw:
    async def test_a_declined_offer_changes_nothing(self, world: World) -> None:
        version = await world.agree(world.freelancer)
        made = await offer(world, world.freelancer, on_request=True)
        await world.freelancer.ok("POST", f"/me/offers/{made['id']}/decline", {"reason": "too many tasks"})
        assert (await world.freelancer.ok("GET", "/me/contract"))["versions"] == [version]
        (seen, _) = (await world.curator.ok("GET", f"/freelancers/{world.freelancer.id}/offers"))["items"]
        assert (seen["state"], seen["reason"]) == ("declined", "too many tasks")
        reply = await world.freelancer.call("POST", f"/me/offers/{made['id']}/accept", {"sha256": made["sha256"]})
        assert code_of(reply) == (409, "offer_closed")

    async def test_a_withdrawn_offer_cannot_be_accepted(self, world: World) -> None:
        made = await offer(world, world.applicant)
        await world.administrator.ok("POST", f"/offers/{made['id']}/withdraw", {"reason": "a wrong norm"})
        reply = await world.applicant.call("POST", f"/me/offers/{made['id']}/accept", {"sha256": made["sha256"]})
        assert (*code_of(reply), reply.json()["state"]) == (409, "offer_closed", "withdrawn")
        kinds = [one["kind"] for one in (await world.applicant.ok("GET", "/me/notices"))["items"]]
        assert kinds == ["contract.withdrawn", "contract.offered"]

    async def test_an_accepted_offer_cannot_be_withdrawn(self, world: World) -> None:
        made = await offer(world, world.applicant)
        await accept(world.applicant, made)
        reply = await world.curator.call("POST", f"/offers/{made['id']}/withdraw", {"reason": "a wrong norm"})
        assert code_of(reply) == (409, "offer_closed")


class TestChange:
    """Of a contract with a norm of 100, a cap of 500 and 14 days' notice."""

    async def agreed(self, world: World, name: str) -> Person:
        person = await world.person(name)
        await accept(person, await offer(world, person))
        return person

    @pytest.fixture
    async def anna(self, world: World) -> Person:
        return await self.agreed(world, "anna")

    async def test_what_may_be_worse_begins_after_the_notice(self, world: World, subtests: pytest.Subtests) -> None:
        soon = (datetime.now(UTC) + 13 * DAY).isoformat()
        for number, worse in enumerate(
            [
                {"weekly_norm": 101},
                {"weekly_cap": 499},
                {"max_held": 4},
                {"notice_days": 13},
                {"zone": "Asia/Tokyo"},
                {"cadence": "monthly"},
                {"regime": "individual"},
                {"rate": "Less than before."},
                {"clauses": "And more of this."},
                {"weekly_norm": 50, "weekly_cap": 400},
            ]
        ):
            with subtests.test(str(worse)):
                anna = await self.agreed(world, f"anna{number}")
                assert await refused(world, anna, **worse, starts_at=soon) == "notice_too_short"
                made = await offer(world, anna, **worse)
                assert at(made["starts_at"]) - at(made["offered_at"]) == 14 * DAY
                await accept(anna, made)
                contract = await anna.ok("GET", "/me/contract")
                assert (contract["in_force"]["version"], contract["next"]["version"]) == (1, 2)
                assert contract["in_force"]["until"] == contract["next"]["starts_at"] == made["starts_at"]
                assert (await anna.ok("GET", "/work"))["weekly_cap"] == 500
        await world.verify()

    async def test_what_is_in_the_persons_favour_begins_at_once(self, world: World, subtests: pytest.Subtests) -> None:
        for number, better in enumerate([{"weekly_norm": 99}, {"weekly_cap": 501, "max_held": 6}, {"notice_days": 30}, {}]):
            with subtests.test(str(better)):
                anna = await self.agreed(world, f"anna{number}")
                await accept(anna, await offer(world, anna, **better))
                assert (await anna.ok("GET", "/me/contract"))["in_force"]["version"] == 2
                assert (await anna.ok("GET", "/work"))["weekly_cap"] == better.get("weekly_cap", 500)

    async def test_what_they_asked_for_begins_at_once(self, world: World, anna: Person) -> None:
        await accept(anna, await offer(world, anna, weekly_norm=0, weekly_cap=10, zone="Asia/Tokyo", on_request=True))
        assert (await anna.ok("GET", "/me/contract"))["in_force"]["zone"] == "Asia/Tokyo"

    async def test_a_later_version_never_begins_before_an_earlier_one(self, world: World, anna: Person) -> None:
        await accept(anna, await offer(world, anna, weekly_norm=200))
        await accept(anna, await offer(world, anna, weekly_norm=150))
        contract = await anna.ok("GET", "/me/contract")
        newest, replaced, _ = contract["versions"]
        assert newest["starts_at"] == replaced["starts_at"] == replaced["until"]
        assert contract["in_force"]["version"] == 1
        later = at(newest["starts_at"])
        assert await db.scalar("SELECT (contract_at($1, $2)).weekly_norm", anna.id, later) == 150
        assert await db.scalar("SELECT (contract_at($1, $2)).weekly_norm", anna.id, later - timedelta(microseconds=1)) == 100
        await world.verify()

    async def test_the_notice_is_that_of_the_contract_in_force(self, world: World, anna: Person) -> None:
        await accept(anna, await offer(world, anna, notice_days=3))
        made = await offer(world, anna, notice_days=3, weekly_norm=101)
        assert at(made["starts_at"]) - at(made["offered_at"]) == 14 * DAY

    async def test_a_first_contract_needs_no_notice_and_may_begin_later(self, world: World) -> None:
        begins = datetime.now(UTC) + 2 * DAY
        await accept(world.applicant, await offer(world, world.applicant, starts_at=begins.isoformat()))
        contract = await world.applicant.ok("GET", "/me/contract")
        assert (contract["in_force"], at(contract["next"]["starts_at"])) == (None, begins)
        assert code_of(await world.applicant.call("POST", "/assignments", {})) == (409, "no_contract")

    async def test_what_was_agreed_before_there_were_offers_goes_on(self, world: World) -> None:
        """Its rate and regime were never said: to say them is a change, and needs notice."""
        await world.as_owner(
            "ALTER TABLE contract DROP CONSTRAINT contract_was_offered",
            f"""INSERT INTO contract (freelancer_id, version, zone, weekly_norm, weekly_cap, max_held, starts_at, accepted_at)
                VALUES ('{world.freelancer.id}', 1, 'Europe/Moscow', 100, 500, 5, now() - interval '9 days', now() - interval '9 days')""",
        )
        held = (await world.freelancer.ok("GET", "/me/contract"))["in_force"]
        assert (held["version"], held["rate"], held["text"], held["notice_days"]) == (1, None, None, 14)
        made = await offer(world, world.freelancer)
        assert at(made["starts_at"]) - at(made["offered_at"]) == 14 * DAY
        await world.verify()
