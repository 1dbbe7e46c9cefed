"""How long a step takes, and what an hour of it is expected to earn."""

import statistics

import pytest

from piecework.platform import db
from piecework.platform.money import parse
from piecework.tasks import pace
from tests.tasks.test_rates import price_list
from tests.world import World, choice_step


async def answers(
    *seconds: float, state: str = "accepted", ago: str = "1 day", key: str = "classify", golden: bool = False
) -> None:
    """Answers that took so long, submitted so long ago."""
    await db.execute(
        """WITH done AS (
               SELECT gen_random_uuid() AS task_id, q.step_id, q.project_id, took, now() - $3::text::interval AS at
               FROM queue q CROSS JOIN unnest($1::float8[]) AS took WHERE q.key = $4),
           golden AS (
               INSERT INTO task (id, project_id, step_id, input, overlap, lane, deadline_at, author)
               SELECT task_id, project_id, step_id, '{}', 1, 2, now(), (SELECT id FROM account LIMIT 1) FROM done WHERE $5)
           INSERT INTO assignment (task_id, freelancer_id, step_id, project_id, slot_id, price, deadline_at, state, claimed_at, ended_at,
                                   decided_at, share, revision)
           SELECT task_id, gen_random_uuid(), step_id, project_id, 0, 1, at, $2, at - make_interval(secs => took), at,
                  CASE WHEN $2 IN ('accepted', 'rejected') THEN at END, CASE WHEN $2 = 'rejected' THEN 0 ELSE 10000 END, 1 FROM done""",
        list(seconds),
        state,
        ago,
        key,
        golden,
    )


async def counted(world: World) -> dict[str, tuple[int, int | None]]:
    await world.drain_recurring("tasks.pace")
    return {row["step_key"]: (row["answers"], row["median_ms"]) for row in await db.rows("SELECT * FROM pace")}


def test_2_50_at_a_median_of_45_seconds_is_200_an_hour() -> None:
    assert pace.per_hour(parse("2.50"), 45_000) == parse("200")
    assert pace.per_hour(parse("2.50"), 7_001) == parse("1285.5306")  # rounded down
    assert pace.per_hour(parse("2.50"), None) is None


async def test_with_nine_answers_nothing_is_said_and_with_ten_it_is_their_median(world: World) -> None:
    await world.project()
    await answers(*range(10, 100, 10))
    assert await counted(world) == {"classify": (9, None)}
    await answers(1000)
    assert await counted(world) == {"classify": (10, 50_000)}


async def test_only_accepted_answers_of_the_last_thirty_days_count(world: World) -> None:
    await world.project()
    await answers(*[60] * 10)
    await answers(*[1] * 50, state="rejected")
    await answers(*[1] * 50, state="submitted")
    await answers(*[1] * 50, state="expired")
    await answers(*[1] * 50, ago="30 days 1 minute")
    assert await counted(world) == {"classify": (10, 60_000)}


async def test_the_newest_thousand_count_however_many_there_are(world: World) -> None:
    await world.project()
    await answers(*[100] * 1_500, ago="2 days")
    await answers(*[10] * 501)
    assert await counted(world) == {"classify": (1_000, 10_000)}


async def test_versions_of_a_step_share_their_pace_and_steps_of_a_project_do_not(world: World) -> None:
    steps = [choice_step(), choice_step(key="check", title="Check", after=["classify"])]
    await world.project(*steps)
    await answers(*[30] * 5)
    await answers(*[7] * 10, key="check")
    await world.requester.ok("POST", "/projects/orders/workflows", {"name": "orders", "steps": steps})
    await answers(*[30] * 3)  # in both versions
    assert await counted(world) == {"classify": (11, 30_000), "check": (10, 7_000)}


async def test_golden_tasks_are_part_of_it(world: World) -> None:
    await world.project()
    await answers(*[20] * 4)
    await answers(*[40] * 6, golden=True)
    assert await counted(world) == {"classify": (10, 40_000)}


async def test_a_step_that_nobody_did_for_a_month_is_forgotten(world: World) -> None:
    await world.project()
    await answers(*[20] * 12)
    assert await counted(world) == {"classify": (12, 20_000)}
    await db.execute("UPDATE assignment SET ended_at = now() - interval '31 days'")
    assert await counted(world) == {"classify": (0, None)}


async def test_it_is_the_median_that_statistics_knows_as_the_lower_one(world: World) -> None:
    await world.project()
    took = [((i * 7919) % 613) / 8 + 1 for i in range(300)]
    await answers(*took)
    assert (await counted(world))["classify"] == (300, round(1000 * statistics.median_low(took)))


async def test_work_shows_what_an_hour_is_expected_to_earn_by_language(world: World) -> None:
    await world.project()
    await world.tickets(1)
    await answers(*[45] * 10)
    await counted(world)
    await price_list(("classify", 1, "", "2.00"), ("classify", 1, "de", "3.00"))
    (work,) = (await (await world.worker("anna")).ok("GET", "/work"))["work"]
    assert work["estimated_per_hour"] == "160.0000"
    assert work["by_language"] == [{"language": "de", "price": "3.0000", "estimated_per_hour": "240.0000"}]


async def test_an_answer_in_no_time_at_all_breaks_nothing(world: World) -> None:
    await world.project()
    await answers(*[0] * 10)
    assert await counted(world) == {"classify": (10, 1)}


@pytest.mark.parametrize("index", ["assignment_pace"])
async def test_counting_walks_the_index_and_not_the_table(world: World, index: str) -> None:
    await world.project()
    await answers(*[45] * 20_000)
    await world.as_owner("VACUUM ANALYZE assignment")
    plan = "\n".join(row[0] for row in await db.rows(f"EXPLAIN {pace.COUNT}", pace.WINDOW, pace.NEWEST, pace.ENOUGH))
    assert f"Index Only Scan Backward using {index}" in plan
    assert "Seq Scan on assignment" not in plan
