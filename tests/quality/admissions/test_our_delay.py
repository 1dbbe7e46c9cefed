"""Nobody's place is lost by our delay: what is not published, homework that waits for its check, an attempt that may be made only later."""

from datetime import UTC, datetime, timedelta

from piecework.platform import db
from tests.quality.admissions.test_pipeline import published_exam
from tests.quality.admissions.way_world import accepted, applicant, exam, mine, moved, notices_of, open_way, stages, tick
from tests.quality.training import course_world as course
from tests.world import Person, World


async def at_homework(world: World) -> tuple[Person, str]:
    """Somebody who has begun a course of one lesson, with homework in words."""
    await open_way(world, stages=stages("application", "training", "live"), course="orders")
    await course.publish(world, course.lesson("lesson", course.essay()))
    anna = await applicant(world)
    candidacy = await accepted(world, anna)
    await course.begin(anna)
    return anna, candidacy


async def later(world: World, candidacy: str, *, days: float) -> None:
    """So many days go by, for the candidacy and the homework."""
    await moved(candidacy, days=days)
    for table in ("training_answer", "training_check"):
        await world.as_owner(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
    await world.as_owner(
        f"UPDATE training_answer SET answered_at = answered_at - interval '{days} days'",
        f"UPDATE training_check SET checked_at = checked_at - interval '{days} days'",
    )
    for table in ("training_answer", "training_check"):
        await world.as_owner(f"ALTER TABLE {table} ENABLE TRIGGER append_only")


async def check(world: World, *, accepted: bool) -> None:
    (homework,) = (await world.curator.ok("GET", "/homework"))["items"]
    await world.curator.ok("POST", f"/homework/{homework['id']}/check", {"accepted": accepted, "feedback": "Say when."})


async def left(person: Person) -> timedelta:
    due: datetime = datetime.fromisoformat((await mine(person))["due_at"])
    return due - datetime.now(UTC)


class TestOurDelay:
    async def test_what_is_not_published_is_our_turn_and_nobody_lapses(self, world: World) -> None:
        await open_way(world, stages=stages("application", "language_exam", "live"), language_exam="russian")
        anna = await applicant(world)
        candidacy = await accepted(world, anna)
        await moved(candidacy, days=15)
        await tick(world)
        got = await mine(anna)
        assert (got["state"], got["whose_turn"], got["history"][-1]["outcome"]) == ("open", "ours", "waits")
        await published_exam(world, tries=3)
        await tick(world)
        got = await mine(anna)
        assert (got["whose_turn"], got["next"]) == ("yours", "Take the language exam.")
        await moved(candidacy, days=15)
        await tick(world)
        assert (await mine(anna))["state"] == "lapsed"

    async def test_homework_that_waits_for_us_costs_nobody_their_place(self, world: World) -> None:
        """Handed in on day 10 of 14, checked on day 30: the candidate has the four days that were left."""
        anna, candidacy = await at_homework(world)
        await later(world, candidacy, days=10)
        await course.on(anna, {"text": "Dear customer, it will be with you on Monday."})
        await later(world, candidacy, days=20)
        await tick(world)
        got = await mine(anna)
        assert (got["state"], got["whose_turn"]) == ("open", "yours")
        before = await notices_of(anna)
        assert "candidacy.lapsed" not in before
        await check(world, accepted=False)
        await tick(world)
        await tick(world)
        got = await mine(anna)
        assert [one["outcome"] for one in got["history"]].count("extended") == 1
        assert timedelta(days=3.9) < await left(anna) < timedelta(days=4.1)
        await later(world, candidacy, days=5)
        await tick(world)
        assert (await mine(anna))["state"] == "lapsed"

    async def test_the_next_attempt_at_an_exam_can_be_made_in_time(self, world: World) -> None:
        await published_exam(world, tries=3)
        await world.as_owner(
            "ALTER TABLE exam DISABLE TRIGGER USER",
            "UPDATE exam SET spec = spec || '{\"retake_after_h\": 240}'",
            "ALTER TABLE exam ENABLE TRIGGER USER",
        )
        await open_way(world, stages=stages("application", "language_exam", "live"), language_exam="russian")
        anna = await applicant(world)
        candidacy = await accepted(world, anna)
        await moved(candidacy, days=12)
        await db.execute(
            """INSERT INTO exam_attempt (exam_id, exam_code, freelancer_id, seed, ends_at, finished_at, ended_by)
               SELECT id, code, $1, 1, clock_timestamp() + interval '30 minutes', clock_timestamp(), 'person' FROM exam""",
            anna.id,
        )
        await exam(world, anna, "russian", passed=False)
        assert timedelta(days=12.9) < await left(anna) < timedelta(days=13.1)
