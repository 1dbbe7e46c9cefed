"""Whatever finance and the bank do, in any order: every invariant holds after every step, and no kopeck is paid twice or lost."""

import random
from datetime import date
from uuid import UUID

import pytest

from piecework.payouts.errors import LineNotOnItsWay, NothingToPay, PayoutChanged, PayoutNotDraft, PayoutSettled
from piecework.payouts.payees import details
from piecework.payouts.paying import approving, bank, files, runs, settling
from piecework.platform import db
from piecework.platform.demo import bank as bank_answers
from piecework.platform.errors import NotFound
from tests.payouts import builders as b
from tests.payouts.formats.batches import account
from tests.payouts.paying.paying_world import TODAY, Crowd, broken

STEPS = 40
REFUSALS = (LineNotOnItsWay, NothingToPay, PayoutChanged, PayoutNotDraft, PayoutSettled, NotFound)


class Office:
    """Random steps over a crowd."""

    def __init__(self, crowd: Crowd, seed: int) -> None:
        self.crowd = crowd
        self.random = random.Random(seed)
        self.earned = 0

    async def some(self, sql: str) -> UUID | None:
        found = [row["id"] for row in await db.rows(sql)]
        return self.random.choice(found) if found else None

    async def earn(self) -> None:
        prices = [self.random.choice((0, 100, 10_050, 33_333)) for _ in self.crowd.people]
        await self.crowd.earn(*(prices if any(prices) else [100] * len(prices)))

    async def draft(self) -> None:
        await runs.draft(self.crowd.finance[0], "RUB", TODAY)

    async def decide(self) -> None:
        if run := await self.some("SELECT id FROM payout_run WHERE state = 'draft'"):
            await self.random.choice(
                [lambda: approving.approve(self.crowd.finance[1], run)] * 3 + [lambda: runs.cancel(None, run, "another day")]
            )()

    async def drop(self) -> None:
        if line := await self.some("SELECT id FROM payout_line WHERE state = 'drafted'"):
            await runs.drop(None, await db.scalar("SELECT run_id FROM payout_line WHERE id = $1", line), line, "asked to wait")

    async def answer(self) -> None:
        if run := await self.some("SELECT id FROM payout_run WHERE approved_at IS NOT NULL"):
            numbers = [account(n + 1) for n in range(len(self.crowd.people))]
            paid, returned = (self.random.sample(numbers, self.random.randint(0, len(numbers))) for _ in range(2))
            orders = (await files.file(None, run, "1c")).content
            await bank.receive(None, bank_answers.client_bank(orders, date(2026, 11, 25), returned, paid or None), "RUB")

    async def by_hand(self) -> None:
        if line := await self.some("SELECT id FROM payout_line WHERE state <> 'dropped'"):
            run = await db.scalar("SELECT run_id FROM payout_line WHERE id = $1", line)
            if self.random.random() < 0.5:
                await settling.return_one(None, run, line, "by telephone")
            elif await db.scalar("SELECT approved_at IS NOT NULL FROM payout_run WHERE id = $1", run):
                await settling.confirm_all(None, run, "PP-1")

    async def trust(self) -> None:
        for row in await db.rows("SELECT freelancer_id FROM payee_details WHERE doubted"):
            await details.confirm(row["freelancer_id"], row["freelancer_id"], "RUB")


@pytest.mark.parametrize("seed", range(4))
async def test_every_invariant_holds_after_every_step(database: db.Config, seed: int) -> None:
    office = Office(await Crowd.of(3), seed)
    often, seldom = (office.draft, office.decide, office.answer), (office.earn, office.drop, office.by_hand, office.trust)
    steps = [*often, *often, *often, *seldom]
    await office.earn()
    done = 0
    for _ in range(STEPS):
        step = office.random.choice(steps)
        try:
            if step == office.earn:
                await step()
            else:
                async with db.transaction():
                    await step()
            done += 1
        except REFUSALS:
            pass
        assert await broken() == [], (seed, step.__name__)
    assert done > STEPS // 2
    assert await db.scalar("SELECT count(*) FROM bank_line WHERE outcome IN ('confirmed', 'returned')") > 0, (
        "or this shows nothing"
    )
    sums = await b.balances()
    owed = await db.scalar("SELECT coalesce(sum(net), 0) FROM statement")
    assert owed == sums.get("payable", 0) + sums.get("clearing", 0) + sums.get("bank", 0), (
        "all that was earned is somewhere, once"
    )
