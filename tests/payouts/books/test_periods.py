"""Weeks and their bounds, late facts, closing and cutting off."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from piecework.payouts.books import periods
from piecework.payouts.closing import closing
from piecework.payouts.errors import PeriodClosed, PeriodNotEnded
from piecework.payouts.models import Period
from piecework.platform import db
from piecework.platform.errors import NotFound
from piecework.platform.ids import uuid7
from tests.payouts import builders as b
from tests.traceless import nothing_changes, rehearsed

pytestmark = pytest.mark.usefixtures("database")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


async def test_a_week_is_monday_to_monday_in_its_zone(subtests: pytest.Subtests) -> None:
    async with nothing_changes():
        for zone, at, starts, hours in [
            ("Europe/Moscow", "2025-03-05T12:00", "2025-03-02T21:00", 168),
            ("Europe/Berlin", "2025-03-30T12:00", "2025-03-23T23:00", 167),  # the clock goes forward within
            ("Europe/Berlin", "2025-10-26T12:00", "2025-10-19T22:00", 169),  # and back
            ("Europe/Berlin", "2020-12-31T12:00", "2020-12-27T23:00", 168),  # ISO week 53
            ("Europe/Berlin", "2021-01-03T22:59:59.999999", "2020-12-27T23:00", 168),  # its last microsecond
            ("Europe/Berlin", "2021-01-03T23:00", "2021-01-03T23:00", 168),  # the first moment of week 1
            ("Asia/Kathmandu", "2025-01-06T00:00", "2025-01-05T18:15", 168),
            ("Asia/Tehran", "2021-03-22T12:00", "2021-03-21T20:30", 167),  # this Monday had no midnight
            ("Asia/Tehran", "2021-03-21T12:00", "2021-03-14T20:30", 168),
            ("America/New_York", "2024-02-29T04:00", "2024-02-26T05:00", 168),
        ]:
            with subtests.test(zone=zone, at=at, starts=starts, hours=hours):
                async with rehearsed():
                    await b.policy(zone=zone)
                    async with db.transaction():
                        held = await periods.hold([("RUB", "weekly", utc(at))])
                    period = await Period.get(id=held["RUB", "weekly", utc(at)])
                    assert (period.starts_at, period.ends_at) == (utc(starts), utc(starts) + timedelta(hours=hours))
                    assert period.zone == zone
                    assert (period.starts_at.astimezone(UTC)) <= utc(at) < period.ends_at


async def test_weeks_of_years_leave_no_gap(subtests: pytest.Subtests) -> None:
    start = utc("2011-06-01T12:00")
    async with nothing_changes():
        for zone in ["Europe/Berlin", "Asia/Tehran", "America/Sao_Paulo", "Pacific/Apia"]:
            with subtests.test(zone=zone):
                async with rehearsed():
                    await b.policy(zone=zone)
                    async with db.transaction():
                        await periods.hold([("RUB", "weekly", start + n * b.WEEK) for n in range(160)])
                    gaps = """SELECT * FROM (SELECT ends_at, lead(starts_at) OVER (ORDER BY starts_at) AS next FROM period) s
                              WHERE next IS NOT NULL AND next <> ends_at"""
                    assert await db.rows(gaps) == []
                    assert await db.scalar("SELECT count(*) FROM period") == 160


async def test_the_current_week_is_made_once_on_demand() -> None:
    first = await periods.current()
    assert await periods.current() == first
    assert await db.scalar("SELECT count(*) FROM period WHERE starts_at <= now() AND now() < ends_at") == 1


async def test_a_change_of_zone_leaves_neither_gap_nor_overlap() -> None:
    async with db.transaction():
        await periods.hold([("RUB", "weekly", utc("2025-03-05T12:00"))])
    await b.policy(zone="Europe/Berlin")
    async with db.transaction():
        await periods.hold([("RUB", "weekly", utc("2025-03-12T12:00")), ("RUB", "weekly", utc("2025-03-09T22:00"))])
    found = await db.rows("SELECT starts_at, ends_at FROM period ORDER BY starts_at")
    bounds = [(r["starts_at"], r["ends_at"]) for r in found]
    assert bounds == [
        (utc("2025-03-02T21:00"), utc("2025-03-09T21:00")),
        (utc("2025-03-09T21:00"), utc("2025-03-09T23:00")),
        (utc("2025-03-09T23:00"), utc("2025-03-16T23:00")),
    ]


async def test_the_database_refuses_an_overlap() -> None:
    await periods.current()
    with pytest.raises(asyncpg.ExclusionViolationError):
        await db.execute("INSERT INTO period (starts_at, ends_at, zone) VALUES (now(), now() + interval '1 hour', 'UTC')")
    await db.execute(
        "INSERT INTO period (currency, starts_at, ends_at, zone) VALUES ('EUR', now(), now() + interval '1 hour', 'UTC')"
    )


async def test_a_late_fact_goes_to_the_next_period_with_its_true_time() -> None:
    project, anna = await b.project(), await b.person()
    await b.earned(project, anna, 10_000)
    week1 = await b.period_of(b.LONG_AGO)
    async with db.transaction():
        await closing.close(week1, None)
    late = await b.earned(project, anna, 700)
    entry = await db.row("SELECT period_id, effective_at FROM entry WHERE business_key = $1", f"accrue:{late}")
    assert entry is not None
    assert entry["effective_at"] == b.LONG_AGO + timedelta(hours=1)
    assert entry["period_id"] == await periods.current(), "nothing lay between, so it is paid with this week"

    await b.earned(project, anna, 900, at=b.LONG_AGO + 2 * b.WEEK)  # makes week 3, which is open
    late = await b.earned(project, anna, 800)
    week3 = await b.period_of(b.LONG_AGO + 2 * b.WEEK)
    assert await db.scalar("SELECT period_id FROM entry WHERE business_key = $1", f"accrue:{late}") == week3
    assert await db.scalar("SELECT total FROM period WHERE id = $1", week1) == 10_000
    assert not await b.broken()


async def test_a_gap_before_a_closed_period_is_not_opened_again() -> None:
    project, anna = await b.project(), await b.person()
    await b.earned(project, anna, at=b.LONG_AGO + b.WEEK)
    async with db.transaction():
        await closing.close(await b.period_of(b.LONG_AGO + b.WEEK), None)
    await b.earned(project, anna)
    assert await db.scalar("SELECT count(*) FROM period WHERE starts_at < $1", b.LONG_AGO) == 0
    assert not await b.broken()


async def test_pending_in_one_week_and_payable_in_the_next() -> None:
    project, anna = await b.project(), await b.person()
    done = await b.assignment(project, anna)
    await b.announce(done, "submitted")
    await b.run_jobs()
    async with db.transaction():
        facts = await closing.close(await b.period_of(b.LONG_AGO), None)
    assert facts["total"] == 0, "pending is not earned yet"
    await b.decide(done, "accepted", b.LONG_AGO + b.WEEK)
    await b.run_jobs()
    async with db.transaction():
        facts = await closing.close(await b.period_of(b.LONG_AGO + b.WEEK), None)
    assert facts["total"] == 25_100
    assert not await b.broken()


async def test_closing_refuses_what_does_not_fit() -> None:
    current = await periods.current()
    with pytest.raises(NotFound):
        await closing.close(uuid7(), None)
    with pytest.raises(PeriodNotEnded):
        await closing.close(current, None)
    future = await db.scalar(
        "INSERT INTO period (starts_at, ends_at, zone) SELECT ends_at, ends_at + interval '7 days', zone FROM period RETURNING id"
    )
    with pytest.raises(PeriodNotEnded):
        async with db.transaction():
            await closing.close(future, None, cut_off=True)
    assert await db.scalar("SELECT count(*) FROM period WHERE state = 'open'") == 2


async def test_cutting_off_ends_the_week_now_and_opens_the_rest() -> None:
    project, anna = await b.project(), await b.person()
    now = await db.scalar("SELECT clock_timestamp()")
    done = await b.assignment(project, anna, at=now, price=5_000)
    await b.decide(done, "accepted", now)
    await b.run_jobs()
    whole = await Period.get(id=await periods.current())
    async with db.transaction():
        facts = await closing.close(whole.id, anna, cut_off=True)
    assert facts["total"] == 5_000
    with pytest.raises(PeriodClosed):
        async with db.transaction():
            await closing.close(whole.id, anna, cut_off=True)
    cut = await Period.get(id=whole.id)
    rest = await Period.get(id=await periods.current())
    assert (cut.starts_at, cut.ends_at, rest.ends_at) == (whole.starts_at, rest.starts_at, whole.ends_at)
    assert cut.closed_by == anna
    late = await b.assignment(project, anna, at=now, price=100)
    await b.decide(late, "accepted", now)
    await b.run_jobs()
    assert await db.scalar("SELECT period_id FROM entry WHERE business_key = $1", f"accrue:{late}") == rest.id
    assert not await b.broken()


async def test_periods_of_each_cadence_have_their_bounds_and_their_name(subtests: pytest.Subtests) -> None:
    async with nothing_changes():
        for cadence, at, starts, ends, name in [
            ("weekly", "2021-01-03T12:00", "2020-12-27T21:00", "2021-01-03T21:00", "2020-W53"),
            ("weekly", "2026-11-22T12:00", "2026-11-15T21:00", "2026-11-22T21:00", "2026-W47"),
            ("half_monthly", "2026-02-15T20:59:59", "2026-01-31T21:00", "2026-02-15T21:00", "2026-02-H1"),
            ("half_monthly", "2026-02-15T21:00", "2026-02-15T21:00", "2026-02-28T21:00", "2026-02-H2"),
            ("monthly", "2026-12-31T20:59:59", "2026-11-30T21:00", "2026-12-31T21:00", "2026-12"),
        ]:
            with subtests.test(cadence=cadence, at=at, starts=starts, ends=ends, name=name):
                async with rehearsed():
                    async with db.transaction():
                        held = await periods.hold([("RUB", cadence, utc(at))])
                    period = await Period.get(id=held["RUB", cadence, utc(at)])
                    assert (period.starts_at, period.ends_at, period.name) == (utc(starts), utc(ends), name)


async def test_what_is_left_of_a_week_after_a_cut_off_is_named_as_its_second_part() -> None:
    whole = await Period.get(id=await periods.current())
    async with db.transaction():
        await closing.close(whole.id, None, cut_off=True)
    assert (await Period.get(id=await periods.current())).name == f"{whole.name}.2"


async def test_a_person_is_paid_by_the_cadence_of_their_terms_at_the_time_of_the_fact() -> None:
    project, anna, boris = await b.project(), await b.person(), await b.person("Boris")
    now = await db.scalar("SELECT clock_timestamp()")
    await db.execute(
        """INSERT INTO pay_terms (freelancer_id, version, cadence, regime, starts_at, reason)
           VALUES ($1, 1, 'monthly', 'none', $2, 'as agreed')""",
        boris,
        now,
    )
    for who in (anna, boris):
        await b.earned(project, who, 700, at=await db.scalar("SELECT clock_timestamp()"), delay=timedelta())
    await b.earned(project, boris, 800)  # long before these terms
    found = await db.rows(
        """SELECT l.owner::uuid AS owner, period.cadence, sum(s.amount)::int AS amount FROM period_sum s
           JOIN period ON period.id = s.period_id JOIN ledger_account l ON l.id = s.account_id GROUP BY 1, 2"""
    )
    assert {(r["owner"], r["cadence"]): r["amount"] for r in found} == {
        (anna, "weekly"): 700,
        (boris, "monthly"): 700,
        (boris, "weekly"): 800,
    }
    assert not await b.broken()
