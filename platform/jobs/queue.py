"""Jobs as rows: inserted in the business transaction, taken under a lease, finished in the effect's own transaction."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from piecework.platform import db


@dataclass(frozen=True, slots=True)
class Job:
    """One job as its handler sees it. `key` is unique within the kind; the payload holds ids, never data."""

    key: str
    payload: dict[str, Any]
    attempt: int


@dataclass(frozen=True, slots=True)
class JobKind:
    """How one kind of job is worked on.

    The handler gets up to `batch` jobs in one transaction that the runner opens and commits; it must not commit, nor call
    anything remote. If it raises, nothing of it stays; the jobs are then tried one by one, so that one bad job delays only itself.
    """

    name: str
    handler: Callable[[Sequence[Job]], Awaitable[None]]
    batch: int = 1
    lease_s: int = 15
    """How long a batch may take before others may take it over; also how long the jobs of a killed worker wait."""
    max_attempts: int = 8
    every_s: float | None = None
    """Set for a recurring job: one row that is put back for `every_s` later instead of being deleted."""


class Zombie(Exception):
    """The lease ran out and somebody else has taken the job: this attempt must leave no effect."""


async def enqueue(kind: str, jobs: Iterable[tuple[str, dict[str, Any]]], run_at: datetime | None = None) -> None:
    """Add jobs (key, payload) in the current transaction. A key that is already waiting is left as it is."""
    listed = list(jobs)
    if listed:
        await db.execute(
            """INSERT INTO job (kind, key, payload, run_at)
               SELECT $1, key, payload::jsonb, coalesce($4, now()) FROM unnest($2::text[], $3::text[]) AS new (key, payload)
               ON CONFLICT (kind, key) DO NOTHING""",
            kind,
            [key for key, _ in listed],
            [orjson.dumps(payload).decode() for _, payload in listed],
            run_at,
        )


async def kinds_due() -> set[str]:
    """The kinds of which a job is due."""
    found = await db.rows("SELECT DISTINCT kind FROM job WHERE dead_at IS NULL AND run_at <= now()")
    return {row["kind"] for row in found}


async def take(kind: JobKind) -> list[Job]:
    """Lease up to a batch of due jobs, oldest due first; other workers pass over rows being taken."""
    found = await db.rows(
        """WITH due AS MATERIALIZED (
               SELECT kind, key FROM job WHERE kind = $1 AND dead_at IS NULL AND run_at <= now()
               ORDER BY run_at LIMIT $2 FOR UPDATE SKIP LOCKED)
           UPDATE job SET attempt = attempt + 1, run_at = now() + make_interval(secs => $3)
           FROM due WHERE job.kind = due.kind AND job.key = due.key
           RETURNING job.key, job.payload, job.attempt""",
        kind.name,
        kind.batch,
        kind.lease_s,
    )
    return [Job(r["key"], orjson.loads(r["payload"]), r["attempt"]) for r in found]


async def keep(kind: JobKind, job: Job) -> None:
    """Renew the lease of a job that takes longer than one, in a transaction of its own.

    Raises:
        Zombie: it is no longer ours.
    """
    async with db.apart():
        kept = await db.execute(
            "UPDATE job SET run_at = now() + make_interval(secs => $4) WHERE kind = $1 AND key = $2 AND attempt = $3",
            kind.name,
            job.key,
            job.attempt,
            kind.lease_s,
        )
    if not kept:
        raise Zombie(kind.name)


async def finish(kind: JobKind, jobs: Sequence[Job]) -> None:
    """End the jobs inside the transaction of their effect.

    Raises:
        Zombie: one of them is no longer ours; the transaction must roll back.
    """
    ending = (
        "DELETE FROM job"
        if kind.every_s is None
        else "UPDATE job SET run_at = now() + make_interval(secs => $4), attempt = 0, last_error = NULL"
    )
    source = "USING" if kind.every_s is None else "FROM"
    params = [kind.name, [j.key for j in jobs], [j.attempt for j in jobs], *([] if kind.every_s is None else [kind.every_s])]
    ended = await db.execute(
        f"""{ending} {source} unnest($2::text[], $3::int[]) AS mine (k, a)
            WHERE kind = $1 AND key = mine.k AND attempt = mine.a""",
        *params,
    )
    if ended != len(jobs):
        raise Zombie(kind.name)


async def fail(kind: JobKind, job: Job, error: str) -> bool:
    """Put a failed job back with a growing delay, or lay it aside as dead after the last attempt. True if it died."""
    dead = job.attempt >= kind.max_attempts and kind.every_s is None
    delay_s = min(600.0, 0.5 * 2 ** min(job.attempt, 12))
    await db.execute(
        """UPDATE job SET run_at = now() + make_interval(secs => $4), last_error = $5,
                  dead_at = CASE WHEN $6 THEN now() END
           WHERE kind = $1 AND key = $2 AND attempt = $3""",
        kind.name,
        job.key,
        job.attempt,
        delay_s,
        error[:2000].replace("\x00", "\ufffd").encode(errors="replace").decode(),
        dead,
    )
    return dead


async def ensure_recurring(kinds: Iterable[JobKind]) -> None:
    """Make sure that each recurring kind has its one row."""
    for kind in kinds:
        if kind.every_s is not None:
            await enqueue(kind.name, [("recurring", {})])
