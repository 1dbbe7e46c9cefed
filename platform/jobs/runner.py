"""The worker's loop: take due jobs, run them in one transaction each batch, until none is due; then wait for the bell."""

import asyncio
import contextlib
from collections.abc import Sequence

import structlog
from tortoise.exceptions import BaseORMException

from piecework.platform import db
from piecework.platform.jobs.queue import Job, JobKind, Zombie, ensure_recurring, fail, finish, kinds_due, take

log = structlog.get_logger()


class Runner:
    """Runs the jobs of all kinds. Facts are in PostgreSQL: with no bell at all it still sweeps every `sweep_s` seconds."""

    def __init__(self, kinds: Sequence[JobKind], *, lanes: int = 2, sweep_s: float = 1.0) -> None:
        self.kinds = list(kinds)
        self.lanes = lanes
        self.sweep_s = sweep_s
        self.bell = asyncio.Event()
        self.done = 0
        self.failed = 0
        self.died = 0

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set; a batch under way is finished first. Outlives outages of the database."""
        await asyncio.gather(*(self._lane(stopping) for _ in range(self.lanes)))

    async def drain(self) -> int:
        """Run everything that is due now, including what that makes due; returns how many jobs ended."""
        before = self.done
        own = {kind.name for kind in self.kinds}
        while due := own & await kinds_due():
            for kind in self.kinds:
                if kind.name in due:
                    await self._round(kind)
        return self.done - before

    async def _lane(self, stopping: asyncio.Event) -> None:
        ensured = False
        while not stopping.is_set():
            self.bell.clear()
            try:
                if not ensured:
                    await ensure_recurring(self.kinds)
                    ensured = True
                busy = [await self._round(kind) for kind in self.kinds if not stopping.is_set()]
            except db.OUTAGE as error:
                log.warning("jobs.outage", error=type(error).__name__)
                busy = []
            if not any(busy):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(_first(self.bell, stopping), self.sweep_s)

    async def _round(self, kind: JobKind) -> bool:
        """One batch of one kind. True if there may be more at once."""
        jobs = await take(kind)
        if not jobs:
            return False
        for job in [job for job in jobs if job.attempt > kind.max_attempts and kind.every_s is None]:
            # Every worker that took it was lost before it could say why: it must not take more of them along.
            self.died += await fail(kind, job, "no worker came to its end")
            log.error("jobs.lost", kind=kind.name, key=job.key, attempt=job.attempt)
            jobs.remove(job)
        if jobs and not await self._attempt(kind, jobs) and len(jobs) > 1:
            for job in jobs:
                await self._attempt(kind, [job])
        return kind.every_s is None

    async def _attempt(self, kind: JobKind, jobs: Sequence[Job]) -> bool:
        try:
            async with db.transaction():
                await kind.handler(jobs)
                await finish(kind, jobs)
        except Zombie:
            log.warning("jobs.zombie", kind=kind.name)
            return True
        except db.OUTAGE:
            raise
        except (Exception, BaseORMException) as error:  # whatever a handler raises, the queue must go on and keep the reason
            if len(jobs) == 1:
                self.failed += 1
                died = await fail(kind, jobs[0], f"{type(error).__name__}: {error}")
                self.died += died
                log.error("jobs.failed", kind=kind.name, key=jobs[0].key, attempt=jobs[0].attempt, dead=died, exc_info=error)
            return False
        self.done += len(jobs)
        return True


async def _first(*events: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
