"""The backlog and productivity right now: what each figure counts, who sees it, and that it is read by indexes."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from piecework.platform import db
from piecework.platform.identity.models import Role
from piecework.tasks.load import live
from piecework.tasks.models import Channel
from tests.tasks.load import past
from tests.tasks.load.past import HOUR
from tests.world import World, choice_step


async def shown(world: World) -> dict[str, Any]:
    (project,) = (await world.curator.ok("GET", "/load/live", params={"project": "orders"}))["projects"]
    return dict(project)


async def test_open_overdue_and_due_soon_by_step_and_line_and_by_channel(world: World) -> None:
    """Five tickets of two answers each: one overdue, one due within the hour; then two more on the second line."""
    await world.project(choice_step(overlap=2))
    now = datetime.now(UTC)
    for number, (minutes, channel) in enumerate([(-60, "email"), (30, "chat"), (90, "chat"), (900, "chat"), (901, "phone")]):
        await world.tickets(1, first=number, channel=channel, deadline_at=(now + timedelta(minutes=minutes)).isoformat())
    project = await shown(world)
    (step,) = project["steps"]
    (line,) = step["lines"]
    assert {name: line[name] for name in ("line", "open", "overdue", "due_soon", "or_more")} == {
        "line": 1, "open": 10, "overdue": 2, "due_soon": 2, "or_more": False,
    }  # fmt: skip
    assert line["oldest"] == (await db.scalar("SELECT min(opened_at) FROM slot")).isoformat().replace("+00:00", "Z")
    channels = {one["channel"]: (one["open"], one["overdue"], one["due_soon"]) for one in project["channels"]}
    assert channels == {"chat": (3, 0, 1), "email": (1, 1, 0), "phone": (1, 0, 0)}
    await db.execute("INSERT INTO shelf SELECT step_id, 2, language, floor_rank, floor_id FROM shelf")
    await db.execute("UPDATE slot SET line = 2 WHERE id IN (SELECT id FROM slot ORDER BY rank DESC LIMIT 3)")
    (step,) = (await shown(world))["steps"]
    assert [(one["line"], one["open"]) for one in step["lines"]] == [(1, 7), (2, 3)]


async def test_every_lane_and_round_is_counted(world: World) -> None:
    """Urgent and hurried tasks, and later rounds, lie apart in the order of work."""
    await world.project(choice_step(overlap=3))
    await world.tickets(2)
    await world.tickets(2, first=2, urgent=True)
    soon = datetime.now(UTC) + timedelta(minutes=20)
    await world.tickets(3, first=4, deadline_at=soon.isoformat())
    await world.drain_recurring("tasks.hurry")
    (step,) = (await shown(world))["steps"]
    (line,) = step["lines"]
    assert (line["open"], line["due_soon"]) == (21, 9)


async def test_people_are_those_who_hold_a_task_and_those_who_claimed_lately(world: World) -> None:
    await world.project(choice_step(overlap=1))
    await world.tickets(5)
    anna, boris = await world.worker("anna"), await world.worker("boris")
    await anna.claim(2)
    (held,) = await boris.claim()
    await boris.answer(held, {"topic": "a"})
    (carl,) = await world.crowd(1)
    await past.claims(carl, [datetime.now(UTC) - timedelta(minutes=16)])
    project = await shown(world)
    assert (project["at_work"], project["active_15min"]) == (1, 2)
    (step,) = project["steps"]
    assert (step["at_work"], step["active_15min"], step["lines"][0]["open"]) == (1, 2, 2)


async def test_answers_of_the_last_hour_count_whatever_became_of_them(world: World) -> None:
    await world.project(choice_step(overlap=1))
    await world.tickets(1)
    (anna,) = await world.crowd(1)
    now, hour = datetime.now(UTC), await past.this_hour()
    for state in ("accepted", "rejected", "submitted"):
        await past.claims(anna, [now - timedelta(minutes=10), now - timedelta(minutes=75)], state=state)
    await past.claims(anna, [now - timedelta(minutes=10)], seconds=None)
    await past.claims(anna, [hour - n * HOUR for n in range(2, 26)] * 3)
    await past.tickets([hour - 30 * HOUR])
    await world.drain_recurring("tasks.count_hours")
    await db.execute("UPDATE hours_counted SET until = until - interval '1 hour'")
    await world.drain_recurring("tasks.count_hours")
    (step,) = (await shown(world))["steps"]
    assert step["answers_last_hour"] == 3
    before = await db.scalar("SELECT sum(answered) FROM step_hour WHERE hour >= $1 AND hour < $2", hour - 24 * HOUR, hour)
    assert step["answers_per_hour_24h"] == pytest.approx(before / 24)
    assert before >= 69


async def test_when_the_backlog_is_empty(world: World) -> None:
    """Worked example: 12 tasks at 6 answers an hour and nothing to come are done in two hours; with 3 coming an hour in four."""
    await world.project(choice_step(overlap=1))
    await world.tickets(12)
    (anna,) = await world.crowd(1)
    now, hour = datetime.now(UTC), await past.this_hour()
    assert (await shown(world))["steps"][0]["empty_at"] is None  # nobody works
    await past.claims(anna, [now - timedelta(minutes=10)] * 6)
    project = await world.curator.ok("GET", "/load/live")
    at, empty = project["at"], project["projects"][0]["steps"][0]["empty_at"]
    assert (datetime.fromisoformat(empty) - datetime.fromisoformat(at)) / HOUR == pytest.approx(2)
    await db.execute(
        """INSERT INTO forecast (project_id, channel, starts_at, weeks, method, expected, low, high)
           SELECT id, 'email', $1, 8, 'seasonal_naive', $2, $2, $2 FROM project""",
        hour,
        [3.0] * 192,
    )
    step = await db.scalar("SELECT step_id FROM queue")
    await db.execute("INSERT INTO step_hour VALUES ($1, $2, 100, 100, 1)", step, hour - 30 * HOUR)
    await db.execute("INSERT INTO supply_hour SELECT id, $1, 100, 100, 1, 0, 0, 0, 0, 0 FROM project", hour - 30 * HOUR)
    project = await world.curator.ok("GET", "/load/live")
    at, empty = project["at"], project["projects"][0]["steps"][0]["empty_at"]
    assert (datetime.fromisoformat(empty) - datetime.fromisoformat(at)) / HOUR == pytest.approx(4)


async def test_each_sees_the_projects_that_they_may(world: World) -> None:
    await world.project()
    other = await world.person("other", Role.REQUESTER)
    await other.ok("POST", "/projects", {"code": "theirs", "name": "Theirs"})
    codes = [
        [one["project"] for one in (await person.ok("GET", "/load/live"))["projects"]]
        for person in (world.requester, other, world.curator, world.administrator)
    ]
    assert codes == [["orders"], ["theirs"], ["orders", "theirs"], ["orders", "theirs"]]
    assert (await world.requester.call("GET", "/load/live", params={"project": "theirs"})).status_code == 404
    assert (await world.freelancer.call("GET", "/load/live")).status_code == 403


@pytest.mark.parametrize("path", ["/load/live", "/load/staffing"])
async def test_many_projects_take_no_more_statements_than_one(world: World, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    run, statements = asyncpg.Connection._execute, []

    async def counted(self: Any, query: str, *args: Any, **more: Any) -> Any:
        statements.append(query)
        return await run(self, query, *args, **more)

    await world.project()
    await world.curator.ok("GET", path)
    monkeypatch.setattr(asyncpg.Connection, "_execute", counted)
    await world.curator.ok("GET", path)
    one = len(statements)
    for number in range(4):
        await world.project(code=f"more-{number}")
    statements.clear()
    assert len((await world.curator.ok("GET", path))["projects"]) == 5
    assert one > 1
    assert len(statements) == one


class TestAtSize:
    """With 100,000 open slots and 100,000 open tickets."""

    @pytest.fixture
    async def large(self, world: World) -> World:
        await world.project(choice_step(overlap=1))
        await world.tickets(1)
        await db.execute(
            """INSERT INTO slot (step_id, rank, task_id, language)
               SELECT step_id, slot_rank(2, 1, now() + n * interval '1 minute'), gen_random_uuid(), 'en' FROM queue, generate_series(1, 100000) n"""
        )
        now = datetime.now(UTC)
        await past.tickets([now - timedelta(seconds=n) for n in range(100_000)], deadline=now + timedelta(days=1))
        await db.execute("UPDATE shelf SET floor_rank = 0, floor_id = 0")
        await world.as_owner("VACUUM (ANALYZE) slot", "VACUUM (ANALYZE) ticket", "ANALYZE")
        return world

    async def test_counting_stops_and_says_so(self, large: World) -> None:
        project = await shown(large)
        (line,) = project["steps"][0]["lines"]
        assert (line["open"], line["or_more"]) == (live.MOST, True)
        assert 59 <= line["due_soon"] <= 61
        assert project["steps"][0]["empty_at"] is None
        (channel,) = project["channels"]
        assert (channel["open"], channel["or_more"]) == (live.MOST, True)
        await large.drain_recurring("tasks.invite")
        assert (await shown(large))["tasks_counted"] == 100_001

    async def test_each_figure_is_read_by_an_index(self, large: World) -> None:
        people = await large.crowd(5)
        now = datetime.now(UTC)
        for person in people:
            for state in ("accepted", "rejected", "submitted"):
                await past.claims(person, [now - n * HOUR for n in range(1, 1500)], state=state)
        await large.as_owner("VACUUM (ANALYZE) assignment")
        project = [await db.scalar("SELECT id FROM project")]
        for sql, more, indexes in (
            (live.STEPS, [], {"slot_open", "slot_waiting"}),
            (live.TICKETS, [[str(one) for one in Channel]], {"ticket_due", "ticket_waiting"}),
            (live.PEOPLE, [], {"slot_leased", "assignment_pkey"}),
            (live.ANSWERS, [], {"assignment_waiting", "assignment_pace", "assignment_refused"}),
        ):
            plan = json.loads(await db.scalar("EXPLAIN (FORMAT JSON) " + sql, project, live.MOST, *more))[0]
            used = nodes(plan["Plan"])
            assert indexes <= {node.get("Index Name") for node in used}
            scanned = {node["Relation Name"] for node in used if node["Node Type"] == "Seq Scan"}
            assert scanned.isdisjoint({"slot", "ticket", "assignment"})


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(found for child in plan.get("Plans", []) for found in nodes(child))]
