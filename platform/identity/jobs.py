"""Upkeep: what is only needed for a while is removed."""

from collections.abc import Sequence

from piecework.platform import db
from piecework.platform.jobs import Job, JobKind


async def tidy(_jobs: Sequence[Job]) -> None:
    """Remove ended sessions, old sign-in failures and idempotency keys older than 30 days (a phone may be offline that long)."""
    await db.execute("DELETE FROM session WHERE expires_at < now()")
    await db.execute("DELETE FROM login_failure WHERE at < now() - interval '1 day'")
    await db.execute("DELETE FROM idempotency WHERE created_at < now() - interval '30 days'")


JOBS = (JobKind("platform.tidy", tidy, every_s=600),)
