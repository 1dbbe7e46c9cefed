"""The life of a kopeck: pending, payable or void, clearing, paid; in any order of jobs, and however often they run."""

import asyncio
import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from piecework.payouts import accruals, earnings, ledger, payout, periods
from piecework.payouts.errors import Contradiction, PayoutConfirmed, PeriodExported, PeriodNotClosed
from piecework.platform import db
from piecework.platform.errors import NotFound
from piecework.platform.ids import uuid7
from piecework.platform.jobs import enqueue
from tests.payouts import builders as b

pytestmark = pytest.mark.usefixtures("database")


async def test_submitted_accepted_exported_confirmed() -> None:
    project, anna = await b.project(), await b.person()
    done = await b.assignment(project, anna, price=25_050)
    await b.announce(done, "submitted")
    await b.run_jobs()
    assert await b.balances() == {"task_expense": 25_050, "pending": 25_050}
    assert not await b.broken()

    await b.decide(done, "accepted", b.LONG_AGO + timedelta(hours=1))
    await b.run_jobs()
    assert await b.balances() == {"task_expense": 25_050, "pending": 0, "payable": 25_050}
    assert not await b.broken()

    period = await b.period_of(b.LONG_AGO)
    async with db.transaction():
        facts = await periods.close(period, None)
    assert facts["total"] == 25_100
    assert await b.balances() == {"task_expense": 25_050, "pending": 0, "payable": 25_100, "rounding": 50}

    async with db.transaction():
        paid = await payout.export(period, None)
    async with db.transaction():
        await payout.confirm(paid, "BANK-1", None)
    assert await b.balances() == {
        "task_expense": 25_050, "pending": 0, "payable": 0, "rounding": 50, "clearing": 0, "bank": 25_100,
    }  # fmt: skip
    [mine] = await earnings.earnings(anna)
    assert mine == {"currency": "RUB", "pending": 0, "payable": 0, "clearing": 0, "paid": 25_100}
    assert await earnings.earnings(anna, on=db.FREELANCER) == [mine]
    assert not await b.broken()


async def test_rejected_is_a_reversal() -> None:
    project, anna = await b.project(), await b.person()
    done = await b.assignment(project, anna)
    await b.announce(done, "submitted")
    await b.run_jobs()
    await b.decide(done, "rejected", b.LONG_AGO)
    await b.run_jobs()
    assert await b.balances() == {"task_expense": 0, "pending": 0}
    reversal = await db.row("SELECT v.reverses = p.id AS ok FROM entry v, entry p WHERE v.kind = 'void' AND p.kind = 'pend'")
    assert reversal is not None
    assert reversal["ok"]
    assert not await b.broken()


@pytest.mark.parametrize("order", list(itertools.permutations(["payouts.pend", "payouts.accrue", "payouts.void"])))
async def test_jobs_in_any_order_and_twice(order: Sequence[str]) -> None:
    project, anna = await b.project(), await b.person()
    good = [await b.assignment(project, anna, price=100 + i, state="accepted") for i in range(5)]
    bad = [await b.assignment(project, anna, price=900 + i, state="rejected") for i in range(5)]
    free = [await b.assignment(project, anna, price=0, state=state) for state in ("accepted", "rejected")]
    wanted = {"payouts.pend": [*good, *bad, *free], "payouts.accrue": [*good, free[0]], "payouts.void": [*bad, free[1]]}
    entries = set()
    for _ in range(2):
        for kind in order:
            await enqueue(kind, [(str(i), {}) for i in wanted[kind]])
            await b.run_jobs()
        assert await b.balances() == {"task_expense": 510, "pending": 0, "payable": 510}
        entries.add(await db.scalar("SELECT count(*) FROM entry"))
    assert entries == {20}, "a rerun must add nothing, and assignments without a price must make no entry"
    assert not await b.broken()


async def test_a_job_against_the_facts_stops() -> None:
    project, anna = await b.project(), await b.person()
    held = await b.assignment(project, anna, state="held")
    submitted = await b.assignment(project, anna)
    rejected = await b.assignment(project, anna, state="rejected")
    for use_case, ids in (
        (accruals.pend, [held]), (accruals.pend, [uuid7()]), (accruals.accrue, [submitted]),
        (accruals.accrue, [rejected]), (accruals.void, [submitted]),
    ):  # fmt: skip
        with pytest.raises(Contradiction):
            async with db.transaction():
                await use_case(ids)
    assert await db.scalar("SELECT count(*) FROM entry") == 0


