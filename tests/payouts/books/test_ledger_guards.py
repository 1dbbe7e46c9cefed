"""What the database refuses whatever the code does: unbalanced entries, changes of history, entries outside an open period."""

from itertools import product
from uuid import UUID

import asyncpg
import pytest

from piecework.payouts.books import periods, seals
from piecework.payouts.closing import closing
from piecework.platform import db
from tests.payouts import builders as b
from tests.traceless import nothing_changes

pytestmark = pytest.mark.usefixtures("database")

APPEND_ONLY = {
    "entry": "reason = 'x'",
    "posting": "amount = 1",
    "ledger_account": "owner = 'x'",
    "statement": "work = 1",
    "seal": "no = 9",
}
CHANGES = ("UPDATE {0} SET {1}", "DELETE FROM {0}", "TRUNCATE {0} CASCADE")


async def _entry(period: UUID, key: str, amounts: list[int], currency: str = "RUB") -> None:
    entry = await db.scalar(
        "INSERT INTO entry (business_key, kind, period_id, effective_at) VALUES ($1, 'pend', $2, now()) RETURNING id", key, period
    )
    for i, amount in enumerate(amounts):
        await db.execute(
            """WITH a AS (INSERT INTO ledger_account (kind, owner, currency) VALUES ('pending', $1, $4)
                          ON CONFLICT (kind, owner, currency) DO NOTHING RETURNING id)
               INSERT INTO posting (entry_id, account_id, amount) SELECT $2, id, $3 FROM a""",
            f"{key}-{i}",
            entry,
            amount,
            currency,
        )


async def test_an_entry_that_does_not_balance_is_refused_at_commit(subtests: pytest.Subtests) -> None:
    period = await periods.current()
    async with nothing_changes():
        for amounts, currency in [
            ([], "RUB"),
            ([5], "RUB"),
            ([5, -4], "RUB"),
            ([5, 5], "RUB"),
            ([1, 1, -1], "RUB"),
            ([5, -5], "EUR"),
            ([2**62, 2**62], "RUB"),
        ]:
            with subtests.test(amounts=amounts, currency=currency):
                with pytest.raises(asyncpg.CheckViolationError, match="does not balance"):
                    async with db.transaction():
                        await _entry(period, "bad", amounts, currency)
                assert await db.scalar("SELECT count(*) FROM entry") == 0


async def test_a_balanced_entry_is_taken_and_then_history() -> None:
    period = await periods.current()
    async with db.transaction():
        await _entry(period, "good", [5, -3, -2])
    with pytest.raises(asyncpg.RestrictViolationError, match="history"):
        async with db.transaction():
            await db.execute(
                """INSERT INTO posting (entry_id, account_id, amount)
                   SELECT e.id, l.id, leg FROM entry e, (SELECT min(id) AS id FROM ledger_account) l, unnest(ARRAY[7, -7]) leg"""
            )
    assert await db.scalar("SELECT count(*) FROM posting") == 3


async def test_a_zero_posting_is_refused() -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        async with db.transaction():
            await _entry(await periods.current(), "zero", [0, 0])


async def test_history_cannot_be_changed(owner: asyncpg.Connection, subtests: pytest.Subtests) -> None:
    project, anna = await b.project(), await b.person()
    await b.earned(project, anna)
    async with db.transaction():
        await seals.seal()
        await closing.close(await b.period_of(b.LONG_AGO), None)
    async with nothing_changes():
        for role in [db.APP, db.FREELANCER, "owner"]:
            with subtests.test(role=role):
                for statement, (table, change) in product(CHANGES, APPEND_ONLY.items()):
                    sql = statement.format(table, change)
                    with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.RestrictViolationError)):
                        await (owner.execute(sql) if role == "owner" else db.execute(sql, on=role))
                    assert await db.scalar(f"SELECT count(*) FROM {table}") > 0


async def test_the_application_removes_no_period_balance_sum_or_due(subtests: pytest.Subtests) -> None:
    await periods.current()
    async with nothing_changes():
        for statement, table in product(["DELETE FROM {}", "TRUNCATE {} CASCADE"], ["period", "balance", "period_sum", "due"]):
            with (
                subtests.test(statement.format(table)),
                pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.RestrictViolationError)),
            ):
                await db.execute(statement.format(table))


async def test_a_closed_period_takes_nothing_and_stays_as_it_is(owner: asyncpg.Connection) -> None:
    project, anna = await b.project(), await b.person()
    await b.earned(project, anna)
    period = await b.period_of(b.LONG_AGO)
    async with db.transaction():
        await closing.close(period, None)
    with pytest.raises(asyncpg.RestrictViolationError, match="not open"):
        async with db.transaction():
            await _entry(period, "late", [1, -1])
    for change in ("state = 'open', closed_at = NULL, total = NULL, entries = NULL", "total = 0", "ends_at = now()"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await owner.execute(f"UPDATE period SET {change} WHERE id = $1", period)


async def test_a_payable_never_falls_below_zero() -> None:
    project, anna = await b.project(), await b.person()
    await b.earned(project, anna, 100)
    with pytest.raises(asyncpg.CheckViolationError, match="balance_amount_check"):
        async with db.transaction():
            await db.execute(
                """WITH e AS (INSERT INTO entry (business_key, kind, period_id, effective_at)
                              SELECT 'x', 'export', id, now() FROM period RETURNING id)
                   INSERT INTO posting (entry_id, account_id, amount)
                   SELECT e.id, l.id, CASE l.kind WHEN 'payable' THEN 101 ELSE -101 END
                   FROM e, ledger_account l WHERE l.kind IN ('payable', 'pending')"""
            )


async def test_the_freelancer_role_cannot_see_which_task_was_a_control_task() -> None:
    for column in ("ticket_id", "reason", "actor"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await db.rows(f"SELECT {column} FROM entry", on=db.FREELANCER)
    for table in ("balance", "period_sum", "due", "seal", "spend_day", "open_sum", "sums_kept"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await db.rows(f"SELECT * FROM {table}", on=db.FREELANCER)


async def test_what_follows_postings_the_applications_role_moves_by_posting_only(subtests: pytest.Subtests) -> None:
    async with nothing_changes():
        for statement in [
            "UPDATE balance SET amount = amount + 1",
            "INSERT INTO balance (account_id, amount) VALUES (1, 1)",
            "UPDATE period_sum SET amount = amount + 1",
            "DELETE FROM period_sum",
        ]:
            with subtests.test(statement=statement), pytest.raises(asyncpg.InsufficientPrivilegeError):
                await db.execute(statement)
