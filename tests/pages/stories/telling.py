"""How stories are told: somebody at a browser, who finds their way by what the pages say in their language.

Words are looked up in the catalogues, so a story says in English what is pressed, and it is pressed in Russian as well. Pages that answer
a form are given to axe, once each (all that links lead to tests/pages/test_everywhere.py gives it); whatever a page's script or the
server says amiss fails the story at its end.
"""

import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Locator, Page, expect

from piecework.platform.pages.texts import LANGUAGES
from tests.pages.catalogues import PARTS, catalogue
from tests.pages.conftest import Site
from tests.pages.looking import Looking

AXED = "ru"
"""In this language, and in the dark: the other is walked by day and without it, since the pages are the same."""
GIVEN_TO_AXE: set[str] = set()
"""The pages that were already, whoever came by them: addresses without numbers, and with which status they answered."""
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+")


class Words:
    """The pages' words in a language; where the rooms of the house say a thing differently, as `room` does."""

    def __init__(self, language: str, room: str) -> None:
        self.language = language
        self.room = room

    def __call__(self, text: str, /, **named: object) -> str:
        """A text of the pages."""
        found = self._found(text)
        assert isinstance(found, str)
        return found % named

    def many(self, one: str, more: str, count: int, **named: object) -> str:
        """A text of the pages about so many things."""
        forms = self._found(one, more)
        assert isinstance(forms, tuple)
        at = (0 if count == 1 else 1) if self.language == "en" else _russian_form(count)
        return str(forms[at]) % {"num": count, **named}

    def _found(self, *text: str) -> str | tuple[str, ...]:
        messages = {part: message for part in PARTS if (message := catalogue(part).get(text[0])) is not None}
        assert messages, f"no page says “{text[0]}”"
        if self.language == "en":
            return text[0] if len(text) == 1 else text
        found = {part: message.string for part, message in messages.items()}
        assert len(set(found.values())) == 1 or self.room in found, f"rooms say “{text[0]}” differently: {found}"
        return found.get(self.room) or next(iter(found.values()))


def _russian_form(count: int) -> int:
    """Which of the forms of a noun goes with a number."""
    if count % 10 == 1 and count % 100 != 11:
        return 0
    return 1 if count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14) else 2


class Teller(Looking):
    """Somebody at a browser, who says yes to whatever is asked twice."""

    def __init__(self, page: Page, language: str, room: str) -> None:
        super().__init__(page)
        self.language = language
        self.say = Words(language, room)
        self.asked: list[str] = []
        """What was asked twice."""

    @classmethod
    @contextlib.asynccontextmanager
    async def of(cls, site: Site, name: str | None, language: str, room: str = "") -> AsyncIterator["Teller"]:
        """At the site's pages, signed in if they are named; mostly in one of its rooms. At the end nothing may have been wrong."""
        assert language in LANGUAGES
        scheme = "dark" if language == AXED else "light"
        async with site.visitor(name, language=language, color_scheme=scheme) as context:
            teller = cls(await context.new_page(), language, room)
            yield teller
            assert not teller.found, "\n".join(map(str, teller.found))

    async def _dialog(self, dialog: Any) -> None:
        self.asked.append(dialog.message)
        await dialog.accept()

    def _tell(self, kind: str, what: Any) -> None:
        if kind == "console" and "Failed to load resource" in what:
            return  # the status is looked at where it is come by
        super()._tell(kind, what)

    # ---- going about

    async def go(self, path: str) -> None:
        """Type an address."""
        await self._arriving(self.page.goto(path), 200)

    async def again(self) -> None:
        """Load the page once more."""
        await self.go(urlsplit(self.page.url)._replace(fragment="").geturl())

    async def menu(self, title: str) -> None:
        """Choose a line of the menu, by its English words; behind them may stand how many things wait there."""
        if self.page.url == "about:blank":
            await self.go("/")
        line = re.compile(rf"^{re.escape(self.say(title))}( \d.*)?$")
        await self._arriving(self.page.locator("nav.menu").get_by_role("link", name=line).first.click(), 200)

    async def follow(self, link: str | Locator) -> None:
        """Follow a link of the page: by its text as it stands there, or as it was found."""
        await self._arriving((self._link(link) if isinstance(link, str) else link).click(), 200)

    async def press(self, button: str | Locator, *, status: int = 200) -> None:
        """Press a button that leads to a page: by its text as it stands there, or as it was found."""
        await self._arriving((self._button(button) if isinstance(button, str) else button).click(), status)

    def _main(self) -> Locator:
        return self.page.locator("main")

    def _link(self, text: str) -> Locator:
        """Links that look like buttons are announced as buttons."""
        like = self._main().get_by_role("button", name=text, exact=True).and_(self.page.locator("a"))
        return self._main().get_by_role("link", name=text, exact=True).or_(like).first

    def _button(self, text: str) -> Locator:
        return self._main().get_by_role("button", name=text, exact=True).and_(self.page.locator("button")).first

    async def key(self, *keys: str) -> None:
        """Press keys, the last of which leads to a page."""
        *before, last = keys
        for one in before:
            await self.page.keyboard.press(one)
        await self._arriving(self.page.keyboard.press(last), 200)

    async def _arriving(self, doing: Any, status: int) -> None:
        async with self.page.expect_navigation(wait_until="load") as waiting:
            await doing
        reply = await waiting.value
        assert reply.status == status, (reply.url, reply.status, await self._main().inner_text())
        place = f"{ID.sub('*', urlsplit(self.page.url).path)} {status}"
        if self.language == AXED and reply.request.method == "POST" and place not in GIVEN_TO_AXE:
            GIVEN_TO_AXE.add(place)
            await self.axe()

    # ---- reading and writing

    async def sees(self, text: str) -> None:
        """The page says this, sooner or later."""
        await expect(self._main()).to_contain_text(text)

    async def told(self, text: str, /, **named: object) -> None:
        """The page tells that what was done is done, by its English words."""
        await expect(self._main().get_by_role("status").first).to_contain_text(self.say(text, **named))

    async def fill(self, fields: Mapping[str, str | bool | list[str]], within: str = "main") -> None:
        """Fill fields by their names: type, choose, tick."""
        for name, value in fields.items():
            one = self.page.locator(f'{within} [name="{name}"]:not([type=hidden])')
            match await one.first.evaluate("one => one.type"):
                case "radio" | "checkbox":
                    for each in value if isinstance(value, list) else ["true" if value is True else str(value)]:
                        await self.page.locator(f'{within} [name="{name}"][value="{each}"]').check()
                case "select-one":
                    await one.first.select_option(str(value))
                case _:
                    await one.first.fill(str(value))
