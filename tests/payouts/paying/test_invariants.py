"""Each invariant of payouts goes red when what it says is broken, by somebody above the application's role."""

from datetime import date

import pytest

from piecework.payouts.paying import bank, files
from piecework.payouts.paying.invariants import INVARIANTS
from piecework.platform import db
from piecework.platform.demo import bank as bank_answers
from tests.payouts.formats.batches import account
from tests.payouts.paying.paying_world import Crowd, broken
from tests.traceless import undone

BREAKS = {
    "payouts.lines_pay_their_dues": "UPDATE due SET line_id = NULL WHERE line_id IS NOT NULL",
    "payouts.lines_are_in_the_ledger": "UPDATE entry SET source_id = gen_random_uuid() WHERE kind = 'confirm'",
    "payouts.clearing_is_on_its_way": "UPDATE payout_line SET state = 'ordered' WHERE state = 'paid'",
    "payouts.runs_are_their_lines": "UPDATE payout_run SET total = total + 100",
    "payouts.returns_are_due_once": "DELETE FROM due WHERE returned_line IS NOT NULL",
    "payouts.dues_are_owed": "UPDATE due SET amount = amount + 100 WHERE line_id IS NULL",
    "payouts.nothing_went_to_details_that_wait": "UPDATE payment_details SET usable_at = now() + interval '1 day'",
    "payouts.bank_lines_are_lines": "UPDATE bank_line SET amount = amount + 1",
}


def test_every_invariant_has_its_break() -> None:
    assert set(BREAKS) == {invariant.name for invariant in INVARIANTS}


async def test_each_invariant_goes_red(database: db.Config, subtests: pytest.Subtests) -> None:
    crowd = await Crowd.of(3)
    await crowd.earn()
    run = await crowd.approved()
    async with db.transaction():
        orders = (await files.file(None, run, "1c")).content
    async with db.transaction():
        await bank.receive(
            None, bank_answers.client_bank(orders, date(2026, 11, 25), [account(2)], [account(1), account(2)]), "RUB"
        )
    assert await broken() == []
    for name, statement in BREAKS.items():
        with subtests.test(name):
            async with undone(statement) as touched:
                assert touched != [0]
                assert name in await broken()
