"""What is told after a week was closed, and what people are told of their weeks."""

from datetime import timedelta
from uuid import UUID

import pytest

from piecework.platform import db
from piecework.tasks import objections
from tests.tasks.norms.past import DAY, HOUR, Past


async def told(person: UUID) -> list[str]:
    return [row["kind"] for row in await db.rows("SELECT kind FROM notice WHERE account_id = $1 ORDER BY id", person)]


async def week_id(past: Past, person: UUID) -> UUID:
    found: UUID = await db.scalar("SELECT id FROM week WHERE freelancer_id = $1 AND starts_at = $2", person, past.monday)
    return found


class TestLater:
    async def test_an_overturned_rejection_makes_a_next_revision(self, past: Past) -> None:
        anna = await past.person(20, since=past.monday)
        await past.answers(anna, 19, past.at(2))
        (refused,) = await past.answers(anna, 1, past.at(3), state="rejected")
        await past.close(anna)
        assert await past.results(anna) == [("missed", 20, 20, 19)]
        assert await past.later() == 0
        await past.overturn(refused, await db.scalar("SELECT clock_timestamp()"))
        assert (await past.later(), await past.later()) == (1, 0)
        assert await past.results(anna, "revision", "result", "basis", "done") == [
            (1, "missed", "closed", 19),
            (2, "met", "known_later", 20),
        ]
        noted = await objections.noted("week", await week_id(past, anna))
        assert noted is not None
        assert noted.state == "withdrawn"
        assert await told(anna) == ["week.missed", "week.revised"]
        await past.verify()

    async def test_illness_that_was_told_late(self, past: Past) -> None:
        anna = await past.person(70, since=past.monday)
        await past.answers(anna, 60, past.at(2))
        await past.close(anna)
        now = await db.scalar("SELECT clock_timestamp()")
        await past.owner.execute("ALTER TABLE leave DROP CONSTRAINT leave_told_late")
        await past.write("leave", freelancer_id=anna, kind="illness", starts_at=past.at(7), ends_at=past.at(8), told_at=now)
        assert (await past.later(), await past.later()) == (1, 0)
        assert await past.results(anna) == [("missed", 70, 70, 60), ("excused", 70, 60, 60)]

    async def test_an_outage_that_an_administrator_tells_of(self, past: Past) -> None:
        anna = await past.person(168, since=past.monday)
        await past.answers(anna, 165, past.at(2))
        await past.close(anna)
        body = {
            "starts_at": past.at(5).isoformat(),
            "ends_at": past.at(5, "03:00").isoformat(),
            "reason": "the helpdesk was down",
        }
        await past.world.administrator.ok("POST", "/outages", body)
        await past.minutes_pass()
        await past.world.drain_recurring("tasks.close_weeks")
        await past.world.drain()
        assert (await past.results(anna))[-1] == ("excused", 168, 165, 165)
        await past.verify()

    async def test_what_changes_nothing_makes_no_revision_and_is_looked_at_once(self, past: Past) -> None:
        anna = await past.person(0, since=past.monday)
        await past.close(anna)
        now = await db.scalar("SELECT clock_timestamp()")
        await past.write("outage", starts_at=past.at(5), ends_at=past.at(6), reason="not seen", recorded_by=past.world.administrator.id,
                         recorded_at=now)  # fmt: skip
        assert await past.later() == 0
        assert await db.scalar("SELECT count(*) FROM week_look") == 1
        assert len(await past.results(anna)) == 1

    async def test_an_upheld_appeal_excuses_the_week(self, past: Past) -> None:
        anna = await past.world.worker("anna", weekly_norm=50)
        await past.began([anna.id], past.monday)
        await past.close(anna.id)
        (week,) = (await anna.ok("GET", "/me/weeks"))["items"]
        assert (week["result"], week["appeal_state"]) == ("missed", "open")
        appeal = await anna.ok(
            "POST", "/appeals", {"subject": "week", "id": week["id"], "words": "The office network was down all week."}
        )
        body = {"decision": "uphold", "reply": "That is so: we have seen it."}
        await past.world.curator.ok("POST", f"/appeals/{appeal['id']}/decision", body)
        await past.world.drain()
        assert await past.results(anna.id, "result", "basis") == [("missed", "closed"), ("excused", "appeal")]
        assert "week.excused" in await told(anna.id)
        await past.verify()


class TestNotices:
    async def test_each_result_is_told_once_with_its_reasons(self, past: Past) -> None:
        met, excused, missed = [await past.person(20, since=past.monday) for _ in range(3)]
        await past.answers(met, 20, past.at(2))
        for one in (excused, missed):
            await past.answers(one, 15, past.at(2))
        await past.gap(excused, past.at(3), past.at(3, "00:10"))
        for _ in range(2):
            await past.close(met, excused, missed)
        assert [await told(one) for one in (met, excused, missed)] == [["week.met"], ["week.excused"], ["week.missed"]]
        body = await db.scalar("SELECT body FROM notice WHERE account_id = $1", missed)
        assert "You did 15 (15 accepted" in body
        assert "5 were missing" in body
        assert "Less 10 for gaps without work.\n10 were asked in all." in await db.scalar(
            "SELECT body FROM notice WHERE account_id = $1", excused
        )

    async def test_a_second_chance_after_two_met_weeks_and_not_twice(self, past: Past) -> None:
        anna = await past.person(100, since=past.monday - 21 * DAY)
        for day, count in ((-19, 100), (-12, 100), (-5, 96), (2, 96)):
            await past.answers(anna, count, past.at(day))
        await past.close(anna)
        assert await past.results(anna, "result", "second_chance") == [
            ("met", False),
            ("met", False),
            ("met", True),
            ("missed", False),
        ]


class TestMiddle:
    async def middle(self, past: Past, person: UUID, norm: int) -> None:
        """A week that began four days ago and has three to go."""
        now = await db.scalar("SELECT clock_timestamp()")
        await past.write("week", freelancer_id=person, starts_at=now - 4 * DAY, ends_at=now + 3 * DAY, zone="Europe/Moscow")

    async def test_who_is_behind_is_told_once(self, past: Past) -> None:
        now = await db.scalar("SELECT clock_timestamp()")
        behind, well = await past.person(100, since=now - 4 * DAY), await past.person(100, since=now - 4 * DAY)
        for one in (behind, well):
            await self.middle(past, one, 100)
        await past.answers(behind, 50, now - 2 * DAY)
        await past.answers(well, 60, now - 2 * DAY)
        for _ in range(2):
            await past.world.drain_recurring("tasks.midweek")
        assert await told(behind) == ["norm.behind"]
        assert await told(well) == []
        assert await db.scalar("SELECT count(*) FROM midweek") == 2
        body = await db.scalar("SELECT body FROM notice WHERE account_id = $1", behind)
        assert "You have done 50" in body
        assert "87 by the week's end" in body

    @pytest.mark.parametrize("left", [4 * DAY, HOUR])
    async def test_not_before_its_middle_nor_in_a_week_that_has_none(self, past: Past, left: timedelta) -> None:
        now = await db.scalar("SELECT clock_timestamp()")
        anna = await past.person(100, since=now - 4 * DAY)
        starts = now - 3 * DAY if left == 4 * DAY else now - HOUR
        await past.write("week", freelancer_id=anna, starts_at=starts, ends_at=now + left, zone="Europe/Moscow")
        await past.world.drain_recurring("tasks.midweek")
        assert await told(anna) == []
