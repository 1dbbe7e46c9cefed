"""Jobs of contracts."""

from collections.abc import Sequence

from piecework.platform.jobs import Job, JobKind
from piecework.tasks.contracts import confirming, ending


async def appeals_decided(jobs: Sequence[Job]) -> None:
    """Objections to ends of contracts and to refused absences were answered."""
    await ending.appeals_decided(jobs)
    await confirming.appeals_decided(jobs)


JOBS = (JobKind("tasks.contract_appeals", appeals_decided, batch=20),)
