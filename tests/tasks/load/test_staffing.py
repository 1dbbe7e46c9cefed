"""People needed by the hour, and those expected."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from piecework.platform import db
from piecework.tasks.load import attendance, erlang, staffing
from piecework.tasks.load.attendance import HOURS, WEEK, Person, covered, expected, speed
from piecework.tasks.load.staffing import Service, Work, needed
from piecework.tasks.norms.spans import Span
from tests.tasks.load import past
from tests.tasks.load.past import HOUR
from tests.tasks.load.test_forecasting import history
from tests.world import World, choice_step

SINCE = datetime(2026, 11, 2, tzinfo=UTC)
NOW = SINCE + 4 * WEEK * HOUR


class TestNeeded:
    @staticmethod
    def work(due: dict[int, float] | None = None, sla_hours: float = 24, **tickets: float) -> Work:
        """2 answers per ticket of 90 s each; so many tickets an hour by channel."""
        hours = np.zeros(staffing.HOURS)
        for hour, work in (due or {}).items():
            hours[hour] = work
        each = {channel: np.full(staffing.HOURS, rate) for channel, rate in tickets.items()}
        return Work(2.0, 90.0, timedelta(hours=sla_hours), hours, each)

    def test_a_hundred_chats_an_hour_of_two_answers_of_90_s_are_five_erlangs(self) -> None:
        need = needed(self.work(chat=100), Service(20, 0.8))
        assert need.live is not None
        assert set(need.live) == {erlang.people_needed(200, 90, 20, 0.8)} == {8}
        assert need.people.tolist() == [8.0] * 168

    def test_chats_and_calls_are_one_crowd(self) -> None:
        together = needed(self.work(chat=50, phone=50), Service()).live
        assert together is not None
        assert together[0] == 8

    def test_e_mails_are_work_until_their_deadline(self) -> None:
        """40 an hour are 2 h of work an hour; due 24 hours later they build up to a steady two people."""
        need = needed(self.work(email=40), Service())
        assert need.backlog[0] == pytest.approx(2 / 25)
        assert need.backlog[100] == pytest.approx(2, rel=0.05)

    def test_open_work_comes_on_top(self) -> None:
        need = needed(self.work({3: 12}, chat=100), Service())
        assert need.backlog[:4].tolist() == pytest.approx([3, 3, 3, 3])
        assert need.people[:5].tolist() == [11, 11, 11, 11, 8]

    def test_without_a_pace_only_the_open_work_is_known(self) -> None:
        need = needed(Work(None, None, timedelta(hours=1), np.ones(168), {"chat": np.ones(168)}), Service())
        assert need.live is None
        assert need.people.tolist() == [1.0] * 168


class TestExpected:
    """Of somebody in the coming week, from the last four."""

    @staticmethod
    def daily(weeks: int, first: int = 0) -> list[Span]:
        """Noon to one of every day, from a week of the past on until the end of what is reckoned."""
        return [
            Span(SINCE + timedelta(days=d, hours=12), SINCE + timedelta(days=d, hours=13))
            for d in range(7 * first, 7 * (first + weeks))
        ]

    def test_a_shift_counts_as_often_as_shifts_were_kept(self) -> None:
        """28 shift hours, of which 20 were worked: 21 of 30."""
        kept = [24 * day + 12 for day in range(20)]
        told = expected(Person(shifts=self.daily(6), worked=kept), SINCE)
        assert told[12] == pytest.approx(21 / 30)
        assert told[11] == told[13] == 0

    def test_a_first_shift_counts_half(self) -> None:
        assert expected(Person(shifts=self.daily(2, first=4)), SINCE)[12] == pytest.approx(0.5)

    def test_part_of_an_hour_is_part_of_a_person(self) -> None:
        span = Span(NOW + timedelta(minutes=45), NOW + timedelta(minutes=90))
        assert expected(Person(shifts=[span]), SINCE)[:3].tolist() == pytest.approx([0.125, 0.25, 0])

    def test_without_shifts_it_is_the_habit(self) -> None:
        """At noon of the first day of the week in three of four weeks."""
        told = expected(Person(worked=[12, WEEK + 12, 3 * WEEK + 12]), SINCE)
        assert (told[12], told[WEEK + 12], told[13]) == (0.75, 0.75, 0)

    def test_who_is_new_is_judged_by_the_weeks_since_they_began(self) -> None:
        assert expected(Person(worked=[3 * WEEK + 12]), SINCE)[12] == 1.0

    def test_who_never_worked_and_has_no_shifts_is_not_expected(self) -> None:
        assert expected(Person(), SINCE).sum() == 0

    def test_leave_takes_its_hours_out(self) -> None:
        away = [Span(NOW + timedelta(hours=12, minutes=30), NOW + timedelta(days=2))]
        told = expected(Person(worked=[12, WEEK + 12, 2 * WEEK + 12, 3 * WEEK + 12], away=away), SINCE)
        assert (told[12], told[WEEK + 12]) == (0.5, 1.0)

    def test_somebody_fast_is_more_than_one(self) -> None:
        assert speed(100, 50_000, 100_000) == 2.0
        assert speed(100, 1, 100_000) == attendance.FASTEST
        assert speed(9, 50_000, 100_000) == 1.0  # too few answers to know
        assert expected(Person(worked=[12, WEEK + 12, 2 * WEEK + 12, 3 * WEEK + 12], speed=2.0), SINCE)[12] == 2.0

    def test_covered_is_the_part_of_each_hour(self) -> None:
        spans = [Span(SINCE - HOUR, SINCE + HOUR / 2), Span(SINCE + 2 * HOUR, SINCE + 99 * HOUR)]
        assert covered(spans, SINCE, 4).tolist() == [0.5, 0, 1, 1]


async def shown(world: World, **query: str) -> dict[str, Any]:
    return dict(await world.curator.ok("GET", "/load/staffing", params=query))


async def test_the_week_is_shown_with_its_gaps(world: World) -> None:
    """60 chats an hour, one answer each of 60 s, one person: an erlang needs 3, so there are two too few in every hour."""
    await world.project(choice_step(overlap=1))
    (anna,) = await world.crowd(1)
    await history("orders", "chat", 8, level=0)
    now = await past.this_hour()
    await db.execute(
        """INSERT INTO forecast (project_id, channel, starts_at, weeks, method, expected, low, high)
           SELECT id, 'chat', $1, 8, 'seasonal_naive', $2, $2, $2 FROM project""",
        now,
        [60.0] * 192,
    )
    await past.tickets([now - HOUR] * 20)
    await past.claims(anna, [now - n * HOUR for n in range(1, 3)] * 10, seconds=60)
    await db.execute("UPDATE hours_counted SET until = until - interval '1 day'")
    await world.drain_recurring("tasks.count_hours")
    await world.drain_recurring("tasks.expect_people")
    await world.drain_recurring("tasks.invite")
    reply = await world.curator.ok("GET", "/load/staffing", params={"project": "orders"})
    assert erlang.people_needed(60, 60, 20, 0.8) == 3
    (project,) = reply["projects"]
    assert (project["hours_short"], project["unknown"]) == (168, [])
    assert project["most_short"] == 3.0  # where nobody is expected
    assert [hour["needed_live"] for hour in reply["hours"]] == [3.0] * 168
    assert all(hour["gap"] for hour in reply["hours"])
    stricter = await world.curator.ok("GET", "/load/staffing", params={"within_s": "5", "probability": "0.99"})
    assert stricter["hours"][0]["needed_live"] > 3


async def test_an_enormous_forecast_is_answered(world: World) -> None:
    """A hundred million chats an hour of half a minute each: 833,333 erlangs."""
    await world.project(choice_step(overlap=1))
    (anna,) = await world.crowd(1)
    now = await past.this_hour()
    await db.execute(
        """INSERT INTO forecast (project_id, channel, starts_at, weeks, method, expected, low, high)
           SELECT id, 'chat', $1, 8, 'seasonal_naive', $2, $2, $2 FROM project""",
        now,
        [1e8] * 192,
    )
    await past.tickets([now - HOUR] * 20)
    await past.claims(anna, [now - n * HOUR for n in range(1, 3)] * 10, seconds=60)
    await world.drain_recurring("tasks.count_hours")
    assert (await shown(world))["hours"][0]["needed_live"] == 833_334


async def test_what_is_not_known_is_said(world: World) -> None:
    await world.project()
    reply = await world.curator.ok("GET", "/load/staffing")
    assert reply["projects"] == [
        {"project": "orders", "hours_short": 0, "most_short": 0.0, "unknown": ["no_pace", "no_forecast", "not_counted"]}
    ]
    assert {(hour["needed_live"], hour["expected"], hour["gap"]) for hour in reply["hours"]} == {(None, None, False)}


async def test_people_are_expected_where_they_may_work(world: World) -> None:
    await world.project(choice_step(overlap=1))
    await world.project(choice_step(overlap=1, qualification="music"), code="music")
    anna, boris = await world.worker("anna", "orders", "music"), await world.worker("boris", "music")
    now = await past.this_hour()
    for person in (anna, boris):
        await past.claims(person.id, [now - n * HOUR for n in range(1, 169)])
    carl = await world.worker("carl")
    today = datetime.now(UTC).date()
    await carl.ok("PUT", "/me/shifts", {"pattern": "5/2", "anchor": str(today), "hours": [{"from": "00:00", "until": "24:00"}]})
    await db.execute(
        "INSERT INTO hours_counted (since, until) VALUES ($1::timestamptz - interval '10 days', $1::timestamptz - interval '9 days')",
        now,
    )
    await world.drain_recurring("tasks.count_hours")
    await world.drain_recurring("tasks.expect_people")
    at = {
        row["code"]: row["people"][20]
        for row in await db.rows("SELECT p.code, a.people FROM availability a LEFT JOIN project p ON p.id = a.project_id")
    }
    assert at == {"orders": 1.5, "music": 2.0, None: 2.5}
    await db.execute(
        """INSERT INTO restriction (freelancer_id, kind, project_id, reason, imposed_by, ends_at)
           SELECT $1, 'project', id, 'for the test, all of it', $2, now() + interval '1 day' FROM project WHERE code = 'music'""",
        boris.id,
        world.curator.id,
    )
    await world.drain_recurring("tasks.expect_people")
    project = await db.scalar("SELECT id FROM project WHERE code = 'music'")
    assert (await attendance.expected_in([project], now, WEEK))[project][20] == 1.0


async def test_leave_and_a_contracts_end_are_looked_ahead_to(world: World) -> None:
    await world.project(choice_step(overlap=1))
    anna, boris = await world.worker("anna"), await world.worker("boris")
    now = await past.this_hour()
    for person in (anna, boris):
        await past.claims(person.id, [now - n * HOUR for n in range(1, 169)])
    await db.execute(
        "INSERT INTO leave (freelancer_id, kind, starts_at, ends_at) VALUES ($1, 'leave', $2, $3)",
        anna.id,
        now + 24 * HOUR,
        now + 48 * HOUR,
    )
    await db.execute(
        "INSERT INTO contract_end (freelancer_id, version, ends_at, ended_by, reason) VALUES ($1, 1, $2, $3, 'the end')",
        boris.id,
        now + 72 * HOUR,
        world.curator.id,
    )
    await db.execute(
        "INSERT INTO hours_counted (since, until) VALUES ($1::timestamptz - interval '10 days', $1::timestamptz - interval '9 days')",
        now,
    )
    await world.drain_recurring("tasks.count_hours")
    await world.drain_recurring("tasks.expect_people")
    people = (await attendance.expected_in([], now, WEEK))[None]
    assert [people[n] for n in (23, 30, 50, 80)] == [2.0, 1.0, 2.0, 1.0]


async def test_a_requester_sees_needs_of_their_own_projects(world: World) -> None:
    from piecework.platform.identity.models import Role

    await world.project()
    other = await world.person("other", Role.REQUESTER)
    await other.ok("POST", "/projects", {"code": "theirs", "name": "Theirs"})
    assert [one["project"] for one in (await world.requester.ok("GET", "/load/staffing"))["projects"]] == ["orders"]
    assert (await world.requester.call("GET", "/load/staffing", params={"project": "theirs"})).status_code == 404
    assert isinstance(await db.scalar("SELECT id FROM project LIMIT 1"), UUID)
    assert HOURS > WEEK
