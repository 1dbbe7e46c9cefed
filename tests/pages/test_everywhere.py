"""Every page of every room, by machine: reached by links, in the reader's words, without hindrance, at a fixed cost, deaf to hostile text.

A new page is looked at as soon as it is declared: one that no link of the filled world leads to fails the first test by name. Then either
a link is missing, or something in the filled world that would show it (tests/pages/filled.py).
"""

import asyncio
import contextlib
import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import BrowserContext

from piecework.platform import db
from piecework.platform.app import book
from piecework.platform.identity.principal import COOKIE
from piecework.platform.servers import Servers
from piecework.platform.settings import Settings
from tests.conftest import _run, url_of
from tests.pages.conftest import Site, served, session
from tests.pages.everywhere import Visit, Walker, untranslated
from tests.pages.filled import AUTHOR, Filled, reopened
from tests.pages.hostile import poison
from tests.pages.looking import BY_COLOUR_AND_LANGUAGE, PHONE, ZOOMED, Found, Looking, side_by_side
from tests.world import World

pytestmark = pytest.mark.timeout(900)
TURNS = 2
GROWN = 2
"""How many times the turns of the filled world the larger one has: what asks once more for each thing in a list shows at one thing more."""
MOST_STATEMENTS = 40
WALKERS = (AUTHOR, "mila", "applicant1", "applicant2", "curator", "requester", "finance", "administrator")
ON_PHONES = (None, AUTHOR, "mila", "applicant1", "applicant2")
BY_FORMS = {
    "curator": (
        # Where one comes by recording an audit.
        "SELECT '/audits/' || id FROM audit WHERE done_at IS NOT NULL LIMIT 1",
        # What a button of the policy's form puts beside it.
        "SELECT '/policies/lavka/tema/curve?overlap=2&max_overlap=4&confidence=0.9'",
        # What the form that begins further questions leads to.
        "SELECT '/writing/questions/-'",
        "SELECT '/writing/step-questions/lavka.tema'",
    ),
}
"""Pages that no link leads to: where forms lead, and why there is no other way."""


@dataclass(frozen=True)
class Walked:
    """The filled world's accounts and open sessions, and what everybody saw in Russian."""

    accounts: dict[str, tuple[UUID, str]]
    secrets: dict[str | None, str | None]
    walker: Walker


@pytest.fixture(scope="session")
def walked(servers: Servers, template: str) -> Walked:
    """A walk over the filled world as everybody, once per process. Its database stays, to be copied from."""
    return asyncio.run(_walk(servers, template))


async def _walk(servers: Servers, template: str) -> Walked:
    await _run(servers, f"CREATE DATABASE filled_once TEMPLATE {template} STRATEGY FILE_COPY")
    settings = Settings(DATABASE_URL=url_of(servers, "filled_once"), REDIS_URL=servers.redis_url)
    async with World.open(settings) as world:
        filled = await Filled.make(world)
        for _ in range(TURNS):
            await filled.turn()
        secrets: dict[str | None, str | None] = {None: None}
        secrets |= {name: await session(filled[name].id) for name in WALKERS}
        walker = Walker(book(), "ru")
        for name, secret in secrets.items():
            starts = ["/", "/sign-in", "/apply"] if name is None else ["/"]
            starts += [await db.scalar(sql) for sql in BY_FORMS.get(name or "", ())]
            await walker.walk(world.app, name, secret, starts)
        return Walked({name: (one.id, one.token) for name, one in world.people.items()}, secrets, walker)


@pytest.fixture
async def filled(servers: Servers, walked: Walked) -> AsyncIterator[Filled]:
    """The world that was walked over, in a database of the test's own."""
    name = f"filled_{os.getpid()}"
    await _run(servers, f"CREATE DATABASE {name} TEMPLATE filled_once STRATEGY FILE_COPY")
    settings = Settings(DATABASE_URL=url_of(servers, name), REDIS_URL=servers.redis_url)
    async with reopened(settings, walked.accounts, TURNS) as opened:
        yield opened
    await _run(servers, f"DROP DATABASE {name} WITH (FORCE)")


def nothing(found: Iterable[object]) -> None:
    """Nothing was found; else one finding a line."""
    lines = [str(one) for one in found]
    assert not lines, "\n".join(["", *lines])


def test_every_page_is_reached_and_answers(walked: Walked) -> None:
    nothing((one.who, one.path, one.status) for one in walked.walker.visits if not one.is_well)
    nothing(walked.walker.never_reached())


