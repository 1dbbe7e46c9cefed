"""A ledger of any size, by set-based SQL: people, tickets, assignments, their pending and accrued entries, with all sums right.

As the owner of the database, with triggers off while it fills; balances and the period's sums are then made from the postings, as the
triggers would have made them. Spread: people work in shares that fall off (a few do much), prices are of a dozen kinds, one accrual in
twelve has a premium, answers are spread over the hours of the period.
"""

from dataclasses import dataclass
from uuid import UUID

import asyncpg

PROJECTS = 20
PER_TICKET = 4
"""So many answers has a ticket."""

ACCOUNTS = """
WITH made AS (
    INSERT INTO account (email, name, roles)
    SELECT 'books-' || n || '@bench.test', 'Person ' || n, '{freelancer}' FROM generate_series(1, $1::int) n RETURNING id, email)
INSERT INTO bench_person (n, id) SELECT split_part(split_part(email, '-', 2), '@', 1)::int, id FROM made"""

WORK = """
WITH owner AS (INSERT INTO account (email, name, roles) VALUES ('books@bench.test', 'Requester', '{requester}') RETURNING id),
made AS (
    INSERT INTO project (code, name, requester_id, currency)
    SELECT 'books-' || n, 'Books ' || n, owner.id, $1 FROM owner, generate_series(1, $2::int) n RETURNING id, code),
flow AS (INSERT INTO workflow (project_id, version, spec) SELECT id, 1, '{}' FROM made RETURNING id, project_id),
steps AS (INSERT INTO step (workflow_id, project_id, key, spec) SELECT id, project_id, 'sort', '{}' FROM flow RETURNING id, project_id, workflow_id)
INSERT INTO bench_project (n, id, step_id, workflow_id)
SELECT split_part(made.code, '-', 2)::int, made.id, steps.id, steps.workflow_id FROM made JOIN steps ON steps.project_id = made.id"""

RULE = """
INSERT INTO pay_rule (code, version, kind, title, words, spec, author_id, approver_id, starts_at, announced_at, approved_at, state)
SELECT 'books-night', 1, 'night', 'Night', 'Work by night is paid a fifth more.', '{"kind": "night", "percent": 2000}', author.id, p.id,
       now() - interval '90 days', now() - interval '90 days', now() - interval '90 days', 'approved'
FROM account author, bench_person p WHERE author.email = 'books@bench.test' AND p.n = 1 RETURNING id"""

TICKETS = """
INSERT INTO ticket (id, project_id, workflow_id, source, external_id, channel, language, subject, text, deadline_at, state, resolved_at)
SELECT bench_id('c', s.n), j.id, j.workflow_id, 'bench', 'B-' || s.n, 'email', 'ru', '', '', $3, 'resolved', $3
FROM generate_series($1::bigint, $2::bigint) AS s (n) JOIN bench_project j ON j.n = 1 + s.n % $4"""

# One row for each accrual n: whose it is, what it is of, what it earns, when.
FACTS = """
INSERT INTO bench_fact
SELECT s.n, 1 + floor(power((s.n * 15485863 % 1000033) / 1000033.0::float8, 1.5) * $5)::int, 1 + s.n / $7 % $6, 10000 + s.n * 7919 % 12 * 2500 + s.n % 3 * 33, CASE WHEN s.n % 12 = 0 THEN 2033 + s.n % 7 ELSE 0 END,
       $3::timestamptz + ($4::timestamptz - $3::timestamptz) * ((s.n * 104729 % 1000003) / 1000003.0)
FROM generate_series($1::bigint, $2::bigint) AS s (n)"""

TASKS = """
INSERT INTO task (id, project_id, step_id, ticket_id, iteration, input, overlap, lane, deadline_at, state, resolved_at)
SELECT bench_id('b', f.n), j.id, j.step_id, bench_id('c', f.n / $1), f.n % $1, '{}', 1, 1, f.at, 'resolved', f.at
FROM bench_fact f JOIN bench_project j ON j.n = f.project"""

