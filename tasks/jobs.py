"""Background work of tasks: splitting new tickets, advancing tickets, expiring leases, taking the pace of steps."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from piecework.platform import db
from piecework.platform.jobs import Job, JobKind
from piecework.tasks import decisions, pace, queries
from piecework.tasks.contracts import jobs as contract_jobs
from piecework.tasks.importing import sending
from piecework.tasks.load import jobs as load_jobs
from piecework.tasks.models import AssignmentState
from piecework.tasks.norms import jobs as norm_jobs
from piecework.tasks.splitting import advance_tickets

EXPIRY_BATCH = 500
DUE_SOON = timedelta(hours=1)


async def split(jobs: Sequence[Job]) -> None:
    """New tickets: open their first tasks."""
    await advance_tickets(UUID(job.key) for job in jobs)


async def advance(jobs: Sequence[Job]) -> None:
    """A task of each of these tickets was resolved: open what follows."""
    await advance_tickets(UUID(job.payload["ticket"]) for job in jobs)


async def ask_again(jobs: Sequence[Job]) -> None:
    """Tickets may cost more now: ask for the answers that they could not pay for."""
    await decisions.ask_again(UUID(job.key) for job in jobs)


async def expire(_jobs: Sequence[Job]) -> None:
    """Take back what was held beyond its lease.

    All the people's workloads are locked first, then the slots and queues by step: a give-back holds its queue until the commit,
    and a person's own release, which holds their workload, may be waiting for that queue. The predicate is checked again under the
    lock, by the database's clock, so a submit or a heartbeat in the last moment wins.
    """
    ended = await db.rows(queries.EXPIRED, EXPIRY_BATCH)
    await db.execute(queries.LOCK_WORKLOADS, [row["freelancer_id"] for row in ended])
    for row in sorted(ended, key=lambda r: (r["step_id"], r["id"])):
        await db.scalar(queries.GIVE_BACK, row["freelancer_id"], row["id"], str(AssignmentState.EXPIRED), None)


async def hurry(_jobs: Sequence[Job]) -> None:
    """Move what is due soon before the rest, and forget for whom a control task stood in too long ago to matter."""
    await db.scalar(queries.HURRY, DUE_SOON)
    await db.execute("DELETE FROM stood_in WHERE until <= clock_timestamp()")


async def count_pace(_jobs: Sequence[Job]) -> None:
    """Take the time that each step needs anew."""
    await pace.count()


JOBS = (
    JobKind("tasks.split", split, batch=100),
    JobKind("tasks.advance", advance, batch=100),
    JobKind("tasks.ask_again", ask_again, batch=20),
    JobKind("tasks.expire", expire, every_s=1.0),
    JobKind(sending.KIND, sending.take),
    JobKind("tasks.hurry", hurry, every_s=15.0),
    JobKind("tasks.pace", count_pace, every_s=300.0),
    *norm_jobs.JOBS,
    *contract_jobs.JOBS,
    *load_jobs.JOBS,
)

SUBSCRIPTIONS = {"appeal.decided": ("tasks.contract_appeals", *norm_jobs.WEEK_APPEALS)}
