"""python -m bench.closing [--accruals 10000000] [--races 1000]: how closing grows, how fast accruals are booked, and whether they race.

Closing: fills ledgers of a hundredth, a tenth and all of the accruals (bench/books.py; people grow with them, up to 10,000), closes the
period in one transaction and prints the seconds, beside those of the plain statement that adds the same postings up. Accruing: books
answers as the worker's two jobs do, in batches, and prints how many a second. Racing: closes a period while answers are accrued into
it, so many times, and counts totals that are not what their postings sum to. Starts its servers in a temporary folder and removes it.
"""

import argparse
import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from bench import books, stand
from piecework.payouts.closing import closing
from piecework.payouts.earning import accruals
from piecework.platform import composition, db
from piecework.platform.jobs import connect_subscriptions

PEOPLE = 10_000
BATCH = 200
ACCRUED = 40_000
LONG_AGO = datetime(2006, 1, 4, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
LIMIT_S = 3_000.0

TERMS = """
INSERT INTO pay_terms (freelancer_id, version, cadence, regime, starts_at, created_at, reason)
SELECT id, 1, 'weekly', 'individual', '2020-01-01', '2020-01-01', 'half of them are taxed'
FROM account WHERE roles = '{freelancer}' AND get_byte(uuid_send(id), 15) % 2 = 0"""

PLAIN = """
SELECT count(*) FROM (
    SELECT p.account_id, sum(p.amount) FROM entry e JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id
    WHERE e.period_id = $1 AND l.kind = 'payable' GROUP BY 1) s"""


async def close_at(opened: stand.Stand, size: int) -> None:
    """One size: fill, close, add up."""
    name = f"closing_{size}"
    await opened.create(name)
    config = composition.database_config(opened.url(name))
    await db.migrate(config)
    people = max(10, min(PEOPLE, size // 1000))
    started = time.perf_counter()
    async with opened.connection(name) as connection:
        period = await books.period(connection)
        await books.make(connection, people, size, period, evidence=False)
        await connection.execute(TERMS)
        filled = time.perf_counter() - started
        started = time.perf_counter()
        await connection.fetchval(PLAIN, period.id, timeout=LIMIT_S)
        plain = time.perf_counter() - started
    async with db.connected(config):
        started = time.perf_counter()
        async with db.transaction():
            facts = await closing.close(period.id, None)
        took = time.perf_counter() - started
        statements = await db.scalar("SELECT count(*) FROM statement")
    print(
        f"closing {size} accruals of {people} people: {took:.1f} s ({statements} statements, {facts['entries']} entries, "
        f"{facts['rounded']} rounded); adding the postings up: {plain:.1f} s; filled in {filled:.0f} s",
        flush=True,
    )
    await opened.drop(name)


async def accrue(opened: stand.Stand) -> None:
    """Pend and accrue as the jobs do, one batch after the other, on one connection."""
    await opened.create("accruing")
    config = composition.database_config(opened.url("accruing"))
    await db.migrate(config)
    async with opened.connection("accruing") as connection:
        await books.make(connection, 500, ACCRUED, await books.period(connection))
        await connection.execute("SET session_replication_role = replica")  # the answers stay, their money goes
        for table in ("posting", "entry", "balance", "period_sum"):
            await connection.execute(f"DELETE FROM {table}")
    connect_subscriptions(composition.subscriptions())
    async with db.connected(config):
        ids = [row["id"] for row in await db.rows("SELECT id FROM assignment ORDER BY id")]
        started = time.perf_counter()
        for work in (accruals.pend, accruals.accrue):
            for first in range(0, len(ids), BATCH):
                async with db.transaction():
                    await work(ids[first : first + BATCH])
        took = time.perf_counter() - started
    print(
        f"{len(ids)} answers pended and accrued in {took:.1f} s: {len(ids) / took:.0f} answers/s, one worker, batches of {BATCH}",
        flush=True,
    )
    await opened.drop("accruing")


async def race(opened: stand.Stand, rounds: int) -> None:
    """Close while accruals of the same period are under way."""
    await opened.create("racing")
    config = composition.database_config(opened.url("racing"))
    await db.migrate(config)
    wrong = landed = 0
    async with db.connected(config):
        of = await _project()
        for number in range(rounds):
            at = LONG_AGO + number * WEEK  # ever later: what is dated before a closed period would be late
            first, *rest = [await _accepted(of, at) for _ in range(6)]
            await _in_transaction(accruals.accrue, [first])
            period = await db.scalar("SELECT period_id FROM entry WHERE business_key = $1", f"accrue:{first}")
            await asyncio.gather(
                *(_in_transaction(accruals.accrue, [one]) for one in rest), _in_transaction(closing.close, period, None)
            )
            row = await db.row(
                """SELECT total, (SELECT coalesce(-sum(p.amount), 0) FROM entry e JOIN posting p ON p.entry_id = e.id
                   JOIN ledger_account l ON l.id = p.account_id WHERE e.period_id = period.id AND l.kind = 'payable') AS found,
                   (SELECT count(*) FROM entry e WHERE e.period_id = period.id AND e.kind = 'accrue') AS inside FROM period WHERE id = $1""",
                period,
            )
            assert row is not None
            wrong += row["total"] != row["found"]
            landed += row["inside"] - 1
        accrued = await db.scalar("SELECT count(*) FROM entry WHERE kind = 'accrue'")
    print(
        f"{rounds} races of closing against 5 accruals: {wrong} totals wrong, {accrued - 6 * rounds} accruals lost or doubled; "
        f"{landed} of {5 * rounds} came in before the closing",
        flush=True,
    )
    await opened.drop("racing")


async def _in_transaction(work: Any, *given: Any) -> None:
    async with db.transaction():
        await work(*given)


async def _project() -> asyncpg.Record:
    row = await db.row(
        """WITH people AS (INSERT INTO account (email, name, roles) VALUES ('r@bench.test', 'R', '{requester}'), ('f@bench.test', 'F', '{freelancer}')
                           RETURNING id, roles),
           project AS (INSERT INTO project (code, name, requester_id) SELECT 'race', 'race', id FROM people WHERE roles = '{requester}' RETURNING id),
           workflow AS (INSERT INTO workflow (project_id, version, spec) SELECT id, 1, '{}' FROM project RETURNING id, project_id),
           step AS (INSERT INTO step (workflow_id, project_id, key, spec) SELECT id, project_id, 'sort', '{}' FROM workflow RETURNING id, project_id)
           SELECT step.id AS step_id, step.project_id, people.id AS freelancer_id FROM step, people WHERE roles = '{freelancer}'"""
    )
    assert row is not None
    return row


async def _accepted(of: asyncpg.Record, at: datetime) -> UUID:
    made: UUID = await db.scalar(
        """WITH task AS (INSERT INTO task (project_id, step_id, input, overlap, lane, deadline_at) VALUES ($1, $2, '{}', 1, 0, now()) RETURNING id)
           INSERT INTO assignment (task_id, freelancer_id, step_id, project_id, slot_id, price, deadline_at, state, claimed_at, ended_at, decided_at,
                                   share, revision)
           SELECT id, $3, $2, $1, 1, 10033, now(), 'accepted', $4, $4, $4, 10000, 1 FROM task RETURNING id""",
        of["project_id"],
        of["step_id"],
        of["freelancer_id"],
        at,
    )
    return made


async def run(most: int, races: int) -> None:
    """All three."""
    with stand.opened() as opened:
        if races:
            await race(opened, races)
            await accrue(opened)
        for size in (most // 100, most // 10, most) if most else ():
            await close_at(opened, size)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.closing", description=__doc__)
    parser.add_argument("--accruals", type=int, default=10_000_000, help="the largest period; 0: no closing")
    parser.add_argument("--races", type=int, default=1_000, help="0: neither races nor accruing")
    given = parser.parse_args()
    asyncio.run(asyncio.wait_for(run(given.accruals, given.races), LIMIT_S))
