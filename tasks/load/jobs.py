"""Background work of load."""

from collections.abc import Sequence

from piecework.platform.jobs import Job, JobKind
from piecework.tasks.load import attendance, forecasting, hours, inviting


async def count_hours(_jobs: Sequence[Job]) -> None:
    """Count what came, what was handed out and who worked, by the hour."""
    await hours.count()


async def forecast(_jobs: Sequence[Job]) -> None:
    """Forecast tickets anew."""
    await forecasting.make()


async def expect_people(_jobs: Sequence[Job]) -> None:
    """Reckon anew who will be at work."""
    await attendance.reckon()


async def invite(_jobs: Sequence[Job]) -> None:
    """Count the backlog, and invite people where it will not be done in time."""
    await inviting.run()


JOBS = (
    JobKind("tasks.count_hours", count_hours, every_s=300.0, lease_s=300),
    JobKind("tasks.forecast", forecast, every_s=86_400.0, lease_s=600),
    JobKind("tasks.expect_people", expect_people, every_s=3_600.0, lease_s=300),
    JobKind("tasks.invite", invite, every_s=600.0, lease_s=120),
)
