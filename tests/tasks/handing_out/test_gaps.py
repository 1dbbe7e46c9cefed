"""Gaps: when one begins, goes on and ends, and what is none."""

import asyncio
import datetime as dt
from typing import Any

import pytest

from piecework.platform import db
from tests import races
from tests.traceless import nothing_changes, rehearsed
from tests.world import Person, World, choice_step


async def gaps(person: Person) -> list[dict[str, Any]]:
    return [dict(row) for row in await db.rows("SELECT * FROM gap WHERE freelancer_id = $1 ORDER BY id", person.id)]


async def ask(person: Person, **more: Any) -> Any:
    return (await person.call("POST", "/assignments", {"count": 1, **more})).json()


async def earlier(minutes: float) -> None:
    """As if all that happened to open gaps had happened so long ago."""
    await db.execute(
        """UPDATE gap SET starts_at = starts_at - $1::interval, asked_at = asked_at - $1::interval, seen_at = seen_at - $1::interval
           WHERE ended_at IS NULL""",
        dt.timedelta(minutes=minutes),
    )


async def restricted(world: World, person: Person, kind: str) -> None:
    await db.execute(
        """INSERT INTO restriction (freelancer_id, kind, project_id, reason, imposed_by, ends_at)
           SELECT $1, $2, CASE WHEN $2 = 'project' THEN id END, 'while it is looked into', $3, now() + interval '1 day' FROM project""",
        person.id,
        kind,
        world.curator.id,
    )


async def without_work(world: World, **contract: Any) -> Person:
    await world.project(choice_step(overlap=1))
    return await world.worker("anna", **contract)


class TestBeginning:
    async def test_an_ask_that_finds_nothing_begins_one(self, world: World) -> None:
        anna = await without_work(world)
        assert (await ask(anna))["retry_after_s"] == 5
        (gap,) = await gaps(anna)
        assert (gap["starts_at"], gap["asks"], gap["ended_at"]) == (gap["asked_at"], 1, None)
        await world.verify()

    async def test_asks_within_five_seconds_count_as_one_and_later_ones_go_on_with_it(self, world: World) -> None:
        anna = await without_work(world)
        for _ in range(3):
            await ask(anna)
        assert [gap["asks"] for gap in await gaps(anna)] == [1]
        await earlier(0.1)
        await ask(anna)
        (gap,) = await gaps(anna)
        assert (gap["asks"], gap["asked_at"] - gap["starts_at"] >= dt.timedelta(seconds=6)) == (2, True)

    async def test_an_answer_that_asks_for_the_next_and_gets_none_begins_one_too(self, world: World) -> None:
        anna = await without_work(world)
        await world.tickets(1)
        (held,) = await anna.claim()
        await anna.answer(held, {"topic": "a"}, next={"count": 1})
        assert len(await gaps(anna)) == 1
        await world.verify()


class TestNone:
    async def test_not_when_asking_for_one_project_only(self, world: World) -> None:
        anna = await without_work(world)
        await ask(anna, project="orders")
        assert await gaps(anna) == []

    async def test_not_with_a_cap_reached(self, world: World) -> None:
        anna = await without_work(world, max_held=1)
        await world.tickets(1)
        await anna.claim()
        assert (await ask(anna))["code"] == "held_cap_reached"
        assert await gaps(anna) == []

    @pytest.mark.parametrize("kind", ["block", "project"])
    async def test_not_where_a_restriction_stands_before_work(self, world: World, kind: str) -> None:
        anna = await without_work(world)
        await world.tickets(1)
        await restricted(world, anna, kind)
        await ask(anna)
        assert await gaps(anna) == []

    async def test_but_a_project_that_one_may_not_work_for_and_that_has_no_work_does_not_matter(self, world: World) -> None:
        anna = await without_work(world)
        await restricted(world, anna, "project")
        await ask(anna)
        assert len(await gaps(anna)) == 1

    async def test_not_without_any_qualification_or_with_expired_ones_only(self, world: World) -> None:
        anna = await without_work(world)
        await db.execute("UPDATE qualification SET expires_at = now()")
        assert (await ask(anna))["retry_after_s"] == 5
        await db.execute("UPDATE qualification SET expires_at = NULL, revoked_at = now()")
        await ask(anna)
        assert await gaps(anna) == []


class TestEnding:
    async def test_it_ends_with_the_next_work(self, world: World) -> None:
        anna = await without_work(world)
        await ask(anna)
        await earlier(9)
        await world.tickets(1)
        (held,) = await anna.claim()
        (gap,) = await gaps(anna)
        assert (gap["ending"], str(held["claimed_at"])) == ("work", gap["ended_at"].isoformat().replace("+00:00", "Z"))
        await world.verify()

    async def test_who_comes_back_after_more_than_ten_minutes_had_left_with_the_last_ask(self, world: World) -> None:
        anna = await without_work(world)
        await ask(anna)
        await earlier(10.1)
        await world.tickets(1)
        await anna.claim()
        (gap,) = await gaps(anna)
        assert (gap["ending"], gap["ended_at"]) == ("left", gap["asked_at"])

    async def test_asking_again_after_more_than_ten_minutes_begins_another(self, world: World) -> None:
        anna = await without_work(world)
        await ask(anna)
        await earlier(10.1)
        await ask(anna)
        old, new = await gaps(anna)
        assert (old["ending"], old["ended_at"], new["ended_at"]) == ("left", old["asked_at"], None)
        assert new["starts_at"] - old["ended_at"] > dt.timedelta(minutes=10)
        await world.verify()


