"""A look at pages in a real browser: what axe finds, what is wider than the screen, what the console says, what ran that should not have."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.async_api import BrowserContext, Page

from tests.pages.everywhere import Visit

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
RUN = """async ([only]) => window.axe && (await axe.run(document, {runOnly: only, resultTypes: ['violations'], selectors: false})).violations
    .map(one => [one.id, one.nodes[0].html.slice(0, 200)])"""
"""Without the selectors of what it finds: making those takes as long as a third of the looking."""
WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? null : [...document.querySelectorAll('main *, header *, footer *')]
    .map(one => [one.getBoundingClientRect().right, one.tagName.toLowerCase() + '.' + one.className])
    .filter(one => one[0] > innerWidth + 1).sort((one, other) => other[0] - one[0]).slice(0, 4)"""
SIDEWAYS = """() => [...document.querySelectorAll('main *')]
    .filter(one => one.scrollWidth > one.clientWidth + 1 && ['auto', 'scroll'].includes(getComputedStyle(one).overflowX))
    .map(one => one.tagName.toLowerCase() + '.' + one.className + ' by ' + (one.scrollWidth - one.clientWidth))"""
"""What has to be scrolled sideways to be read."""
ZOOMED, PHONE = 640, 360
"""Widths in CSS pixels: of a window of 1280 at a zoom of 200 %, and of a phone."""
Found = list[tuple[str, str, Any]]


class Looking:
    """Looks at one page after the other in one tab; `found` has what is wrong: the page's address, what kind of thing, what."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.found: Found = []
        page.on("console", lambda said: self._tell("console", said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self._tell("script", str(error)))
        page.on("dialog", self._dialog)

    def _tell(self, kind: str, what: Any) -> None:
        self.found.append((self.page.url, kind, what))

    async def _dialog(self, dialog: Any) -> None:
        self._tell("dialog", dialog.message)
        await dialog.dismiss()

    async def at(self, path: str) -> None:
        reply = await self.page.goto(path, wait_until="load")
        if reply is None or reply.status != 200:
            self._tell("status", reply and reply.status)

    async def axe(self) -> None:
        """All rules. Where many pages are looked at, their context has axe before they are loaded."""
        found = await self.page.evaluate(RUN, [RULES])
        if found is None:
            await self.page.evaluate(AXE)
            found = await self.page.evaluate(RUN, [RULES])
        for violation in found:
            self._tell("axe", violation)

    async def ran_nothing(self) -> None:
        """Nothing was run or planted by what people wrote."""
        if await self.page.evaluate("window.hit !== undefined || document.getElementById('planted') !== null"):
            self._tell("ran", self.page.url)

    async def fits(self, *widths: int) -> None:
        for width in widths:
            await self.page.set_viewport_size({"width": width, "height": 900})
            wide = await self.page.evaluate(WIDE)
            if wide is not None:
                self._tell(f"wider than {width}", wide)
            if width == PHONE:
                for one in await self.page.evaluate(SIDEWAYS):
                    self._tell("sideways", one)


async def side_by_side(
    contexts: Sequence[BrowserContext], visits: Iterable[Visit], look: Callable[[Looking, Visit], Awaitable[None]]
) -> Found:
    """Look at pages of one person in several tabs at once; `look` is given the tab and the visit."""
    waiting = list(visits)
    found: Found = []

    async def one(context: BrowserContext) -> None:
        if not waiting:
            return
        page = await context.new_page()
        looking = Looking(page)
        while waiting:
            await look(looking, waiting.pop())
        found.extend(looking.found)
        await page.close()

    await asyncio.gather(*(one(context) for context in contexts))
    return found
