"""python -m bench.pages [--people 500] [--accruals 250000] [--rounds 20]: how long each page takes with as much data as a year brings.

A filled world (tests/pages/filled.py: something on every page) beside a ledger of so many people and answers (bench/books.py), all of them
in the one week before, which is harder on a period's pages than a year of weeks. Then every page that a walk over the menus reaches is asked for so often, one after the other, in the application's
own process without a network. Prints for each page the middle and the slowest but one in twenty of its milliseconds and its statements, the
slowest first. Exits 1 if a page takes longer than 150 ms by the latter. Starts its servers in a temporary folder and removes it.
"""

import argparse
import asyncio
import time
from statistics import median, quantiles

import asyncpg

from bench import books, stand
from piecework.platform import composition, db
from piecework.platform.app import book
from piecework.platform.settings import Settings
from tests.pages.conftest import session
from tests.pages.everywhere import Visit, Walker
from tests.pages.filled import Filled
from tests.pages.test_everywhere import BY_FORMS, TURNS, WALKERS
from tests.world import World

TARGET_MS = 150.0
TWENTIETHS = 20
LIMIT_S = 3000.0


async def ledger(connection: asyncpg.Connection, people: int, accruals: int) -> None:
    """The ledger, in the week before the filled world's own."""
    await books.make(connection, people, accruals, await books.period(connection))
    await connection.execute("VACUUM ANALYZE")


async def measured(
    walker: Walker, world: World, visits: list[Visit], secret: str | None, rounds: int
) -> list[tuple[float, float, Visit]]:
    """Each page of one person, so many times after a first one that warms it."""
    found = []
    async with walker.client(world.app, secret) as client:
        for visit in visits:
            took = []
            for _ in range(rounds + 1):
                started = time.perf_counter()
                await client.get(visit.path)
                took.append((time.perf_counter() - started) * 1000)
            found.append((median(took[1:]), quantiles(took[1:], n=TWENTIETHS)[-1], visit))
    return found


async def run(people: int, accruals: int, rounds: int) -> bool:
    """Fill, walk, measure, print."""
    with stand.opened() as opened:
        await opened.create("pages")
        await db.migrate(composition.database_config(opened.url("pages")))
        async with opened.connection("pages") as connection:
            await ledger(connection, people, accruals)
        settings: Settings = opened.settings("pages")
        async with World.open(settings) as world:
            filled = await Filled.make(world)
            for _ in range(TURNS):
                await filled.turn()
            walker = Walker(book(), "en")
            found: list[tuple[float, float, Visit]] = []
            for name in (None, *WALKERS):
                secret = None if name is None else await session(filled[name].id)
                starts = ["/", *[await db.scalar(sql) for sql in BY_FORMS.get(name or "", ())]]
                await walker.walk(world.app, name, secret, [start for start in starts if start])
                first: dict[str, Visit] = {}
                for visit in walker.visits:
                    if visit.who == name:
                        first.setdefault(visit.view.path, visit)
                found += await measured(walker, world, list(first.values()), secret, rounds)
    found.sort(key=lambda one: -one[1])
    for middle, slow, visit in found:
        print(f"{middle:8.1f} {slow:8.1f} {visit.statements:4d}  {visit.who or '-':14} {visit.view.path}")
    return all(slow <= TARGET_MS for _, slow, _ in found)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--accruals", type=int, default=250_000)
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    raise SystemExit(not asyncio.run(asyncio.wait_for(run(given.people, given.accruals, given.rounds), LIMIT_S)))
