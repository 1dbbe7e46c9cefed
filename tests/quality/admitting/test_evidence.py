"""What facts say of each kind of criterion, with the figures that the person reads."""

from typing import Any

import pytest

from piecework.platform import db
from tests.quality.admitting.admitting_world import admit, ask, publish
from tests.quality.exams.exam_world import GOOD, fill, sit
from tests.quality.exams.exam_world import publish as publish_exam
from tests.quality.people.test_own_accuracy import a_day_passes, fact
from tests.world import Person, World, choice_step


async def looked(world: World, person: Person, criterion: dict[str, Any]) -> dict[str, Any]:
    """What is said of one criterion, published for a code of its own."""
    await publish(world, criterion, code="tried")
    (found,) = (await person.ok("GET", "/me/admissions/tried"))["criteria"]
    return dict(found)


class TestExams:
    async def test_a_pass_counts_until_it_is_too_old(self, world: World) -> None:
        await fill(world)
        await publish_exam(world)
        asked = {"kind": "exam", "exam": "russian", "max_age_days": 30}
        before = await looked(world, world.freelancer, asked)
        assert (before["met"], before["missing"]) == (False, "There is no valid result of the exam russian.")
        await sit(world, world.freelancer, GOOD, GOOD, GOOD, GOOD)
        found = await looked(world, world.freelancer, asked)
        assert (found["met"], found["figures"]["passed"], found["figures"]["share"]) == (True, True, 1.0)
        await db.execute(
            """UPDATE exam_attempt SET started_at = started_at - interval '31 days', ends_at = ends_at - interval '31 days',
                      finished_at = finished_at - interval '31 days'"""
        )
        assert not (await looked(world, world.freelancer, asked))["met"]


class TestAccuracy:
    async def test_the_lower_bound_counts_as_the_person_reads_it(self, world: World) -> None:
        await world.project()
        anna = await world.worker("anna")
        asked = {"kind": "accuracy", "project": "orders", "at_least": 0.6, "answers": 10}
        for _ in range(5):
            await fact(anna, "golden")
        assert (await looked(world, anna, asked))["figures"]["lower_bound"] is None
        await a_day_passes()
        few = await looked(world, anna, asked)
        assert (few["met"], few["figures"]["answers"]) == (False, 5)
        for _ in range(10):
            await fact(anna, "golden")
        await a_day_passes()
        enough = await looked(world, anna, asked)
        (own,) = (await anna.ok("GET", "/me/accuracy"))["steps"]
        assert (enough["met"], enough["figures"]["answers"]) == (True, 15)
        assert enough["figures"]["lower_bound"] == pytest.approx(own["low"], abs=0.01)
        assert not (await looked(world, anna, asked | {"at_least": 0.99}))["met"]
        assert not (await looked(world, anna, asked | {"project": "music"}))["met"]


class TestAnswers:
    async def test_accepted_ones_count_by_project_or_all(self, world: World) -> None:
        await world.project(choice_step(overlap=1))
        await world.tickets(2)
        anna = await world.worker("anna")
        for held in await anna.claim(2):
            await anna.answer(held, {"topic": "a"})
        await world.drain()
        found = await looked(world, anna, {"kind": "accepted", "answers": 3, "project": "orders"})
        assert (found["met"], found["figures"], found["missing"]) == (
            False,
            {"accepted": 2},
            "1 more accepted answers are needed.",
        )
        assert (await looked(world, anna, {"kind": "accepted", "answers": 2}))["met"]
        assert not (await looked(world, anna, {"kind": "accepted", "answers": 1, "project": "music"}))["met"]


