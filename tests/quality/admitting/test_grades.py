"""Grades and lines: what is missing for the next, what a promotion changes, and qualifications that the clock ends."""

import asyncio
from typing import Any

import pytest

from piecework.platform import db
from piecework.quality.admitting import decay
from tests.quality.admitting.admitting_world import admit as admitted
from tests.quality.admitting.admitting_world import ask, held, notices, publish
from tests.quality.auditing.test_audits import answered, audit, plan
from tests.quality.exams.exam_world import BAD, GOOD, fill, sit
from tests.quality.exams.exam_world import publish as publish_exam
from tests.tasks.test_rates import price_list
from tests.world import Person, World, choice_step


async def grow_old(days: float) -> None:
    """All qualifications were granted, and all work was claimed, so many days ago."""
    await db.execute("UPDATE qualification SET granted_at = granted_at - $1 * interval '1 day'", days)
    await db.execute("UPDATE assignment SET claimed_at = claimed_at - $1 * interval '1 day'", days)


async def fade(world: World) -> None:
    await world.drain_recurring("quality.fading")


async def told_long_ago(world: World, days: float) -> None:
    """What was told ahead was told so many days ago."""
    await world.as_owner(
        "SET session_replication_role = replica", f"UPDATE lapse_notice SET told_at = told_at - {days} * interval '1 day'"
    )


async def ends(person: Person) -> list[tuple[str, bool]]:
    found = (await person.ok("GET", "/me/qualifications"))["qualifications"]
    return [(one["code"], one["revoked_at"] is None) for one in found]


class TestNext:
    async def test_what_is_missing_for_the_next_level_and_line_is_shown_with_what_one_has(self, world: World) -> None:
        await publish(world, {"kind": "accepted", "answers": 500}, level=2)
        await publish(world, level=3)
        await publish(world, line=2)
        person = await world.worker("person")
        (mine,) = (await person.ok("GET", "/me/qualifications"))["qualifications"]
        assert (mine["grade"], mine["line"], mine["languages"], mine["expires_at"]) == ("junior", 1, [], None)
        more, other = mine["next"]
        assert (more["level"], more["grade"], more["line"], more["met"]) == (2, "middle", 1, False)
        assert more["missing"] == ["500 more accepted answers are needed."]
        assert [(one["criterion"]["kind"], one["figures"], one["met"]) for one in more["criteria"]] == [
            ("accepted", {"accepted": 0}, False)
        ]
        assert other == {"level": 1, "grade": "junior", "line": 2, "met": True, "missing": [], "criteria": []}


class TestPromotion:
    async def test_it_changes_the_price_of_the_next_claim_not_of_what_is_held(self, world: World) -> None:
        """The rule's worked example: 2.00 as a junior; promoted with a task in hand: that stays 2.00, the next one pays 3.00."""
        await world.project()
        await world.tickets(2)
        await price_list(("classify", 1, "", "2.00"), ("classify", 2, "", "3.00"))
        person = await world.worker("person")
        (before,) = await person.claim()
        await world.admit(person, "orders", 2)
        (after,) = await person.claim()
        assert (before["price"], after["price"]) == ("2.0000", "3.0000")
        held_now = {one["id"]: one["price"] for one in (await person.ok("GET", "/assignments"))["assignments"]}
        assert held_now == {before["id"]: "2.0000", after["id"]: "3.0000"}


