"""Background work of quality: grading what was submitted."""

from collections.abc import Sequence
from uuid import UUID

from piecework.platform.jobs import Job, JobKind
from piecework.quality import grading


async def grade(jobs: Sequence[Job]) -> None:
    """Answers were submitted: grade their tasks."""
    await grading.grade([UUID(job.key) for job in jobs])


async def settle(jobs: Sequence[Job]) -> None:
    """Tickets were resolved: what waited for a check that never came is accepted."""
    await grading.settle([UUID(job.key) for job in jobs])


JOBS = (JobKind("quality.grade", grade, batch=100), JobKind("quality.settle", settle, batch=100))
SUBSCRIPTIONS = {"answer.submitted": ("quality.grade",), "ticket.resolved": ("quality.settle",)}
