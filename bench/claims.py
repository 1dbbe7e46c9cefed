"""python -m bench.claims [--blocks 300]: what norms cost claims and answers.

The same people and tasks in two databases of one server: in one the functions of claims as they are, in the other without what norms and
caps of weeks added to them (WITHOUT below; each change must fit, so the comparison cannot go stale unseen). One connection to each, in
turns blocks of 24 pairs, on each side by another person from block to block; the order of the two sides changes with each block. Counted
is the processor time of the two backends, so what else the machine does matters little. Prints the ratio over all blocks, with the
quartiles of thirty parts of the run, for a claim and then a submit, and for a submit that claims the next; exits 1 above 1.1.
"""

import argparse
import asyncio
import uuid
from statistics import quantiles

import asyncpg

from bench import bound, cpu, data, stand
from piecework.platform import db
from piecework.tasks import queries

PEOPLE = 24
PAIRS = 24
PARTS = 30
WARM_UP = 20
BOUND = 1.1
LIMIT_S = 1200.0

WITHOUT = {
    "hand_out": [
        ("EXISTS (SELECT FROM gap g WHERE g.ended_at IS NULL AND g.asked_at > began - interval '10 seconds' AND g.freelancer_id <> me)", "false"),
    ],
    "lock_workload": [
        ("IF at >= load.week_ends OR at >= load.terms_until THEN\n            load := refresh_workload(me, at);\n        END IF;", ""),
        ("at := greatest(at, load.week_starts);", ""),
        ("least(load.max_held - load.held + freed, load.weekly_cap - load.week_claimed)", "load.max_held - load.held + freed"),
        ("NOT load.in_force OR load.week_returned >= may_return(load.weekly_cap)", "NOT load.in_force"),
    ],
    "claim": [
        ("PERFORM note_ask(mine.load, only_project, mine.at);", ""),
        ("IF (mine.load).gap_id IS NOT NULL THEN\n        PERFORM end_gap(mine.load, mine.at);\n    END IF;", ""),
        (", week_claimed = w.week_claimed + cardinality(given)", ""),
    ],
    "submit": [
        ("PERFORM note_ask(mine.load, only_project, mine.at);", ""),
        ("ELSIF (mine.load).gap_id IS NOT NULL THEN\n            PERFORM end_gap(mine.load, mine.at);", ""),
        (", week_claimed = w.week_claimed + cardinality(next)", ""),
    ],
}  # fmt: skip
"""Function -> what of it is left out."""


async def leave_out(connection: asyncpg.Connection) -> None:
    """Make the functions of claims anew, without norms.

    Raises:
        ValueError: they have changed, and what is to be left out is no longer there.
    """
    for name, changes in WITHOUT.items():
        source = await connection.fetchval("SELECT pg_get_functiondef(p.oid) FROM pg_proc p WHERE p.proname = $1", name)
        for old, new in changes:
            if source.count(old) != 1:
                raise ValueError(f"{name} does not have once: {old}")
            source = source.replace(old, new)
        await connection.execute(source)


class Side:
    """One of the two databases, with the processor time that its backend used for blocks."""

    def __init__(self, connection: asyncpg.Connection, values: dict[str, str]) -> None:
        self.connection = connection
        self.values = values
        self.pid = 0
        self.used: list[float] = []

    async def pairs(self, me: uuid.UUID, *, combined: bool) -> None:
        """A block of pairs by one person; a combined one hands back the task that it claimed last."""
        claim = self.connection.fetchrow
        held = await claim(queries.CLAIM, me, 1, None) if combined else None
        for _ in range(PAIRS):
            task = held or await claim(queries.CLAIM, me, 1, None)
            assert task["id"] is not None, task["outcome"]
            answered = await self.connection.fetchrow(
                queries.SUBMIT, me, task["id"], task["step_id"], task["token"], uuid.uuid4(), self.values["answer"],
                bytes.fromhex(self.values["fingerprint"][2:]), self.values["kinds"][1:-1].split(","), int(combined), None,
            )  # fmt: skip
            assert answered["outcome"] == "submitted", answered["outcome"]
            held = answered if combined else None
        if held:
            await self.connection.fetchval(queries.GIVE_BACK, me, held["id"], "expired", None)

    async def block(self, me: uuid.UUID, *, combined: bool) -> None:
        """The same, with its processor time."""
        (before,) = cpu.of_processes((self.pid,))
        await self.pairs(me, combined=combined)
        (after,) = cpu.of_processes((self.pid,))
        self.used.append(after - before)


def ratio(now: Side, before: Side) -> tuple[float, float, float]:
    """Over all blocks, and the first and third quartile of the ratios of thirty parts."""
    size = len(now.used) // PARTS
    parts = [sum(now.used[at : at + size]) / sum(before.used[at : at + size]) for at in range(0, size * PARTS, size)]
    low, _, high = quantiles(parts, n=4)
    return sum(now.used) / sum(before.used), low, high


async def compare(opened: stand.Stand, people: list[data.Person], blocks: int, *, combined: bool) -> float:
    """Both sides in turns; prints and returns the ratio."""
    async with opened.copy("filled") as ours, opened.copy("filled") as bare:
        async with opened.connection(bare) as connection:
            await leave_out(connection)
        sides = []
        for name in (ours, bare):
            settings = bound.settings(opened.url(name))
            connection = await asyncpg.connect(**db.database_url_parts(opened.url(name)), server_settings=settings)
            sides.append(Side(connection, bound.values()))
            sides[-1].pid = connection.get_server_pid()
        try:
            for number in range(WARM_UP + blocks):
                me = people[number % len(people)].id
                for side in sides[:: 1 if number % 2 else -1]:
                    await (side.block if number >= WARM_UP else side.pairs)(me, combined=combined)
        finally:
            for side in sides:
                await side.connection.close()
        found, low, high = ratio(*sides)
        name = "submit and claim in one" if combined else "claim, then submit"
        print(f"{name}: {found:.3f} times without norms (quartiles {low:.2f} to {high:.2f}), {blocks} blocks of {PAIRS} pairs")
        return found


async def run(blocks: int) -> bool:
    """Both ways; true within the bound."""
    with stand.opened() as opened:
        await opened.create("base")
        people = await data.people(opened.settings("base"), PEOPLE)
        await opened.template("filled", "base", lambda c: data.fill(c, 2 * PAIRS * (blocks + WARM_UP)))
        return max([await compare(opened, people, blocks, combined=one) for one in (False, True)]) <= BOUND


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.claims", description=__doc__)
    parser.add_argument("--blocks", type=int, default=300)
    raise SystemExit(not asyncio.run(asyncio.wait_for(run(parser.parse_args().blocks), LIMIT_S)))
