"""python -m bench.weeks [--people 10000]: how long it takes to close everybody's week, by the worker's own jobs in its two lanes.

Twice, each in a database of its own: everybody has met the norm of 100 (100 answers), and nobody has (200 answers of 300); in both with
30 gaps each, half of them ended by work, half by leaving. Facts are made by set-based SQL, as of the week that ended last; samples of
the supply say that each of ten steps had work in a fifth of the time. Prints the seconds from the job that looks for weeks to the last
result, the processor time (which what else the machine does adds little to), and the results by kind. Starts its servers in a temporary
folder (durable) and removes it. Exits 1 if a week took longer than 60 s, or somebody's result is missing or another than it must be.
"""

import argparse
import asyncio
import os
import time
from dataclasses import dataclass

import asyncpg

from bench import cpu, stand
from piecework.platform import composition, db
from piecework.platform.jobs import connect_subscriptions
from piecework.platform.jobs.queue import ensure_recurring
from piecework.platform.jobs.runner import Runner
from piecework.tasks.norms import jobs

TARGET_S = 60.0
LIMIT_S = 3_000.0
STEPS = 10
LANES = 2
"""As the worker has them."""


@dataclass(frozen=True, slots=True)
class Case:
    """A crowd whose weeks come to one result."""

    name: str
    norm: int
    answers: int
    gaps: int = 30


CASES = (Case("met", 100, 100), Case("missed", 300, 200))

WORK = """
WITH owner AS (INSERT INTO account (email, name, roles) VALUES ('weeks@bench.test', 'Requester', '{requester}') RETURNING id),
project AS (INSERT INTO project (code, name, requester_id) SELECT 'weeks', 'Weeks', id FROM owner RETURNING id, requester_id),
flow AS (INSERT INTO workflow (project_id, version, spec) SELECT id, 1, '{}' FROM project RETURNING id, project_id),
made AS (INSERT INTO step (workflow_id, project_id, key, spec)
         SELECT flow.id, flow.project_id, 'step' || n, '{}' FROM flow, generate_series(1, $1::int) n RETURNING id, project_id, key)
INSERT INTO queue (step_id, project_id, requester_id, qualification, key, level, price, time_limit_s, excluded, control_rate)
SELECT made.id, made.project_id, project.requester_id, 'weeks', made.key, 1, 100, 600, '{}', 0 FROM made, project"""

PEOPLE = """
WITH people AS (
    INSERT INTO account (email, name, roles) SELECT 'weeks-' || n || '@bench.test', 'Person ' || n, '{freelancer}'
    FROM generate_series(1, $1::int) n RETURNING id),
admitted AS (
    INSERT INTO qualification (freelancer_id, code, granted_by, reason, granted_at) SELECT id, 'weeks', id, 'bench', $3 FROM people)
INSERT INTO contract (freelancer_id, version, zone, weekly_norm, weekly_cap, max_held, starts_at, accepted_at, created_at)
SELECT id, 1, 'Europe/Moscow', $2, 5000, 10, $3, $3, $3 FROM people"""

# Everybody answers a task a minute, in sittings of two hours a day, from a minute of their own on; who asks in vain does so in between.
ANSWERS = """
INSERT INTO assignment (id, task_id, freelancer_id, step_id, project_id, slot_id, price, deadline_at, state, claimed_at, ended_at, decided_at,
                        revision, share)
SELECT uuidv7(f.at - clock_timestamp()), gen_random_uuid(), f.id, q.step_id, q.project_id, 0, 100, f.at, 'accepted', f.at,
       f.at + interval '50 seconds', f.at + interval '5 minutes', 1, 10000
FROM (SELECT p.id, p.n, a, $1::timestamptz + (a % 5) * interval '1 day' + interval '6 hours' + (p.n % 240 + a / 5) * interval '1 minute' AS at
      FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM account WHERE roles = '{freelancer}') p,
           generate_series(0, $2::int - 1) a) f
JOIN (SELECT *, row_number() OVER (ORDER BY step_id) AS n FROM queue) q ON q.n = 1 + (f.n + f.a) % $3
ORDER BY f.at"""
DECISIONS = """
INSERT INTO decision (assignment_id, revision, state, share, basis, decided_at)
SELECT id, 1, 'accepted', 10000, 'consensus', decided_at FROM assignment"""
GAPS = """
INSERT INTO gap (id, freelancer_id, starts_at, asked_at, ended_at, ending)
SELECT uuidv7(f.at - clock_timestamp()), f.id, f.at, f.at + interval '90 seconds', f.at + interval '90 seconds',
       CASE WHEN f.g % 2 = 0 THEN 'work' ELSE 'left' END
FROM (SELECT p.id, g, $1::timestamptz + (g % 6) * interval '1 day' + interval '15 hours' + (p.n % 60 + g / 6 * 12) * interval '1 minute' AS at
      FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM account WHERE roles = '{freelancer}') p,
           generate_series(0, $2::int - 1) g) f ORDER BY f.at"""
