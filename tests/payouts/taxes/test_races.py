"""Closings that concern the same people, and what changes the rules under them, on real connections.

Two guards keep a tax year right: closings of one currency wait for each other, and a statement's number in its year is unique. With the
first taken away the second refuses one closing; with both taken away the same test shows tax that is too low.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import UUID

import asyncpg
import pytest

from piecework.payouts.closing import closing
from piecework.payouts.payees import terms
from piecework.payouts.taxes import recomputing, tables, withholding
from piecework.payouts.taxes.tables import Regime, TaxSpec
from piecework.platform import db
from piecework.platform.money import UNIT
from tests import races
from tests.payouts import builders as b
from tests.payouts.taxes import closings as c

UNLOCKED = "CREATE OR REPLACE FUNCTION lock_withholding(its_currency text) RETURNS void LANGUAGE sql AS $$ SELECT $$"
UNRULED = "CREATE OR REPLACE FUNCTION hold_tax_rules() RETURNS void LANGUAGE sql AS $$ SELECT $$"
HALF = 2_400_000_00


async def first_then(
    first: Callable[[], Awaitable[object]], second: Callable[[], Awaitable[object]], watcher: asyncpg.Connection
) -> list[BaseException | None]:
    """Run `first` in a transaction, and `second` in another between its last statement and its commit; how each ended."""
    worked = asyncio.Event()

    async def after() -> None:
        await worked.wait()
        async with db.transaction():
            await second()

    async def before() -> None:
        async with db.transaction():
            await first()
            worked.set()
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            while not task.done() and not await watcher.fetchval(waiting):  # noqa: ASYNC110 - the database tells, no event of ours
                await asyncio.sleep(0)

    task = asyncio.create_task(after())
    ends = await asyncio.gather(before(), task, return_exceptions=True)
    return list(ends)


async def two_periods(anna: UUID) -> list[UUID]:
    await c.terms(anna, "individual")
    return [await c.earn(anna, HALF, c.moment(2025, 3), cadence) for cadence in ("weekly", "monthly")]


def closes(period_id: UUID) -> Callable[[], Awaitable[object]]:
    return lambda: closing.close(period_id, None)


async def test_two_closings_of_one_person_see_each_other(owner: asyncpg.Connection) -> None:
    anna = await b.person()
    weekly, monthly = await two_periods(anna)
    assert await first_then(closes(weekly), closes(monthly), owner) == [None, None]
    assert [(await c.statement(one, anna))["tax"] // UNIT for one in (weekly, monthly)] == [312_000, 360_000]
    assert [await recomputing.recompute(one) for one in (weekly, monthly)] == [[], []]
    assert not await c.broken()


async def test_without_the_lock_the_database_refuses_the_second(owner: asyncpg.Connection) -> None:
    await owner.execute(UNLOCKED)
    anna = await b.person()
    weekly, monthly = await two_periods(anna)
    ended, refused = await first_then(closes(weekly), closes(monthly), owner)
    assert ended is None
    assert isinstance(refused, asyncpg.UniqueViolationError)
    assert not await c.broken()


async def test_without_both_guards_the_tax_is_too_low_and_the_checks_say_so(owner: asyncpg.Connection) -> None:
    await owner.execute(UNLOCKED)
    await owner.execute("DROP INDEX statement_tax_year")
    anna = await b.person()
    weekly, monthly = await two_periods(anna)
    assert await first_then(closes(weekly), closes(monthly), owner) == [None, None]
    assert [(await c.statement(one, anna))["tax"] // UNIT for one in (weekly, monthly)] == [312_000, 312_000]
    assert await c.broken() == {"payouts.tax_years_are_cumulative"}


async def test_many_pairs_of_closings_at_once(database: db.Config) -> None:
    people = [await b.person(f"person {n}") for n in range(5)]
    for person in people:
        await c.terms(person, "individual")
    for month in range(1, 7):
        made = [
            await c.earn(person, 600_000_33 + month, c.moment(2025, month), cadence)
            for person in people
            for cadence in ("weekly", "half_monthly", "monthly")
        ]
        await asyncio.gather(*(c.close(period_id) for period_id in sorted(set(made))))
    assert await db.scalar("SELECT count(*) FROM statement") == 5 * 3 * 6
    assert not await c.broken()
    for period in await db.rows("SELECT id FROM period WHERE state = 'closed'"):
        assert await recomputing.recompute(period["id"]) == []


@pytest.mark.parametrize("early", [True, False])
async def test_closings_that_round_different_people_do_not_wait_in_a_circle(
    owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, early: bool
) -> None:
    """Each has posted its roundings before either withholds; unless `early`, they begin to wait for each other only there."""
    waits = withholding.one_at_a_time if early else _at_once
    stops = races.stop_before(withholding.withhold)
    monkeypatch.setattr(closing, "withholding", SimpleNamespace(one_at_a_time=waits, withhold=stops))
    people = [await b.person(f"person {n}") for n in range(2)]
    for person in people:
        await c.terms(person, "individual")
    await c.close(await c.earn(people[0], 0, c.moment(2025, 1), part=33))  # the account `rounding` is there: nobody waits for it
    made = set()
    for cadence, rounded in zip(("weekly", "monthly"), people, strict=True):
        made |= {await c.earn(person, 1_000_00, c.moment(2025, 2), cadence) for person in people}
        await c.earn(rounded, 0, c.moment(2025, 2), cadence, part=33)
    ends = await races.race(owner, *(c.close(period_id) for period_id in made))
    assert any(isinstance(one, asyncpg.DeadlockDetectedError) for one in ends) == (not early)
    assert ends.count(None) == (2 if early else 1)
    assert not await c.broken()


async def _at_once(_currency: str) -> None:
    """Do not wait."""


@pytest.mark.parametrize("guarded", [True, False])
async def test_a_closing_sees_the_terms_that_begin_just_before_it(owner: asyncpg.Connection, guarded: bool) -> None:
    if not guarded:
        await owner.execute(UNRULED)
    anna, finance = await b.person(), await b.person("Fedor", "finance")
    await c.terms(anna, "individual")
    period_id = await c.earn(anna, 100_00, datetime.now(UTC))

    async def agree() -> None:
        await terms.agree(finance, anna, cadence="monthly", regime=Regime.NONE, starts_at=None, reason="no longer ours")

    async def cut_off() -> None:
        await closing.close(period_id, None, cut_off=True)

    assert await first_then(agree, cut_off, owner) == [None, None]
    assert (await recomputing.recompute(period_id) == []) == guarded
    assert (await c.statement(period_id, anna))["regime"] == ("none" if guarded else "individual")


async def test_a_table_added_while_a_period_closes_waits_for_it(owner: asyncpg.Connection) -> None:
    anna = await b.person()
    period_id = await c.earn(anna, 100_00, c.moment(2025, 1))
    waited: list[bool] = []

    async def add() -> None:
        await tables.add(None, Regime.NONE, datetime(2090, 1, 1, tzinfo=UTC).date(), TaxSpec(note="none"), "for later")
        waited.append(await db.scalar("SELECT state = 'closed' FROM period WHERE id = $1", period_id))

    assert await first_then(closes(period_id), add, owner) == [None, None]
    assert waited == [True]