ASSIGNMENTS = """
INSERT INTO assignment (id, task_id, freelancer_id, step_id, project_id, slot_id, price, deadline_at, state, claimed_at, ended_at, decided_at,
                        share, revision)
SELECT bench_id('a', f.n), bench_id('b', f.n), p.id, j.step_id, j.id, 0, f.price, f.at, 'accepted', f.at - interval '5 minutes', f.at,
       f.at + interval '1 hour', 10000, 1
FROM bench_fact f JOIN bench_project j ON j.n = f.project JOIN bench_person p ON p.n = f.person"""

LEDGER_ACCOUNTS = """
WITH made AS (
    INSERT INTO ledger_account (kind, owner, currency)
    SELECT kind, id::text, $1 FROM bench_person CROSS JOIN unnest(ARRAY['pending', 'payable']) kind
    UNION ALL SELECT 'task_expense', id::text, $1 FROM bench_project RETURNING id, kind, owner),
people AS (
    UPDATE bench_person p SET pending = m.pending, payable = m.payable
    FROM (SELECT owner, max(id) FILTER (WHERE kind = 'pending') AS pending, max(id) FILTER (WHERE kind = 'payable') AS payable
          FROM made GROUP BY owner) m WHERE m.owner = p.id::text)
UPDATE bench_project j SET expense = m.id FROM made m WHERE m.owner = j.id::text"""

# Three entries for each fact: pend 3n, accrue 3n+1, and 3n+2 the premium of those that have one.
ENTRIES = """
INSERT INTO entry (id, business_key, kind, period_id, effective_at, recorded_at, resolves, assignment_id, ticket_id, project_id, rule_id)
OVERRIDING SYSTEM VALUE
SELECT $3 + 3 * f.n + k.place, k.kind || ':' || bench_id('a', f.n) || k.tail, k.kind, $1, f.at + k.later, f.at + k.later + interval '1 second',
       CASE WHEN k.kind = 'accrue' THEN $3 + 3 * f.n END, bench_id('a', f.n), bench_id('c', f.n / $4), j.id,
       CASE WHEN k.kind = 'premium' THEN $2::uuid END
FROM bench_fact f JOIN bench_project j ON j.n = f.project
CROSS JOIN (VALUES (0, 'pend', '', interval '0'), (1, 'accrue', '', interval '1 hour'), (2, 'premium', ':' || $2::uuid, interval '1 hour'))
    AS k (place, kind, tail, later)
WHERE k.kind <> 'premium' OR f.premium > 0"""

POSTINGS = """
INSERT INTO posting (entry_id, account_id, amount)
SELECT $1 + 3 * f.n + leg.place, CASE leg.account WHEN 'expense' THEN j.expense WHEN 'pending' THEN p.pending ELSE p.payable END,
       leg.sign * CASE WHEN leg.place = 2 THEN f.premium ELSE f.price END
FROM bench_fact f JOIN bench_project j ON j.n = f.project JOIN bench_person p ON p.n = f.person
CROSS JOIN (VALUES (0, 'expense', 1), (0, 'pending', -1), (1, 'pending', 1), (1, 'payable', -1), (2, 'expense', 1), (2, 'payable', -1))
    AS leg (place, account, sign)
WHERE leg.place <> 2 OR f.premium > 0"""

BALANCES = """
INSERT INTO balance (account_id, amount)
SELECT p.account_id, -sum(p.amount)::bigint FROM posting p JOIN ledger_account l ON l.id = p.account_id WHERE l.kind = 'payable' GROUP BY 1
ON CONFLICT (account_id) DO UPDATE SET amount = excluded.amount"""

SUMS = """
INSERT INTO period_sum (period_id, account_id, heading, amount, entries)
SELECT e.period_id, l.id, heading(e.kind, e.rule_id), -sum(p.amount)::bigint, count(*)
FROM entry e JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id
WHERE l.kind = 'payable' AND e.period_id = $1 GROUP BY 1, 2, 3
ON CONFLICT (period_id, account_id, heading) DO UPDATE SET amount = excluded.amount, entries = excluded.entries"""

