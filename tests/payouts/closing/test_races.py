"""Closing against accruals on real connections, and closing against closing.

Two guards keep a closed period's sums: the accrual holds the period's row FOR SHARE, and the trigger on `entry` does so again. Either
is enough. With both taken away (and the foreign key, whose check happens to lock the row too) the same test shows wrong totals.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from piecework.payouts.books import periods, queries
from piecework.payouts.closing import closing
from piecework.payouts.earning import accruals
from piecework.payouts.errors import PeriodClosed
from piecework.platform import db
from tests.payouts import builders as b

ROUNDS = 30

UNGUARDED_TRIGGER = """
CREATE OR REPLACE FUNCTION entry_needs_open_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT state FROM period WHERE id = NEW.period_id) = 'closed' THEN
        RAISE EXCEPTION 'period is not open' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;"""


async def _blocked_or(done: "asyncio.Task[None]", watcher: asyncpg.Connection) -> None:
    """Return when the other side has ended or waits for a lock of ours."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    while not done.done() and not await watcher.fetchval(waiting):  # noqa: ASYNC110 - the database tells, no event of ours
        await asyncio.sleep(0)


async def _first_then(
    first: Callable[[], Awaitable[object]], second: Callable[[], Awaitable[object]], watcher: asyncpg.Connection
) -> None:
    """Run `first` in a transaction, and `second` between its last statement and its commit."""

    async def other() -> None:
        async with db.transaction():
            await second()

    worked = asyncio.Event()

    async def one() -> None:
        async with db.transaction():
            await first()
            worked.set()
            await _blocked_or(task, watcher)

    async def after() -> None:
        await worked.wait()
        await other()

    task = asyncio.create_task(after())
    await asyncio.gather(one(), task)


async def _both(one: Callable[[], Awaitable[object]], two: Callable[[], Awaitable[object]]) -> None:
    async def run(work: Callable[[], Awaitable[object]]) -> None:
        async with db.transaction():
            await work()

    await asyncio.gather(run(one), run(two))


async def _race(number: int, project: b.Project, people: list[UUID], watcher: asyncpg.Connection) -> bool:
    """One round in a week of its own; True if the closed period's stored total is what its postings sum to."""
    at = b.LONG_AGO + number * b.WEEK
    price = 10_000 if number % 2 else 10_033
    await b.earned(project, people[0], price, at=at)
    period = await b.period_of(at)
    more = [await b.assignment(project, who, price=price, state="accepted", at=at) for who in people]

    async def accrue() -> None:
        await accruals.accrue(more)

    async def close() -> None:
        await closing.close(period, None)

    try:
        if number % 3 == 0:
            await _first_then(accrue, close, watcher)
        elif number % 3 == 1:
            await _first_then(close, accrue, watcher)
        else:
            await _both(accrue, close)
    except (asyncpg.CheckViolationError, ValueError):
        return False  # what was rounded is not what is taxed and stated: the last of the guards refuses to close at all
    except asyncpg.RestrictViolationError:
        async with db.transaction():  # the trigger alone refused: the job runs again, as the runner would
            await accrue()
    recomputed = await db.scalar(
        """SELECT coalesce(-sum(p.amount), 0) FROM entry e JOIN posting p ON p.entry_id = e.id
           JOIN ledger_account l ON l.id = p.account_id WHERE e.period_id = $1 AND l.kind = 'payable'""",
        period,
    )
    return bool(recomputed == await db.scalar("SELECT total FROM period WHERE id = $1 AND state = 'closed'", period))