# Each step has something open in four of twenty minutes.
SUPPLY = """
WITH beats AS (
    INSERT INTO pulse SELECT generate_series($1::timestamptz, clock_timestamp(), interval '1 minute') ON CONFLICT DO NOTHING RETURNING minute)
INSERT INTO supply (step_id, line, language, minute, open, claimed, median_ms)
SELECT q.step_id, 1, 'en', b.minute, 3, 2, 50000 FROM beats b, queue q
WHERE (extract(epoch FROM b.minute) / 60 + q.step_id) % 20 < 4 ORDER BY b.minute, q.step_id"""


async def fill(connection: asyncpg.Connection, case: Case, people: int) -> None:
    """The facts of one crowd's newest week that is over and settled."""
    starts = await connection.fetchval(
        "SELECT (date_trunc('week', (clock_timestamp() - interval '1 hour') AT TIME ZONE 'Europe/Moscow') - interval '7 days') AT TIME ZONE 'Europe/Moscow'"
    )
    await connection.execute("SET session_replication_role = replica")  # their offers are left out
    await connection.execute("ALTER TABLE contract DROP CONSTRAINT contract_was_offered")
    for statement, *given in (
        (WORK, STEPS),
        (PEOPLE, people, case.norm, starts),
        (ANSWERS, starts, case.answers, STEPS),
        (DECISIONS,),
        (GAPS, starts, case.gaps),
        (SUPPLY, starts),
        ("VACUUM ANALYZE",),
    ):
        await connection.execute(statement, *given, timeout=LIMIT_S)


async def close(opened: stand.Stand, case: Case, people: int) -> bool:
    """One crowd: fill, close, count; true if all is as it must be, in time."""
    await opened.create(case.name)
    config = composition.database_config(opened.url(case.name))
    await db.migrate(config)
    async with opened.connection(case.name) as connection:
        await fill(connection, case, people)
    kinds = {kind.name: kind for kind in jobs.JOBS}
    connect_subscriptions(composition.subscriptions())
    async with db.connected(config):
        look = kinds["tasks.close_weeks"]
        await ensure_recurring([look])
        lanes = [Runner([kinds[jobs.CLOSE]]) for _ in range(LANES)]
        started, used = time.perf_counter(), _used(opened)
        await Runner([look]).drain()
        await asyncio.gather(*(lane.drain() for lane in lanes))
        took = time.perf_counter() - started
        worker_s, database_s = (after - before for after, before in zip(_used(opened), used, strict=True))
        results = {row["result"]: row["n"] for row in await db.rows("SELECT result, count(*) AS n FROM week_result GROUP BY 1")}
        gaps = await db.scalar("SELECT avg(gaps)::float8 FROM week_result")
        told = await db.scalar("SELECT count(*) FROM notice")
    await opened.drop(case.name)
    print(
        f"{people} people, {case.answers} answers and {case.gaps} gaps each: {took:.1f} s with {LANES} lanes (processor: worker {worker_s:.1f} s, "
        f"database {database_s:.1f} s); results {results}, "
        f"{gaps:.1f} tasks taken off for gaps on average, {told} notices, {sum(lane.failed for lane in lanes)} jobs failed",
        flush=True,
    )
    return took <= TARGET_S and results == {case.name: people}


def _used(opened: stand.Stand) -> tuple[float, float]:
    """Processor seconds of this process, which is the worker, and of the database."""
    return cpu.of_processes((os.getpid(),))[0], cpu.of_family(opened.postmaster())


async def run(people: int) -> bool:
    """Both crowds."""
    with stand.opened() as opened:
        return all([await close(opened, case, people) for case in CASES])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.weeks", description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    raise SystemExit(not asyncio.run(asyncio.wait_for(run(parser.parse_args().people), LIMIT_S)))
