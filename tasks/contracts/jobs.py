"""Jobs of contracts."""

from collections.abc import Sequence

from piecework.platform.jobs import Job, JobKind
from piecework.tasks.contracts import confirming, ending


async def confirm_overdue(_jobs: Sequence[Job]) -> None:
    """Long illness that no curator has decided on in time."""
    await confirming.confirm_overdue()


async def appeals_decided(jobs: Sequence[Job]) -> None:
    """Objections to ends of contracts and to refused absences were answered."""
    await ending.appeals_decided(jobs)
    await confirming.appeals_decided(jobs)


JOBS = (
    JobKind("tasks.contract_appeals", appeals_decided, batch=20),
    JobKind("tasks.confirm_overdue", confirm_overdue, every_s=600.0),
)
