"""The measures: by clients, by size of the backlog, by a person's history, under a held snapshot."""

from collections import defaultdict
from dataclasses import dataclass, replace

import asyncpg

from bench import data, web
from bench.figures import Figure
from bench.measure import Bench
from bench.order import Load

Rounds = dict[str, list[Figure]]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    rounds: int = 3
    small: int = 10_000
    usual: int = 200_000
    large: int = 2_000_000
    clients: tuple[int, ...] = (8, 1, 32)
    pairs: int = 4000
    pairs_alone: int = 800
    warm_up: int = 400
    answers: int = 100_000
    waiting: int = 3000
    passed: int = 16_000

    def load(self, clients: int) -> Load:
        """The usual load of so many clients."""
        if clients == 1:
            return Load(1, self.pairs_alone, self.warm_up // 4)
        return Load(clients, self.pairs, self.warm_up)


QUICK = Sizes(1, 1000, 2000, 4000, (8,), pairs=200, pairs_alone=50, warm_up=50, answers=500, waiting=100, passed=300)
OTHERS = 10_000
"""Answers of two other people in every database, so that its statistics are not those of an empty one."""
HISTORY_CLIENTS = 4


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
        await data.remember(connection, people[1:2], answers=sizes.waiting, overlap=2, lane=0)

    await bench.stand.template("history", "usual", history)
    await bench.stand.template("urgent", "small", urgent)
    bench.say("databases with histories made")


async def by_clients(bench: Bench, sizes: Sizes) -> Rounds:
    """Bound, two calls and combined call, one after the other, at each number of clients."""
    found: Rounds = defaultdict(list)
    for clients in sizes.clients:
        for _ in range(sizes.rounds):
            for combined, name in ((False, "two"), (True, "next")):
                load = replace(sizes.load(clients), combined=combined)
                found[f"bound_{name}_{clients}"].append(await bench.bound("usual", load))
                found[f"{name}_{clients}"].append(await bench.api("usual", load))
            if clients == max(sizes.clients):
                found[f"next_{clients}_2w"].append(await bench.api("usual", replace(load, workers=2)))
    return found


async def by_backlog(bench: Bench, sizes: Sizes) -> Rounds:
    """Both kinds of call on a small and a large backlog."""
    found: Rounds = defaultdict(list)
    for _ in range(sizes.rounds):
        for template in ("small", "large"):
            async with bench.stand.copy(template) as name, web.running(bench.stand, name, 1) as server:
                for combined, kind in ((False, "two"), (True, "next")):
                    load = replace(sizes.load(8), combined=combined)
                    found[f"{kind}_{template}"].append(await bench.drive(name, server, load, bench.people))
    return found


async def by_history(bench: Bench, sizes: Sizes) -> Rounds:
    """Both kinds of call by people with no past, with many answers, and with many tasks that still wait for others."""
    found: Rounds = defaultdict(list)
    load = replace(sizes.load(HISTORY_CLIENTS), pairs=sizes.pairs // 2)
    for _ in range(sizes.rounds):
        for place, past in enumerate(("none", "answers", "waiting")):
            people = bench.people[HISTORY_CLIENTS * place :]
            async with bench.stand.copy("history") as name, web.running(bench.stand, name, 1) as server:
                for combined, kind in ((False, "two"), (True, "next")):
                    found[f"{kind}_{past}"].append(await bench.drive(name, server, replace(load, combined=combined), people))
    return found


async def own_urgent(bench: Bench, sizes: Sizes) -> Rounds:
    """The worst place for one's own waiting tasks: the urgent lane, at the head of the queue. One client; not in the targets."""
    found: Rounds = defaultdict(list)
    async with bench.stand.copy("urgent") as name, web.running(bench.stand, name, 1) as server:
        load = replace(sizes.load(1), pairs=min(200, sizes.pairs_alone), warm_up=20)
        found["own_urgent"].append(await bench.drive(name, server, load, bench.people[1:]))
        found["others_urgent"].append(await bench.drive(name, server, load, bench.people[2:]))
    return found


async def under_snapshot(bench: Bench, sizes: Sizes) -> Rounds:
    """The combined call on a fresh database, and after many claims have passed under a snapshot that is still held."""
    found: Rounds = defaultdict(list)
    load = replace(sizes.load(8), combined=True)
    for _ in range(sizes.rounds):
        found["fresh"].append(await bench.api("usual", load))
        async with bench.stand.copy("usual") as name, bench.stand.connection(name) as holder:
            await holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            await holder.fetchval("SELECT count(*) FROM queue")
            async with web.running(bench.stand, name, 1) as server:
                found["passing"].append(await bench.drive(name, server, replace(load, pairs=sizes.passed), bench.people))
                found["held"].append(await bench.drive(name, server, load, bench.people))
            await holder.execute("ROLLBACK")
    return found
