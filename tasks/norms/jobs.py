"""Background work of norms: samples of the supply, closing weeks, what was told later of closed ones, a look in the middle."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from piecework.platform import jobs
from piecework.platform.jobs import Job, JobKind
from piecework.tasks import objections
from piecework.tasks.norms import results, running, supply, weeks

CLOSE = "tasks.close_week"
REVISE = "tasks.revise_weeks"


async def sample(_jobs: Sequence[Job]) -> None:
    """What stands open now."""
    await supply.sample()


async def forget(_jobs: Sequence[Job]) -> None:
    """What stood open long ago."""
    await supply.forget()


async def look_for_weeks(_jobs: Sequence[Job]) -> None:
    """Whose weeks are to be closed, and of whose something was told since. The pulse first: an outage ends with it."""
    await supply.sample()
    await jobs.enqueue(CLOSE, [(str(person), {}) for person in await weeks.due()])
    later = await results.told_later()
    await jobs.enqueue(REVISE, [(str(person), {"since": since.isoformat()}) for person, since in later.items()])


async def close(due: Sequence[Job]) -> None:
    """Close these people's weeks that are over."""
    await results.close([UUID(job.key) for job in due])


async def revise(due: Sequence[Job]) -> None:
    """Reckon closed weeks again, of which something was told later."""
    for job in due:
        await results.revise(UUID(job.key), datetime.fromisoformat(job.payload["since"]))


async def look_in_the_middle(_jobs: Sequence[Job]) -> None:
    """Tell whose week will not come to its norm."""
    await running.look_in_the_middle()


async def appeal_decided(decided: Sequence[Job]) -> None:
    """Appeals against missed weeks were upheld: those are excused."""
    for job in decided:
        if job.payload["subject"] == results.SUBJECT and job.payload["outcome"] == objections.State.UPHELD:
            await results.excuse(UUID(job.payload["subject_id"]))


JOBS = (
    JobKind("tasks.supply", sample, every_s=60.0),
    JobKind("tasks.forget_supply", forget, every_s=86400.0, lease_s=600),
    JobKind("tasks.close_weeks", look_for_weeks, every_s=300.0, lease_s=120),
    # So few at once that their answers, which three statements read, stay in the database's memory meanwhile.
    JobKind(CLOSE, close, batch=50, lease_s=120),
    JobKind(REVISE, revise, batch=20, lease_s=60),
    JobKind("tasks.midweek", look_in_the_middle, every_s=60.0, lease_s=60),
    JobKind("tasks.week_appealed", appeal_decided),
)
WEEK_APPEALS = ("tasks.week_appealed",)
"""Kinds of jobs that act on decided appeals."""
