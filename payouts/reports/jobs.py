"""Jobs of reports: writing exports, removing old ones."""

from collections.abc import Mapping, Sequence

from piecework.payouts.reports import exports
from piecework.platform.jobs import Job, JobKind


async def report(jobs: Sequence[Job]) -> None:
    """Write exports."""
    for job in jobs:
        await exports.run(REPORT, job)


async def remove_old(_jobs: Sequence[Job]) -> None:
    """Remove exports that were kept long enough."""
    await exports.remove_old()


REPORT = JobKind(exports.KIND, report, lease_s=30)
JOBS = (REPORT, JobKind("payouts.reports_kept", remove_old, every_s=3600.0, lease_s=300))
SUBSCRIPTIONS: Mapping[str, Sequence[str]] = {}
