"""Background work of quality: grading what was submitted, drawing conclusions anew, deadlines."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from piecework.platform.jobs import Job, JobKind
from piecework.quality.appeals import appeals
from piecework.quality.cases import detection
from piecework.quality.golden import keys
from piecework.quality.grading import deadlines, grading, regrading
from piecework.quality.people import estimates, measuring, restarts, standings


async def grade(jobs: Sequence[Job]) -> None:
    """Answers were submitted: grade their tasks."""
    await grading.grade([UUID(job.key) for job in jobs])


async def verdict(jobs: Sequence[Job]) -> None:
    """Verdicts that were put off are due."""
    await grading.decide_put_off([UUID(job.key) for job in jobs])


async def regrade(jobs: Sequence[Job]) -> None:
    """What is known of tasks changed: judge their answers anew."""
    ids = [UUID(job.payload["task"]) for job in jobs]
    await regrading.regrade(ids)
    await keys.spread(ids)


async def follow(jobs: Sequence[Job]) -> None:
    """What is known of a golden task's original changed, or the other way round: the two share their truth."""
    for job in jobs:
        await keys.follow(UUID(job.payload["leads"]), UUID(job.payload["follows"]))


async def settle(jobs: Sequence[Job]) -> None:
    """Tickets were resolved: what waited for a check that never came is accepted."""
    await grading.settle([UUID(job.key) for job in jobs])


async def replay(jobs: Sequence[Job]) -> None:
    """Evidence was told otherwise: make the standings of those people anew."""
    await standings.replay([(UUID(job.payload["person"]), int(job.payload["step"])) for job in jobs])


async def keep_deadlines(_jobs: Sequence[Job]) -> None:
    """Accept what nobody decided in time."""
    await deadlines.accept_overdue()


async def restart_absent(_jobs: Sequence[Job]) -> None:
    """Who has been away for long is unknown again."""
    await restarts.after_absence()


async def restart_on_device(jobs: Sequence[Job]) -> None:
    """Somebody signed in: from a device that is new, they are unknown again."""
    for job in jobs:
        await restarts.on_new_device(UUID(job.payload["account"]), bytes.fromhex(job.payload["device"]))


async def uphold_overdue(_jobs: Sequence[Job]) -> None:
    """Decide for the freelancer what nobody has answered in time."""
    await appeals.uphold_overdue()


async def end_withdrawn(jobs: Sequence[Job]) -> None:
    """Decisions were withdrawn: so are the appeals against them."""
    for job in jobs:
        await appeals.end_withdrawn(job.payload["subject"], UUID(job.payload["subject_id"]))


async def measure(jobs: Sequence[Job]) -> None:
    """Spans of people's work have ended: record their accuracy as it was published then."""
    for job in jobs:
        since, until = (datetime.fromisoformat(job.payload[name]) for name in ("since", "until"))
        await measuring.measure(UUID(job.payload["person"]), since, until)


async def estimate(_jobs: Sequence[Job]) -> None:
    """Look back at all answers of the steps that have new ones."""
    await estimates.estimate_due()


async def detect(_jobs: Sequence[Job]) -> None:
    """Look for cheating in the newest answers."""
    await detection.detect()


JOBS = (
    JobKind("quality.grade", grade, batch=100),
    JobKind("quality.verdict", verdict, batch=50),
    JobKind("quality.regrade", regrade, batch=20),
    JobKind("quality.follow", follow),
    JobKind("quality.replay", replay, batch=20),
    JobKind("quality.settle", settle, batch=100),
    JobKind("quality.restart_on_device", restart_on_device, batch=20),
    JobKind("quality.restart_absent", restart_absent, every_s=3600.0),
    JobKind("quality.deadlines", keep_deadlines, every_s=60.0),
    JobKind("quality.estimate", estimate, every_s=900.0, lease_s=300),
    JobKind("quality.appeals", uphold_overdue, every_s=60.0),
    JobKind("quality.withdrawn", end_withdrawn, batch=20),
    JobKind("quality.measure", measure, batch=20, lease_s=60),
    JobKind("quality.detect", detect, every_s=3600.0, lease_s=300),
)
SUBSCRIPTIONS = {
    "answer.submitted": ("quality.grade",),
    "ticket.resolved": ("quality.settle",),
    "device.added": ("quality.restart_on_device",),
    "appealable.withdrawn": ("quality.withdrawn",),
    "span.ended": ("quality.measure",),
}
