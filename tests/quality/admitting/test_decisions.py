"""Decisions from the evidence: one curator where the criteria say so, two where they do not; told, appealable, once."""

import asyncio
import uuid
from typing import Any

import pytest

from piecework.platform import db, jobs
from piecework.platform.identity.models import Role
from piecework.tasks import qualifications
from tests import races
from tests.quality.admitting.admitting_world import ONE_ANSWER, WHY, admit, ask, held, notices, problem, publish, refuse, second
from tests.traceless import nothing_changes, rehearsed
from tests.world import World


@pytest.fixture
async def open_world(world: World) -> World:
    """`orders` is open to all; `music` asks for an accepted answer."""
    await publish(world)
    await publish(world, ONE_ANSWER, code="music")
    return world


class TestByTheEvidence:
    async def test_who_meets_all_criteria_is_admitted_at_once_and_told_why(self, open_world: World) -> None:
        made = (await admit(open_world.curator, open_world.freelancer, languages=["ru", "en", "ru"], line=1)).json()
        assert (made["state"], made["basis"], made["languages"], made["grade"]) == ("granted", "evidence", ["en", "ru"], "junior")
        assert await held(open_world.freelancer) == [("orders", 1, 1)]
        (told,) = await notices(open_world.freelancer, "admission.decided")
        assert told["title"] == "You are admitted to orders (junior, line 1)"
        assert WHY in told["body"]
        await open_world.verify()

    async def test_the_evidence_is_kept_as_it_was(self, open_world: World) -> None:
        person = open_world.freelancer
        await publish(open_world, {"kind": "unrestricted", "days": 30}, {"kind": "accepted", "answers": 1}, code="music")
        made = (await refuse(open_world.curator, person, code="music")).json()
        said = ["No restriction within 30 days: met", "1 accepted answers: not met. 1 more accepted answers are needed."]
        assert made["evidence"] == said
        await publish(open_world, code="music")
        (mine,) = (await person.ok("GET", "/me/admissions"))["decisions"]
        assert (mine["outcome"], mine["evidence"]) == ("refused", said)
        with pytest.raises(Exception, match=r"append-only|permission denied"):
            await db.execute("UPDATE admission SET evidence = '{}'")

    async def test_a_curator_reads_the_evidence_before(self, open_world: World) -> None:
        path = f"/freelancers/{open_world.freelancer.id}/admissions/music"
        shown = await open_world.curator.ok("GET", path)
        assert (shown["met"], [one["missing"] for one in shown["criteria"]]) == (False, ["1 more accepted answers are needed."])
        assert (await open_world.curator.call("GET", f"/freelancers/{uuid.uuid4()}/admissions/music")).status_code == 404

    async def test_a_refusal_by_the_evidence_is_told_with_until_when_to_appeal(self, open_world: World) -> None:
        assert (await refuse(open_world.curator, open_world.freelancer, code="music")).json()["state"] == "refused"
        (told,) = await notices(open_world.freelancer, "admission.decided")
        assert told["title"] == "You are not admitted to music (junior, line 1)"
        assert "1 accepted answers: not met." in told["body"]
        assert "You may appeal until" in told["body"]
        await open_world.verify()

    async def test_other_parts_hear_of_it(self, open_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        heard: list[tuple[str, Any]] = []
        record = jobs.record

        async def listening(event: str, happened: Any) -> None:
            listed = list(happened)
            heard.extend((event, payload) for _, payload in listed)
            await record(event, listed)

        monkeypatch.setattr(jobs, "record", listening)
        person = open_world.freelancer
        await admit(open_world.curator, person)
        await refuse(open_world.curator, person, code="music")
        told = [payload for event, payload in heard if event == "admission.decided"]
        assert told == [
            {"freelancer_id": str(person.id), "code": "orders", "outcome": "granted"},
            {"freelancer_id": str(person.id), "code": "music", "outcome": "refused"},
        ]

    async def test_a_lower_level_takes_nothing_away(self, open_world: World) -> None:
        await publish(open_world, level=2)
        await admit(open_world.curator, open_world.freelancer, level=2)
        assert problem(await admit(open_world.curator, open_world.freelancer)) == (409, "qualification_held")
        assert problem(await refuse(open_world.curator, open_world.freelancer)) == (409, "qualification_held")
        assert await held(open_world.freelancer) == [("orders", 2, 1)]

    async def test_admitting_again_takes_nothing_away_and_needs_more(self, open_world: World, subtests: pytest.Subtests) -> None:
        person = open_world.freelancer
        await admit(open_world.curator, person)
        async with nothing_changes():
            for less in [{"languages": ["en"]}, {"expires_at": "2090-01-01T00:00:00Z"}, {}]:
                with subtests.test(less=less):
                    async with rehearsed():
                        assert problem(await admit(open_world.curator, person, **less)) == (409, "qualification_held")
                        (mine,) = (await person.ok("GET", "/me/qualifications"))["qualifications"]
                        assert (mine["languages"], mine["expires_at"], mine["revoked_at"]) == ([], None, None)
                        assert len(await notices(person, "admission.decided")) == 1

    async def test_more_languages_and_more_time_are_more(self, open_world: World) -> None:
        person = open_world.freelancer
        for more in (
            {"languages": ["en"], "expires_at": "2080-01-01T00:00:00Z"},
            {"languages": ["en", "ru"], "expires_at": "2080-01-01T00:00:00Z"},
            {"languages": ["en", "ru"], "expires_at": "2090-01-01T00:00:00Z"},
            {"languages": [], "expires_at": None},
        ):
            assert (await admit(open_world.curator, person, **more)).json()["state"] == "granted"
        assert await held(person) == [("orders", 1, 1)]

    async def test_of_two_curators_at_once_one_admits(self, open_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        other = await open_world.person("other", Role.CURATOR)
        monkeypatch.setattr(qualifications, "qualify", races.stop_before(qualifications.qualify))
        person = open_world.freelancer
        replies = await open_world.race(admit(open_world.curator, person), admit(other, person))
        assert sorted(reply.status_code for reply in replies) == [201, 409]
        assert len(await notices(person, "admission.decided")) == 1

    async def test_who_shares_a_rare_device_with_the_person_leaves_it_to_others(self, open_world: World) -> None:
        person, relative = open_world.freelancer, open_world.curator
        other = await open_world.person("other", Role.CURATOR)
        many = await open_world.crowd(40)
        add = "INSERT INTO device (account_id, fingerprint) VALUES ($1, sha256($2::bytea))"
        for one in many:
            await db.execute(add, one, one.bytes)
        for one in (person.id, relative.id):
            await db.execute(add, one, b"the same at home")
        for decide in (admit, refuse):
            assert problem(await decide(relative, person)) == (409, "not_impartial")
        made = (await admit(other, person, code="music", against_evidence=True)).json()
        assert problem(await second(relative, made["id"])) == (409, "not_impartial")
        assert (await admit(other, person)).json()["state"] == "granted"

    async def test_what_makes_no_sense_is_refused(self, open_world: World, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for body in [
                {"expires_at": "2020-01-01T00:00:00Z"},
                {"expires_at": "2090-01-01T00:00:00"},
                {"languages": ["russian"]},
                {"line": 4},
                {"level": 0},
            ]:
                with subtests.test(body=body):
                    assert problem(await admit(open_world.curator, open_world.freelancer, **body)) == (422, "invalid")
                    assert await db.scalar("SELECT count(*) FROM admission") == 0

    async def test_nobody_admits_themselves_and_only_freelancers_are_admitted(self, open_world: World) -> None:
        both = await open_world.person("both", Role.FREELANCER, Role.CURATOR)
        assert problem(await admit(both, both)) == (409, "own_contract")
        assert problem(await admit(open_world.curator, open_world.finance)) == (409, "not_a_freelancer")


class TestAgainstTheEvidence:
    async def test_it_needs_saying_so_and_a_second_curator(self, open_world: World) -> None:
        person, other = open_world.freelancer, await open_world.person("other", Role.CURATOR)
        reply = await admit(open_world.curator, person, code="music")
        assert problem(reply) == (409, "against_evidence")
        assert reply.json()["missing"] == ["1 more accepted answers are needed."]
        made = (await admit(open_world.curator, person, code="music", against_evidence=True)).json()
        assert (made["state"], await held(person), await notices(person, "admission.decided")) == ("proposed", [], [])
        assert problem(await second(open_world.curator, made["id"])) == (409, "not_impartial")
        assert (await second(other, made["id"])).json()["state"] == "granted"
        assert await held(person) == [("music", 1, 1)]
        (told,) = await notices(person, "admission.decided")
        assert "I looked at it as well." in told["body"]
        assert problem(await second(other, made["id"])) == (409, "admission_settled")
        await open_world.verify()

    async def test_refusing_who_meets_all_criteria_is_against_it_too(self, open_world: World) -> None:
        person, other = open_world.freelancer, await open_world.person("other", Role.CURATOR)
        assert problem(await refuse(open_world.curator, person)) == (409, "against_evidence")
        made = (await refuse(open_world.curator, person, against_evidence=True)).json()
        assert (await second(other, made["id"])).json()["state"] == "refused"
        assert len(await notices(person, "admission.decided")) == 1
        await open_world.verify()

    async def test_where_nothing_is_published_either_way_is(self, open_world: World, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for decide in [admit, refuse]:
                with subtests.test(decide=decide):
                    async with rehearsed():
                        assert problem(await decide(open_world.curator, open_world.freelancer, code="maps")) == (
                            409,
                            "against_evidence",
                        )
                        made = await decide(open_world.curator, open_world.freelancer, code="maps", against_evidence=True)
                        assert (made.status_code, made.json()["state"], made.json()["evidence"]) == (201, "proposed", [])

    async def test_while_one_waits_nobody_decides_otherwise(self, open_world: World) -> None:
        person = open_world.freelancer
        made = (await admit(open_world.curator, person, code="music", against_evidence=True)).json()
        assert problem(await refuse(open_world.curator, person, code="music")) == (409, "admission_proposed")
        assert (await second(open_world.curator, made["id"], "drop")).json()["state"] == "dropped"
        assert (await refuse(open_world.curator, person, code="music")).json()["state"] == "refused"

    async def test_a_refusal_is_not_confirmed_of_what_was_granted_meanwhile(self, open_world: World) -> None:
        person, other = open_world.freelancer, await open_world.person("other", Role.CURATOR)
        made = (await refuse(open_world.curator, person, against_evidence=True)).json()
        await qualifications.qualify(None, person.id, code="orders", level=1, reason="an appeal was upheld", granted_by=other.id)
        assert problem(await second(other, made["id"])) == (409, "qualification_held")
        assert (await second(other, made["id"], "drop")).json()["state"] == "dropped"
        await open_world.verify()

    async def test_saying_so_without_need_is_no_proposal(self, open_world: World) -> None:
        made = (await admit(open_world.curator, open_world.freelancer, against_evidence=True)).json()
        assert (made["state"], made["basis"]) == ("granted", "evidence")

    async def test_whom_it_concerns_is_not_the_second_curator(self, open_world: World) -> None:
        both = await open_world.person("both", Role.FREELANCER, Role.CURATOR)
        made = (await admit(open_world.curator, both, code="music", against_evidence=True)).json()
        assert problem(await second(both, made["id"])) == (409, "own_contract")

    async def test_of_racing_curators_one_confirms(self, open_world: World) -> None:
        made = (await admit(open_world.curator, open_world.freelancer, code="music", against_evidence=True)).json()
        others = [await open_world.person(f"other{n}", Role.CURATOR) for n in range(5)]
        replies = await asyncio.gather(*(second(one, made["id"], "confirm" if n % 2 else "drop") for n, one in enumerate(others)))
        assert sorted(reply.status_code for reply in replies) == [200, 409, 409, 409, 409]
        assert len(await held(open_world.freelancer)) == await db.scalar("SELECT count(*) FROM admission_second WHERE confirmed")
        await open_world.verify()

    async def test_racing_proposals_leave_one(self, open_world: World) -> None:
        others = [await open_world.person(f"other{n}", Role.CURATOR) for n in range(5)]
        person = open_world.freelancer
        replies = await asyncio.gather(
            *((admit if n % 2 else refuse)(one, person, code="maps", against_evidence=True) for n, one in enumerate(others))
        )
        assert sorted(reply.status_code for reply in replies) == [201, 409, 409, 409, 409]
        assert await db.scalar("SELECT count(*) FROM admission_now WHERE state = 'proposed'") == 1

    async def test_a_second_curator_finds_it_in_the_queue_and_the_first_does_not(self, open_world: World) -> None:
        other = await open_world.person("other", Role.CURATOR)
        made = (await admit(open_world.curator, open_world.freelancer, code="music", against_evidence=True)).json()
        (item,) = (await other.ok("GET", "/curator/queue"))["items"]
        assert (item["kind"], item["id"]) == ("second", made["id"])
        assert (await open_world.curator.ok("GET", "/curator/queue"))["items"] == []
        (listed,) = (await other.ok("GET", "/admissions?state=proposed"))["items"]
        assert (listed["id"], listed["decided_by"]) == (made["id"], str(open_world.curator.id))


class TestAppeals:
    WORDS = "I answered as the instruction says, please look again."

    async def refused(self, world: World) -> str:
        return str((await refuse(world.curator, world.freelancer, code="music")).json()["id"])

    async def appealed(self, world: World, refusal: str) -> str:
        body = {"subject": "admission", "id": refusal, "words": self.WORDS}
        return str((await world.freelancer.ok("POST", "/appeals", body))["id"])

    async def test_who_was_refused_wrongly_is_admitted_in_the_arbiters_name(self, open_world: World) -> None:
        person, arbiter = open_world.freelancer, await open_world.person("arbiter", Role.CURATOR)
        appeal = await self.appealed(open_world, await self.refused(open_world))
        decision = {"decision": "uphold", "reply": "Your answers were right after all."}
        assert problem(await open_world.curator.call("POST", f"/appeals/{appeal}/decision", decision)) == (409, "not_impartial")
        detail = await arbiter.ok("GET", f"/appeals/{appeal}")
        assert detail["about_decision"]["evidence"]["criteria"].startswith("1 accepted answers: not met.")
        await arbiter.ok("POST", f"/appeals/{appeal}/decision", decision)
        await open_world.drain()
        assert await held(person) == [("music", 1, 1)]
        assert await db.scalar("SELECT granted_by FROM qualification") == arbiter.id
        newest, refusal = (await person.ok("GET", "/me/admissions"))["decisions"]
        assert (newest["outcome"], newest["reason"], refusal["appeal_by"]) == ("granted", decision["reply"], None)
        await open_world.verify()

    async def test_a_denied_one_changes_nothing(self, open_world: World) -> None:
        arbiter = await open_world.person("arbiter", Role.CURATOR)
        appeal = await self.appealed(open_world, await self.refused(open_world))
        await arbiter.ok("POST", f"/appeals/{appeal}/decision", {"decision": "deny", "reply": "It stays as it was decided."})
        await open_world.drain()
        assert await held(open_world.freelancer) == []
        await open_world.verify()

    async def test_what_nobody_answers_is_decided_for_the_person(self, open_world: World) -> None:
        await self.appealed(open_world, await self.refused(open_world))
        await db.execute("UPDATE appeal SET answer_by = now()")
        await open_world.drain_recurring("quality.appeals")
        await open_world.drain()
        assert await held(open_world.freelancer) == [("music", 1, 1)]
        await open_world.verify()

    async def test_admitted_after_all_there_is_nothing_left_to_appeal(self, open_world: World) -> None:
        refusal = await self.refused(open_world)
        await publish(open_world, code="music")
        await admit(open_world.curator, open_world.freelancer, code="music")
        body = {"subject": "admission", "id": refusal, "words": self.WORDS}
        assert problem(await open_world.freelancer.call("POST", "/appeals", body)) == (409, "nothing_to_appeal")
        await open_world.verify()

    async def test_a_proposal_is_no_decision_yet(self, open_world: World) -> None:
        made = (await refuse(open_world.curator, open_world.freelancer, against_evidence=True)).json()
        body = {"subject": "admission", "id": made["id"], "words": self.WORDS}
        assert (await open_world.freelancer.call("POST", "/appeals", body)).status_code == 404


class TestTheWholeWay:
    async def test_asked_met_decided(self, open_world: World) -> None:
        person = open_world.freelancer
        assert (await ask(person)).json()["met_at"] is not None
        await admit(open_world.curator, person)
        mine = await person.ok("GET", "/me/admissions")
        assert (mine["requests"], [one["outcome"] for one in mine["decisions"]]) == ([], ["granted"])
