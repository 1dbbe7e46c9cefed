"""Every page of every room, by machine: reached by links, in the reader's words, without hindrance, at a fixed cost, deaf to hostile text.

A new page is looked at as soon as it is declared: one that no link of the filled world leads to fails the first test by name. Then either
a link is missing, or something in the filled world that would show it (tests/pages/filled.py).
"""

import contextlib
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

import pytest

from piecework.platform.identity.principal import COOKIE
from tests.pages.conftest import Site, served
from tests.pages.everywhere import Visit, untranslated
from tests.pages.filled import AUTHOR, Filled
from tests.pages.grown import ALONE, grow
from tests.pages.hostile import poison
from tests.pages.looking import AXE, PHONE, ZOOMED, Found, Looking, side_by_side
from tests.pages.walking import Walked

pytestmark = pytest.mark.timeout(900)
COPIES = 4
FILES = re.compile(r"/api/v1/projects/\w+/(quality\.csv|people\.csv|decisions\.jsonl)")
"""What pages link to that is no page: files that programs fetch as well."""
MOST_STATEMENTS = 40
ON_PHONES = (None, AUTHOR, "mila", "applicant1", "applicant2")


def nothing(found: Iterable[object]) -> None:
    """Nothing was found; else one finding a line."""
    lines = [str(one) for one in found]
    assert not lines, "\n".join(["", *lines])


def test_every_page_is_reached_and_answers(walked: Walked) -> None:
    nothing((one.who, one.path, one.status) for one in walked.walker.visits if not one.is_well)
    nothing(walked.walker.never_reached())


def test_every_link_leads_to_a_page_of_whoever_sees_it(walked: Walked) -> None:
    """Or to a file of the API that they are given. No page has moved: a link leads to where its reader arrives."""
    lost = [one for one in walked.walker.elsewhere if not (one.status == 200 and FILES.fullmatch(urlsplit(one.path).path))]
    nothing([*lost, *walked.walker.unshown])
    assert len(walked.walker.elsewhere) > 0, "the files of the API have to be met, or nothing was looked at"


def test_every_page_speaks_russian(walked: Walked) -> None:
    found: dict[str, str] = {}
    for visit in walked.walker.visits:
        for text in untranslated(visit.read) if visit.is_page else ():
            found.setdefault(text, visit.view.template)
    nothing(sorted((template, text) for text, template in found.items()))


async def test_no_page_asks_more_of_the_database_when_there_is_more(filled: Filled, walked: Walked) -> None:
    """Each view that somebody met, asked again with five times as much of everything, in the inner lists too: no statement more."""
    visits = {(one.who, one.view.path): one for one in reversed(walked.walker.visits)}.values()

    async def seen(again: Iterable[Visit]) -> dict[Visit, Visit]:
        found = {}
        for visit in again:
            async with walked.walker.client(filled.world.app, walked.secrets[visit.who]) as client:
                found[visit] = await walked.walker.visit(client, visit.who, visit.path)
        return found

    before = await seen(visits)
    async with filled.world.connections(1, role=None) as (owner,):
        grown = await grow(owner, COPIES)
    assert not {table: one for table, one in grown.items() if one.times <= COPIES}
    assert {table for table, one in grown.items() if one.among <= COPIES} == ALONE.keys()
    after = await seen(visits)
    dearer = [visit for visit, now in after.items() if now.statements > before[visit].statements]
    after |= await seen(
        one for visit in dearer for one in (visit, visit)
    )  # who is signed in, and the like, is remembered for a moment
    found = []
    for visit, now in after.items():
        more = Counter(now.asked) - Counter(before[visit].asked)
        if now.statements > before[visit].statements or now.status != before[visit].status:
            said = [f"{number} times {' '.join(sql.split())[:80]}" for sql, number in more.items()]
            found.append((visit.who, visit.path, now.status, before[visit].statements, now.statements, said))
        elif now.statements > MOST_STATEMENTS:
            found.append((visit.who, visit.path, now.statements))
    nothing(found)


async def test_what_people_wrote_runs_nowhere_and_hides_nothing(filled: Filled, walked: Walked, browser_address: str) -> None:
    """In Russian by night, where all else is looked at as well: its longer words have to fit, and so has one of sixty letters."""
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
        await looking.axe()
        await looking.fits(*widths(visit))

    async with served(filled.world, browser_address) as site:
        nothing(await everywhere(site, walked, walked.walker.firsts(), "ru", look, color_scheme="dark"))


async def test_nothing_hinders_anybody_on_any_page(filled: Filled, walked: Walked, browser_address: str) -> None:
    """In English by day; the other test has Russian by night."""

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
    async with contextlib.AsyncExitStack() as stack:
        tabs = [await stack.enter_async_context(site.visitor(language=language, **more)) for _ in range(3)]
        for tab in tabs:
            await tab.add_init_script(AXE)
        for name, secret in walked.secrets.items():
            for tab in tabs:
                await tab.clear_cookies()
                if secret:
                    await tab.add_cookies([{"name": COOKIE, "value": secret, "url": site.url}])
            found += await side_by_side(tabs, [one for one in visits if one.who == name], look)
    return found