def test_every_page_speaks_russian(walked: Walked) -> None:
    found: dict[str, str] = {}
    for visit in walked.walker.visits:
        for text in untranslated(visit.read) if visit.is_page else ():
            found.setdefault(text, visit.view.template)
    nothing(sorted((template, text) for text, template in found.items()))


async def test_no_page_asks_more_of_the_database_when_there_is_more(filled: Filled, walked: Walked) -> None:
    """Each view that somebody met, asked again with twice as much of everything: no more statements, but for those that had no cause before.

    Where nothing had been paid yet there was nothing to ask about it: a statement that is new, and sent once, may be one more.
    """
    for _ in range(TURNS * (GROWN - 1)):
        await filled.turn()
    dearer, dear = [], []
    for name, secret in walked.secrets.items():
        async with walked.walker.client(filled.world.app, secret) as client:
            seen = set()
            for before in walked.walker.visits:
                if before.who != name or before.view.path in seen:
                    continue
                seen.add(before.view.path)
                now = await walked.walker.visit(client, name, before.path)
                if now.statements > before.statements:  # somebody's session may have been read afresh
                    now = await walked.walker.visit(client, name, before.path)
                known, times = Counter(before.asked), Counter(now.asked)
                said = [f"{n} times {' '.join(sql.split())[:80]}" for sql, n in times.items() if n > max(1, known[sql])]
                if said and now.statements > before.statements:
                    dearer.append((name, before.path, before.statements, now.statements, said))
                if now.statements > MOST_STATEMENTS:
                    dear.append((name, before.path, now.statements))
    nothing(dearer)
    nothing(dear)


async def test_what_people_wrote_runs_nowhere_and_hides_nothing(filled: Filled, walked: Walked, browser_address: str) -> None:
    """In Russian by night, so that this is looked at as well: colours, the language, and whether its longer words fit."""
    async with filled.world.connections(1, role=None) as (owner,):
        taken = await poison(owner)
    assert {"ticket.text", "account.name", "answer.body", "appeal.words", "message.body", "instruction.text"} <= set(taken)
    telling = walked.walker.telling()
    bare = []
    for name, secret in walked.secrets.items():
        async with walked.walker.client(filled.world.app, secret) as client:
            for visit in (one for one in telling if one.who == name):
                now = await walked.walker.visit(client, name, visit.path)
                if not now.is_well or "planted" in now.read.ids or now.read.unseen:
                    bare.append((name, visit.view.template, visit.path, now.status, now.read.unseen[:3]))
    nothing(bare)

    async def look(looking: Looking, visit: Visit) -> None:
        await looking.at(visit.path)
        await looking.ran_nothing()
        await looking.axe(BY_COLOUR_AND_LANGUAGE)
        await looking.fits(*widths(visit))

    async with served(filled.world, browser_address) as site:
        nothing(await everywhere(site, walked, walked.walker.firsts(), "ru", look, color_scheme="dark"))


async def test_nothing_hinders_anybody_on_any_page(filled: Filled, walked: Walked, browser_address: str) -> None:
    """In English by day; the other test has Russian by night, for what depends on either."""

    async def look(looking: Looking, visit: Visit) -> None:
        await looking.at(visit.path)
        await looking.axe()
        await looking.fits(*widths(visit))

    async with served(filled.world, browser_address) as site:
        nothing(await everywhere(site, walked, walked.walker.telling(), "en", look, color_scheme="light"))


def widths(visit: Visit) -> tuple[int, ...]:
    """Of a window zoomed to 200 %, and of a phone where people work on phones."""
    return (ZOOMED, PHONE) if visit.who in ON_PHONES else (ZOOMED,)


async def everywhere(
    site: Site,
    walked: Walked,
    visits: Sequence[Visit],
    language: str,
    look: Callable[[Looking, Visit], Awaitable[None]],
    **more: Any,
) -> Found:
    """Look at these pages, each as the person who met it, in three tabs at once."""
    found: Found = []
    for name, secret in walked.secrets.items():
        own = [one for one in visits if one.who == name]
        async with contextlib.AsyncExitStack() as stack:
            tabs: list[BrowserContext] = []
            for _ in range(3):
                context = await stack.enter_async_context(site.visitor(language=language, **more))
                if secret:
                    await context.add_cookies([{"name": COOKIE, "value": secret, "url": site.url}])
                tabs.append(context)
            found += await side_by_side(tabs, own, look)
    return found
