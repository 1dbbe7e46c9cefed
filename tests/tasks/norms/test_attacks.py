"""What a determined cheat tries beside asking without working, and what must not happen to an honest person meanwhile."""

from uuid import UUID

import pytest

from piecework.platform import db
from piecework.tasks.norms import cases, results
from tests import races
from tests.tasks.norms.past import DAY, MINUTE, Past
from tests.tasks.norms.test_gathering import asker, gaps


class TestGivingBackInOtherWays:
    """Escalating it, or sending nonsense, is as quick as skipping."""

    async def take_up(self, past: Past, person: UUID) -> int:
        await past.close(person)
        return int((await past.last(person))["take_up"])

    @pytest.mark.parametrize("how", ["escalated", "rejected"])
    async def test_more_than_a_quarter_of_what_was_submitted_lowers_the_share(self, past: Past, how: str) -> None:
        anna, boris = await asker(past, answers=40), await asker(past, answers=40)
        await past.answers(anna, 10, past.at(2, "10:00"), state=how, took=1)
        await past.answers(boris, 13 + 40, past.at(2, "10:00"), state=how, took=1)
        assert [await self.take_up(past, one) for one in (anna, boris)] == [10_000, 5_000]

    @pytest.mark.parametrize("how", ["escalated", "rejected"])
    async def test_who_submits_nothing_that_stands_has_no_gaps(self, past: Past, how: str) -> None:
        anna = await past.person()
        await past.answers(anna, 20, past.at(-3))
        await past.gap(anna, past.at(2, "02:00"), past.at(2, "10:00"))
        await past.answers(anna, 10, past.at(2, "10:00"), state=how, took=1)
        assert await self.take_up(past, anna) == 0
        assert (await past.last(anna))["gaps"] == 0


class TestSeenFirst:
    """A gap that ended in work which they had seen first: the claim comes up to ten minutes after its end."""

    async def test_letting_it_expire_makes_it_nothing_all_the_same(self, past: Past) -> None:
        anna = await asker(past)
        await past.gap(anna, past.at(2, "10:00"), past.at(2, "10:30"))
        await past.answers(anna, 1, past.at(2, "10:36"), state="expired", took=1800)
        assert await gaps(past, anna) == [("work", "let_expire", 0)]

    async def test_a_beginners_counts_at_the_pace_of_that_works_step(self, past: Past) -> None:
        anna = await past.person(since=past.monday)
        await past.pulse(past.at(1), past.at(8))
        await past.gap(anna, past.at(2, "10:00"), past.at(2, "11:00"))
        await past.answers(anna, 3, past.at(2, "11:07"))
        await past.open_then(past.at(2, "11:06"), 4, median_ms=90_000)
        assert await gaps(past, anna) == [("work", "", 3600)]

    async def test_what_is_claimed_after_that_does_not_matter(self, past: Past) -> None:
        anna = await asker(past)
        await past.gap(anna, past.at(2, "10:00"), past.at(2, "10:30"))
        await past.answers(anna, 1, past.at(2, "10:31"))
        await past.answers(anna, 1, past.at(2, "10:38"), state="expired", took=1800)
        assert await gaps(past, anna) == [("work", "", 1800)]


class TestAnUpheldAppeal:
    """Anna missed a week, met the next one, and was four short of 100 in the third; then her appeal against the first was upheld."""

    async def three_weeks(self, past: Past) -> UUID:
        anna = await past.person(100, since=past.monday - 14 * DAY)
        for day, count in ((-12, 50), (-5, 100), (2, 96)):
            await past.answers(anna, count, past.at(day))
        return anna

    async def uphold(self, past: Past, person: UUID) -> None:
        first = await db.scalar("SELECT id FROM week WHERE freelancer_id = $1 ORDER BY starts_at LIMIT 1", person)
        async with db.transaction():
            await results.excuse(first)

    async def test_it_gives_a_later_week_its_second_chance(self, past: Past) -> None:
        anna = await self.three_weeks(past)
        await past.close(anna)
        assert await past.results(anna, "result") == [("missed",), ("met",), ("missed",)]
        await self.uphold(past, anna)
        assert await past.results(anna, "revision", "result") == [
            (1, "missed"), (2, "excused"), (1, "met"), (1, "missed"), (2, "met"),
        ]  # fmt: skip
        await past.verify()

    async def test_the_same_comes_of_it_where_the_third_was_closed_late(self, past: Past) -> None:
        anna = await self.three_weeks(past)
        await past.close(anna, at=past.at(1))
        await self.uphold(past, anna)
        await past.close(anna)
        assert (await past.results(anna, "result"))[-1] == ("met",)


class TestUnderWay:
    """Transactions that began before somebody looked and end after it."""

    async def test_what_was_told_but_not_committed_is_looked_at_later(self, past: Past) -> None:
        anna = await past.person(20, since=past.monday)
        await past.answers(anna, 19, past.at(2))
        (refused,) = await past.answers(anna, 1, past.at(3), state="rejected")
        await past.close(anna)
        outage = {"reason": "not seen", "recorded_by": past.world.administrator.id}
        await past.write(
            "outage", starts_at=past.at(5), ends_at=past.at(5) + MINUTE, recorded_at=past.clock - 10 * MINUTE, **outage
        )
        under_way = past.owner.transaction()
        await under_way.start()
        await past.overturn(refused, await past.owner.fetchval("SELECT now()"))
        async with db.transaction():
            await results.revise(anna, past.monday)  # because of the outage, while the decision is not to be seen
        await under_way.commit()
        assert (await past.last(anna))["done"] == 19
        assert await past.later() == 1
        assert (await past.last(anna))["done"] == 20
        await past.verify()

    @pytest.mark.parametrize("first", ["revise", "excuse"])
    async def test_a_revision_and_an_upheld_appeal_at_the_same_time_both_count(
        self, past: Past, first: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        anna = await past.person(50, since=past.monday)
        await past.answers(anna, 19, past.at(2))
        (refused,) = await past.answers(anna, 1, past.at(3), state="rejected")
        await past.close(anna)
        await past.overturn(refused, past.clock - 10 * MINUTE)
        week = await db.scalar("SELECT id FROM week WHERE freelancer_id = $1", anna)
        revise = races.in_transaction(lambda: results.revise(anna, past.monday))
        excuse = races.in_transaction(lambda: results.excuse(week))
        if first == "revise":
            monkeypatch.setattr(results, "_write", races.stop_before(results._write))
            await past.world.overtake([revise], [excuse])
        else:
            monkeypatch.setattr(cases, "drop_cleared", races.stop_before(cases.drop_cleared))
            await past.world.overtake([excuse], [revise])
        newest = await past.last(anna)
        assert (newest["result"], newest["done"], newest["revision"]) == ("excused", 20, 3)
        if first == "excuse":
            told = await db.scalar("SELECT body FROM notice WHERE kind = 'week.revised'")
            assert told.endswith("The week is excused, because your appeal was upheld.")
        await past.verify()
