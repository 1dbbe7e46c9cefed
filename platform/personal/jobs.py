"""Jobs of personal data: writing exports, erasing what has grown too old."""

from collections.abc import Sequence
from uuid import UUID

from piecework.platform.jobs import Job, JobKind
from piecework.platform.personal import erasing, exporting
from piecework.platform.personal.requests import EXPORT


async def export(jobs: Sequence[Job]) -> None:
    """Write the files that people asked for."""
    for job in jobs:
        await exporting.write(UUID(job.key))


async def expire(_jobs: Sequence[Job]) -> None:
    """Erase what has been kept for as long as it may be."""
    await erasing.expire()


JOBS = (JobKind(EXPORT, export, lease_s=600), JobKind("platform.expire_data", expire, every_s=86400, lease_s=1800))
