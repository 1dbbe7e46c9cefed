"""Jobs of earning: each takes assignments (the job's key tells which) through one step of the ledger.

The runner opens and commits the transaction. Running a job twice, or in another order than things happened, changes nothing.
"""

from collections.abc import Sequence
from uuid import UUID

from piecework.payouts.earning import accruals, holds, reopening
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


async def release(jobs: Sequence[Job]) -> None:
    """What accepted assignments have on hold is released, if it is due."""
    await holds.release(_ids(jobs))


async def release_tickets(jobs: Sequence[Job]) -> None:
    """Tickets were resolved: holds that waited for that run out."""
    await holds.release_tickets([UUID(job.key) for job in jobs])


async def reopened(jobs: Sequence[Job]) -> None:
    """Tickets were opened again: what was due is released, what was asked for is clawed back."""
    for job in jobs:
        await reopening.follow(UUID(job.key))


async def restore(jobs: Sequence[Job]) -> None:
    """Objections were decided: what was clawed back wrongly is restored."""
    await reopening.restore([UUID(job.payload["subject_id"]) for job in jobs if job.payload["subject"] == reopening.SUBJECT])


def _ids(jobs: Sequence[Job]) -> list[UUID]:
    return [assignment_of(job.key) for job in jobs]


JOBS = (
    JobKind("payouts.pend", pend, batch=BATCH),
    JobKind("payouts.accrue", accrue, batch=BATCH),
    JobKind("payouts.void", void, batch=BATCH),
    JobKind("payouts.reopened", reopened),
    JobKind("payouts.release", release, batch=BATCH),
    JobKind("payouts.release_tickets", release_tickets, batch=50),
    JobKind("payouts.restore", restore, batch=50),
)

SUBSCRIPTIONS = {
    "answer.submitted": ("payouts.pend",),
    "assignment.accepted": ("payouts.accrue",),
    "assignment.rejected": ("payouts.void",),
    "ticket.resolved": ("payouts.release_tickets",),
    "ticket.reopened": ("payouts.reopened",),
    "appeal.decided": ("payouts.restore",),
}
