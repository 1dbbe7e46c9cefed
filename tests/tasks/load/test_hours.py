"""Counting the past by the hour, and when there is work."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from piecework.platform import db
from tests.tasks.load import past
from tests.tasks.load.past import HOUR
from tests.world import World, choice_step

TABLES = ("arrival_hour", "step_hour", "work_hour", "supply_hour")


async def counted(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that is counted."""
    await world.drain_recurring("tasks.count_hours")
    return {table: [tuple(row) for row in await db.rows(f"SELECT * FROM {table} ORDER BY 1, 2, 3")] for table in TABLES}


async def of(hour: datetime, code: str | None = "orders") -> dict[str, Any]:
    row = await db.row(
        """SELECT h.* FROM supply_hour h LEFT JOIN project p ON p.id = h.project_id
           WHERE h.hour = $1 AND p.code IS NOT DISTINCT FROM $2::text""",
        hour,
        code,
    )
    return {name: value for name, value in dict(row or {}).items() if name not in ("project_id", "hour")}


async def test_an_hour_is_what_came_what_was_handed_out_and_how_long_one_waited(world: World) -> None:
    """Worked example: 3 tickets, 2 people with 5 claims, work open in 20 of 60 minutes, two gaps of which one ended in work after 90 s."""
    await world.project(choice_step(overlap=1))
    await world.project(choice_step(overlap=1), code="other")
    anna, boris = await world.crowd(2)
    hour = await past.this_hour() - 5 * HOUR
    await past.tickets([hour + timedelta(minutes=n) for n in (0, 30, 59)])
    await past.tickets([hour], "other")
    await past.claims(anna, [hour + timedelta(minutes=n) for n in (1, 2, 3)], seconds=30)
    await past.claims(boris, [hour + timedelta(minutes=50)], seconds=None)
    await past.claims(boris, [hour + timedelta(minutes=51)], code="other")
    await past.gaps(anna, [hour + timedelta(minutes=5)], 90)
    await past.gaps(boris, [hour + timedelta(minutes=5)], 600, "left")
    await past.open_minutes(hour, 60, 20)
    await counted(world)
    assert await of(hour) == {
        "tickets": 3, "claimed": 4, "people": 2, "open_minutes": 20, "minutes": 0, "empty_asks": 0, "waits": 0, "waited_s": 0,
    }  # fmt: skip
    assert await of(hour, None) == {
        "tickets": 4, "claimed": 5, "people": 2, "open_minutes": 20, "minutes": 60, "empty_asks": 2, "waits": 1, "waited_s": 90,
    }  # fmt: skip
    assert (await of(hour + HOUR, None))["tickets"] == 0
    assert await of(hour + HOUR) == {}
    steps = await db.rows("SELECT claimed, answered, took_ms FROM step_hour ORDER BY claimed")
    assert [tuple(row) for row in steps] == [(1, 1, 60_000), (4, 3, 90_000)]


async def test_counting_again_changes_nothing(world: World) -> None:
    await world.project(choice_step(overlap=1))
    (anna,) = await world.crowd(1)
    hour = await past.this_hour()
    await past.tickets([hour - n * HOUR for n in range(60)])
    await past.claims(anna, [hour - n * HOUR for n in range(60)])
    first = await counted(world)
    assert len(first["arrival_hour"]) == 60
    await db.execute("UPDATE hours_counted SET until = until - interval '30 hours'")
    assert await counted(world) == first


async def test_days_that_were_missed_are_caught_up(world: World) -> None:
    await world.project(choice_step(overlap=1))
    hour = await past.this_hour()
    await past.tickets([hour - 40 * 24 * HOUR])
    await counted(world)
    assert await db.scalar("SELECT until FROM hours_counted") == hour - 26 * 24 * HOUR  # two weeks in one run
    await counted(world)
    await counted(world)
    assert await db.scalar("SELECT until FROM hours_counted") == hour
    await db.execute("UPDATE hours_counted SET until = until - interval '3 days'")
    await past.tickets([hour - 70 * HOUR, hour - 2 * HOUR, hour])
    await counted(world)
    assert [(await of(hour - n * HOUR, None))["tickets"] for n in (70, 2, 0)] == [1, 1, 1]
    assert await db.scalar("SELECT count(*) FROM supply_hour WHERE project_id IS NULL AND hour >= $1", hour - 960 * HOUR) == 961