SCRATCH = """
CREATE UNLOGGED TABLE bench_person (n int PRIMARY KEY, id uuid NOT NULL, pending bigint, payable bigint);
CREATE UNLOGGED TABLE bench_project (n int PRIMARY KEY, id uuid NOT NULL, step_id bigint NOT NULL, workflow_id uuid NOT NULL, expense bigint);
CREATE UNLOGGED TABLE bench_fact (n bigint, person int, project int, price bigint, premium bigint, at timestamptz);
CREATE FUNCTION bench_id(mark text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (mark || '0000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid
$$;"""

# Indexes that no constraint needs are made again when all is in: sorting once is faster than a million insertions.
INDEXES = """
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS made FROM pg_index i
LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid
WHERE i.indrelid = ANY (ARRAY['entry', 'posting', 'task', 'assignment', 'ticket']::regclass[]) AND c.oid IS NULL ORDER BY 1"""
BATCH = 1_000_000


@dataclass(frozen=True, slots=True)
class Period:
    """A pay period that is open, for facts of its currency."""

    id: UUID
    currency: str


async def period(connection: asyncpg.Connection, currency: str = "RUB") -> Period:
    """The week before this one, open."""
    made = await connection.fetchval("SELECT period_for($1, 'weekly', now() - interval '7 days', 'Europe/Moscow')", currency)
    return Period(made, currency)


async def make(connection: asyncpg.Connection, people: int, accruals: int, of: Period, *, evidence: bool = True) -> None:
    """Fill an empty database with so many people and so many accruals of a period, pended and accrued inside it.

    Without `evidence` the ledger stands alone: no tasks, assignments and tickets.
    """
    bounds = await connection.fetchrow("SELECT starts_at, ends_at - interval '2 hours' AS last FROM period WHERE id = $1", of.id)
    await connection.execute(SCRATCH)
    rule = await _base(connection, people, of.currency)
    first = await connection.fetchval("SELECT coalesce(max(id), 0) FROM entry")
    for setting in (
        "session_replication_role = replica",
        "synchronous_commit = off",
        "work_mem = '128MB'",
        "maintenance_work_mem = '256MB'",
    ):
        await connection.execute(f"SET {setting}")
    await connection.execute(LEDGER_ACCOUNTS, of.currency)
    indexes = await connection.fetch(INDEXES)
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['name']}")
    for start in range(1, accruals + 1, BATCH):
        end = min(start + BATCH - 1, accruals)
        await connection.execute("TRUNCATE bench_fact")
        await connection.execute(FACTS, start, end, bounds["starts_at"], bounds["last"], people, PROJECTS, PER_TICKET)
        await connection.execute("ANALYZE bench_fact")
        if evidence:
            await connection.execute(TASKS, PER_TICKET)
            await connection.execute(ASSIGNMENTS)
        await connection.execute(ENTRIES, of.id, rule, first, PER_TICKET)
        await connection.execute(POSTINGS, first)
    if evidence:
        await connection.execute(TICKETS, 0, accruals // PER_TICKET, bounds["last"], PROJECTS)
    for index in indexes:
        await connection.execute(index["made"])
    await connection.execute("SELECT setval(pg_get_serial_sequence('entry', 'id'), (SELECT max(id) FROM entry))")
    await connection.execute(BALANCES)
    await connection.execute(SUMS, of.id)
    await connection.execute("RESET ALL")
    await connection.execute("DROP TABLE bench_person, bench_project, bench_fact; DROP FUNCTION bench_id")
    await connection.execute("VACUUM (ANALYZE)")


async def _base(connection: asyncpg.Connection, people: int, currency: str) -> UUID:
    """People, projects, one rule; returns the rule's id."""
    await connection.execute(ACCOUNTS, people)
    await connection.execute(WORK, currency, PROJECTS)
    await connection.execute("ANALYZE bench_person; ANALYZE bench_project")
    made: UUID = await connection.fetchval(RULE)
    return made
