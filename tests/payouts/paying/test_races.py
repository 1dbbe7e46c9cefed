"""Many at once on real connections: runs, approvals, files, returns. Each guard that can be taken away is, and then it goes wrong."""

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from piecework.payouts.formats import files as formats
from piecework.payouts.payees import details
from piecework.payouts.paying import approving, bank, files, runs, settling
from piecework.platform import db
from piecework.platform.demo import bank as bank_answers
from tests import races
from tests.payouts import builders as b
from tests.payouts.formats.batches import account
from tests.payouts.paying.paying_world import TODAY, Crowd, broken, lines, state

MANY = 7
"""As many as the application's pool has room for, and one to ask."""


def counted(outcomes: list[Any]) -> Counter[str]:
    """How often each outcome came: the name of an error, or ok."""
    return Counter("ok" if not isinstance(o, BaseException) else type(o).__name__ for o in outcomes)


async def at_once(*works: Callable[[], Awaitable[object]]) -> Counter[str]:
    """Each in a transaction of its own, as fast as they can."""
    return counted(await asyncio.gather(*(races.in_transaction(work) for work in works), return_exceptions=True))


async def race(owner: asyncpg.Connection, *works: Callable[[], Awaitable[object]]) -> Counter[str]:
    """Each in a transaction of its own; all have come to the stop, or wait for who stands there, before one goes on."""
    return counted(await races.race(owner, *(races.in_transaction(work) for work in works)))


async def no_trigger(owner: asyncpg.Connection, table: str, name: str) -> None:
    await owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")


