"""Jobs of adjusting: an appeal against a deduction was decided; spans that have ended are measured and awarded by the bonus rules."""

from collections.abc import Sequence
from uuid import UUID

from piecework.payouts.adjusting import bonuses, cases
from piecework.payouts.adjusting.deductions import SUBJECT
from piecework.platform.jobs import Job, JobKind
from piecework.tasks import objections


async def deduction_appealed(jobs: Sequence[Job]) -> None:
    """Appeals were decided: what was upheld against a deduction ends it. One that was denied is taken when its period closes."""
    for job in jobs:
        if job.payload["subject"] == SUBJECT and job.payload["outcome"] == objections.State.UPHELD:
            await cases.upheld(UUID(job.payload["subject_id"]))


async def look_for_bonuses(_jobs: Sequence[Job]) -> None:
    """Measure what has ended, queue what is due."""
    await bonuses.look()


async def award(jobs: Sequence[Job]) -> None:
    """Award one span by one rule."""
    for job in jobs:
        await bonuses.award(UUID(job.payload["rule"]), job.payload["span"])


JOBS = (
    JobKind("payouts.deduction_appealed", deduction_appealed),
    JobKind("payouts.bonuses", look_for_bonuses, every_s=600.0, lease_s=1200),
    JobKind("payouts.award", award, lease_s=1200),
)

SUBSCRIPTIONS = {objections.DECIDED: ("payouts.deduction_appealed",)}
