"""Closing weeks: what is reckoned from what was recorded, once, however late and however often."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from piecework.platform import db
from piecework.tasks.norms import gathering, results, weeks
from piecework.tasks.norms.facts import FACTS
from piecework.tasks.norms.rules import reckon
from tests.tasks.norms.past import DAY, HOUR, MINUTE, Past

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class TestResults:
    async def test_met_excused_and_missed(self, past: Past) -> None:
        met, excused, missed = [await past.person(100, since=past.monday) for _ in range(3)]
        await past.answers(met, 100, past.at(2, "10:00"))
        for one in (excused, missed):
            await past.answers(one, 60, past.at(2, "10:00"))
        await past.gap(excused, past.at(3, "10:00"), past.at(3, "11:00"))  # 60 minutes at a minute each
        assert await past.close(met, excused, missed) == 3
        assert await past.results(met) == [("met", 100, 100, 100)]
        assert await past.results(excused) == [("excused", 100, 40, 60)]
        assert await past.results(missed) == [("missed", 100, 100, 60)]
        assert await past.close(met, excused, missed) == 0
        await past.verify()

    async def test_a_result_is_its_facts_reckoned(self, past: Past) -> None:
        anna = await past.person(100)
        await past.answers(anna, 40, past.at(2, "10:00"))
        await past.gap(anna, past.at(3, "10:00"), past.at(3, "11:00"))
        await past.write("outage", starts_at=past.at(4), ends_at=past.at(4, "02:00"), reason="the helpdesk was down",
                         recorded_by=past.world.administrator.id, recorded_at=past.at(5))  # fmt: skip
        await past.close(anna)
        for row in await db.rows("SELECT *, facts::text AS known FROM week_result"):
            found = reckon(FACTS.validate_json(row["known"]))
            assert (found.norm, found.leave, found.outages, found.gaps, found.effective, found.result, found.done) == tuple(
                row[name] for name in ("norm", "leave", "outages", "gaps", "effective", "result", "done")
            )
        assert (await past.last(anna))["outages"] > 0
        await past.verify()

    async def test_it_cannot_be_changed(self, past: Past) -> None:
        anna = await past.person(since=past.monday)
        await past.close(anna)
        with pytest.raises((asyncpg.RestrictViolationError, asyncpg.InsufficientPrivilegeError)):
            await db.execute("UPDATE week_result SET result = 'met'")

    async def test_rejected_by_the_end_does_not_count_and_awaiting_does(self, past: Past) -> None:
        anna = await past.person(30, since=past.monday)
        await past.answers(anna, 10, past.at(2), state="accepted")
        await past.answers(anna, 10, past.at(3), state="submitted")
        await past.answers(anna, 10, past.at(4), state="rejected")
        await past.answers(
            anna, 5, past.at(5), state="rejected", decided=past.at(8) + MINUTE
        )  # too late to count against anybody
        await past.answers(anna, 7, past.at(0))  # before the week
        await past.answers(anna, 7, past.at(8))  # and after it
        await past.close(anna)
        known = FACTS.validate_json(await db.scalar("SELECT facts::text FROM week_result"))
        assert (known.done.accepted, known.done.awaiting, known.done.rejected, known.done.counted) == (10, 15, 10, 25)
        await past.verify()

    async def test_leave_takes_its_share(self, past: Past) -> None:
        anna = await past.person(70, since=past.monday)
        await past.write("leave", freelancer_id=anna, kind="leave", starts_at=past.at(3), ends_at=past.at(5), told_at=past.at(1))
        await past.close(anna)
        assert await past.results(anna, "norm", "leave", "effective") == [(70, 20, 50)]

    async def test_a_norm_of_nothing_is_met(self, past: Past) -> None:
        anna = await past.person(0, since=past.monday)
        await past.close(anna)
        assert await past.results(anna) == [("met", 0, 0, 0)]


class TestPace:
    async def pace(self, past: Past, person: UUID) -> tuple[int | None, int]:
        await past.close(person)
        known = FACTS.validate_json(await db.scalar("SELECT facts::text FROM week_newest WHERE starts_at = $1", past.monday))
        return known.pace.ms, known.pace.answers

    async def test_it_is_ones_own_median(self, past: Past) -> None:
        anna = await past.person()
        await past.answers(anna, 10, past.at(2), took=20)
        await past.answers(anna, 20, past.at(3), took=40)
        await past.answers(anna, 10, past.at(4), took=600)
        assert await self.pace(past, anna) == (40_000, 40)

    async def test_fewer_than_ten_are_none(self, past: Past) -> None:
        anna = await past.person()
        await past.answers(anna, 9, past.at(2))
        assert await self.pace(past, anna) == (None, 9)

    async def test_answers_sent_in_one_go_are_no_quicker(self, past: Past) -> None:
        """Ten are claimed at once, worked on for ten minutes and sent within ten seconds."""
        anna = await past.person()
        for n in range(4):
            starts = past.at(2) + n * timedelta(seconds=610)
            for i in range(10):
                (one,) = await past.answers(anna, 1, starts + timedelta(seconds=600 + i - 1), took=1)
                await past.owner.execute("UPDATE assignment SET claimed_at = $2 WHERE id = $1", one, starts)
        ms, answers = await self.pace(past, anna)
        assert answers == 40
        assert ms == pytest.approx(61_000, abs=1_500)

    async def test_rejected_ones_are_none_and_old_ones_neither(self, past: Past) -> None:
        anna = await past.person(since=past.monday - 40 * DAY)
        await past.answers(anna, 30, past.at(2), took=5, state="rejected")
        await past.answers(anna, 30, past.at(-26), took=5)
        await past.answers(anna, 20, past.at(3), took=50)
        assert await self.pace(past, anna) == (50_000, 20)


class TestTwoClosings:
    """Two workers close one week at the same time."""

    async def both(self, past: Past, person: UUID, patch: pytest.MonkeyPatch) -> list[Any]:
        await weeks.make([person])
        barrier = asyncio.Barrier(2)
        real = gathering.gather

        async def together(weeks: Any) -> Any:
            found = await real(weeks)
            if any(week.starts_at == past.monday for week in weeks):
                await barrier.wait()
            return found

        async def one() -> int:
            async with db.transaction():
                return await results.close([person])

        patch.setattr(results, "gather", together)
        await asyncio.gather(one(), one())
        return await past.results(person, "revision")

    async def test_one_result(self, past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
        anna = await past.person(since=past.monday)
        assert await self.both(past, anna, monkeypatch) == [(1,)]
        assert await db.scalar("SELECT count(*) FROM notice WHERE account_id = $1 AND kind LIKE 'week.%'", anna) == 1

    async def test_two_without_the_guard(self, past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
        anna = await past.person(since=past.monday)
        await past.owner.execute("ALTER TABLE week_result DROP CONSTRAINT week_result_pkey")
        await past.owner.execute("ALTER TABLE appealable DROP CONSTRAINT appealable_pkey")
        assert await self.both(past, anna, monkeypatch) == [(1,), (1,)]


class TestReplay:
    """Whatever is late, the results are those of a job that was always in time."""

    async def tell(self, past: Past, person: UUID, until: datetime, since: datetime = LONG_AGO) -> None:
        """What happens to a person, in its order, from one moment to another."""
        for day in (-19, -16, -12, -10, -5, -2, 2, 5):
            if since < past.at(day, "12:00") <= until:
                await past.answers(person, 24, past.at(day, "10:00"))
                await past.gap(person, past.at(day, "11:00"), past.at(day, "11:20"))
        if since < past.at(-7, "10:00") <= until:
            (self.refused,) = await past.answers(person, 1, past.at(-7, "10:00"), state="rejected")
        if since < past.at(-5, "10:00") <= until:  # two days after that week
            await past.overturn(self.refused, past.at(-5, "10:00"))
        if since < past.at(0, "23:50") <= until:  # asks on, over the end of the week
            await past.gap(person, past.at(0, "20:00"), past.at(1, "00:10"), None)
        if since < past.at(1, "08:00") <= until:
            await past.owner.execute(
                "UPDATE gap SET asked_at = $2, ended_at = $2, ending = 'left' WHERE freelancer_id = $1 AND ended_at IS NULL",
                person,
                past.at(1, "07:00"),
            )

    async def facts_of(self, person: UUID) -> list[Any]:
        found = await db.rows(
            """SELECT starts_at, revision, result, norm, leave, outages, gaps, effective, done, take_up, facts::text, lines::text
               FROM week_result WHERE freelancer_id = $1 ORDER BY starts_at, revision""",
            person,
        )
        return [tuple(row) for row in found]

    async def agreed(self, past: Past, new_zone: str) -> UUID:
        person = await past.person(60, since=past.monday - 21 * DAY)
        await past.next_version(person, past.at(-17), 50)  # on a Thursday, in the middle of a week
        await past.next_version(person, past.at(-7, "23:30"), 50, zone=new_zone)  # on a Sunday night
        return person

    @pytest.mark.parametrize("zone", ["Europe/Moscow", "Asia/Vladivostok", "America/New_York", "Pacific/Kiritimati"])
    async def test_closed_in_time_or_all_at_once_much_later(self, past: Past, zone: str) -> None:
        punctual, late = await self.agreed(past, zone), await self.agreed(past, zone)
        await past.pulse(past.at(-21), past.at(-10))
        await past.pulse(past.at(-10, "06:00"), past.at(9))
        told = LONG_AGO
        moment = past.at(-19)
        while moment < past.clock:  # the job runs every six hours, and once with its clock put back
            await self.tell(past, punctual, moment, told)
            told = moment
            await past.close(punctual, at=moment)
            await past.close(punctual, at=moment - 2 * HOUR)
            moment += 6 * HOUR
        await self.tell(past, punctual, past.clock, told)
        await past.close(punctual)
        await self.tell(past, late, past.clock)
        await past.close(late)
        await past.later()
        found = await self.facts_of(punctual)
        assert found == await self.facts_of(late)
        assert len(found) >= 4
        assert [row[1] for row in found].count(2) == 1  # of the week whose rejection was overturned after its end
        await past.verify()


class TestOutages:
    async def test_minutes_without_a_pulse(self, past: Past) -> None:
        anna, boris = await past.person(168, since=past.monday), await past.person(168, since=past.monday)
        await past.pulse(past.at(1), past.at(3))
        await past.pulse(past.at(3, "02:01"), past.at(3, "09:00"))
        await past.pulse(past.at(3, "09:04"), past.at(8) + HOUR)  # three minutes are none
        await past.answers(anna, 20, past.at(3) - 20 * MINUTE)  # a minute each, until it began
        await past.close(anna, boris)
        assert (await past.last(boris))["outages"] == 2
        assert (await past.last(anna))["outages"] == 120
        await past.verify()

    async def test_before_the_first_pulse_is_none(self, past: Past) -> None:
        anna = await past.person(168, since=past.monday)
        await past.pulse(past.at(4), past.at(8) + HOUR)
        await past.close(anna)
        assert (await past.last(anna))["outages"] == 0
