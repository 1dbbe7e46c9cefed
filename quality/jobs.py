"""Background work of quality: grading what was submitted, drawing conclusions anew, deadlines."""

from collections.abc import Sequence
from uuid import UUID

from piecework.platform.jobs import Job, JobKind
from piecework.quality import deadlines, grading, regrading, standings


async def grade(jobs: Sequence[Job]) -> None:
    """Answers were submitted: grade their tasks."""
    await grading.grade([UUID(job.key) for job in jobs])


async def regrade(jobs: Sequence[Job]) -> None:
    """What is known of tasks changed: judge their answers anew."""
    await regrading.regrade([UUID(job.payload["task"]) for job in jobs])


async def settle(jobs: Sequence[Job]) -> None:
    """Tickets were resolved: what waited for a check that never came is accepted."""
    await grading.settle([UUID(job.key) for job in jobs])


async def replay(jobs: Sequence[Job]) -> None:
    """Evidence was told otherwise: make the standings of those people anew."""
    await standings.replay([(UUID(job.payload["person"]), int(job.payload["step"])) for job in jobs])


async def keep_deadlines(_jobs: Sequence[Job]) -> None:
    """Accept what nobody decided in time."""
    await deadlines.accept_overdue()


JOBS = (
    JobKind("quality.grade", grade, batch=100),
    JobKind("quality.regrade", regrade, batch=20),
    JobKind("quality.replay", replay, batch=20),
    JobKind("quality.settle", settle, batch=100),
    JobKind("quality.deadlines", keep_deadlines, every_s=60.0),
)
SUBSCRIPTIONS = {"answer.submitted": ("quality.grade",), "ticket.resolved": ("quality.settle",)}