class TestUnused:
    """The rule's worked example: 90 days and 14 ahead. Told on day 76 without work, gone on day 90, back by the exam alone."""

    @pytest.fixture
    async def idle(self, world: World) -> Person:
        """Somebody whose queue has work, and who did none of it."""
        await world.project()
        await world.tickets(1)
        return await world.worker("idle")

    async def test_it_is_told_two_weeks_ahead_and_ends_then(self, world: World, idle: Person) -> None:
        await grow_old(75.9)
        await fade(world)
        assert await notices(idle, "qualification.ending") == []
        await grow_old(0.2)
        for _ in range(2):
            await fade(world)
        (told,) = await notices(idle, "qualification.ending")
        assert told["title"].startswith("Your qualification orders ends on ")
        assert await held(idle) == [("orders", 1, 1)]
        await grow_old(13.8)
        await told_long_ago(world, 13.8)
        await fade(world)
        assert await held(idle) == [("orders", 1, 1)]
        await told_long_ago(world, 0.2)
        for _ in range(2):
            await fade(world)
        assert await held(idle) == []
        (ended,) = await notices(idle, "qualification.revoked")
        assert ended["body"].startswith("It was not used for as long as the published rules allow.")
        assert await idle.claim() == []

    async def test_a_job_that_missed_its_days_still_gives_two_weeks(self, world: World, idle: Person) -> None:
        await grow_old(200)
        for _ in range(2):
            await fade(world)
        assert await held(idle) == [("orders", 1, 1)]
        assert len(await notices(idle, "qualification.ending")) == 1

    async def test_work_keeps_it(self, world: World, idle: Person) -> None:
        await grow_old(80)
        await fade(world)
        (task,) = await idle.claim()
        await idle.answer(task, {"topic": "a"})
        await told_long_ago(world, 20)
        await fade(world)
        assert await held(idle) == [("orders", 1, 1)]
        await grow_old(80)
        await told_long_ago(world, 80)
        await fade(world)
        assert len(await notices(idle, "qualification.ending")) == 2

    async def test_so_do_reviews_of_who_works_on_the_second_line(self, world: World) -> None:
        await answered(world)
        reviewer = await world.worker("reviewer", "orders:1:2")
        await grow_old(80)
        await fade(world)
        assert len(await notices(reviewer, "qualification.ending")) == 1
        await plan(world)
        await audit(reviewer, {"topic": "a"})
        await told_long_ago(world, 20)
        await fade(world)
        assert await held(reviewer) == [("orders", 1, 2)]

    async def test_a_promotion_meanwhile_is_not_what_ends(
        self, world: World, idle: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await grow_old(100)
        await fade(world)
        await told_long_ago(world, 15)
        await world.open_to_all("orders", 2)
        looked = asyncio.Event()
        promoted = asyncio.Event()
        end = decay._end

        async def later(*given: Any) -> None:
            looked.set()
            await promoted.wait()
            await end(*given)

        monkeypatch.setattr(decay, "_end", later)
        fading = asyncio.ensure_future(fade(world))
        await looked.wait()
        assert (await admitted(world.curator, idle, level=2)).json()["state"] == "granted"
        promoted.set()
        await fading
        assert await held(idle) == [("orders", 2, 1)]
        assert await db.scalar("SELECT count(*) FROM lapse") == 0

    async def test_what_nobody_could_use_does_not_lapse(self, world: World, idle: Person) -> None:
        await db.execute("UPDATE task SET created_at = now() - interval '100 days'")
        await grow_old(100)
        await fade(world)
        assert await notices(idle, "qualification.ending") == []

    async def test_nor_does_that_of_somebody_who_is_away(self, world: World, idle: Person) -> None:
        await world.as_owner(
            "SET session_replication_role = replica",
            f"""INSERT INTO leave (freelancer_id, kind, starts_at, ends_at, told_at)
                VALUES ('{idle.id}', 'pause', now() - interval '60 days', now() - interval '2 days', now() - interval '61 days')""",
        )
        await grow_old(100)
        await fade(world)
        assert await notices(idle, "qualification.ending") == []

    async def test_the_exam_taken_anew_brings_it_back(self, world: World) -> None:
        await world.project()
        await world.tickets(1)
        await fill(world)
        await publish_exam(world)
        exam, calm = {"kind": "exam", "exam": "russian"}, {"kind": "unrestricted", "days": 30}
        for level in (1, 2):
            await publish(world, exam, calm, level=level)
        idle = world.freelancer
        await sit(world, idle, GOOD, GOOD, GOOD, GOOD)
        assert (await admitted(world.curator, idle)).json()["state"] == "granted"
        await grow_old(80)
        await fade(world)
        await told_long_ago(world, 15)
        await grow_old(15)
        await fade(world)
        asked = (await ask(idle)).json()
        assert (asked["refresher"], [one["criterion"]["kind"] for one in asked["criteria"]], asked["met"]) == (
            True,
            ["exam"],
            False,
        )
        assert not (await idle.ok("GET", "/me/admissions/orders?level=2"))["refresher"]
        await sit(world, idle, GOOD, GOOD, GOOD, BAD)
        assert (await idle.ok("GET", "/me/admissions/orders"))["met"]
        assert (await admitted(world.curator, idle)).json()["state"] == "granted"
        await world.verify()


class TestExpiry:
    async def until(self, world: World, ends_at: str) -> Person:
        await world.project()
        person = await world.worker("person")
        await db.execute(f"UPDATE qualification SET expires_at = now() + interval '{ends_at}' WHERE revoked_at IS NULL")
        return person

    async def test_it_is_told_ahead_once_and_ends_at_its_time(self, world: World) -> None:
        person = await self.until(world, "13 days")
        for _ in range(2):
            await fade(world)
        assert len(await notices(person, "qualification.ending")) == 1
        assert await held(person) == [("orders", 1, 1)]
        await db.execute("UPDATE qualification SET expires_at = now() WHERE revoked_at IS NULL")
        await fade(world)
        assert await held(person) == []
        await world.verify()

    async def test_what_is_over_gets_no_work_before_any_job_has_run(self, world: World) -> None:
        person = await self.until(world, "0 days")
        await world.tickets(1)
        assert await person.claim() == []

    async def test_given_back_on_appeal_it_is_as_it_was(self, world: World) -> None:
        await world.project(choice_step())
        person = await world.worker("person", "other")
        await world.open_to_all("orders", 2, 2)
        await admitted(world.curator, person, level=2, line=2, languages=["en"])
        await world.curator.ok("POST", f"/freelancers/{person.id}/qualifications/orders/revoke", {"reason": "too slow"})
        ended = next(one for one in (await person.ok("GET", "/me/qualifications"))["qualifications"] if one["code"] == "orders")
        await person.ok("POST", "/appeals", {"subject": "qualification", "id": ended["id"], "words": "I was as fast as others."})
        await db.execute("UPDATE appeal SET answer_by = now()")
        await world.drain_recurring("quality.appeals")
        now = next(one for one in (await person.ok("GET", "/me/qualifications"))["qualifications"] if one["code"] == "orders")
        assert (now["level"], now["line"], now["languages"], now["revoked_at"]) == (2, 2, ["en"], None)
