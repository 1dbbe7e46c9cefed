"""python -m bench.pages [--groups 34 --weeks 52 --every 2 --bound 150 --data FOLDER]: how long every page takes after a year of 500 people.

Plays the demonstration, makes a year of it (bench/year.py), opens a session for each kind of person, follows links from the first page on
and from where forms lead (bench/forms.py), and then asks for each page at least twenty times over different ids, in one random order, by one client over loopback. Prints p50, p95 and
the slowest of each page, files apart, and exits 1 if the p95 of a page is above the bound, a page answered badly, or nobody came by it.
With --data the filled database stays in that folder, and a second run measures it again.
"""

import argparse
import asyncio
import contextlib
import math
import random
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import asyncpg
import httpx2
from rich.console import Console
from starlette.routing import compile_path

from bench import forms, small, stand, web, year
from piecework.platform import composition, db
from piecework.platform.app import book
from piecework.platform.demo.run import play
from piecework.platform.identity.principal import COOKIE, new_secret
from piecework.platform.pages.texts import LANGUAGE_COOKIE
from piecework.platform.pages.view import View

SMALL, DATABASE = "small", "year"
TIMES = 20
"""So often each page is asked for, at least."""
ADDRESSES = 25
"""So many addresses of a page one member of the staff visits, at most; a freelancer, who is one of many, fewer."""
OWN_ADDRESSES = 4
FILES = 3
LIMIT_S = 3_600.0
PATIENCE_S = 60.0
# Who looks at pages: some of the staff, and some of the many.
STAFF = {"administrator": 1, "curator": 2, "finance": 1, "requester": 1}
"""How many of each role; only the first of them visits much: what the second curator was asked for, the first was not."""
MANY = {"freelancer": 20, "applicant": 4}
PEOPLE = """
(SELECT id, roles[1] AS role FROM account WHERE roles[1] = ANY ($1) AND email NOT LIKE '_-%' ORDER BY created_at, id)
UNION ALL
(SELECT id, roles[1] FROM account WHERE roles[1] = $2 ORDER BY hashtextextended(id::text, 7) LIMIT $3)
UNION ALL
(SELECT id, roles[1] FROM account WHERE roles[1] = $4 ORDER BY hashtextextended(id::text, 7) LIMIT $5)"""
# One of the many who sits an exam and one who has tasks in hand: few do, and each has pages that nobody else has.
BUSY = """
SELECT id, 'freelancer' AS role FROM account WHERE id IN (
    (SELECT freelancer_id FROM exam_attempt WHERE finished_at IS NULL ORDER BY id LIMIT 1)
    UNION ALL (SELECT freelancer_id FROM assignment WHERE state = 'held' ORDER BY id LIMIT 1))"""
COUNTS = """
SELECT (SELECT count(*) FROM account WHERE 'freelancer' = ANY (roles)) AS freelancers, (SELECT count(*) FROM project) AS projects,
       (SELECT count(*) FROM ticket) AS tickets, (SELECT count(*) FROM assignment) AS assignments, (SELECT count(*) FROM entry) AS entries,
       (SELECT count(*) FROM notice) AS notices, pg_size_pretty(pg_database_size(current_database())) AS size"""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks: with an open session, and where forms lead them."""

    cookie: str
    most: int
    """So many addresses of a page they visit."""
    led: Sequence[str]


class Links(HTMLParser):
    """Where a page leads."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Links, what htmx fetches, and forms that only ask."""
        given = {name: value or "" for name, value in attrs}
        if tag == "a" or "hx-get" in given:
            self.found += [given[name] for name in ("href", "hx-get") if given.get(name)]
        elif tag == "form" and given.get("method", "get").lower() == "get" and given.get("action"):
            self.found.append(given["action"])