@pytest.mark.parametrize(
    ("in_code", "in_trigger"),
    [(True, True), (True, False), (False, True), (False, False)],
    ids=["both guards", "code alone", "trigger alone", "no guard"],
)
async def test_accruals_against_closing(
    in_code: bool, in_trigger: bool, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not in_code:
        monkeypatch.setattr(queries, "HOLD_OPEN", queries.HOLD_OPEN.replace(" FOR SHARE", ""))
    if not in_trigger:
        await owner.execute(UNGUARDED_TRIGGER)
    if not (in_code and in_trigger):
        await owner.execute("ALTER TABLE entry DROP CONSTRAINT entry_period_fkey")
    project, people = await b.project(), [await b.person() for _ in range(3)]
    right = [await _race(number, project, people, owner) for number in range(ROUNDS)]
    if in_code or in_trigger:
        assert all(right)
        assert not await b.broken()
        accrued = await db.scalar("SELECT count(*) FROM entry WHERE kind = 'accrue'")
        assert accrued == ROUNDS * (len(people) + 1), "none was lost"
    else:
        assert not all(right), "without any guard some total must be wrong, or this test shows nothing"


async def test_of_two_closes_one_wins(database: db.Config) -> None:
    project, anna = await b.project(), await b.person()
    for number in range(10):
        at = b.LONG_AGO + number * b.WEEK
        await b.earned(project, anna, 10_033, at=at)
        period = await b.period_of(at)

        async def close(which: UUID = period) -> object:
            async with db.transaction():
                return await closing.close(which, None)

        outcomes = await asyncio.gather(*(close() for _ in range(4)), return_exceptions=True)
        assert sorted(type(o).__name__ for o in outcomes) == ["PeriodClosed", "PeriodClosed", "PeriodClosed", "dict"]
        assert PeriodClosed.code == "period_closed"
    assert await db.scalar("SELECT count(*) FROM entry WHERE kind = 'round'") == 10
    assert not await b.broken()


async def test_of_two_cut_offs_one_wins(database: db.Config) -> None:
    current = await periods.current()

    async def cut() -> object:
        async with db.transaction():
            return await closing.close(current, None, cut_off=True)

    outcomes = await asyncio.gather(*(cut() for _ in range(4)), return_exceptions=True)
    assert sorted(type(o).__name__ for o in outcomes) == ["PeriodClosed", "PeriodClosed", "PeriodClosed", "dict"]
    assert await db.scalar("SELECT count(*) FROM period") == 2


async def test_the_same_jobs_at_the_same_time(database: db.Config) -> None:
    project, people = await b.project(), [await b.person() for _ in range(5)]
    done = [await b.assignment(project, who, price=777, state="accepted") for who in people for _ in range(20)]

    async def run(work: Callable[[list[UUID]], Awaitable[int]], ids: list[UUID]) -> int:
        async with db.transaction():
            return await work(ids)

    made = await asyncio.gather(
        run(accruals.accrue, done), run(accruals.pend, done[::-1]), run(accruals.accrue, done[::-1]), run(accruals.pend, done)
    )
    assert made[0] + made[2] == len(done)
    assert await b.balances() == {"task_expense": 77_700, "pending": 0, "payable": 77_700}
    assert not await b.broken()


async def test_a_cut_off_that_waited_cuts_after_what_it_waited_for(database: db.Config) -> None:
    project, anna = await b.project(), await b.person()
    current = await periods.current()
    begun, recorded = asyncio.Event(), asyncio.Event()

    async def cut() -> None:
        async with db.transaction():
            await db.scalar("SELECT now()")
            begun.set()
            await recorded.wait()
            await closing.close(current, None, cut_off=True)

    async def accrue() -> None:
        await begun.wait()
        await b.earned(project, anna, at=await db.scalar("SELECT clock_timestamp()"), delay=timedelta())
        recorded.set()

    await asyncio.gather(cut(), accrue())
    outside = """SELECT e.id FROM entry e JOIN period p ON p.id = e.period_id
                 WHERE p.id = $1 AND (e.effective_at >= p.ends_at OR e.recorded_at >= p.ends_at) AND e.kind <> 'round'"""
    assert await db.rows(outside, current) == []
    assert await db.scalar("SELECT total FROM period WHERE id = $1", current) == 25_100


async def test_making_periods_and_cutting_off_do_not_deadlock(owner: asyncpg.Connection) -> None:
    current = await periods.current()
    now = await db.scalar("SELECT clock_timestamp()")
    made = asyncio.Event()

    async def cut() -> None:
        await made.wait()
        async with db.transaction():
            await closing.close(current, None, cut_off=True)

    task = asyncio.create_task(cut())

    async def make_and_hold() -> None:
        async with db.transaction():
            await periods.hold([("EUR", "weekly", now)])
            made.set()
            await _blocked_or(task, owner)
            held = await periods.hold([("RUB", "weekly", now)])
            assert held["RUB", "weekly", now] == current

    await asyncio.gather(make_and_hold(), task)
    assert await db.scalar("SELECT state FROM period WHERE id = $1", current) == "closed"
