"""The ordinary task that a control task stands in for: its deadline, shown once already, is not shown again to that person soon."""

import datetime as dt

import orjson
import pytest

from piecework.platform import db
from tests.quality.golden.golden_world import add, always_golden
from tests.quality.grading.test_grading import people
from tests.world import Person, World, choice_step


async def staged(world: World, *hours: float, golden: int = 1) -> Person:
    """Tickets with these deadlines, so many hours from now, golden tasks, and somebody to do them."""
    await world.project(choice_step(overlap=2), control_rate=0.5)
    for number in range(golden):
        await add(world, f"known {number}")
    now = dt.datetime.now(dt.UTC)
    for number, ahead in enumerate(hours):
        await world.tickets(1, first=number, deadline_at=(now + dt.timedelta(hours=ahead)).isoformat())
    (anna,) = await people(world, 1)
    return anna


async def deadline_of_next(person: Person, *, golden: bool) -> str:
    """The deadline of the next task handed out, a control task if so wanted and allowed."""
    await always_golden(on=golden)
    (held,) = await person.claim()
    return str(held["deadline_at"])


async def is_golden(held: dict[str, str]) -> bool:
    return bool(await db.scalar("SELECT EXISTS (SELECT FROM golden WHERE task_id = $1)", held["task_id"]))


async def test_in_a_backlog_past_its_deadlines_the_next_task_shows_another_one(world: World) -> None:
    anna = await staged(world, 1, 2, 3)
    await db.execute("UPDATE slot SET rank = slot_rank(2, 1, rank_deadline(rank) - interval '2 days') WHERE NOT control")
    await db.execute("UPDATE shelf SET floor_rank = 0, floor_id = 0")
    first = await deadline_of_next(anna, golden=True)
    assert dt.datetime.fromisoformat(first) < dt.datetime.now(dt.UTC)
    assert await deadline_of_next(anna, golden=False) != first


async def test_a_task_due_in_minutes_is_kept_back_for_half_an_hour(world: World) -> None:
    anna = await staged(world, 0.2, 0.3)
    await deadline_of_next(anna, golden=True)
    assert 29 < await db.scalar("SELECT extract(epoch FROM until - now()) / 60 FROM stood_in") < 30.1


async def test_a_task_displaced_again_when_its_time_was_over_is_kept_back_again(world: World) -> None:
    anna = await staged(world, 10, 11, 12, golden=2)
    await deadline_of_next(anna, golden=True)
    await db.execute("UPDATE stood_in SET until = now() - interval '1 second'")
    again = await deadline_of_next(anna, golden=True)
    assert await db.scalar("SELECT count(*) FROM stood_in WHERE until > now()") == 1
    assert await deadline_of_next(anna, golden=False) != again


async def test_the_last_task_left_for_a_person_is_not_displaced(world: World) -> None:
    anna = await staged(world, 10, golden=2)
    await always_golden()
    (held,) = await anna.claim()
    assert not await is_golden(held)
    assert await anna.claim() == []


async def test_a_task_that_comes_last_of_all_is_not_displaced_again(world: World) -> None:
    anna = await staged(world, 10, 11, golden=3)
    await always_golden()
    shown = [held for _ in range(4) for held in await anna.claim()]
    assert [await is_golden(held) for held in shown] == [True, False, False]


async def test_other_answers_to_the_same_task_and_tasks_that_a_person_has_had_are_not_more_work_for_them(world: World) -> None:
    anna = await staged(world, 10, 11)
    await deadline_of_next(anna, golden=False)
    assert await db.scalar("SELECT count(*) FROM slot WHERE NOT control AND assignment_id IS NULL") == 3
    await always_golden()
    (held,) = await anna.claim()
    assert not await is_golden(held)


async def test_work_kept_for_people_known_as_good_is_no_more_work_for_others(world: World) -> None:
    anna = await staged(world, 10, 11)
    later = await db.scalar("SELECT task_id FROM slot WHERE NOT control ORDER BY rank_deadline(rank) DESC LIMIT 1")
    await db.execute("UPDATE slot SET reserved_until = now() + interval '1 hour' WHERE task_id = $1", later)
    await always_golden()
    (held,) = await anna.claim()
    assert not await is_golden(held)


class TestVeterans:
    """Somebody who has had thousands of control tasks that are still handed out to others."""

    GOLDEN = 3000

    async def staged(self, world: World, had: str) -> tuple[Person, int]:
        """Control tasks at the places 1, 2, 3, ..., two slots each; a veteran has had those of which `had` (SQL) holds."""
        await world.project(choice_step(overlap=3), control_rate=0.5)
        await world.tickets(3)
        anna, step_id = (await people(world, 1))[0], int(await db.scalar("SELECT id FROM step"))
        await world.as_owner(
            f"""WITH made AS (
                    INSERT INTO task (project_id, step_id, input, overlap, lane, deadline_at, author)
                    SELECT id, {step_id}, '{{}}', 3, 2, now(), '{world.curator.id}' FROM project, generate_series(1, {self.GOLDEN})
                    RETURNING id, project_id),
                placed AS (SELECT *, row_number() OVER () AS place FROM made),
                open AS (
                    INSERT INTO slot (step_id, control, rank, task_id)
                    SELECT {step_id}, true, place, id FROM placed, generate_series(1, 2))
                INSERT INTO assignment (task_id, freelancer_id, step_id, project_id, slot_id, price, deadline_at, state, ended_at)
                SELECT id, '{anna.id}', {step_id}, project_id, 1, 100, now(), 'submitted', now() FROM placed WHERE {had}""",
            "VACUUM ANALYZE slot, assignment, task",
        )
        return anna, step_id

    async def taken(self, world: World, person: Person, step_id: int) -> tuple[int | None, int]:
        """The place of the control task that they would get, and how many pages the search read."""
        take = f"SELECT (take_control('{person.id}', {step_id})).rank"
        async with world.connections(1, role=None) as (owner,):
            async with owner.transaction():
                place = await owner.fetchval(take)
            plan = orjson.loads(await owner.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT json) {take}"))[0]["Plan"]
        return place, plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]

    @pytest.mark.parametrize(
        ("had", "place"),
        [
            ("place < 1", 1),
            ("place <= 20", 21),
            ("place <= 1000", 1001),
            ("place <= 2999", 3000),
            ("place <> 7", 7),
            ("place <= 1500 OR place % 2 = 0", 1501),
            ("true", None),
        ],
    )
    async def test_they_get_the_first_one_that_they_have_not_had_and_the_search_stays_short(
        self, world: World, had: str, place: int | None
    ) -> None:
        anna, step_id = await self.staged(world, had)
        found, pages = await self.taken(world, anna, step_id)
        assert found == place
        assert pages < 3000

    async def test_who_has_had_all_of_them_gets_an_ordinary_one(self, world: World) -> None:
        anna, _ = await self.staged(world, "true")
        await always_golden()
        (held,) = await anna.claim()
        assert await db.scalar("SELECT ticket_id IS NOT NULL FROM task WHERE id = $1", held["task_id"])
