"""Applications: by strangers, by people with an account, and their screening."""

import asyncio
from typing import Any

import pytest

from piecework.platform import db
from tests.quality.admissions.way_world import (
    PASSWORD,
    WHY,
    accepted,
    answers,
    applicant,
    apply,
    candidacy_of,
    mine,
    notices_of,
    open_way,
)
from tests.traceless import nothing_changes
from tests.world import World


class TestStrangers:
    async def test_an_application_makes_an_account_that_can_sign_in_and_follow_it(self, world: World) -> None:
        await open_way(world)
        reply = await apply(world)
        assert (reply.status_code, reply.json()["received"]) == (202, True)
        signing = {"email": reply.json()["sign_in"], "password": PASSWORD}
        assert (await world.client.post("/api/v1/sessions", json=signing)).json()["roles"] == ["applicant"]
        got = (await world.client.get("/api/v1/me/application")).json()["applications"][0]
        world.client.cookies.clear()
        assert (got["stage"], got["state"], got["whose_turn"]) == ("application", "open", "ours")
        assert [(one["stage"], one["state"]) for one in got["stages"]] == [("application", "current"), ("live", "ahead")]
        assert len(got["answers"]) == 15
        assert got["due_at"] is not None
        assert got["next"]
        assert [one["outcome"] for one in got["history"]] == ["entered"]

    async def test_nothing_that_a_stranger_can_do_tells_that_an_email_is_known(self, world: World) -> None:
        """The replies to applying, to signing in with the e-mail, with the number, and what the application looks like then."""
        await open_way(world)
        known = await world.person("known")
        seen = []
        for email in ("new@example.test", "KNOWN@example.test"):
            world.client.cookies.clear()
            reply = await apply(world, email)
            sign_in = reply.json()["sign_in"]
            by_email = await world.client.post("/api/v1/sessions", json={"email": email, "password": PASSWORD})
            by_number = await world.client.post("/api/v1/sessions", json={"email": sign_in, "password": PASSWORD})
            mine = (await world.client.get("/api/v1/me/application")).json()["applications"][0]
            told = (await world.client.get("/api/v1/me/notices")).json()["items"]
            words = reply.json()["words"].replace(sign_in, "")
            seen.append(
                (reply.status_code, words, len(sign_in), set(reply.headers), by_email.status_code, by_email.json()["code"],
                 by_number.status_code, sorted(by_number.json()), mine["state"], mine["stage"], [one["kind"] for one in told])
            )  # fmt: skip
        world.client.cookies.clear()
        assert seen[0] == seen[1]
        assert seen[0][4:7] == (401, "wrong_credentials", 201)
        assert await notices_of(known) == ["candidacy.somebody_applied"]
        assert await db.scalar("SELECT count(*) FROM candidacy WHERE freelancer_id = $1", known.id) == 0
        shown = [
            await world.curator.ok("GET", f"/candidacies/{row['id']}")
            for row in await db.rows("SELECT id FROM candidacy ORDER BY id")
        ]
        assert [(one["email"], one["email_known"]) for one in shown] == [
            ("new@example.test", False),
            ("known@example.test", True),
        ]

    async def test_nobody_takes_an_email_by_applying_with_it(self, world: World) -> None:
        await open_way(world)
        await apply(world, "anna@example.test", password="the password of a stranger")
        anna = await applicant(world)
        assert (await mine(anna))["state"] == "open"
        await world.administrator.ok("PATCH", f"/accounts/{anna.id}", {"email": "Anna@example.test", "reason": "She showed it."})
        signing = {"email": "anna@example.test", "password": PASSWORD}
        assert (await world.client.post("/api/v1/sessions", json=signing)).status_code == 201
        world.client.cookies.clear()
        taken = await world.administrator.call(
            "PATCH", f"/accounts/{world.freelancer.id}", {"email": "anna@example.test", "reason": "It is hers."}
        )
        assert (taken.status_code, taken.json()["code"]) == (409, "email_taken")

    async def test_whoever_has_that_email_is_told_once_a_day(self, world: World) -> None:
        await open_way(world)
        known = await world.person("known")
        for password in ("one long password", "another long password"):
            await apply(world, "known@example.test", password=password)
        assert await notices_of(known) == ["candidacy.somebody_applied"]

    async def test_what_does_not_fit_is_refused_the_same_for_known_and_unknown(self, world: World) -> None:
        await open_way(world)
        wrong = answers() | {"hours_a_week": 1000}
        replies = [await apply(world, email, answers=wrong) for email in ("new@example.test", "curator@example.test")]
        assert {(one.status_code, one.json()["errors"][0]["field"]) for one in replies} == {(422, "answer.hours_a_week")}
        assert await db.scalar("SELECT count(*) FROM account WHERE email = 'new@example.test'") == 0

    async def test_a_reason_is_asked_for_only_with_its_answer(self, world: World) -> None:
        await open_way(world)
        without = await apply(world, answers=answers() | {"equipment": False})
        assert without.json()["errors"] == [
            {"field": "answer.equipment_why", "code": "missing", "message": "This field is required."}
        ]
        assert (
            await apply(world, answers=answers() | {"equipment": False, "equipment_why": "A borrowed laptop"})
        ).status_code == 202

    async def test_a_direction_that_takes_no_applications_is_not_found(self, world: World, subtests: pytest.Subtests) -> None:
        await open_way(world, "closed", open=False)
        await world.project(code="unpublished")
        async with nothing_changes(but="application_attempt"):
            for direction in ["nothing", "closed", "unpublished"]:
                with subtests.test(direction=direction):
                    assert (await apply(world, direction=direction)).status_code == 404

    async def test_one_email_is_throttled_known_or_not(self, world: World) -> None:
        await open_way(world)
        for email in ("new@example.test", "curator@example.test"):
            statuses = [(await apply(world, email, direction="nothing")).status_code for _ in range(11)]
            assert statuses == [404] * 10 + [429]

    async def test_applications_at_the_same_time_do_not_slip_past_the_throttle(self, world: World) -> None:
        replies = await asyncio.gather(*(apply(world, direction="nothing") for _ in range(14)))
        assert sorted(one.status_code for one in replies) == [404] * 10 + [429] * 4

    async def test_one_place_is_throttled_over_all_emails(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("piecework.quality.admissions.applying.FROM_ONE_PLACE", 3)
        statuses = [(await apply(world, f"a{i}@example.test", direction="nothing")).status_code for i in range(4)]
        assert statuses == [404, 404, 404, 429]

    async def test_an_application_sent_twice_is_one(self, world: World) -> None:
        await open_way(world)
        replies = [*await asyncio.gather(apply(world), apply(world)), await apply(world)]
        assert len({one.content for one in replies}) == 1
        assert await db.scalar("SELECT count(*) FROM candidacy") == 1
        await apply(world, answers=answers() | {"hours_a_week": 21})
        assert await db.scalar("SELECT count(*) FROM candidacy") == 2
        await world.verify()

    async def test_people_are_asked_in_the_language_that_they_chose_and_told_what_is_next_in_english(self, world: World) -> None:
        """Pages tell it in the reader's language: tests/pages/test_words.py."""
        await open_way(world)
        anna = await applicant(world, language="ru")
        got = await mine(anna)
        assert got["answers"][0]["question"] == "В какой стране вы живёте?"
        assert got["next"] == "We are reading your application and will answer with reasons."
        (notice,) = await db.rows("SELECT title, body FROM notice WHERE account_id = $1", anna.id)
        assert notice["title"] == "orders: stage “application”"
        assert "We will answer by" in notice["body"]


class TestFurther:
    async def apply_to(self, person: Any, direction: str) -> Any:
        return await person.call("POST", "/me/applications", {"direction": direction, "language": "en", "answers": answers()})

    async def test_a_freelancer_applies_to_a_further_direction_once(self, world: World) -> None:
        await open_way(world)
        person = await world.person("boris")
        assert (await self.apply_to(person, "orders")).status_code == 201
        assert (await self.apply_to(person, "orders")).json()["code"] == "applied_before"

    async def test_several_directions_at_once_are_normal(self, world: World) -> None:
        await open_way(world)
        await open_way(world, "music")
        person = await world.person("boris")
        assert {(await self.apply_to(person, code)).status_code for code in ("orders", "music")} == {201}
        assert len((await person.ok("GET", "/me/application"))["applications"]) == 2

    async def test_who_was_refused_may_apply_again_after_some_days(self, world: World) -> None:
        await open_way(world, again_after_days=30)
        anna = await applicant(world)
        body = {"decision": "refuse", "reason": "The sample reply blames the customer."}
        await world.curator.ok("POST", f"/candidacies/{await candidacy_of(anna)}/screening", body)
        assert (await self.apply_to(anna, "orders")).json()["code"] == "applied_lately"
        await db.execute("UPDATE candidacy SET ended_at = ended_at - interval '31 days'")
        assert (await self.apply_to(anna, "orders")).status_code == 201

    async def test_two_at_once_open_one_candidacy(self, world: World) -> None:
        await open_way(world)
        person = await world.person("boris")
        replies = await asyncio.gather(*(self.apply_to(person, "orders") for _ in range(3)))
        assert sorted(one.status_code for one in replies) == [201, 409, 409]


class TestScreening:
    async def test_an_accepted_application_goes_to_the_next_stage(self, world: World) -> None:
        await open_way(world)
        anna = await applicant(world)
        await accepted(world, anna)
        got = await mine(anna)
        assert (got["stage"], [one["outcome"] for one in got["history"]]) == ("live", ["entered", "passed", "entered"])
        assert WHY in got["history"][1]["reason"]

    async def test_who_comes_to_the_last_stage_asks_to_be_admitted_by_that(self, world: World) -> None:
        await open_way(world)
        await world.open_to_all("orders")
        anna = await applicant(world)
        await db.execute("UPDATE account SET roles = '{applicant,freelancer}' WHERE id = $1", anna.id)  # as a contract does
        await accepted(world, anna)
        (waits,) = (await world.curator.ok("GET", "/admissions/waiting"))["items"]
        assert (waits["freelancer_id"], waits["code"], waits["met_at"] is not None) == (str(anna.id), "orders", True)

    async def test_a_refusal_has_its_reason_and_can_be_appealed(self, world: World) -> None:
        await open_way(world)
        anna = await applicant(world)
        body = {"decision": "refuse", "reason": "The sample reply blames the customer."}
        await world.curator.ok("POST", f"/candidacies/{await candidacy_of(anna)}/screening", body)
        got = await mine(anna)
        assert (got["state"], got["next"], got["due_at"]) == ("refused", None, None)
        assert got["history"][-1]["reason"] == "The sample reply blames the customer."
        assert got["history"][-1]["appeal_by"] is not None
        assert (await notices_of(anna))[-1] == "candidacy.refused"
        await world.verify()

    async def test_it_is_screened_once(self, world: World) -> None:
        await open_way(world)
        candidacy = await candidacy_of(await applicant(world))
        body = {"decision": "accept", "reason": WHY}
        replies = await asyncio.gather(
            *(world.curator.call("POST", f"/candidacies/{candidacy}/screening", body) for _ in range(3))
        )
        assert sorted(one.status_code for one in replies) == [200, 409, 409]

    async def test_nobody_screens_their_own(self, world: World) -> None:
        await open_way(world)
        await db.execute("UPDATE account SET roles = roles || 'freelancer'::text WHERE id = $1", world.curator.id)
        made = await world.curator.ok("POST", "/me/applications", {"direction": "orders", "answers": answers()})
        reply = await world.curator.call("POST", f"/candidacies/{made['id']}/screening", {"decision": "accept", "reason": WHY})
        assert reply.json()["code"] == "not_impartial"

    async def test_a_candidate_sees_only_their_own_and_none_of_the_staffs(self, world: World) -> None:
        await open_way(world)
        anna, boris = await applicant(world), await applicant(world, "boris")
        candidacy = await candidacy_of(anna)
        assert (
            await boris.call("POST", f"/me/applications/{candidacy}/withdrawal", {"reason": "It is not mine."})
        ).status_code == 404
        assert (await boris.call("GET", f"/candidacies/{candidacy}")).status_code == 403
        gone = await anna.ok("POST", f"/me/applications/{candidacy}/withdrawal", {"reason": "I found other work."})
        assert gone["state"] == "withdrawn"
        again = await anna.call("POST", f"/me/applications/{candidacy}/withdrawal", {"reason": "I found other work."})
        assert again.json()["code"] == "candidacy_ended"