async def test_what_comes_late_is_counted_within_two_days(world: World) -> None:
    await world.project(choice_step(overlap=1))
    (anna,) = await world.crowd(1)
    hour = await past.this_hour()
    await past.tickets([hour - 100 * HOUR])
    await past.claims(anna, [hour - 30 * HOUR], seconds=None)
    await counted(world)
    await db.execute(
        "UPDATE assignment SET state = 'accepted', decided_at = now(), revision = 1, ended_at = claimed_at + interval '1 day'"
    )
    await counted(world)
    assert await db.scalar("SELECT answered FROM step_hour") == 0  # only the newest hours are counted until the next begins
    await db.execute("UPDATE hours_counted SET until = until - interval '1 hour'")
    await counted(world)
    assert await db.scalar("SELECT answered FROM step_hour") == 1


async def test_who_worked_when_is_forgotten_after_two_months(world: World) -> None:
    await world.project(choice_step(overlap=1))
    (anna,) = await world.crowd(1)
    hour = await past.this_hour()
    await db.execute("INSERT INTO work_hour VALUES ($1, $2, 1, 1, 1)", hour - 61 * 24 * HOUR, anna)
    await counted(world)
    assert await db.scalar("SELECT count(*) FROM work_hour") == 0


async def test_an_empty_installation_has_nothing_to_count(world: World) -> None:
    await counted(world)
    shown = await world.freelancer.ok("GET", "/supply/hours")
    assert (shown["zone"], shown["hours"]) == ("UTC", [])


class TestGrid:
    async def test_it_is_the_mean_of_the_same_hour_of_the_week_in_ones_own_zone(self, world: World) -> None:
        """Two weeks: 4 tickets in an hour and 2 a week later are 3 on average."""
        await world.project(choice_step(overlap=1))
        anna = await world.worker("anna", zone="Asia/Tokyo")
        hour = await past.this_hour() - 10 * HOUR
        await past.tickets([hour - 336 * HOUR])
        await past.tickets([hour] * 4 + [hour - 168 * HOUR] * 2)
        await past.claims(anna.id, [hour, hour])
        await past.gaps(anna.id, [hour, hour - 168 * HOUR], 60)
        await past.open_minutes(hour, 60, 30)
        for _ in range(2):
            await counted(world)
        shown = await anna.ok("GET", "/supply/hours", params={"project": "orders"})
        assert shown["zone"] == "Asia/Tokyo"
        assert len(shown["hours"]) == 168
        local = await db.row(
            "SELECT extract(isodow FROM t)::int AS d, extract(hour FROM t)::int AS h FROM (SELECT $1::timestamptz AT TIME ZONE 'Asia/Tokyo' AS t) x",
            hour,
        )
        assert local is not None
        (cell,) = [one for one in shown["hours"] if (one["weekday"], one["hour"]) == (local["d"], local["h"])]
        assert cell["seen"] == 3
        assert (cell["tickets"], cell["handed_out"], cell["people"]) == pytest.approx((7 / 3, 2 / 3, 1 / 3))
        assert (cell["open_share"], cell["wait_s"], cell["empty_asks"]) == pytest.approx((0.5, 60, 2 / 3))
        other = next(one for one in shown["hours"] if one["weekday"] != local["d"])
        assert (other["tickets"], other["open_share"], other["wait_s"]) == (0, None, None)

    async def test_any_zone_may_be_asked_for_and_what_is_none_is_refused(self, world: World) -> None:
        shown = await world.finance.ok("GET", "/supply/hours", params={"zone": "America/New_York"})
        assert shown["zone"] == "America/New_York"
        reply = await world.finance.call("GET", "/supply/hours", params={"zone": "Mars/Olympus"})
        assert (reply.status_code, reply.json()["errors"][0]["code"]) == (422, "unknown_zone")

    async def test_a_project_is_shown_to_who_sees_it_or_works_on_it(self, world: World) -> None:
        await world.project()
        anna, boris = await world.worker("anna"), await world.worker("boris", "music")
        statuses = [
            (await person.call("GET", "/supply/hours", params={"project": "orders"})).status_code
            for person in (anna, world.requester, world.curator, boris, world.freelancer, world.applicant)
        ]
        assert statuses == [200, 200, 200, 404, 404, 404]

    async def test_a_request_reads_the_hours_of_four_weeks_by_their_key(self, world: World) -> None:
        from piecework.tasks.load.supply import GRID

        await world.project()
        hour = await past.this_hour()
        await db.execute(
            """INSERT INTO supply_hour SELECT project, $1::timestamptz - n * interval '1 hour', 0, 0, 0, 0, 0, 0, 0, 0
               FROM generate_series(1, 20000) n, unnest(ARRAY[NULL, (SELECT id FROM project)]) AS project""",
            hour,
        )
        await db.execute("ANALYZE supply_hour")
        project = await db.scalar("SELECT id FROM project")
        plan = "\n".join(row[0] for row in await db.rows("EXPLAIN " + GRID, project, "UTC", hour - 672 * HOUR, hour))
        assert "supply_hour_once" in plan
        assert "Seq Scan" not in plan
