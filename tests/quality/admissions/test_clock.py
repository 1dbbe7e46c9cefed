"""Deadlines: reminders, lapses of the candidate's, escalation of ours."""

import asyncio

import pytest

from piecework.platform import db
from piecework.quality.admissions import clock
from tests.quality.admissions.test_pipeline import published_exam
from tests.quality.admissions.way_world import (
    WHY,
    accepted,
    applicant,
    apply,
    booked,
    candidacy_of,
    exam,
    mine,
    moved,
    notices_of,
    open_way,
    stages,
    tick,
    told,
)
from tests.traceless import nothing_changes, rehearsed
from tests.world import Person, World

EXAM = {"stages": stages("application", "language_exam", "live"), "language_exam": "russian"}


async def at_exam(world: World, days: int = 14, tries: int = 3) -> tuple[Person, str]:
    await published_exam(world, tries)
    await open_way(world, stages=stages("application", "language_exam", "live", days=days), language_exam="russian")
    anna = await applicant(world)
    return anna, await accepted(world, anna)


async def reminders(person: Person) -> int:
    return (await notices_of(person)).count("candidacy.reminder")


class TestReminders:
    async def test_half_way_and_two_days_before_the_deadline(self, world: World, subtests: pytest.Subtests) -> None:
        """Of 14 days: after 7 and after 12. Both due at once make one notice."""
        anna, candidacy = await at_exam(world)
        async with nothing_changes():
            for days, count in [(6.9, 0), (7.1, 1), (11.9, 1), (12.1, 1)]:
                with subtests.test(days=days, count=count):
                    async with rehearsed():
                        await moved(candidacy, days=days)
                        await tick(world)
                        await tick(world)
                        assert await reminders(anna) == count

    async def test_one_each_when_the_clock_looks_in_between(self, world: World) -> None:
        anna, candidacy = await at_exam(world)
        for days in (7.1, 5, 1):
            await moved(candidacy, days=days)
            await tick(world)
        assert await reminders(anna) == 2
        assert (await mine(anna))["state"] == "open"

    async def test_none_while_it_is_our_turn(self, world: World) -> None:
        await open_way(world)
        anna = await applicant(world)
        await moved(await candidacy_of(anna), days=13)
        await tick(world)
        assert await reminders(anna) == 0

    async def test_a_short_stage_has_them_too(self, world: World) -> None:
        anna, candidacy = await at_exam(world, days=1)
        await moved(candidacy, days=0.6)
        await tick(world)
        assert await reminders(anna) == 1


class TestLapse:
    async def test_the_candidates_deadline_ends_the_way_with_reasons(self, world: World) -> None:
        anna, candidacy = await at_exam(world)
        await moved(candidacy, days=15)
        await tick(world)
        await tick(world)
        got = await mine(anna)
        assert (got["state"], got["history"][-1]["outcome"]) == ("lapsed", "lapsed")
        assert "language exam" in got["history"][-1]["reason"]
        assert got["history"][-1]["appeal_by"] is not None
        assert (await notices_of(anna)).count("candidacy.lapsed") == 1
        await world.verify()

    async def test_nothing_lapses_while_a_fact_is_on_its_way(self, world: World) -> None:
        """The worker was down for three days: what was done in time counts as if it had not been."""
        anna, candidacy = await at_exam(world)
        await told(
            world, "exam.decided", "x:1", drain=False, attempt_id="x", freelancer_id=anna.id, exam_code="russian", passed=True
        )
        await moved(candidacy, days=17)
        async with db.transaction():
            await clock.keep_deadlines()
        assert (await mine(anna))["state"] == "open"
        await world.drain()
        got = await mine(anna)
        assert (got["stage"], got["state"]) == ("live", "open")

    async def test_nothing_lapses_while_an_exam_is_being_sat_or_graded(self, world: World) -> None:
        anna, candidacy = await at_exam(world)
        await db.execute(
            """INSERT INTO exam_attempt (exam_id, exam_code, freelancer_id, seed, ends_at)
               SELECT id, code, $1, 1, clock_timestamp() + interval '30 minutes' FROM exam""",
            anna.id,
        )
        await moved(candidacy, days=15)
        await tick(world)
        assert (await mine(anna))["state"] == "open"

    async def test_after_the_lapse_a_pass_comes_too_late(self, world: World) -> None:
        anna, candidacy = await at_exam(world)
        await moved(candidacy, days=15)
        await tick(world)
        await exam(world, anna, "russian", passed=True)
        assert (await mine(anna))["state"] == "lapsed"

    async def test_two_clocks_at_once_make_one_lapse(self, world: World) -> None:
        anna, candidacy = await at_exam(world)
        await moved(candidacy, days=15)

        async def look() -> None:
            async with db.transaction():
                await clock.keep_deadlines()

        await asyncio.gather(look(), look(), look())
        assert [one["outcome"] for one in (await mine(anna))["history"]].count("lapsed") == 1

    async def test_more_time_given_in_time_keeps_it_open(self, world: World) -> None:
        anna, candidacy = await at_exam(world)
        await moved(candidacy, days=13)
        given = await world.curator.ok(
            "POST", f"/candidacies/{candidacy}/extension", {"days": 7, "reason": "Anna was in hospital."}
        )
        await moved(candidacy, days=5)
        await tick(world)
        got = await mine(anna)
        assert (got["state"], given["history"][-1]["outcome"]) == ("open", "extended")
        assert "hospital" in got["history"][-1]["reason"]


