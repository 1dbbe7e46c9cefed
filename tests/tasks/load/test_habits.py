"""How people's usual hours spread over their week, from what they did: claims tell by it who is behind their norm."""

import pytest

from piecework.platform import db
from piecework.tasks.load.attendance import HABIT, WEEK, spread
from tests.tasks.load import past
from tests.tasks.load.past import HOUR
from tests.world import World, choice_step

FOUR_WEEKS = 4 * WEEK
MORNINGS = [week * WEEK + day * 24 + 9 for week in range(4) for day in range(4)]
"""From nine to ten, on the first four days of four weeks."""


def test_who_works_on_four_days_has_a_quarter_behind_them_after_each() -> None:
    told = spread(MORNINGS, FOUR_WEEKS, WEEK)
    assert told is not None
    assert [told[hour] for hour in (0, 9, 10, 24 + 10, 48 + 10, 72 + 10, WEEK)] == [0, 0, 0.25, 0.5, 0.75, 1, 1]


def test_a_week_that_starts_in_the_middle_of_a_day_has_that_days_rest_first() -> None:
    told = spread(MORNINGS, FOUR_WEEKS - 24 + 9.5, WEEK)
    assert told is not None
    assert [told[hour] for hour in (0, 24, 25, 49, WEEK)] == pytest.approx([0, 0.125, 0.25, 0.5, 1])


def test_a_long_first_week_goes_on_into_the_next() -> None:
    told = spread(MORNINGS, FOUR_WEEKS, 10 * 24)
    assert told is not None
    assert [told[hour] for hour in (4 * 24, WEEK, WEEK + 10, 240)] == pytest.approx([4 / 7, 4 / 7, 5 / 7, 1])


def test_a_few_hours_are_no_habit() -> None:
    assert spread(MORNINGS[: HABIT - 1], FOUR_WEEKS, WEEK) is None


def test_a_week_in_which_one_never_works_has_no_spread() -> None:
    assert spread([9] * HABIT, FOUR_WEEKS + 24, 84) is None


async def test_the_hourly_run_keeps_it_for_those_with_a_habit(world: World) -> None:
    await world.project(choice_step(overlap=1))
    anna, _ = await world.worker("anna"), await world.worker("boris")
    now = await past.this_hour()
    await past.claims(anna.id, [now - n * HOUR for n in range(1, 169)])
    await db.execute(
        "INSERT INTO hours_counted (since, until) VALUES ($1::timestamptz - interval '10 days', $1::timestamptz - interval '9 days')",
        now,
    )
    await world.drain_recurring("tasks.count_hours")
    for _ in range(2):  # the second run takes the first one's place
        await world.drain_recurring("tasks.expect_people")
    (kept,) = await db.rows("SELECT * FROM usual_week")
    starts, ends = (await db.row("SELECT week_starts, week_ends FROM workload WHERE freelancer_id = $1", anna.id)).values()
    assert (kept["freelancer_id"], kept["week_starts"]) == (anna.id, starts)
    hours = -(-(ends - starts) // HOUR)
    assert len(kept["past"]) == hours + 1
    assert kept["past"] == pytest.approx([hour / hours for hour in range(hours + 1)], abs=0.002)
