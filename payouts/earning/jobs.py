"""Jobs of payouts: each takes assignments (the job's key tells which) through one step of the ledger.

The runner opens and commits the transaction. Running a job twice, or in another order than things happened, changes nothing.
"""

from collections.abc import Sequence
from uuid import UUID

from piecework.payouts import accruals
from piecework.platform.jobs import Job, JobKind
from piecework.tasks.decisions import assignment_of

BATCH = 200


async def pend(jobs: Sequence[Job]) -> None:
    """Submitted answers become pending money."""
    await accruals.pend(_ids(jobs))


async def accrue(jobs: Sequence[Job]) -> None:
    """Accepted assignments become payable."""
    await accruals.accrue(_ids(jobs))


async def void(jobs: Sequence[Job]) -> None:
    """Rejected assignments lose their pending money."""
    await accruals.void(_ids(jobs))


def _ids(jobs: Sequence[Job]) -> list[UUID]:
    return [assignment_of(job.key) for job in jobs]


JOBS = (
    JobKind("payouts.pend", pend, batch=BATCH),
    JobKind("payouts.accrue", accrue, batch=BATCH),
    JobKind("payouts.void", void, batch=BATCH),
)

SUBSCRIPTIONS = {
    "answer.submitted": ("payouts.pend",),
    "assignment.accepted": ("payouts.accrue",),
    "assignment.rejected": ("payouts.void",),
}
