"""Nobody has a hand in their own way in, nobody's seat holds up a candidate, and what does not fit is refused."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from piecework.platform import db
from piecework.platform.identity.models import Role
from tests.quality.admissions.way_world import (
    PASSWORD,
    WHY,
    accepted,
    answers,
    applicant,
    asked,
    booked,
    open_way,
    scores,
    stages,
)
from tests.traceless import nothing_changes
from tests.world import World

APPLICATIONS, JSON = "/api/v1/applications", {"content-type": "application/json"}
INTERVIEW = {"stages": stages("application", "interview", "live")}


class TestOwn:
    async def test_a_curator_who_applies_has_no_hand_in_their_own_way(self, world: World) -> None:
        await open_way(world, **INTERVIEW)
        await world.person("colleague", Role.CURATOR)
        both = await world.person("both", Role.CURATOR, Role.FREELANCER)
        await both.ok("POST", "/me/applications", {"direction": "orders", "language": "en", "answers": answers()})
        candidacy = await accepted(world, both)
        soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        for path, body in (
            ("extension", {"days": 90, "reason": WHY}),
            ("interview-slots", {"starts": [soon]}),
            ("reviewers", {"reviewer_id": str(world.colleague.id)}),
        ):
            reply = await both.call("POST", f"/candidacies/{candidacy}/{path}", body)
            assert (path, reply.status_code, reply.json()["code"]) == (path, 409, "not_impartial")


class TestSeats:
    async def test_a_seat_that_nobody_uses_does_not_hold_up_the_candidate(self, world: World) -> None:
        """Of a curator who left at once; of one who has not scored 3 days after the interview then. What is scored stays."""
        await open_way(world, **INTERVIEW)
        anna = await applicant(world)
        candidacy = await accepted(world, anna)
        people = [await world.person(name, Role.CURATOR) for name in ("one", "two", "three", "four")]
        bodies = [{"reviewer_id": str(one.id)} for one in people]
        await booked(world, anna, candidacy)
        first, second = [await asked(world, candidacy, one) for one in people[:2]]
        path = f"/candidacies/{candidacy}/reviewers"
        assert (await world.curator.call("POST", path, bodies[2])).json()["code"] == "seats_taken"
        await world.administrator.ok("PATCH", f"/accounts/{people[1].id}", {"state": "suspended", "reason": "left"})
        third = (await world.curator.ok("POST", path, bodies[2]))["review_id"]
        await people[0].ok("POST", f"/interview-reviews/{first}/scores", scores(4))
        assert (await world.curator.call("POST", path, bodies[3])).json()["code"] == "seats_taken"
        await db.execute("UPDATE interview_review SET asked_at = asked_at - interval '4 days' WHERE submitted_at IS NULL")
        await world.as_owner(
            "ALTER TABLE interview_slot DISABLE TRIGGER append_only",
            "UPDATE interview_slot SET starts_at = starts_at - interval '4 days'",
            "ALTER TABLE interview_slot ENABLE TRIGGER append_only",
        )
        fourth = (await world.curator.ok("POST", path, bodies[3]))["review_id"]
        late = await people[2].call("POST", f"/interview-reviews/{third}/scores", scores(1))
        assert late.json()["code"] == "review_ended"
        await people[3].ok("POST", f"/interview-reviews/{fourth}/scores", scores(4))
        (interview,) = (await world.curator.ok("GET", f"/candidacies/{candidacy}"))["interviews"]
        assert (interview["result"]["overall"], second != third) == (4, True)


class TestBadTimes:
    async def test_an_interview_is_soon_and_not_in_ten_thousand_years(self, world: World, subtests: pytest.Subtests) -> None:
        """A deadline beyond what a calendar holds would break all that reads it: the candidate's page, and the job that looks at everybody."""
        await open_way(world, **INTERVIEW)
        candidacy = await accepted(world, await applicant(world))
        async with nothing_changes():
            for start in [
                "9999-12-31T23:59:59Z",
                "9999-12-31T23:59:59-14:00",
                "0001-01-01T00:00:00+14:00",
                "2020-01-01T00:00:00Z",
            ]:
                with subtests.test(start=start):
                    reply = await world.curator.call("POST", f"/candidacies/{candidacy}/interview-slots", {"starts": [start]})
                    assert (reply.status_code, reply.json()["errors"][0]["field"].split(".")[0]) == (422, "starts")


class TestHostileAnswers:
    async def test_text(self, world: World, subtests: pytest.Subtests) -> None:
        await open_way(world)
        async with nothing_changes(but="application_attempt"):
            for text in ["a\x00b", "\ud800", "x" * 200_000]:
                with subtests.test(text=text):
                    body = {
                        "direction": "orders",
                        "email": "a@b.c",
                        "name": "A",
                        "password": PASSWORD,
                        "answers": answers() | {"sample_reply": text},
                    }
                    reply = await world.client.post(APPLICATIONS, content=json.dumps(body), headers=JSON)
                    assert 400 <= reply.status_code < 500
                    assert reply.status_code != 429
                    assert await db.scalar("SELECT count(*) FROM candidacy") == 0

    async def test_numbers(self, world: World, subtests: pytest.Subtests) -> None:
        await open_way(world)
        taken = 0
        for number in ["1e999", "1" + "0" * 400, "NaN", "-1e400", "1e-999", "20.5"]:
            with subtests.test(number=number):
                body = {
                    "direction": "orders",
                    "email": f"a{len(number)}@b.c",
                    "name": "A",
                    "password": PASSWORD,
                    "answers": answers() | {"hours_a_week": 123456},
                }
                reply = await world.client.post(APPLICATIONS, content=json.dumps(body).replace("123456", number), headers=JSON)
                assert reply.status_code < 429
                taken += reply.status_code == 202
                assert await db.scalar("SELECT count(*) FROM candidacy") == taken