@dataclass
class Walk:
    """Who goes where: the addresses of every page that were found, with whose they are."""

    client: httpx2.AsyncClient
    found: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    """Path of the view -> cookie and address."""
    bad: Counter[tuple[str, int]] = field(default_factory=Counter)
    views: dict[str, View] = field(init=False)

    def __post_init__(self) -> None:
        self.views = {view.path: view for view in book().views if view.method == "GET"}
        self._patterns = [(compile_path(path)[0], view) for path, view in self.views.items()]

    def view_of(self, address: str) -> View | None:
        """The first that fits, as the application looks for it."""
        return next((view for pattern, view in self._patterns if pattern.match(urlsplit(address).path)), None)

    async def ask(self, cookie: str, address: str) -> tuple[httpx2.Response, float]:
        """One page, and how many milliseconds it took to the last byte."""
        headers = {"cookie": f"{LANGUAGE_COOKIE}=ru" + (f"; {COOKIE}={cookie}" if cookie else ""), "accept": "text/html"}
        start = time.perf_counter()
        reply = await self.client.get(address, headers=headers)
        return reply, (time.perf_counter() - start) * 1000

    async def go(self, cookie: str, starts: Sequence[str], most: int, chance: random.Random) -> None:
        """Wherever links lead, some addresses of each page, by chance."""
        waiting, seen, visited = list(starts), set(starts), Counter[str]()
        while waiting:
            address = waiting.pop(chance.randrange(len(waiting)))
            view = self.view_of(address)
            if view is None or visited[view.path] >= (most if view.template else FILES):
                continue
            visited[view.path] += 1
            if not view.template:
                self.found[view.path].append((cookie, address))
                continue
            reply, _ = await self.ask(cookie, address)
            if reply.status_code in (302, 303, 403, 404):  # not for this reader, or gone on to another page
                visited[view.path] -= 1
                continue
            if reply.status_code != 200:
                self.bad[view.path, reply.status_code] += 1
                continue
            self.found[view.path].append((cookie, address))
            links = {urljoin(address, link).partition("#")[0] for link in Links(reply.text).found}
            fresh = sorted(link for link in links - seen if not urlsplit(link).netloc)
            seen |= set(fresh)
            waiting += fresh

    def order(self, times: int, chance: random.Random) -> Iterator[tuple[View, str, str]]:
        """Every page so many times, or up to twice that for as many addresses; files a few times; all in one random order."""
        asked = []
        for path, addresses in self.found.items():
            view = self.views[path]
            chance.shuffle(addresses)
            wanted = max(times, min(len(addresses), 2 * times)) if view.template else FILES
            asked += [(view, *addresses[number % len(addresses)]) for number in range(wanted)]
        chance.shuffle(asked)
        yield from asked


@dataclass(frozen=True, slots=True)
class Took:
    """How long one page took."""

    path: str
    times: Sequence[float]
    distinct: int
    slowest: str

    @property
    def p95(self) -> float:
        """Of twenty the second slowest."""
        return sorted(self.times)[math.ceil(len(self.times) * 0.95) - 1]

    def line(self) -> str:
        """For people."""
        return (
            f"{self.p95:8.0f} {statistics.median(self.times):8.0f} {max(self.times):8.0f} {len(self.times):5d} {self.distinct:5d}  "
            f"{self.path}   (slowest: {self.slowest})"
        )


HEAD = f"{'p95 ms':>8} {'p50 ms':>8} {'max ms':>8} {'n':>5} {'ids':>5}  page"


async def sessions(connection: asyncpg.Connection) -> list[Visitor]:
    """Everybody who looks, with an open session."""
    many = [part for pair in MANY.items() for part in pair]
    met = Counter[str]()
    opened = []
    for row in (*await connection.fetch(PEOPLE, list(STAFF), *many), *await connection.fetch(BUSY)):
        role, account = row["role"], row["id"]
        if role in STAFF and met[role] == STAFF[role]:
            continue
        met[role] += 1
        first = role in STAFF and met[role] == 1
        if first and role == "curator":
            await forms.act(connection, account)
        secret, digest = new_secret("")
        await connection.execute(
            "INSERT INTO session (hash, account_id, expires_at, user_agent) VALUES ($1, $2, now() + interval '1 day', 'bench')",
            digest,
            account,
        )
        opened.append(Visitor(secret, ADDRESSES if first else OWN_ADDRESSES, await forms.addresses(connection, role, account)))
    return opened


