"""Each invariant goes red when what it says is broken, by somebody above the application's role."""

import pytest

from piecework.payouts.books import sums
from piecework.payouts.closing import closing
from piecework.payouts.invariants import INVARIANTS
from piecework.platform import db
from tests.payouts import builders as b
from tests.traceless import undone

BREAKS = {
    "payouts.entries_balance": "UPDATE posting SET amount = amount + 1 WHERE id = (SELECT min(id) FROM posting)",
    "payouts.entries_have_postings": "DELETE FROM posting WHERE id = (SELECT min(id) FROM posting)",
    "payouts.balances_follow_postings": "UPDATE balance SET amount = amount + 1",
    "payouts.submitted_is_pending": "UPDATE entry SET assignment_id = gen_random_uuid() WHERE business_key = (SELECT 'pend:' || id FROM assignment WHERE state = 'submitted')",
    "payouts.accepted_is_accrued": "UPDATE entry SET assignment_id = gen_random_uuid() WHERE kind = 'accrue'",
    "payouts.rejected_is_void": "UPDATE entry SET assignment_id = gen_random_uuid() WHERE kind = 'void'",
    "payouts.accruals_have_their_price": "UPDATE assignment SET price = price + 100",
    "payouts.pending_ends": "UPDATE posting SET amount = amount - 1 WHERE id = (SELECT min(p.id) FROM posting p JOIN ledger_account l ON l.id = p.account_id WHERE l.kind = 'pending')",
    "payouts.nothing_pending_below_zero": "UPDATE posting SET amount = 99999999 WHERE account_id = (SELECT min(id) FROM ledger_account WHERE kind = 'pending')",
    "payouts.closed_totals_stand": "UPDATE period SET total = total + 1 WHERE state = 'closed'",
    "payouts.closed_is_closed": "UPDATE entry SET recorded_at = now() + interval '1 day'",
    "payouts.periods_do_not_overlap": "INSERT INTO period (currency, cadence, name, starts_at, ends_at, zone) SELECT currency, cadence, 'x', starts_at + interval '1 hour', ends_at + interval '1 hour', zone FROM period",
    "payouts.sums_follow_postings": "UPDATE period_sum SET amount = amount + 1",
    "payouts.spend_follows_entries": "UPDATE spend_day SET spent = spent + 1",
    "payouts.open_sums_follow_entries": "UPDATE open_sum SET entries = entries + 1",
    "payouts.statements_are_their_sums": "UPDATE statement SET work = work + 100, gross = gross + 100, net = net + 100",
    "payouts.statements_are_due": "DELETE FROM due",
    "payouts.people_and_tickets_agree": "UPDATE assignment SET price = price + 100",
}  # fmt: skip


def test_every_invariant_has_its_break() -> None:
    assert set(BREAKS) == {invariant.name for invariant in INVARIANTS}


async def test_each_invariant_goes_red(database: db.Config, subtests: pytest.Subtests) -> None:
    project, anna = await b.project(), await b.person()
    await b.earned(project, anna)
    for state in ("submitted", "rejected"):
        await b.announce(await b.assignment(project, anna, state=state), state)
    await b.run_jobs()
    period = await b.period_of(b.LONG_AGO)
    async with db.transaction():
        await closing.close(period, None)
        await sums.keep()
    assert not await b.broken()
    for name, statement in BREAKS.items():
        with subtests.test(name):
            async with undone(statement) as touched:
                assert touched != [0]
                assert name in await b.broken()


async def test_a_waiting_job_excuses_and_a_dead_one_does_not(database: db.Config) -> None:
    project, anna = await b.project(), await b.person()
    for state in ("submitted", "accepted", "rejected"):
        await b.announce(await b.assignment(project, anna, state=state), state)
    assert not await b.broken()
    await db.execute("UPDATE job SET dead_at = now()")
    assert await b.broken() == {"payouts.submitted_is_pending", "payouts.accepted_is_accrued", "payouts.rejected_is_void"}
