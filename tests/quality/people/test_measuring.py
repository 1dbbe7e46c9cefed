"""The accuracy that pay rules read is the one that its person could read."""

from datetime import datetime, timedelta

import orjson

from piecework.platform import db
from piecework.quality.people import measuring
from tests.quality.people.test_own_accuracy import a_day_passes, fact, seen
from tests.world import World

DAY = timedelta(days=1)


async def measured(since: datetime, until: datetime) -> list[tuple[bool, int | None, dict[str, object]]]:
    found = await db.rows("SELECT * FROM measure WHERE since = $1 AND until = $2 ORDER BY project_id NULLS FIRST", since, until)
    return [(row["project_id"] is None, row["value"], orjson.loads(row["evidence"])) for row in found]


async def test_it_is_the_published_lower_bound_over_all_projects_and_in_each(world: World) -> None:
    await world.project()
    anna = await world.worker("anna")
    for n in range(12):
        await fact(anna, "golden" if n % 3 == 0 else "overlap", right=n != 5)
    await a_day_passes()
    now = await db.scalar("SELECT now()")
    async with db.transaction():
        await measuring.measure(anna.id, now - 7 * DAY, now)
    (published,) = await seen(anna)
    (overall, low, evidence), (_, in_project, _) = await measured(now - 7 * DAY, now)
    assert overall
    assert low == in_project == round(published["low"] * 10_000)
    assert evidence["answers"] == published["answers"] == 10
    (step,) = evidence["steps"]
    assert (step["accuracy"], step["words"]) == (round(published["mean"] * 10_000), None)


async def test_what_became_known_after_the_span_does_not_count_and_it_is_measured_once(world: World) -> None:
    await world.project()
    anna = await world.worker("anna")
    for _ in range(5):
        await fact(anna, "overlap")
    await a_day_passes()
    then = await db.scalar("SELECT now()")
    for _ in range(5):
        await fact(anna, "overlap", right=False)
    await a_day_passes()
    spans = [(then - 7 * DAY, then - DAY), (then - 6 * DAY, then)]
    for since, until in spans * 2:
        async with db.transaction():
            await measuring.measure(anna.id, since, until)
    early, late = [await measured(*one) for one in spans]
    assert [evidence["answers"] for _, _, evidence in early] == [5, 5]
    assert [evidence["answers"] for _, _, evidence in late] == [10, 10]


async def test_who_was_not_judged_has_none(world: World) -> None:
    now = await db.scalar("SELECT now()")
    async with db.transaction():
        await measuring.measure(world.freelancer.id, now - DAY, now)
    assert [(value, evidence["answers"]) for _, value, evidence in await measured(now - DAY, now)] == [(None, 0)]
