"""Contenders: pgbench or the API on a fresh copy of a template each, measured in turns, checked at the end."""

import contextlib
import dataclasses
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bench import api, bound, checks, cpu, web
from bench.data import Person
from bench.figures import Figure, middle
from bench.order import Load
from bench.stand import Stand
from piecework.platform import jobs
from piecework.tasks.answers import SUBMITTED

Runner = Callable[[Load], Awaitable[Figure]]
Rounds = dict[str, list[Figure]]


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

    @contextlib.asynccontextmanager
    async def database(self, template: str) -> AsyncIterator["Database"]:
        """A fresh copy, held at the end against what was acknowledged.

        Raises:
            Broken: an answer is missing, doubled or beyond what was asked for.
        """
        async with self.stand.copy(template) as name:
            async with self.stand.connection(name) as connection:
                before = await checks.state(connection)
            copy = Database(self, name)
            yield copy
            async with self.stand.connection(name) as connection:
                await checks.verify(connection, before, copy.acknowledged, len(jobs.subscribers(SUBMITTED)))
            self.checked += copy.acknowledged

    async def bound(self, stack: contextlib.AsyncExitStack, template: str) -> Runner:
        """pgbench on a copy that lives as long as the stack."""
        database = await stack.enter_async_context(self.database(template))
        return lambda load: database.measured(lambda: bound.run(self.stand, database.name, load))

    async def api(self, stack: contextlib.AsyncExitStack, template: str, workers: int = 1) -> Runner:
        """The API on a copy, both living as long as the stack."""
        database = await stack.enter_async_context(self.database(template))
        server = await stack.enter_async_context(web.running(self.stand, database.name, workers))
        return database.by(server, self.people)

    async def in_turns(self, rounds: int, contenders: Mapping[str, tuple[Runner, Load]]) -> Rounds:
        """Each contender's figures: one short measure each, and again, so that what else the machine does meets all alike."""
        found: Rounds = defaultdict(list)
        for _ in range(rounds):
            for name, (run, load) in contenders.items():
                found[name].append(await run(load))
        for name, figures in found.items():
            one = middle(figures)
            self.say(
                f"{name}: {one.pairs_s:.0f} pairs/s, p50 {one.p50_ms:.1f} ms, p99 {one.p99_ms:.1f} ms, "
                f"us/pair web {one.web_us:.0f} db {one.db_us:.0f} client {one.client_us:.0f}"
            )
        return found


@dataclass(slots=True)
class Database:
    """A copy, and how many answers were acknowledged on it."""

    bench: Bench
    name: str
    acknowledged: int = 0

    def by(self, server: web.Web, people: Sequence[Person]) -> Runner:
        """The API that runs on this copy, used by these people."""
        return lambda load: self.measured(lambda: api.drive(server, people, load))

    async def measured(self, run: Callable[[], Awaitable[Figure]]) -> Figure:
        """Run, with the database's CPU time."""
        postmaster = self.bench.stand.postmaster()
        used = cpu.of_family(postmaster)
        figure = await run()
        used = cpu.of_family(postmaster) - used
        self.acknowledged += figure.acknowledged
        return dataclasses.replace(figure, db_us=used * 1e6 / figure.acknowledged)