async def measure(server: web.Web, people: Sequence[Visitor], least: int) -> tuple[list[Took], Walk]:
    """Walk first, which also warms everything up; then ask."""
    chance = random.Random(20261123)
    base = f"http://127.0.0.1:{server.port}"
    async with httpx2.AsyncClient(base_url=base, timeout=PATIENCE_S, trust_env=False) as client:
        walk = Walk(client)
        await walk.go("", ["/", "/sign-in", "/apply"], ADDRESSES, chance)
        for one in people:
            await walk.go(one.cookie, ["/", *one.led], one.most, chance)
        times: dict[str, list[tuple[float, str]]] = defaultdict(list)
        for view, cookie, address in walk.order(least, chance):
            reply, took = await walk.ask(cookie, address)
            if reply.status_code == 200:
                times[view.path].append((took, address))
            else:
                walk.bad[view.path, reply.status_code] += 1
    found = [Took(path, [took for took, _ in each], len({one for _, one in each}), max(each)[1]) for path, each in times.items()]
    return sorted(found, key=lambda one: -one.p95), walk


def report(found: Sequence[Took], walk: Walk, bound: float) -> bool:
    """Print everything; true if it is as it should be."""
    pages = [one for one in found if walk.views[one.path].template]
    print(HEAD)
    for one in pages:
        print(("! " if one.p95 > bound else "  ") + one.line())
    print("\nFiles, which are made while one waits, and are not pages:\n" + HEAD)
    for one in found:
        if not walk.views[one.path].template:
            print("  " + one.line())
    slow = [one.path for one in pages if one.p95 > bound]
    missing = sorted(path for path, view in walk.views.items() if view.template and path not in walk.found)
    print(f"\n{len(pages)} pages, {sum(len(one.times) for one in pages)} requests; p95 above {bound:g} ms: {len(slow)}")
    print(f"Not come by: {', '.join(missing) or 'none'}")
    print("Answered badly: " + (", ".join(f"{path} {status} ({n} times)" for (path, status), n in walk.bad.items()) or "none"))
    return not slow and not walk.bad and not missing


def fill(opened: stand.Stand, groups: int, weeks: int, every: int) -> None:
    """The year, unless it is there."""
    played, done = opened.folder / "played", opened.folder / "filled"
    start = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - start:6.1f} s  {text}", flush=True)

    if not played.exists():
        asyncio.run(opened.create(SMALL))
        settings = opened.settings(SMALL).model_copy(update={"host": "127.0.0.1", "port": 0, "log_level": "ERROR"})
        play(settings, opened.folder, Console(file=sys.stderr, quiet=True), small.more)
        played.touch()
        say("the small world is there")
    if not done.exists():
        asyncio.run(_multiply(opened, groups, weeks, every))
        done.touch()
        say("and the year")


async def _multiply(opened: stand.Stand, groups: int, weeks: int, every: int) -> None:
    async with opened.connection("postgres") as connection:
        await connection.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        await connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE {SMALL} STRATEGY FILE_COPY")
    async with opened.connection(DATABASE) as connection:
        await year.multiply(connection, groups=groups, weeks=weeks, every=every)
    settings = opened.settings(DATABASE)
    await small.reckon(settings)
    async with opened.connection(DATABASE) as connection:
        await connection.execute("VACUUM (ANALYZE, FREEZE)", timeout=LIMIT_S)
        await connection.execute("CHECKPOINT")


async def run(opened: stand.Stand, bound: float, times: int) -> bool:
    """Measure what was filled."""
    await db.migrate(composition.database_config(opened.url(DATABASE)))  # a folder that was filled before
    async with opened.connection(DATABASE) as connection:
        print(", ".join(f"{name} {value}" for name, value in (await connection.fetchrow(COUNTS)).items()), flush=True)
        people = await sessions(connection)
    async with web.running(opened, DATABASE, 1) as server:
        return report(*await measure(server, people, times), bound)


def main() -> bool:
    """Fill and measure."""
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("--groups", type=int, default=34, help="of fifteen freelancers each")
    parser.add_argument("--weeks", type=int, default=52)
    parser.add_argument("--every", type=int, default=2, help="a group works in each of so many weeks")
    parser.add_argument("--fill", action="store_true", help="fill, and measure nothing")
    parser.add_argument("--times", type=int, default=TIMES, help="so often each page is asked for, at least")
    parser.add_argument("--bound", type=float, default=150.0, help="milliseconds")
    parser.add_argument("--data", type=Path, help="a folder in which the filled database stays")
    given = parser.parse_args()
    with contextlib.ExitStack() as stack:
        opened = stack.enter_context(stand.opened(given.data))
        fill(opened, given.groups, given.weeks, given.every)
        return given.fill or asyncio.run(asyncio.wait_for(run(opened, given.bound, given.times), LIMIT_S))


if __name__ == "__main__":
    raise SystemExit(not main())
