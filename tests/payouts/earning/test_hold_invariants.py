"""Each invariant of money on hold goes red when what it says is broken, by somebody above the application's role."""

from datetime import datetime

import pytest

from piecework.payouts.earning import reopening
from piecework.payouts.earning.invariants import INVARIANTS
from piecework.platform import db
from piecework.platform.invariants import check
from piecework.tasks import objections
from tests.payouts import builders as b
from tests.payouts.earning import held_money as h
from tests.payouts.earning.held_money import DAY
from tests.traceless import undone

BREAKS = {
    "payouts.holds_are_looked_after": "DELETE FROM job WHERE kind = 'payouts.release'",
    "payouts.holds_end_whole": "UPDATE posting SET amount = amount * 2 WHERE entry_id = (SELECT min(id) FROM entry WHERE kind = 'release')",
    "payouts.holds_end_in_time": "UPDATE entry SET effective_at = effective_at + interval '8 days' WHERE kind = 'release'",
    "payouts.clawbacks_are_asked_for": "UPDATE reopening SET claw_back = false",
    "payouts.upheld_clawbacks_are_restored": "UPDATE appealable SET state = 'denied'",
}


async def broken() -> set[str]:
    return {finding.name for finding in [await check(invariant) for invariant in INVARIANTS] if not finding.ok}


async def scene() -> None:
    """One amount released, one on hold, one clawed back and restored."""
    project, anna = await b.project(), await b.person()
    now: datetime = await db.scalar("SELECT now()")
    terms, one = await h.tariff(project), await b.ticket(project)
    await h.earned(project, anna, terms, b.LONG_AGO)
    await h.earned(project, anna, terms, now - DAY)
    wrong = await h.earned(project, anna, terms, now - DAY, ticket_id=one, premium=300)
    which = await db.scalar(
        """INSERT INTO reopening (ticket_id, number, reason, redo, replaced, claw_back, appeal_days, actor)
           SELECT $1, 1, 'wrong in fact', '{sort}', ARRAY[task_id], true, 7, $3 FROM assignment WHERE id = $2 RETURNING id""",
        one,
        wrong,
        await b.person("Carl", "curator"),
    )
    async with db.transaction():
        assert await reopening.follow(which) == 2
        await objections.appeal("clawback", wrong)
        assert await objections.settle("clawback", wrong, upheld=True)
    await b.run_jobs()


def test_every_invariant_has_its_break() -> None:
    assert set(BREAKS) == {invariant.name for invariant in INVARIANTS}


async def test_each_invariant_goes_red(database: db.Config, subtests: pytest.Subtests) -> None:
    await scene()
    assert await broken() == set()
    for name, statement in BREAKS.items():
        with subtests.test(name):
            async with undone(statement) as touched:
                assert touched != [0]
                assert name in await broken()


async def test_a_dead_job_looks_after_nothing(database: db.Config) -> None:
    await scene()
    await db.execute("UPDATE job SET dead_at = now()")
    assert await broken() == {"payouts.holds_are_looked_after"}