class TestDrafts:
    async def test_of_many_drafts_one_takes_what_is_due(self, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
        crowd = await Crowd.of(3)
        await crowd.earn()
        races.stop_after_reading(monkeypatch, "rows", runs.OPEN_DUES)
        outcomes = await race(owner, *[lambda: runs.draft(crowd.finance[0], "RUB", TODAY)] * MANY)
        assert outcomes == {"ok": 1, "NothingToPay": MANY - 1}
        assert await db.scalar("SELECT count(*) FROM payout_line") == 3
        assert await broken() == []

    @pytest.mark.parametrize("in_database", [True, False], ids=["the database refuses", "no guard"])
    async def test_without_the_lock(self, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, in_database: bool) -> None:
        """Without the lock runs collide on their number; without that, and the rule that a due changes lines never, money is doubled."""
        crowd = await Crowd.of(3)
        await crowd.earn()
        monkeypatch.setattr(runs, "LOCK_RUNS", "SELECT $1::text")
        monkeypatch.setattr(runs, "OPEN_DUES", runs.OPEN_DUES.replace(" FOR UPDATE", ""))
        if not in_database:
            await owner.execute("ALTER TABLE payout_run DROP CONSTRAINT payout_run_number_key")
            await no_trigger(owner, "due", "changes_its_line_only")
        races.stop_after_reading(monkeypatch, "rows", runs.OPEN_DUES)
        outcomes = await race(owner, *[lambda: runs.draft(crowd.finance[0], "RUB", TODAY)] * 2)
        if in_database:
            assert (outcomes["ok"], await broken()) == (1, [])
        else:
            assert outcomes["ok"] == 2
            assert "payouts.lines_pay_their_dues" in await broken()


class TestApprovals:
    async def test_of_many_approvals_one_moves_the_money(
        self, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        crowd = await Crowd.of(2)
        await crowd.earn()
        run = await crowd.draft()
        monkeypatch.setattr(runs, "locked_draft", races.stop_after(runs.locked_draft))
        outcomes = await race(owner, *[lambda: approving.approve(crowd.finance[1], run)] * MANY)
        assert outcomes == {"ok": 1, "PayoutNotDraft": MANY - 1}
        assert (await b.balances())["clearing"] == 20_000
        assert await broken() == []

    @pytest.mark.parametrize("first", ["approved", "cancelled"])
    async def test_a_draft_is_approved_or_cancelled_and_never_both(
        self, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, first: str
    ) -> None:
        crowd = await Crowd.of(1)
        await crowd.earn()
        run = await crowd.draft()
        monkeypatch.setattr(runs, "locked_draft", races.stop_after(runs.locked_draft))
        approve = races.in_transaction(lambda: approving.approve(crowd.finance[1], run))
        cancel = races.in_transaction(lambda: runs.cancel(None, run, "wrong day"))
        works = (approve, cancel) if first == "approved" else (cancel, approve)
        assert counted(await races.overtake(owner, works[:1], works[1:])) == {"ok": 1, "PayoutNotDraft": 1}
        assert (await state(run), await broken()) == (first, [])

    @pytest.mark.parametrize("in_database", [True, False], ids=["the database refuses", "no guard"])
    async def test_without_the_lock(self, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, in_database: bool) -> None:
        crowd = await Crowd.of(1)
        await crowd.earn()
        run = await crowd.draft()
        monkeypatch.setattr(runs, "LOCK_RUN", runs.LOCK_RUN.replace(" FOR UPDATE", ""))
        monkeypatch.setattr(approving, "LINES", approving.LINES.replace(" FOR UPDATE", ""))
        if not in_database:
            await no_trigger(owner, "payout_run", "goes_on")
            await no_trigger(owner, "payout_line", "goes_on")
            for name in ("approved", "ended"):
                await owner.execute(f"ALTER TABLE payout_run DROP CONSTRAINT payout_run_{name}")
        looked, approved = runs.locked_draft, asyncio.Event()

        async def locked_draft(run_id: UUID) -> Any:
            """Who cancels has seen a draft, and goes on when it has been approved meanwhile."""
            found = await looked(run_id)
            if asyncio.current_task() is cancelling:
                await approved.wait()
            return found

        async def approve() -> None:
            async with db.transaction():
                await approving.approve(crowd.finance[1], run)
            approved.set()

        async def cancel() -> None:
            async with db.transaction():
                await runs.cancel(None, run, "wrong day")

        monkeypatch.setattr(runs, "locked_draft", locked_draft)
        cancelling = asyncio.create_task(cancel())
        refused = (await asyncio.gather(cancelling, approve(), return_exceptions=True))[0]
        if in_database:
            assert isinstance(refused, asyncpg.RestrictViolationError)
            assert await broken() == []
        else:
            assert refused is None
            assert "payouts.runs_are_their_lines" in await broken()

    async def test_two_approvals_of_ones_own_runs_count_together(
        self, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        crowd = await Crowd.of(1)
        await b.policy(four_eyes_above="1.5000")
        author = crowd.finance[0]
        drafts = []
        for _ in range(2):
            await crowd.earn()
            drafts.append(await crowd.draft(author))
        monkeypatch.setattr(runs, "locked_draft", races.stop_after(runs.locked_draft))
        outcomes = await race(owner, *[lambda run=run: approving.approve(author, run) for run in drafts])
        assert outcomes == {"ok": 1, "FourEyes": 1}


class TestFiles:
    @staticmethod
    async def got(owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch) -> tuple[UUID, set[bytes]]:
        """Many ask for a file of a new run that nobody has made yet, stopping when they have stored theirs.

        The format's bytes differ each time they are made. Returns the run, and what they got.
        """
        crowd = await Crowd.of(2)
        await crowd.earn()
        run = await crowd.approved()
        unlike = formats.FORMATS["csv"]._replace(write=lambda _batch: os.urandom(16))
        monkeypatch.setitem(formats.FORMATS, "csv", unlike)
        monkeypatch.setattr(files.trail, "record", races.stop_before(files.trail.record))
        made = await races.race(owner, *(races.in_transaction(lambda: files.file(None, run, "csv")) for _ in range(MANY)))
        return run, {one.content for one in made}

    async def test_all_get_the_same_bytes_even_of_a_format_that_is_never_the_same(
        self, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run, got = await self.got(owner, monkeypatch)
        async with db.transaction():
            assert got == {(await files.file(None, run, "csv")).content}
        assert await db.scalar("SELECT count(*) FROM trail WHERE action = 'payout.file_made'") == 1

    async def test_without_the_stored_copy_they_differ(self, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
        await owner.execute("ALTER TABLE payout_file DROP CONSTRAINT payout_file_pkey")
        own_first = " ORDER BY xmin = pg_current_xact_id()::xid DESC"
        monkeypatch.setattr(files, "STORED", files.STORED + own_first)
        assert len((await self.got(owner, monkeypatch))[1]) == MANY

    async def test_a_server_killed_between_file_and_commit_leaves_nothing(self, owner: asyncpg.Connection) -> None:
        crowd = await Crowd.of(2)
        await crowd.earn()
        run = await crowd.approved()
        seen: list[bytes] = []

        async def killed() -> None:
            async with db.transaction():
                seen.append((await files.file(None, run, "xlsx")).content)
                own = await db.scalar("SELECT pg_backend_pid()")
                await owner.execute("SELECT pg_terminate_backend($1, 5000)", own)
                await db.scalar("SELECT 1")

        with pytest.raises(db.OUTAGE):
            await killed()
        assert await owner.fetchval("SELECT count(*) FROM payout_file") == 0
        async with db.transaction():
            assert (await files.file(None, run, "xlsx")).content == seen[0]


class TestReturns:
    async def ordered(self) -> tuple[UUID, UUID, bytes]:
        crowd = await Crowd.of(1)
        await crowd.earn()
        run = await crowd.approved()
        async with db.transaction():
            orders = (await files.file(None, run, "1c")).content
        (line,) = (await lines(run)).values()
        return run, line["id"], bank_answers.client_bank(orders, date(2026, 11, 25), [account(1)])

    async def test_whatever_is_told_at_once_the_money_is_due_again_once(self, database: db.Config) -> None:
        run, line, answer = await self.ordered()
        outcomes = await at_once(
            *[lambda: bank.receive(None, answer, "RUB")] * 5,
            *[lambda: settling.return_one(None, run, line, "by telephone")] * 5,
            *[lambda: settling.confirm_all(None, run, "PP-1")] * 5,
        )
        assert outcomes["ok"] >= 5
        assert set(outcomes) <= {"ok", "LineNotOnItsWay", "PayoutSettled"}
        assert await db.scalar("SELECT count(*) FROM bank_statement") == 1
        assert await db.scalar("SELECT sum(amount) FROM due WHERE returned_line IS NOT NULL") == 10_000
        assert (await b.balances())["payable"] == 10_000
        assert await broken() == []

    async def test_the_same_movements_in_two_files_at_once_count_once(self, database: db.Config) -> None:
        run, _, answer = await self.ordered()
        other = answer.replace("Отправитель=".encode("cp1251"), "Отправитель= ".encode("cp1251"))
        assert other != answer
        assert await at_once(lambda: bank.receive(None, answer, "RUB"), lambda: bank.receive(None, other, "RUB")) == {"ok": 2}
        found = await db.rows("SELECT outcome FROM bank_line ORDER BY 1")
        assert [row["outcome"] for row in found] == ["confirmed", "known", "known", "returned"]
        assert (await state(run), await broken()) == ("settled", [])

    async def test_the_last_two_lines_settled_at_once_settle_the_run(self, database: db.Config) -> None:
        crowd = await Crowd.of(2)
        for _ in range(5):
            await crowd.earn()
            run = await crowd.approved()
            one, other = (line["id"] for line in (await lines(run)).values())
            for line in (one, other):
                await db.execute(
                    "INSERT INTO payment_details_confirmed (details_id) SELECT details_id FROM payout_line WHERE id = $1", line
                )
            works = [lambda line=line, run=run: settling.return_one(None, run, line, "closed") for line in (one, other)]
            assert await at_once(*works) == {"ok": 2}
            assert await state(run) == "settled"
            for person in crowd.people:
                async with db.transaction():
                    await details.confirm(person, person, "RUB")
        assert await broken() == []

    @pytest.mark.parametrize("guard", ["lock", "none"])
    async def test_returned_twice_without_its_guards(
        self, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, guard: str
    ) -> None:
        run, line, _ = await self.ordered()
        monkeypatch.setattr(settling, "locked", races.stop_after(settling.locked))
        if guard == "none":
            monkeypatch.setattr(settling, "LOCK_RUNS_OF", settling.LOCK_RUNS_OF.replace(" FOR UPDATE", ""))
            monkeypatch.setattr(settling, "LOCK_LINES", settling.LOCK_LINES.replace(" FOR UPDATE", ""))
            await no_trigger(owner, "payout_line", "goes_on")
            await owner.execute("ALTER TABLE due DROP CONSTRAINT due_return_once")
        outcomes = await race(owner, *[lambda: settling.return_one(None, run, line, "account closed")] * 2)
        if guard == "lock":
            assert outcomes == {"ok": 1, "LineNotOnItsWay": 1}
            assert await broken() == []
        else:
            assert "payouts.dues_are_owed" in await broken()
