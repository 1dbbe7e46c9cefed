"""Invitations when the backlog will not be done in time."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from piecework.platform import db
from piecework.tasks.load.inviting import MOST_AT_ONCE
from tests.tasks.load import past
from tests.tasks.load.past import HOUR
from tests.world import World, choice_step

ZONES = ("Europe/Berlin", "Pacific/Auckland", "America/New_York", "Asia/Tokyo", "America/Los_Angeles", "Asia/Kolkata")


def zone_where(hours: range) -> str:
    """A zone in which the clocks show one of these hours now."""
    from zoneinfo import ZoneInfo

    return next(zone for zone in ZONES if datetime.now(ZoneInfo(zone)).hour in hours)


DAY_ZONE = zone_where(range(10, 21))


async def pressed(world: World, count: int = 60, *, minutes: int = 30) -> None:
    """So many tasks of five minutes each that are due within half an hour: five hours of work in one."""
    await world.project(choice_step(overlap=1))
    deadline = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
    await world.tickets(count, deadline_at=deadline)
    await db.execute(
        "INSERT INTO pace (project_id, step_key, answers, median_ms) SELECT project_id, key, 100, 300000 FROM queue ON CONFLICT DO NOTHING"
    )


async def invited(world: World) -> list[UUID]:
    """Who has been invited, in the order of the log."""
    await world.drain_recurring("tasks.invite")
    return [row["freelancer_id"] for row in await db.rows("SELECT freelancer_id FROM invitation ORDER BY sent_at, id")]


async def test_who_is_awake_and_admitted_is_invited_and_told_that_nothing_follows(world: World) -> None:
    anna = await world.worker("anna", zone=DAY_ZONE)
    await world.worker("boris", "music", zone=DAY_ZONE)
    await pressed(world)
    assert await invited(world) == [anna.id]
    (notice,) = [one for one in (await anna.ok("GET", "/me/notices"))["items"] if one["kind"] == "work.invited"]
    assert "not an obligation" in notice["body"]
    assert notice["link"] == "/work"
    row = await db.row("SELECT * FROM invitation")
    assert row is not None
    assert (row["at_work"], row["wanted"], row["came"]) == (0, 5, None)
    assert await db.scalar("SELECT count(*) FROM trail WHERE action = 'work.invited'") == 1


async def test_nobody_is_invited_twice_within_twelve_hours(world: World) -> None:
    anna = await world.worker("anna", zone=DAY_ZONE)
    await pressed(world)
    assert await invited(world) == [anna.id]
    assert await invited(world) == [anna.id]
    await db.execute("UPDATE invitation SET sent_at = sent_at - interval '12 hours 1 second'")
    assert await invited(world) == [anna.id, anna.id]


async def test_who_may_still_come_is_counted_before_more_are_asked(world: World) -> None:
    """Five are wanted and a third comes, so fifteen are asked; ten minutes later nobody else is, though none has come yet."""
    await world.crowd(40, zone=DAY_ZONE)
    await pressed(world)
    first = await invited(world)
    assert len(first) == 15
    assert await invited(world) == first
    await db.execute("UPDATE invitation SET sent_at = sent_at - interval '61 minutes'")  # none of 15 came: of 18, one does
    assert len(await invited(world)) == 40


async def test_of_thousands_fifty_are_asked_at_a_time(world: World) -> None:
    await world.crowd(3_000, zone=DAY_ZONE)
    await pressed(world, 1_000)
    for looks in (1, 2):
        assert len(set(await invited(world))) == looks * MOST_AT_ONCE


async def test_while_those_at_work_suffice_nobody_is_invited(world: World) -> None:
    await world.worker("anna", zone=DAY_ZONE)
    boris = await world.worker("boris", zone=DAY_ZONE)
    await pressed(world, 6)  # half an hour of work
    (held,) = await boris.claim()
    assert await invited(world) == []
    assert (await boris.call("POST", f"/assignments/{held['id']}/release")).is_success
    assert len(await invited(world)) == 1


async def test_a_backlog_with_time_enough_calls_nobody(world: World) -> None:
    await world.worker("anna", zone=DAY_ZONE)
    boris = await world.worker("boris", zone=DAY_ZONE)
    await pressed(world, 60, minutes=600)  # five hours of work in ten
    await boris.claim()
    assert await invited(world) == []


async def test_the_furthest_from_their_norm_are_asked_first(world: World) -> None:
    """Nobody is at work and one is wanted: of those who come, one in three, so three are asked."""
    people = [await world.worker(f"p{n}", zone=DAY_ZONE, weekly_norm=100, weekly_cap=1000) for n in range(5)]
    await pressed(world, 12)  # an hour of work in one
    for person, claimed in zip(people, (10, 90, 50, 200, 0), strict=True):
        await db.execute(
            "UPDATE workload SET week_claimed = $2, week_starts = now() - interval '1 day', week_ends = now() + interval '6 days' WHERE freelancer_id = $1",
            person.id,
            claimed,
        )
    assert set(await invited(world)) == {people[4].id, people[0].id, people[2].id}


async def test_who_stated_shifts_is_asked_within_them_only_at_any_hour(world: World) -> None:
    on, off, asleep = [await world.worker(name, zone="UTC") for name in ("on", "off", "asleep")]
    now = datetime.now(UTC)
    day = now.date() - timedelta(days=1)
    hours = [{"from": "00:00", "until": "24:00"}]
    today = {"valid_from": str(now.date()), "hours": hours}
    await on.ok("PUT", "/me/shifts", {"pattern": "5/2", "anchor": str(day), **today})
    await off.ok("PUT", "/me/shifts", {"pattern": "2/2", "anchor": str(now.date() + timedelta(days=2)), **today})
    await pressed(world)
    expected = {on.id} | ({asleep.id} if 9 <= datetime.now(UTC).hour < 22 else set())
    assert set(await invited(world)) == expected


async def test_who_is_away_blocked_full_or_at_work_is_left_in_peace(world: World) -> None:
    names = ("away", "blocked", "full", "working", "free")
    people: dict[str, Any] = {name: await world.worker(name, zone=DAY_ZONE, weekly_cap=100, weekly_norm=10) for name in names}
    await pressed(world)
    await db.execute(
        "INSERT INTO leave (freelancer_id, kind, starts_at, ends_at) VALUES ($1, 'illness', now() - interval '1 hour', now() + interval '1 day')",
        people["away"].id,
    )
    await db.execute(
        """INSERT INTO restriction (freelancer_id, kind, reason, imposed_by, ends_at)
           VALUES ($1, 'block', 'for the test, all of it', $2, now() + interval '1 day')""",
        people["blocked"].id,
        world.curator.id,
    )
    await db.execute(
        "UPDATE workload SET week_claimed = 100, week_starts = now(), week_ends = now() + interval '6 days' WHERE freelancer_id = $1",
        people["full"].id,
    )
    (held,) = await people["working"].claim()
    assert (await people["working"].answer(held, {"topic": "a"})).is_success
    assert await invited(world) == [people["free"].id]


async def test_how_many_came_is_measured(world: World) -> None:
    anna, boris = await world.worker("anna", zone=DAY_ZONE), await world.worker("boris", zone=DAY_ZONE)
    await pressed(world)
    assert set(await invited(world)) == {anna.id, boris.id}
    await db.execute("UPDATE invitation SET sent_at = sent_at - interval '61 minutes'")
    await past.claims(anna.id, [await db.scalar("SELECT sent_at + interval '20 minutes' FROM invitation LIMIT 1")])
    await past.claims(boris.id, [await db.scalar("SELECT sent_at - interval '20 minutes' FROM invitation LIMIT 1")])
    await invited(world)
    came = {row["freelancer_id"]: row["came"] for row in await db.rows("SELECT freelancer_id, came FROM invitation")}
    assert came == {anna.id: True, boris.id: False}
    (live,) = (await world.curator.ok("GET", "/load/live"))["projects"]
    assert (live["invited_24h"], live["came_24h"]) == (2, 1)


async def test_the_backlog_is_counted_by_its_deadlines(world: World) -> None:
    await world.project(choice_step(overlap=2))
    now = datetime.now(UTC)
    for number, hours in enumerate((-1, 0.5, 5.5, 500)):
        await world.tickets(1, first=number, deadline_at=(now + hours * HOUR).isoformat())
    await invited(world)
    row = await db.row("SELECT tasks, due, later, unpaced FROM backlog")
    assert row is not None
    assert (row["tasks"], sum(row["due"]), row["unpaced"]) == (8, 0, 8)  # no pace is known
    await db.execute(
        "INSERT INTO pace (project_id, step_key, answers, median_ms) SELECT project_id, key, 100, 1800000 FROM queue"
    )
    await invited(world)
    row = await db.row("SELECT tasks, due, later, unpaced FROM backlog")
    assert row is not None
    assert ({hour: work for hour, work in enumerate(row["due"]) if work}, row["later"], row["unpaced"]) == (
        {0: 2.0, 5: 1.0},
        1.0,
        0,
    )