async def test_pending_money_is_resolved_once_whoever_asks() -> None:
    project, anna = await b.project(), await b.person()
    done = await b.earned(project, anna)
    pend_id = await db.scalar("SELECT id FROM entry WHERE kind = 'pend'")
    at, period_id = await periods.now_in("RUB")
    accounts = ledger.LedgerAccount("pending", str(anna)), ledger.LedgerAccount("task_expense", str(project.id))
    again = ledger.Entry(f"void:{done}", "void", period_id, at, "RUB", ledger.move(25_050, *accounts), resolves=pend_id)
    with pytest.raises(Exception, match="entry_resolves_key"):
        async with db.transaction():
            await ledger.post([again])
    assert not await b.broken()


class TestShares:
    async def test_a_part_earns_its_part_of_the_price_and_the_rest_goes_back(self) -> None:
        project, anna = await b.project(), await b.person()
        await b.earned(project, anna, 25_001, share=5_000)
        assert await b.balances() == {"task_expense": 12_501, "pending": 0, "payable": 12_501}
        assert not await b.broken()

    @pytest.mark.parametrize(("price", "share", "pay"), [(1, 4_999, 0), (1, 5_000, 1), (25_050, 10_000, 25_050), (3, 3_333, 1)])
    async def test_half_a_unit_and_more_goes_up(self, price: int, share: int, pay: int) -> None:
        assert await db.scalar("SELECT accepted_pay($1, $2)", price, share) == pay

    async def test_a_rejection_taken_back_is_paid_once_in_the_open_period(self) -> None:
        project, anna = await b.project(), await b.person()
        refused = await b.assignment(project, anna, state="rejected")
        await b.announce(refused, "rejected")
        await b.run_jobs()
        period = await b.period_of(b.LONG_AGO)
        async with db.transaction():
            await periods.close(period, None)
        await b.decide(refused, "accepted", b.LONG_AGO + b.HOUR * 2)
        await b.run_jobs()
        async with db.transaction():
            assert await accruals.accrue([refused]) == 0
        assert (await b.balances())["payable"] == 25_050
        made = await db.rows(
            "SELECT kind, reverses IS NOT NULL AS undoes, period_id <> $1 AS later FROM entry ORDER BY id", period
        )
        assert [tuple(row) for row in made] == [
            ("pend", False, False), ("void", True, False), ("reopen", True, True), ("accrue", False, True),
        ]  # fmt: skip
        assert not await b.broken()

    async def test_more_of_an_answer_accepted_later_adds_the_difference(self) -> None:
        project, anna = await b.project(), await b.person()
        done = await b.earned(project, anna, 1_000, share=2_500)
        for share in (5_000, 10_000):
            await b.decide(done, "accepted", b.LONG_AGO + b.HOUR * 2, share)
        await b.run_jobs()
        assert (await b.balances())["payable"] == 1_000
        assert not await b.broken()

    async def test_a_decision_while_the_one_before_is_booked_waits_for_it(self) -> None:
        project, anna = await b.project(), await b.person()
        done = await b.earned(project, anna, 1_000, share=2_500)
        await b.decide(done, "accepted", b.LONG_AGO + b.HOUR * 2, 5_000)

        booked = asyncio.Event()

        async def decide_and_book() -> None:
            await booked.wait()
            await b.decide(done, "accepted", b.LONG_AGO + b.HOUR * 3, 10_000)
            async with db.transaction():
                await accruals.accrue([done])

        later = asyncio.create_task(decide_and_book())
        async with db.transaction():
            await accruals.accrue([done])
            booked.set()
            await asyncio.wait([later], timeout=0.5)  # without the lock it has read by now what is not yet booked
        await later
        assert (await b.balances())["payable"] == 1_000
        await b.run_jobs()
        assert not await b.broken()


async def test_one_bad_job_delays_only_itself() -> None:
    project, anna = await b.project(), await b.person()
    done = [await b.assignment(project, anna, price=100, state="accepted") for _ in range(10)]
    await enqueue("payouts.accrue", [(str(i), {}) for i in [*done, uuid7()]])
    runner = b.Runner(b.JOBS)
    await runner.drain()
    assert (runner.done, runner.failed) == (10, 1)
    assert (await b.balances())["payable"] == 1000