class TestOurs:
    async def test_our_deadline_never_ends_it_but_is_told_and_escalated_once(self, world: World) -> None:
        await open_way(world)
        anna = await applicant(world)
        candidacy = await candidacy_of(anna)
        await moved(candidacy, days=40)
        await tick(world)
        await tick(world)
        got = await mine(anna)
        assert (got["state"], got["late"], got["history"][-1]["outcome"]) == ("open", True, "late")
        assert (await notices_of(anna)).count("candidacy.late") == 1
        for person in (world.curator, world.administrator):
            assert (await notices_of(person)).count("candidacy.overdue") == 1
        listed = (await world.curator.ok("GET", "/candidacies"))["items"]
        assert [(one["id"], one["overdue"]) for one in listed] == [(candidacy, True)]

    async def test_the_overdue_come_first_and_pages_go_on(self, world: World) -> None:
        await open_way(world)
        people = [await applicant(world, name) for name in ("anna", "boris", "clara")]
        ids = [await candidacy_of(person) for person in people]
        await moved(ids[2], days=20)
        await moved(ids[1], days=3)
        first = await world.curator.ok("GET", "/candidacies?limit=2&stage=application")
        second = await world.curator.ok("GET", f"/candidacies?limit=2&cursor={first['next_cursor']}")
        assert [one["id"] for one in first["items"] + second["items"]] == [ids[2], ids[1], ids[0]]

    async def test_an_interview_that_we_do_not_score_in_time_is_ours(self, world: World) -> None:
        await open_way(world, stages=stages("application", "interview", "live"))
        anna = await applicant(world)
        candidacy = await accepted(world, anna)
        await booked(world, anna, candidacy)
        await moved(candidacy, days=20)
        await tick(world)
        assert ((await mine(anna))["state"], (await mine(anna))["late"]) == ("open", True)

    async def test_the_contract_waits_for_us_until_there_is_an_offer_and_then_for_them(self, world: World) -> None:
        await open_way(world, stages=stages("application", "contract", "live"))
        anna = await applicant(world)
        candidacy = await accepted(world, anna)
        assert (await mine(anna))["whose_turn"] == "ours"
        await moved(candidacy, days=20)
        await tick(world)
        assert (await mine(anna))["state"] == "open"
        text = "the offer"
        await db.execute(
            """INSERT INTO contract_offer (freelancer_id, rate, weekly_norm, weekly_cap, max_held, zone, cadence, regime, notice_days, text,
                   sha256, offered_by, expires_at)
               VALUES ($1, '3', 1, 10, 1, 'UTC', 'weekly', 'none', 7, $2, encode(sha256(convert_to($2, 'UTF8')), 'hex'), $3,
                       clock_timestamp() + interval '5 days')""",
            anna.id,
            text,
            world.curator.id,
        )
        await tick(world)
        got = await mine(anna)
        assert (got["whose_turn"], got["late"], got["history"][-1]["outcome"]) == ("yours", False, "waits")
        await moved(candidacy, days=15)
        await tick(world)
        assert (await mine(anna))["state"] == "lapsed"


class TestAttempts:
    async def test_what_came_before_the_window_is_forgotten(self, world: World) -> None:
        await apply(world, direction="nothing")
        await db.execute("UPDATE application_attempt SET at = at - interval '16 minutes'")
        await apply(world, direction="nothing")
        await tick(world)
        assert await db.scalar("SELECT count(*) FROM application_attempt") == 2  # of the e-mail and of the place


class TestFigures:
    async def test_time_per_stage_outcomes_and_overdue(self, world: World) -> None:
        await open_way(world, **EXAM)
        anna, boris = await applicant(world), await applicant(world, "boris")
        first = await candidacy_of(anna)
        await world.as_owner(
            "ALTER TABLE candidacy_event DISABLE TRIGGER append_only",
            f"UPDATE candidacy_event SET at = at - interval '10 hours' WHERE candidacy_id = '{first}'",
            "ALTER TABLE candidacy_event ENABLE TRIGGER append_only",
        )
        await world.curator.ok("POST", f"/candidacies/{first}/screening", {"decision": "accept", "reason": WHY})
        await moved(await candidacy_of(boris), days=20)
        found = (await world.curator.ok("GET", "/candidacy-figures"))["stages"]
        application, language = found
        assert (application["entered"], application["passed"], application["now"], application["overdue_ours"]) == (2, 1, 1, 1)
        assert application["median_hours"] == pytest.approx(10, abs=0.1)
        assert (language["stage"], language["entered"], language["now"]) == ("language_exam", 1, 1)
        assert (await world.curator.ok("GET", "/candidacy-figures?direction=music"))["stages"] == []