async def in_that_minute(world: World, minutes_ago: int, *, claimed: int = 0, open_slots: int = 0) -> None:
    """What the samples said of the only queue."""
    minute = "date_trunc('minute', clock_timestamp()) - make_interval(mins => $1)"
    await db.execute(f"INSERT INTO pulse SELECT {minute} ON CONFLICT DO NOTHING", minutes_ago)
    await db.execute(
        f"""INSERT INTO supply (step_id, line, language, minute, open, claimed) SELECT step_id, 1, 'en', {minute}, $2, $3 FROM queue""",
        minutes_ago,
        open_slots,
        claimed,
    )


class TestPauses:
    """Somebody asks just often enough to keep a gap open, and not when there is work."""

    async def endings(self, world: World, pause: float, minutes_ago: int, **sampled: int) -> list[str | None]:
        anna = await without_work(world)
        await db.execute("UPDATE qualification SET granted_at = now() - interval '1 day'")
        await ask(anna)
        await earlier(pause)
        await in_that_minute(world, minutes_ago, **sampled)
        await ask(anna)
        await world.verify()
        return [gap["ending"] for gap in await gaps(anna)]

    @pytest.mark.parametrize("sampled", [{"claimed": 1}, {"open_slots": 2}])
    async def test_work_that_came_in_a_pause_ends_it_with_the_ask_before(self, world: World, sampled: dict[str, int]) -> None:
        assert await self.endings(world, 9.9, 3, **sampled) == ["left", None]

    async def test_a_pause_in_which_nothing_came_does_not(self, world: World) -> None:
        assert await self.endings(world, 9.9, 3) == [None]

    async def test_nor_what_came_while_they_asked_and_others_were_quicker(self, world: World) -> None:
        assert await self.endings(world, 1.4, 0, claimed=3) == [None]

    async def test_nor_what_came_before(self, world: World) -> None:
        assert await self.endings(world, 5, 6, claimed=3) == [None]


class TestSeenWork:
    """Somebody in a gap looks at GET /work, and there is work."""

    async def seen(self, world: World, minutes: float) -> Person:
        anna = await without_work(world)
        await ask(anna)
        await world.tickets(2)
        assert (await anna.ok("GET", "/work"))["work"][0]["open"] == 2
        await earlier(minutes)
        return anna

    async def test_claimed_within_ten_minutes_the_gap_ended_when_they_saw_it(self, world: World) -> None:
        anna = await self.seen(world, 9)
        await anna.claim()
        (gap,) = await gaps(anna)
        assert (gap["ending"], gap["ended_at"]) == ("work", gap["seen_at"])

    async def test_not_claimed_within_ten_minutes_it_was_refused(self, world: World) -> None:
        anna = await self.seen(world, 10.1)
        await anna.claim()
        (gap,) = await gaps(anna)
        assert (gap["ending"], gap["ended_at"]) == ("refused", gap["seen_at"])
        await world.verify()

    async def test_it_is_noted_once_and_asking_in_vain_takes_it_back(self, world: World) -> None:
        anna = await self.seen(world, 1)
        (before,) = await gaps(anna)
        await anna.ok("GET", "/work")
        assert await gaps(anna) == [before]
        boris = await world.worker("boris")
        await boris.claim(2)
        await ask(anna)
        assert (await gaps(anna))[0]["seen_at"] is None

    async def test_what_was_seen_before_an_ask_in_vain_is_taken_back_whichever_is_written_first(self, world: World) -> None:
        anna = await without_work(world)
        await ask(anna)
        await world.tickets(1)
        async with world.connections(2, role=None) as (asking, looking):
            under_way = asking.transaction()
            await under_way.start()
            await asking.execute("SELECT FROM gap FOR UPDATE")
            seen = asyncio.ensure_future(looking.execute("SELECT note_seen($1)", anna.id))
            await races.stand(asking, seen)
            await asking.execute("UPDATE gap SET asked_at = clock_timestamp(), asks = asks + 1, seen_at = NULL")
            await under_way.commit()
            await seen
        assert (await gaps(anna))[0]["seen_at"] is None

    async def test_work_that_they_could_not_take_is_not_seen(self, world: World) -> None:
        await world.project(choice_step(overlap=2))
        await world.tickets(1)
        anna = await world.worker("anna")
        (held,) = await anna.claim()
        await anna.answer(held, {"topic": "a"})
        await ask(anna)
        assert (await anna.ok("GET", "/work"))["work"] == []  # another place of the task that they have answered is none for them
        assert (await gaps(anna))[0]["seen_at"] is None


class TestRule:
    """gap_end() by the table: what an open gap has come to, so many minutes after its last ask and after work was seen."""

    async def test_it(self, world: World, subtests: pytest.Subtests) -> None:
        anna = await without_work(world)
        await ask(anna)
        async with nothing_changes():
            for asked, seen, comes_to in [
                (0, None, None),
                (10, None, None),
                (10.01, None, "left"),
                (9, 9, None),
                (19, 10, None),
                (19, 10.01, "refused"),
                (300, 299, "refused"),
            ]:
                with subtests.test(asked=asked, seen=seen, comes_to=comes_to):
                    async with rehearsed():
                        found = await db.scalar(
                            """WITH g AS (
                                   UPDATE gap SET starts_at = asked_at - interval '6 hours', asked_at = now() - $1::interval, seen_at = now() - $2::interval
                                   RETURNING gap.*)
                               SELECT (gap_end(ROW (g.*)::gap, now())).ending FROM g""",
                            dt.timedelta(minutes=asked),
                            None if seen is None else dt.timedelta(minutes=seen),
                        )
                        assert found == comes_to
