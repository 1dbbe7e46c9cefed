"""What is read of payouts: lists and single runs, for finance and for the people who are paid."""

from typing import Any
from uuid import UUID

from piecework.platform import db
from piecework.platform.errors import NotFound

RUN = """
SELECT r.id, r.currency, r.number, r.state, r.execution_on, r.note, r.total, r.lines, r.author_id, r.created_at, r.approver_id,
       r.approved_at, r.two_people, r.chain_head, r.cancel_reason, r.ended_at FROM payout_run r"""

RUNS = f"""{RUN}
WHERE r.id < $1 AND ($2::text IS NULL OR r.state = $2) AND ($3::text IS NULL OR r.currency = $3) ORDER BY r.id DESC LIMIT $4"""

SUMS = """
SELECT coalesce(sum(amount) FILTER (WHERE state = 'ordered'), 0)::bigint AS on_its_way,
       coalesce(sum(amount) FILTER (WHERE state = 'paid'), 0)::bigint AS paid,
       coalesce(sum(amount) FILTER (WHERE state = 'returned'), 0)::bigint AS returned,
       (SELECT count(*) FROM payout_left x WHERE x.run_id = $1) AS left_out FROM payout_line WHERE run_id = $1"""

LINES = """
SELECT l.id, l.number, l.freelancer_id, a.name, l.amount, l.currency, d.masked AS account, l.state, l.reason, l.paid_at, l.returned_at
FROM payout_line l JOIN account a ON a.id = l.freelancer_id LEFT JOIN payment_details d ON d.id = l.details_id
WHERE l.run_id = $1 AND l.id > $2 AND ($3::text IS NULL OR l.state = $3) ORDER BY l.id LIMIT $4"""

LEFT_OUT = """
SELECT x.freelancer_id, a.name, x.amount, x.reason, x.until FROM payout_left x JOIN account a ON a.id = x.freelancer_id
WHERE x.run_id = $1 AND x.freelancer_id > $2 ORDER BY x.freelancer_id LIMIT $3"""

STATEMENTS = """
SELECT id, encode(sha256, 'hex') AS sha256, currency, lines, received_by, received_at,
       (SELECT count(*) FROM bank_line b WHERE b.statement_id = s.id AND b.outcome = 'unmatched') AS unmatched
FROM bank_statement s WHERE id < $1 ORDER BY id DESC LIMIT $2"""

BANK_LINES = """
SELECT id, statement_id, number, reference, booked_on, amount, currency, direction, is_return, account, purpose, line_id, run_id, outcome,
       why, decided_by, decided_at
FROM bank_line WHERE id > $1 AND ($2::text IS NULL OR outcome = $2) AND ($3::uuid IS NULL OR statement_id = $3) ORDER BY id LIMIT $4"""

COUNTS = "SELECT outcome, count(*) AS n FROM bank_line WHERE statement_id = $1 GROUP BY outcome"

MINE = """
SELECT l.id, l.amount, l.currency, l.state, r.execution_on, l.paid_at, l.returned_at, d.masked AS account
FROM payout_line l JOIN payout_run r ON r.id = l.run_id LEFT JOIN payment_details d ON d.id = l.details_id
WHERE l.freelancer_id = $1 AND l.id < $2 AND l.state IN ('ordered', 'paid', 'returned') ORDER BY l.id DESC LIMIT $3"""

MINE_LEFT = """
SELECT r.currency, x.amount, x.reason, x.until
FROM (SELECT DISTINCT ON (currency) id, currency FROM payout_run WHERE state <> 'cancelled' ORDER BY currency, number DESC) r
JOIN payout_left x ON x.run_id = r.id AND x.freelancer_id = $1 ORDER BY r.currency"""


async def runs(before: UUID, limit: int, state: str | None, currency: str | None) -> list[dict[str, Any]]:
    """Runs, newest first."""
    return [dict(row) for row in await db.rows(RUNS, before, state, currency, limit)]


async def run(run_id: UUID) -> dict[str, Any]:
    """One run with what became of its money.

    Raises:
        NotFound: there is none.
    """
    found = await db.row(f"{RUN} WHERE r.id = $1", run_id)
    if found is None:
        raise NotFound
    sums = await db.row(SUMS, run_id)
    assert sums is not None
    return dict(found) | dict(sums)


async def lines(run_id: UUID, after: UUID, limit: int, state: str | None) -> list[dict[str, Any]]:
    """Lines of a run, in the order of their payment orders.

    Raises:
        NotFound: there is no such run.
    """
    await run(run_id)
    return [dict(row) for row in await db.rows(LINES, run_id, after, state, limit)]


async def left_out(run_id: UUID, after: UUID, limit: int) -> list[dict[str, Any]]:
    """Whom a run left out, and why.

    Raises:
        NotFound: there is no such run.
    """
    await run(run_id)
    return [dict(row) for row in await db.rows(LEFT_OUT, run_id, after, limit)]


async def statements(before: UUID, limit: int) -> list[dict[str, Any]]:
    """Bank statements that were taken, newest first."""
    return [dict(row) for row in await db.rows(STATEMENTS, before, limit)]


async def outcomes(statement_id: UUID) -> dict[str, int]:
    """How many movements of a bank statement are in which outcome now."""
    return {row["outcome"]: row["n"] for row in await db.rows(COUNTS, statement_id)}


async def bank_lines(after: UUID, limit: int, outcome: str | None, statement_id: UUID | None) -> list[dict[str, Any]]:
    """Movements that bank statements told, oldest first."""
    return [dict(row) for row in await db.rows(BANK_LINES, after, outcome, statement_id, limit)]


async def mine(freelancer_id: UUID, before: UUID, limit: int, on: str) -> list[dict[str, Any]]:
    """A person's payments, newest first; drafts are nobody's business yet."""
    return [dict(row) for row in await db.rows(MINE, freelancer_id, before, limit, on=on)]


async def mine_left(freelancer_id: UUID, on: str) -> list[dict[str, Any]]:
    """Why a person was left out of the last run of a currency, if they were."""
    return [dict(row) for row in await db.rows(MINE_LEFT, freelancer_id, on=on)]