class TestRestrictions:
    async def test_one_that_was_in_force_within_the_days_counts_unless_it_was_appealed_rightly(self, world: World) -> None:
        person, asked = world.freelancer, {"kind": "unrestricted", "days": 30}
        made = await world.curator.ok(
            "POST", f"/freelancers/{person.id}/restrictions", {"kind": "audits", "days": 10, "reason": "too many mistakes"}
        )
        assert not (await looked(world, person, asked))["met"]
        await db.execute("UPDATE restriction SET starts_at = now() - interval '45 days', ends_at = now() - interval '31 days'")
        assert (await looked(world, person, asked))["met"]
        await db.execute("UPDATE restriction SET ends_at = now() + interval '1 day'")
        await db.execute(
            """INSERT INTO appeal (freelancer_id, subject, subject_id, words, answer_by, state, decided_at, reply)
               VALUES ($1, 'restriction', $2, 'it was not me', now(), 'upheld', now(), 'right you are')""",
            person.id,
            made["id"],
        )
        assert (await looked(world, person, asked))["met"]


class TestHeld:
    async def test_days_add_up_over_grants_and_it_must_be_held_now(self, world: World) -> None:
        anna = await world.worker("anna")
        asked = {"kind": "held", "code": "orders", "days": 30}
        await db.execute("UPDATE qualification SET granted_at = now() - interval '20 days'")
        found = await looked(world, anna, asked)
        assert (found["met"], found["figures"], found["missing"]) == (
            False,
            {"held": True, "days": 20},
            "10 more days are needed.",
        )
        await admit(world.curator, anna)
        await db.execute("UPDATE qualification SET granted_at = granted_at - interval '10 days' WHERE revoked_at IS NULL")
        assert (await looked(world, anna, asked))["met"]
        assert not (await looked(world, anna, asked | {"level": 2}))["met"]
        await world.curator.ok("POST", f"/freelancers/{anna.id}/qualifications/orders/revoke", {"reason": "too slow"})
        gone = await looked(world, anna, asked)
        assert (gone["met"], gone["missing"]) == (False, "orders is not held at level 1, line 1.")


class TestWeeks:
    async def test_the_newest_result_of_each_of_the_last_weeks_counts(self, world: World) -> None:
        anna = await world.worker("anna")
        asked = {"kind": "weeks", "of": 3, "kept": 2}
        assert not (await looked(world, anna, asked))["met"]
        for ago, results in ((4, ["met"]), (3, ["missed"]), (2, ["missed"]), (1, ["met"])):
            await week(world, anna, ago, results)
        found = await looked(world, anna, asked)
        assert (found["met"], found["figures"], found["missing"]) == (
            False,
            {"weeks": 3, "kept": 1},
            "1 more of the last 3 weeks must be met or excused.",
        )
        await week(world, anna, 2, ["excused"], revision=2)
        assert (await looked(world, anna, asked))["met"]


class TestReviews:
    async def test_disputes_settled_count(self, world: World) -> None:
        found = await looked(world, world.freelancer, {"kind": "reviews", "count": 2})
        assert (found["met"], found["figures"], found["missing"]) == (False, {"reviews": 0}, "2 more reviews are needed.")


class TestAsked:
    async def test_all_of_several_criteria_must_be_met(self, world: World) -> None:
        await publish(world, {"kind": "unrestricted", "days": 30}, {"kind": "accepted", "answers": 1})
        asked = (await ask(world.freelancer)).json()
        assert ([one["met"] for one in asked["criteria"]], asked["met"]) == ([True, False], False)


async def week(world: World, person: Person, ago: int, results: list[str], revision: int = 1) -> None:
    """A closed week of a person, so many weeks ago."""
    for number, result in enumerate(results, revision):
        await world.as_owner(
            "SET session_replication_role = replica",
            f"""INSERT INTO week_result (freelancer_id, starts_at, revision, result, basis, norm, leave, outages, gaps, effective, done,
                                         handed_out, take_up, second_chance, policy, facts, lines, as_of)
                VALUES ('{person.id}', date_trunc('day', now()) - interval '{7 * ago} days', {number}, '{result}',
                        '{"closed" if number == 1 else "appeal"}', 10, 0, 0, 0, 10, {0 if result == "missed" else 10}, 0, 0,
                        false, 1, '{{}}', '[]', now())""",
        )
