"""The sums that pages read: whatever is kept of them and whatever is newer, what is shown is what the entries say."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from piecework.payouts.books import pay_policy, sums
from piecework.payouts.closing import closing
from piecework.payouts.earning import reopening
from piecework.payouts.tickets import spend
from piecework.platform import db
from piecework.tasks import objections
from tests.payouts import builders as b
from tests.payouts.earning import held_money as h
from tests.payouts.earning.held_money import DAY
from tests.payouts.earning.test_reopening import follow, recorded

Step = Callable[[], Awaitable[Any]]

# As the ledger says it, posting by posting.
SPENT = """
SELECT e.project_id, (e.effective_at AT TIME ZONE $1)::date AS day,
       coalesce(-sum(p.amount) FILTER (WHERE l.kind IN ('held', 'payable')), 0)::bigint AS spent,
       coalesce(-sum(p.amount) FILTER (WHERE l.kind = 'pending' AND e.kind IN ('pend', 'reopen') AND x.id IS NULL), 0)::bigint AS pending,
       coalesce(-sum(p.amount) FILTER (WHERE l.kind = 'held' AND e.kind IN ('accrue', 'premium') AND x.id IS NULL), 0)::bigint AS held
FROM entry e JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id LEFT JOIN entry x ON x.resolves = e.id
WHERE e.kind IN ('pend', 'accrue', 'premium', 'reopen', 'clawback', 'restore') GROUP BY 1, 2"""
OPEN = """
SELECT e.period_id, l.id AS account_id, count(*) AS entries, -sum(p.amount)::bigint AS amount
FROM entry e JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id LEFT JOIN entry x ON x.resolves = e.id
WHERE p.amount < 0 AND x.id IS NULL AND (l.kind = 'held' OR l.kind = 'pending' AND e.kind IN ('pend', 'reopen')) GROUP BY 1, 2"""


async def agree() -> int:
    """What is read is what the entries say, of every project, day and period; how many figures there are."""
    zone = await pay_policy.zone()
    projects = [row["id"] for row in await db.rows("SELECT id FROM project")]
    said = {(r["project_id"], r["day"]): (r["spent"], r["pending"], r["held"]) for r in await db.rows(SPENT, zone)}
    shown = await db.rows("SELECT * FROM spend_of($1, $2, $3, $4)", projects, date(2000, 1, 1), date(2100, 1, 1), zone)
    read = {(r["project_id"], r["day"]): (r["spent"], r["pending"], r["held"]) for r in shown}
    nothing = (0, 0, 0)
    assert {at: figures for at, figures in read.items() if figures != nothing} == {
        at: figures for at, figures in said.items() if figures != nothing
    }
    waits = await db.rows("SELECT o.*, p.id AS period_id FROM period p CROSS JOIN LATERAL open_of(p.id) o")
    opened = {(r["period_id"], r["account_id"]): (r["entries"], r["amount"]) for r in waits}
    assert opened == {(r["period_id"], r["account_id"]): (r["entries"], r["amount"]) for r in await db.rows(OPEN)}
    return len(said) + len(opened)


async def keep(most: int = sums.AT_ONCE) -> int:
    async with db.transaction():
        return await sums.keep(most)


async def kept() -> list[Any]:
    """What is in the tables, less what came to nothing."""
    spent = await db.rows("SELECT * FROM spend_day WHERE (spent, pending, held) <> (0, 0, 0) ORDER BY project_id, day")
    return [*spent, *await db.rows("SELECT * FROM open_sum WHERE entries <> 0 ORDER BY period_id, account_id")]


class Life:
    """A year in little: everything that can happen to the money of answers, one thing after the other."""

    async def steps(self) -> list[Step]:
        of, anna = await b.project(), await b.person()
        now: datetime = await db.scalar("SELECT now()")
        terms, waits = await h.tariff(of), await h.tariff(of, "resolved")
        back, half = await b.ticket(of, "T-2"), await b.assignment(of, anna, state="accepted", share=5_000)
        refused, clawed = await b.assignment(of, anna), await h.earned(of, anna, waits, now - DAY, ticket_id=back, premium=700)
        return [
            partial(b.earned, of, anna),
            partial(self._announced, half, "accepted"),
            partial(self._announced, refused, "submitted"),
            partial(self._decided, refused, "rejected"),
            partial(self._decided, refused, "accepted"),
            partial(self._decided, half, "accepted"),
            partial(h.earned, of, anna, terms, now - DAY, premium=500),
            partial(h.earned, of, anna, terms, b.LONG_AGO),
            b.run_jobs,
            partial(self._clawed_back, back, clawed),
            partial(self._restored, clawed),
            partial(self._late, of, anna),
        ]

    async def _announced(self, done: UUID, state: str) -> None:
        await b.announce(done, state)
        await b.run_jobs()

    async def _decided(self, done: UUID, state: str) -> None:
        await b.decide(done, state, b.LONG_AGO + 2 * b.HOUR)
        await b.run_jobs()

    async def _clawed_back(self, ticket: UUID, clawed: UUID) -> None:
        assert await follow(await recorded(ticket, [clawed])) == 2

    async def _restored(self, clawed: UUID) -> None:
        async with db.transaction():
            await objections.appeal(reopening.SUBJECT, clawed)
            assert await objections.settle(reopening.SUBJECT, clawed, upheld=True)
            assert await reopening.restore([clawed]) == 2

    async def _late(self, of: b.Project, anna: UUID) -> None:
        """A fact of a period that has closed: it keeps its day, and stands in a later period."""
        async with db.transaction():
            await closing.close(await b.period_of(b.LONG_AGO), None)
        await b.earned(of, anna, at=b.LONG_AGO + b.HOUR)


class TestEqual:
    async def test_after_everything_that_happens_to_money_whether_kept_or_not(self, database: db.Config) -> None:
        for number, step in enumerate(await Life().steps()):
            await step()
            assert await agree() > 0
            if number % 2:
                while await keep(3):
                    await agree()
                assert not {name for name in await b.broken() if "spend" in name or "open_sums" in name}
        await keep()
        stood = await kept()
        assert len(stood) == 3, "what was spent long ago and yesterday, and what of that is on hold"
        assert await keep() == 0, "twice is once"
        assert await kept() == stood

    async def test_from_nothing_comes_the_same(self, database: db.Config, owner: asyncpg.Connection) -> None:
        """In one go, in many, by several at a time; and after a restore, when transaction ids start anew."""
        for step in await Life().steps():
            await step()
        await keep()
        stood = await kept()
        for change in ("TRUNCATE sums_kept, spend_day, open_sum", "UPDATE sums_kept SET last_xact = '4611686018427387904'"):
            await owner.execute(change)
            await agree()
            await asyncio.gather(*(keep(5) for _ in range(4)))
            await agree()
            while await keep(5):
                pass
            assert await kept() == stood

    async def test_in_another_zone(self, database: db.Config) -> None:
        of, anna = await b.project(), await b.person()
        await b.earned(of, anna, 700, datetime(2026, 3, 1, 21, tzinfo=UTC), delay=timedelta())
        await keep()
        days = date(2026, 3, 1), date(2026, 3, 2)
        assert [row["spent"] for row in await spend.by_day(of.id, *days)] == [0, 700], "in Moscow"
        await b.policy(zone="Europe/Lisbon")
        for _ in range(2):
            assert [row["spent"] for row in await spend.by_day(of.id, *days)] == [700, 0], (
                "before it is summed up anew, and after"
            )
            await agree()
            await keep()
        assert not await b.broken()


class TestWhatIsUnderWay:
    async def test_a_job_that_is_killed_leaves_no_trace(self, database: db.Config, owner: asyncpg.Connection) -> None:
        await b.earned(await b.project(), await b.person())
        await owner.execute("BEGIN")
        assert await owner.fetchval("SELECT keep_sums('Europe/Moscow', 1000)") == 2
        owner.terminate()
        assert await kept() == []
        await agree()
        assert await keep() == 2
        await agree()

    async def test_what_commits_late_is_left_out_and_taken_later(self, database: db.Config) -> None:
        of, anna, boris = await b.project(), await b.person(), await b.person("Boris")
        await b.earned(of, anna)
        await keep()
        posted, go = asyncio.Event(), asyncio.Event()

        async def late() -> None:
            async with db.transaction():
                await db.execute("SELECT pg_current_xact_id()")
                posted.set()
                await go.wait()

        task = asyncio.create_task(late())
        await posted.wait()
        await b.earned(of, boris)
        assert await keep() == 0, "an older transaction still runs"
        await agree()
        go.set()
        await task
        assert await keep() == 2
        await agree()
        assert not await b.broken()


async def test_the_application_changes_no_sum(database: db.Config, subtests: pytest.Subtests) -> None:
    for statement in (
        "UPDATE spend_day SET spent = 1",
        "DELETE FROM open_sum",
        "UPDATE sums_kept SET last_xact = '0'",
        "TRUNCATE spend_day",
    ):
        with subtests.test(statement), pytest.raises(asyncpg.InsufficientPrivilegeError):
            await db.execute(statement)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await db.execute("SELECT keep_sums('UTC', 1)", on=db.FREELANCER)
