"""The life of a kopeck: pending, payable or void, clearing, paid; in any order of jobs, and however often they run."""

import asyncio
import itertools
from datetime import timedelta

import asyncpg
import pytest

from piecework.payouts.books import ledger, periods
from piecework.payouts.closing import closing
from piecework.payouts.earning import accruals, earnings
from piecework.payouts.errors import Contradiction
from piecework.platform import db
from piecework.platform.ids import uuid7
from piecework.platform.jobs import enqueue
from tests import races
from tests.payouts import builders as b
from tests.traceless import nothing_changes, rehearsed

pytestmark = pytest.mark.usefixtures("database")


async def test_submitted_accepted_closed() -> None:
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
        facts = await closing.close(period, None)
    assert facts["total"] == 25_100
    assert await b.balances() == {"task_expense": 25_050, "pending": 0, "payable": 25_100, "rounding": 50}

    [mine] = await earnings.earnings(anna)
    assert mine == {"currency": "RUB", "pending": 0, "held": 0, "payable": 25_100, "clearing": 0, "tax": 0, "paid": 0}
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


async def test_jobs_in_any_order_and_twice(subtests: pytest.Subtests) -> None:
    project, anna = await b.project(), await b.person()
    good = [await b.assignment(project, anna, price=100 + i, state="accepted") for i in range(5)]
    bad = [await b.assignment(project, anna, price=900 + i, state="rejected") for i in range(5)]
    free = [await b.assignment(project, anna, price=0, state=state) for state in ("accepted", "rejected")]
    wanted = {"payouts.pend": [*good, *bad, *free], "payouts.accrue": [*good, free[0]], "payouts.void": [*bad, free[1]]}
    async with nothing_changes():
        for order in itertools.permutations(["payouts.pend", "payouts.accrue", "payouts.void"]):
            with subtests.test(order=order):
                entries = set()
                async with rehearsed():
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

    async def test_half_a_unit_and_more_goes_up(self, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for price, share, pay in [(1, 4_999, 0), (1, 5_000, 1), (25_050, 10_000, 25_050), (3, 3_333, 1)]:
                with subtests.test(price=price, share=share, pay=pay):
                    assert await db.scalar("SELECT accepted_pay($1, $2)", price, share) == pay

    async def test_a_rejection_taken_back_is_paid_once_in_the_open_period(self) -> None:
        project, anna = await b.project(), await b.person()
        refused = await b.assignment(project, anna, state="rejected")
        await b.announce(refused, "rejected")
        await b.run_jobs()
        period = await b.period_of(b.LONG_AGO)
        async with db.transaction():
            await closing.close(period, None)
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

    async def test_a_decision_while_the_one_before_is_booked_waits_for_it(self, owner: asyncpg.Connection) -> None:
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
            await races.stand(owner, later)  # without the lock it has read by now what is not yet booked
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
    assert runner.done == 10
    assert (
        await db.scalar("SELECT count(*) FROM job WHERE last_error IS NOT NULL") == 1
    )  # tried again meanwhile on a slow machine
    assert (await b.balances())["payable"] == 1000


async def test_currencies_do_not_mix() -> None:
    rub, eur, anna = await b.project(), await b.project("musik", "EUR"), await b.person()
    await b.earned(rub, anna, 10_000)
    await b.earned(eur, anna, 333)
    assert {(e["currency"], e["payable"]) for e in await earnings.earnings(anna)} == {("RUB", 10_000), ("EUR", 333)}
    async with db.transaction():
        facts = await closing.close(await b.period_of(b.LONG_AGO, "EUR"), None)
    assert facts["total"] == 300
    assert await db.scalar("SELECT state FROM period WHERE currency = 'RUB'") == "open"
    assert not await b.broken()
