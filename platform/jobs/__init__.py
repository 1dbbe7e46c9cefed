"""Background work: a job is a row in PostgreSQL; arq only rings the worker's bell."""

from piecework.platform.jobs.events import connect_subscriptions, record, subscribers
from piecework.platform.jobs.queue import Job, JobKind, enqueue, keep

__all__ = ["Job", "JobKind", "connect_subscriptions", "enqueue", "keep", "record", "subscribers"]
