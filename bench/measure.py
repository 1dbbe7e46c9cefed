"""One measure: a fresh copy of a template, the load, CPU accounting, and the checks afterwards."""

import dataclasses
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from bench import api, bound, checks, cpu, web
from bench.data import Person
from bench.figures import Figure
from bench.order import Load
from bench.stand import Stand
from piecework.platform import jobs
from piecework.tasks.answers import SUBMITTED


@dataclass(slots=True)
class Bench:
    """The stand with its people, and a voice."""

    stand: Stand
    people: Sequence[Person]
    began: float = field(default_factory=time.monotonic)
    checked: int = 0

    def say(self, text: str) -> None:
        """A line of progress."""
        print(f"{time.monotonic() - self.began:6.1f} s  {text}", flush=True)

    async def bound(self, template: str, load: Load) -> Figure:
        """pgbench on a fresh copy."""
        async with self.stand.copy(template) as name:
            return await self.checked_run(name, f"pgbench {template}", load, lambda: bound.run(self.stand, name, load))

    async def api(self, template: str, load: Load) -> Figure:
        """The API on a fresh copy."""
        async with self.stand.copy(template) as name, web.running(self.stand, name, load.workers) as server:
            return await self.drive(name, server, load, self.people)

    async def drive(self, name: str, server: web.Web, load: Load, people: Sequence[Person]) -> Figure:
        """The API that runs already on a database."""
        return await self.checked_run(name, f"http {name}", load, lambda: api.drive(server, people, load))

    async def checked_run(self, name: str, what: str, load: Load, run: Callable[[], Awaitable[Figure]]) -> Figure:
        """Run, and hold the database against what was acknowledged.

        Raises:
            Broken: an answer is missing, doubled or beyond what was asked for.
        """
        async with self.stand.connection(name) as connection:
            before = await checks.state(connection)
        postmaster = self.stand.postmaster()
        used = cpu.of_family(postmaster)
        figure = await run()
        used = cpu.of_family(postmaster) - used
        figure = dataclasses.replace(figure, db_us=used * 1e6 / figure.acknowledged)
        async with self.stand.connection(name) as connection:
            await checks.verify(connection, before, figure.acknowledged, len(jobs.subscribers(SUBMITTED)))
        self.checked += figure.acknowledged
        calls = "combined" if load.combined else "two calls"
        self.say(
            f"{what}, {load.clients} clients, {load.workers} workers, {calls}: {figure.pairs_s:.0f} pairs/s, "
            f"p50 {figure.p50_ms:.1f} ms, p99 {figure.p99_ms:.1f} ms, us/pair web {figure.web_us:.0f} db {figure.db_us:.0f}"
        )
        return figure
