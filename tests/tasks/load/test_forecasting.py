"""The daily forecasts and who may read them."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from piecework.platform import db
from piecework.tasks.load import forecasting
from tests.tasks.load import past
from tests.tasks.load.past import HOUR
from tests.world import World

WEEK = 168


async def history(code: str, channel: str, weeks: int, *, level: float = 6.0, seed: int = 1) -> datetime:
    """So many weeks of tickets by the hour, as they are counted; returns until when."""
    until = await past.this_hour()
    rng = np.random.default_rng(seed)
    hours = np.arange(weeks * WEEK)
    tickets = rng.poisson(level * (1 + np.sin(2 * np.pi * hours / 24)))
    await db.execute(
        """INSERT INTO arrival_hour (hour, project_id, channel, tickets)
           SELECT $1::timestamptz - n * interval '1 hour', p.id, $3, tickets FROM unnest($4::int[], $5::int[]) AS t (n, tickets), project p
           WHERE p.code = $2 AND (tickets > 0 OR n = (SELECT max(x) FROM unnest($4::int[]) x))""",
        until,
        code,
        channel,
        (len(hours) - hours).tolist(),
        tickets.tolist(),
    )
    await db.execute(
        """INSERT INTO hours_counted (since, until) VALUES ($1::timestamptz - interval '12 weeks', $1)
           ON CONFLICT (one) DO UPDATE SET until = excluded.until""",
        until,
    )
    return until


async def shown(world: World, **query: str) -> dict[str, Any]:
    reply = await world.curator.ok("GET", "/load/forecast", params={"project": "orders", **query})
    return {one["channel"]: one for one in reply["channels"]}


async def test_each_channel_is_forecast_by_the_better_method_with_its_error(world: World) -> None:
    await world.project()
    until = await history("orders", "email", 12)
    await history("orders", "chat", 9, level=20, seed=2)
    await world.drain_recurring("tasks.forecast")
    found = await shown(world)
    assert {name: one["weeks"] for name, one in found.items()} == {"email": 12, "chat": 9}
    for one in found.values():
        errors = one["errors"]
        assert one["reason"] is None
        assert errors[one["method"]] == min(errors.values()) < 1
        assert len(one["hours"]) == WEEK
        assert datetime.fromisoformat(one["hours"][0]["hour"]) == until
        assert all(0 <= hour["low"] <= hour["expected"] <= hour["high"] for hour in one["hours"])
    assert np.mean([hour["expected"] for hour in found["chat"]["hours"]]) == pytest.approx(20, rel=0.2)
    assert set(await shown(world, channel="chat")) == {"chat"}


async def test_too_little_history_is_said_and_nothing_is_made_up(world: World) -> None:
    await world.project()
    await history("orders", "phone", 7)
    await world.drain_recurring("tasks.forecast")
    (one,) = (await shown(world)).values()
    assert (one["method"], one["reason"], one["weeks"], one["hours"]) == (None, "too_little_history", 7, [])
    assert one["errors"] == {"seasonal_naive": None, "holt_winters": None}


async def test_the_next_day_it_is_made_anew_in_place_of_the_last(world: World) -> None:
    await world.project()
    await history("orders", "email", 8)
    for _ in range(2):
        await world.drain_recurring("tasks.forecast")
    assert await db.scalar("SELECT count(*) FROM forecast") == 1


async def test_hours_that_are_over_are_not_shown(world: World) -> None:
    await world.project()
    until = await history("orders", "email", 8)
    await world.drain_recurring("tasks.forecast")
    await db.execute("UPDATE forecast SET starts_at = starts_at - interval '20 hours'")
    hours = (await shown(world))["email"]["hours"]
    assert (datetime.fromisoformat(hours[0]["hour"]), len(hours)) == (until, WEEK)
    project = await db.scalar("SELECT id FROM project")
    assert list((await forecasting.expected([project], until, WEEK))[project]) == ["email"]
    assert await forecasting.expected([project], until + timedelta(hours=5), WEEK) == {
        project: {}
    }  # too old to reach a week from then on


async def test_before_anything_is_counted_there_is_nothing_to_forecast(world: World) -> None:
    await world.project()
    await world.drain_recurring("tasks.forecast")
    assert await shown(world) == {}


async def test_a_requester_sees_their_own_projects_only(world: World) -> None:
    from piecework.platform.identity.models import Role

    await world.project()
    other = await world.person("other", Role.REQUESTER)
    await other.ok("POST", "/projects", {"code": "theirs", "name": "Theirs"})
    statuses = [
        (await person.call("GET", "/load/forecast", params={"project": code})).status_code
        for person, code in (
            (world.requester, "orders"), (world.requester, "theirs"), (world.requester, "none"), (world.administrator, "theirs"),
            (world.freelancer, "orders"),
        )
    ]  # fmt: skip
    assert statuses == [200, 404, 404, 200, 403]


async def test_hours_of_other_series_do_not_mix(world: World) -> None:
    await world.project()
    await world.project(code="second")
    await history("orders", "email", 8, level=3)
    await history("second", "email", 8, level=40)
    await world.drain_recurring("tasks.forecast")
    means = {
        row["code"]: np.mean(row["expected"])
        for row in await db.rows("SELECT p.code, f.expected FROM forecast f JOIN project p ON p.id = f.project_id")
    }
    assert means["orders"] == pytest.approx(3, rel=0.3)
    assert means["second"] == pytest.approx(40, rel=0.3)
    assert await past.this_hour() - HOUR < await db.scalar("SELECT max(starts_at) FROM forecast")