async def test_payouts_happen_once_and_in_order() -> None:
    project, anna, boris = await b.project(), await b.person(), await b.person("Boris")
    await b.earned(project, anna, 10_000)
    await b.earned(project, boris, 40)  # rounds to nothing: no line
    period = await b.period_of(b.LONG_AGO)
    with pytest.raises(PeriodNotClosed):
        await payout.export(period, None)
    async with db.transaction():
        await periods.close(period, anna)
    async with db.transaction():
        first = await payout.export(period, anna)
    with pytest.raises(PeriodExported):
        async with db.transaction():
            await payout.export(period, anna)
    async with db.transaction():
        await payout.confirm(first, "BANK-1", anna)
    with pytest.raises(PayoutConfirmed):
        async with db.transaction():
            await payout.confirm(first, "BANK-2", anna)
    for missing in (payout.export(uuid7(), None), payout.confirm(uuid7(), "x", None)):
        with pytest.raises(NotFound):
            await missing
    lines = await db.rows("SELECT freelancer_id, amount FROM payout_line")
    assert [(r["freelancer_id"], r["amount"]) for r in lines] == [(anna, 10_000)]
    row = await db.row("SELECT total, bank_reference FROM payout")
    assert row is not None
    assert tuple(row) == (10_000, "BANK-1")
    assert [r["action"] for r in await db.rows("SELECT action FROM trail ORDER BY id")] == [
        "period.close", "payout.export", "payout.confirm",
    ]  # fmt: skip
    assert not await b.broken()


async def test_currencies_do_not_mix() -> None:
    rub, eur, anna = await b.project(), await b.project("musik", "EUR"), await b.person()
    await b.earned(rub, anna, 10_000)
    await b.earned(eur, anna, 333)
    assert {(e["currency"], e["payable"]) for e in await earnings.earnings(anna)} == {("RUB", 10_000), ("EUR", 333)}
    async with db.transaction():
        facts = await periods.close(await b.period_of(b.LONG_AGO, "EUR"), None)
    assert facts["total"] == 300
    assert await db.scalar("SELECT state FROM period WHERE currency = 'RUB'") == "open"
    assert not await b.broken()


class TestHeldPay:
    async def hold(self, who: UUID) -> UUID:
        curator = await b.person("Curator")
        held: UUID = await db.scalar(
            """INSERT INTO restriction (freelancer_id, kind, reason, imposed_by, ends_at)
               VALUES ($1, 'pay', 'Under investigation.', $2, now() + interval '9 days') RETURNING id""",
            who,
            curator,
        )
        return held

    async def closed(self, at: datetime, currency: str = "RUB") -> UUID:
        period = await b.period_of(at, currency)
        async with db.transaction():
            await periods.close(period, None)
        return period

    async def export(self, period: UUID) -> None:
        async with db.transaction():
            await payout.export(period, None)

    async def end(self, held: UUID) -> None:
        await db.execute("UPDATE restriction SET ends_at = now() WHERE id = $1", held)

    async def test_each_currency_keeps_its_own(self) -> None:
        rub, usd, who = await b.project("rub"), await b.project("usd", "USD"), await b.person()
        await b.earned(rub, who, price=10_000)
        await b.earned(usd, who, price=20_000)
        first = [await self.closed(b.LONG_AGO), await self.closed(b.LONG_AGO, "USD")]
        held = await self.hold(who)
        for period in first:
            await self.export(period)
        await self.end(held)
        later = b.LONG_AGO + b.WEEK
        await b.earned(rub, who, price=30_000, at=later)
        await b.earned(usd, who, price=40_000, at=later)
        for period in (await self.closed(later), await self.closed(later, "USD")):
            await self.export(period)
        paid = await db.rows(
            """SELECT p.currency, sum(l.amount)::bigint AS paid FROM payout_line l JOIN payout o ON o.id = l.payout_id
               JOIN period p ON p.id = o.period_id GROUP BY 1 ORDER BY 1"""
        )
        assert [tuple(row) for row in paid] == [("RUB", 40_000), ("USD", 60_000)]
        assert not await b.broken()

    async def test_of_two_exports_at_once_one_takes_it_along(self) -> None:
        project, who = await b.project(), await b.person()
        closed = []
        for week in range(3):
            await b.earned(project, who, price=10_000, at=b.LONG_AGO + week * b.WEEK)
            closed.append(await self.closed(b.LONG_AGO + week * b.WEEK))
        await b.earned(project, who, price=50_000, at=b.LONG_AGO + 3 * b.WEEK)  # so that no balance stands in the way
        held = await self.hold(who)
        await self.export(closed[0])
        await self.end(held)
        exported = asyncio.Event()

        async def second() -> None:
            await exported.wait()
            await self.export(closed[2])

        waiting = asyncio.create_task(second())
        async with db.transaction():
            await payout.export(closed[1], None)
            exported.set()
            await asyncio.wait([waiting], timeout=0.5)  # without the row's lock it has taken the row by now
        await waiting
        assert await db.scalar("SELECT sum(amount)::bigint FROM payout_line") == 30_000
        assert not await b.broken()
