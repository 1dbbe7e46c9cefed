"""The measures: by clients, by size of the backlog, by a person's history, under a held snapshot."""

from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import asyncpg

from bench import data, web
from bench.measure import Bench, Rounds
from bench.order import Load


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    rounds: int = 7
    small: int = 10_000
    usual: int = 200_000
    large: int = 2_000_000
    clients: tuple[int, ...] = (1, 8, 32)
    pairs: int = 1000
    pairs_alone: int = 250
    warm_up: int = 100
    answers: int = 100_000
    waiting: int = 3000
    passed: int = 16_000

    def load(self, clients: int) -> Load:
        """The usual load of so many clients: so many pairs in each round."""
        if clients == 1:
            return Load(1, self.pairs_alone, self.warm_up // 4)
        return Load(clients, self.pairs, max(self.warm_up, 10 * clients))


QUICK = Sizes(1, 1000, 2000, 4000, (8,), pairs=200, pairs_alone=50, warm_up=50, answers=500, waiting=100, passed=300)
OTHERS = 10_000
"""Answers of two other people in every database, so that its statistics are not those of an empty one."""
HISTORY_CLIENTS = 4
PASTS = ("none", "answers", "waiting")


async def templates(bench: Bench, sizes: Sizes) -> None:
    """Make the databases that the measures copy."""
    people = bench.people
    for name, count in (("small", sizes.small), ("usual", sizes.usual), ("large", sizes.large)):

        async def fill(connection: asyncpg.Connection, count: int = count) -> None:
            await data.remember(connection, people[-2:], answers=min(OTHERS, count) // 2)
            await data.fill(connection, count)

        await bench.stand.template(name, "base", fill)
        bench.say(f"database with {count} open tasks made")

    async def history(connection: asyncpg.Connection) -> None:
        await data.remember(connection, people[4:8], answers=sizes.answers)
        await data.remember(connection, people[8:12], answers=sizes.waiting, overlap=2)

    async def urgent(connection: asyncpg.Connection) -> None:
        await data.remember(connection, people[:1], answers=sizes.waiting, overlap=2, lane=0)

    await bench.stand.template("history", "usual", history)
    await bench.stand.template("urgent", "small", urgent)
    bench.say("databases with histories made")


async def by_clients(bench: Bench, sizes: Sizes) -> Rounds:
    """Bound and API, two calls and combined call, in turns, at each number of clients."""
    found: Rounds = {}
    async with AsyncExitStack() as stack:
        bound, api = await bench.bound(stack, "usual"), await bench.api(stack, "usual")
        two_workers = await bench.api(stack, "usual", workers=2)
        runners = {"bound_two": bound, "two": api, "bound_next": bound, "next": api, "next_2w": two_workers}
        for clients in sizes.clients:
            load = sizes.load(clients)
            contenders = {
                f"{name}_{clients}": (run, replace(load, combined="next" in name))
                for name, run in runners.items()
                if name != "next_2w" or clients == max(sizes.clients)
            }
            found |= await bench.in_turns(sizes.rounds, contenders)
    return found


async def by_backlog(bench: Bench, sizes: Sizes) -> Rounds:
    """Both kinds of call on a small and a large backlog."""
    load = replace(sizes.load(8), pairs=sizes.pairs // 2)
    async with AsyncExitStack() as stack:
        runners = {template: await bench.api(stack, template) for template in ("small", "large")}
        contenders = {
            f"{kind}_{template}": (run, replace(load, combined=kind == "next"))
            for kind in ("two", "next")
            for template, run in runners.items()
        }
        return await bench.in_turns(sizes.rounds, contenders)


async def by_history(bench: Bench, sizes: Sizes) -> Rounds:
    """Both kinds of call by people with no past, with many answers, and with many tasks that still wait for others."""
    load = replace(sizes.load(HISTORY_CLIENTS), pairs=sizes.pairs // 2)
    async with bench.database("history") as database, web.running(bench.stand, database.name, 1) as server:
        contenders = {
            f"{kind}_{past}": (
                database.by(server, bench.people[HISTORY_CLIENTS * place :]),
                replace(load, combined=kind == "next"),
            )
            for kind in ("two", "next")
            for place, past in enumerate(PASTS)
        }
        return await bench.in_turns(sizes.rounds, contenders)


async def own_urgent(bench: Bench, sizes: Sizes) -> Rounds:
    """The worst place for one's own waiting tasks: the urgent lane, at the head of the queue. One client; not in the targets, nor in --quick."""
    if sizes.rounds == 1:
        return {}
    async with AsyncExitStack() as stack:
        own, none = await bench.api(stack, "urgent"), await bench.api(stack, "small")
        load = sizes.load(1)
        return await bench.in_turns(min(3, sizes.rounds), {"own_urgent": (own, load), "no_urgent": (none, load)})


async def under_snapshot(bench: Bench, sizes: Sizes) -> Rounds:
    """The combined call on a fresh database, and after many claims have passed under a snapshot that is still held."""
    load = replace(sizes.load(8), combined=True)
    async with AsyncExitStack() as stack:
        fresh = await bench.api(stack, "usual")
        database = await stack.enter_async_context(bench.database("usual"))
        holder = await stack.enter_async_context(bench.stand.connection(database.name))
        await holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        await holder.fetchval("SELECT count(*) FROM queue")
        held = database.by(await stack.enter_async_context(web.running(bench.stand, database.name, 1)), bench.people)
        found = await bench.in_turns(1, {"passing": (held, replace(load, pairs=sizes.passed))})
        return found | await bench.in_turns(sizes.rounds, {"fresh": (fresh, load), "held": (held, load)})
