"""Sums of the ledger that pages read: what projects spend by day, and what of each period still waits (payouts/sql/sums.sql).

A job keeps them, not the postings themselves: all accruals of a project would stand in line for the one row of its day. Whoever reads
adds what is newer than the job's last run, so that the figures are those of the ledger at every moment, whether the job runs or not.
"""

from collections.abc import Sequence

from piecework.payouts.books import pay_policy
from piecework.platform import db
from piecework.platform.jobs import Job, JobKind

AT_ONCE = 20_000
TIMES = 10
EVERY_S = 5.0


async def keep(most: int = AT_ONCE) -> int:
    """Take the next entries into the sums, at most so many and the rest of the last one's transaction; returns how many were next.

    In the caller's transaction. Running it twice, or twice at a time, changes nothing.
    """
    taken: int = await db.scalar("SELECT keep_sums($1, $2)", await pay_policy.zone(), most)
    return taken


async def _keep(_jobs: Sequence[Job]) -> None:
    for _ in range(TIMES):
        if await keep() < AT_ONCE:
            return


JOBS = (JobKind("payouts.sums", _keep, every_s=EVERY_S, lease_s=300),)
