"""Weeks: where they end, that none is left out, and that nothing moves one that has begun."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from piecework.platform import db
from tests.traceless import nothing_changes
from tests.world import Person, World, choice_step

ZONES = [
    "Europe/Moscow", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland", "America/Sao_Paulo",
    "Asia/Beirut", "Pacific/Apia",
]  # fmt: skip
HALF_A_WEEK = dt.timedelta(hours=84)


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def next_monday(zone: str, starts: dt.datetime) -> dt.datetime:
    """A second opinion: try the Mondays one after the other."""
    day = starts.astimezone(ZoneInfo(zone)).date()
    for days in range(22):
        ends = dt.datetime.combine(day + dt.timedelta(days=days), dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)
        if (day + dt.timedelta(days=days)).weekday() == 0 and ends - starts >= HALF_A_WEEK:
            return ends
    raise AssertionError


class TestWhereAWeekEnds:
    async def test_on_the_first_monday_half_a_week_or_more_after_its_beginning(
        self, world: World, subtests: pytest.Subtests
    ) -> None:
        async with nothing_changes():
            for zone, starts, ends in [
                ("Europe/Moscow", "2026-03-01T21:00:00Z", "2026-03-08T21:00:00Z"),  # Monday to Monday
                (
                    "Europe/Moscow",
                    "2026-03-05T08:59:59Z",
                    "2026-03-08T21:00:00Z",
                ),  # Thursday, 84 hours and a second before the end
                ("Europe/Moscow", "2026-03-05T09:00:00Z", "2026-03-08T21:00:00Z"),  # exactly half a week
                ("Europe/Moscow", "2026-03-05T09:00:01Z", "2026-03-15T21:00:00Z"),  # less than half: ten and a half days
                (
                    "Europe/Berlin",
                    "2026-03-22T23:00:00Z",
                    "2026-03-29T22:00:00Z",
                ),  # an hour less: the clocks go forward on Sunday
                ("Europe/Berlin", "2026-10-18T22:00:00Z", "2026-10-25T23:00:00Z"),  # an hour more
                ("America/New_York", "2026-12-28T05:00:00Z", "2027-01-04T05:00:00Z"),  # ISO week 53
                ("Asia/Kathmandu", "2026-03-01T18:15:00Z", "2026-03-08T18:15:00Z"),
            ]:
                with subtests.test(zone=zone, starts=starts, ends=ends):
                    assert await db.scalar("SELECT next_week_end($1, $2)", zone, moment(starts)) == moment(ends)

    async def test_it_agrees_with_a_second_opinion_over_zones_and_years(self, world: World) -> None:
        first = dt.datetime(2011, 1, 1, tzinfo=dt.UTC)
        moments = [first + dt.timedelta(hours=37 * i, minutes=i % 60) for i in range(3500)]
        for zone in ZONES:
            found = await db.rows("SELECT next_week_end($1, at) AS ends FROM unnest($2::timestamptz[]) AS at", zone, moments)
            assert [row["ends"] for row in found] == [next_monday(zone, at) for at in moments]

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(zone=st.sampled_from(ZONES), start=st.datetimes(dt.datetime(2001, 1, 1), dt.datetime(2035, 1, 1)))
    async def test_every_week_has_three_and_a_half_to_ten_and_a_half_days(
        self, world: World, zone: str, start: dt.datetime
    ) -> None:
        starts = start.replace(tzinfo=dt.UTC)
        ends = await db.scalar("SELECT next_week_end($1, $2)", zone, starts)
        assert HALF_A_WEEK <= ends - starts <= 3 * HALF_A_WEEK + dt.timedelta(hours=1)
        assert (ends.astimezone(ZoneInfo(zone)) - dt.timedelta(seconds=1)).weekday() == 6


async def bounds(person: Person) -> tuple[dt.datetime, dt.datetime]:
    row = await db.row("SELECT week_starts, week_ends FROM workload WHERE freelancer_id = $1", person.id)
    assert row is not None
    return row["week_starts"], row["week_ends"]


async def refreshed(person: Person, at: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    await db.execute("SELECT refresh_workload($1, $2)", person.id, at)
    return await bounds(person)


async def version(person: Person, starts: dt.datetime, world: World, *, zone: str = "Europe/Moscow", norm: int = 100) -> None:
    """The next version of a contract, accepted half a day ahead."""
    offer = await db.scalar(
        """INSERT INTO contract_offer (freelancer_id, rate, weekly_norm, weekly_cap, max_held, zone, cadence, regime, notice_days, text,
                                       sha256, offered_by, expires_at)
           VALUES ($1, 'r', $3, 1000, 5, $4, 'weekly', 'none', 14, 'words', encode(sha256('words'), 'hex'), $2, now() + interval '1 day')
           RETURNING id""",
        person.id,
        world.curator.id,
        norm,
        zone,
    )
    await db.execute(
        """INSERT INTO contract (freelancer_id, version, zone, weekly_norm, weekly_cap, max_held, starts_at, accepted_at, offer_id)
           SELECT $1, 1 + coalesce(max(version), 0), $2, $3, 1000, 5, $4, $4::timestamptz - interval '12 hours', $5
           FROM contract WHERE freelancer_id = $1""",
        person.id,
        zone,
        norm,
        starts,
        offer,
    )
    await db.execute("SELECT apply_contract($1)", person.id)


class TestRollingOver:
    FIRST = moment("2026-01-05T00:00:00+03:00")

    async def test_weeks_follow_each_other_without_holes_however_long_nobody_asked(self, world: World) -> None:
        anna = await world.person("anna")
        await version(anna, self.FIRST, world)
        await db.execute(
            "UPDATE workload SET week_starts = $1::timestamptz, week_ends = $1::timestamptz + interval '7 days'", self.FIRST
        )
        assert await refreshed(anna, moment("2026-04-22T12:00:00Z")) == (
            moment("2026-04-20T00:00:00+03:00"),
            moment("2026-04-27T00:00:00+03:00"),
        )

    async def test_a_clock_put_back_changes_nothing(self, world: World) -> None:
        anna = await world.person("anna")
        await version(anna, self.FIRST, world)
        now = await bounds(anna)
        assert await refreshed(anna, moment("2026-01-20T12:00:00Z")) == now

    async def test_a_new_zone_counts_from_the_next_week_on_and_moves_no_bound(self, world: World) -> None:
        # Vladivostok is seven hours before Moscow. The version begins on a Wednesday; that week ends at midnight in Moscow still, and
        # the next one at midnight in Vladivostok, seven hours short of seven days.
        anna = await world.person("anna")
        await version(anna, self.FIRST, world)
        await db.execute(
            "UPDATE workload SET week_starts = $1::timestamptz, week_ends = $1::timestamptz + interval '7 days'", self.FIRST
        )
        await version(anna, moment("2026-01-14T09:00:00+03:00"), world, zone="Asia/Vladivostok", norm=40)
        await db.execute(
            "UPDATE workload SET week_starts = $1::timestamptz, week_ends = $1::timestamptz + interval '7 days'", self.FIRST
        )
        assert await refreshed(anna, moment("2026-01-15T12:00:00Z")) == (
            moment("2026-01-12T00:00:00+03:00"),
            moment("2026-01-19T00:00:00+03:00"),
        )
        assert await refreshed(anna, moment("2026-01-20T12:00:00Z")) == (
            moment("2026-01-19T00:00:00+03:00"),
            moment("2026-01-26T00:00:00+10:00"),
        )

    async def test_the_weeks_are_the_same_however_often_they_were_looked_at(self, world: World) -> None:
        anna, boris = await world.person("anna"), await world.person("boris")
        for person in (anna, boris):
            await version(person, self.FIRST, world)
            await version(person, moment("2026-02-11T09:00:00+03:00"), world, zone="America/New_York")
        await db.execute(
            "UPDATE workload SET week_starts = $1::timestamptz, week_ends = $1::timestamptz + interval '7 days'", self.FIRST
        )
        for day in range(60):
            await refreshed(anna, self.FIRST + dt.timedelta(days=day))
        assert await bounds(anna) == await refreshed(boris, self.FIRST + dt.timedelta(days=59))


class TestTerms:
    async def test_a_version_that_begins_within_the_week_changes_the_caps_by_the_clock_alone(self, world: World) -> None:
        await world.project(choice_step(overlap=1))
        await world.tickets(3)
        anna = await world.worker("anna", weekly_cap=1, weekly_norm=1)
        await anna.claim()
        assert (await anna.call("POST", "/assignments", {"count": 1})).json()["code"] == "weekly_cap_reached"
        before = await bounds(anna)
        await version(anna, await db.scalar("SELECT clock_timestamp() + interval '1 minute'"), world)
        assert (await anna.call("POST", "/assignments", {"count": 1})).json()["code"] == "weekly_cap_reached"
        await world.as_owner(
            "ALTER TABLE contract DISABLE TRIGGER USER",
            "UPDATE contract SET starts_at = starts_at - interval '1 minute' WHERE version = 2",
            "UPDATE workload SET terms_until = terms_until - interval '1 minute' WHERE terms_until IS NOT NULL",
        )
        assert len(await anna.claim()) == 1
        assert await bounds(anna) == before
        assert (await anna.ok("GET", "/work"))["weekly_cap"] == 1000

    async def test_after_the_end_of_a_contract_nothing_can_be_claimed_but_what_is_held_may_be_finished(
        self, world: World
    ) -> None:
        await world.project(choice_step(overlap=1))
        await world.tickets(3)
        anna = await world.worker("anna")
        first, second = await anna.claim(2)
        await db.execute(
            """INSERT INTO contract_end (freelancer_id, version, ends_at, ended_by, reason)
               VALUES ($1, 1, clock_timestamp(), $2, 'moves away')""",
            anna.id,
            world.curator.id,
        )
        await db.execute("SELECT apply_contract($1)", anna.id)
        assert (await anna.call("POST", "/assignments", {"count": 1})).json()["code"] == "no_contract"
        assert (await anna.call("GET", "/work")).json()["code"] == "no_contract"
        assert (await anna.answer(first, {"topic": "a"}, next={"count": 1})).json()["next"] == []
        await anna.ok("POST", f"/assignments/{second['id']}/release")

    async def test_a_contract_that_has_not_begun_does_not_count(self, world: World) -> None:
        await world.project()
        await world.tickets(1)
        anna = await world.person("anna")
        await version(anna, await db.scalar("SELECT clock_timestamp() + interval '1 day'"), world)
        assert (await anna.call("POST", "/assignments", {"count": 1})).json()["code"] == "no_contract"
