"""A signed-in browser without a browser: pages are fetched and forms sent over plain HTTP."""

import re
from html.parser import HTMLParser
from typing import Any

import httpx2

from piecework.platform.identity.principal import COOKIE
from tests.pages.conftest import session
from tests.world import World


class Browser:
    """A signed-in browser without a browser."""

    def __init__(self, world: World, secret: str) -> None:
        self.world = world
        self.headers = {"cookie": f"{COOKIE}={secret}", "accept": "text/html", "sec-fetch-site": "same-origin"}

    @classmethod
    async def of(cls, world: World, name: str) -> "Browser":
        return cls(world, await session(world.people[name].id))

    async def get(self, path: str) -> str:
        reply = await self.world.client.get(path, headers=self.headers)
        assert reply.status_code == 200, reply.text
        return str(reply.text)

    async def post(self, path: str, form: dict[str, Any], *, on: str) -> httpx2.Response:
        """Send a form as the page `on` would."""
        page = await self.get(on)
        own = {name: re.search(f'name="{name}" value="([^"]+)"', page) for name in ("csrf", "once")}
        data = {**form, **{name: found[1] for name, found in own.items() if found}}
        return await self.world.client.post(path, data=data, headers=self.headers)


class _Fields(HTMLParser):
    """The fields of one form as a browser would send them, without its buttons."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action = action
        self.found: dict[str, list[str]] = {}
        self._inside = False
        self._select: str | None = None
        self._first: str | None = None
        self._text: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs)
        name, value = own.get("name") or "", own.get("value") or ""
        if tag == "form":
            self._inside = own.get("action") == self.action
        elif not self._inside:
            return
        elif tag == "input" and name and own.get("type") != "file":
            if own.get("type") not in ("checkbox", "radio") or "checked" in own:
                self.found.setdefault(name, []).append(value)
        elif tag == "select":
            self._select, self._first = name, None
        elif tag == "option" and self._select is not None:
            self._first = value if self._first is None else self._first
            if "selected" in own:
                self.found[self._select] = [value]
        elif tag == "textarea":
            self._text = (name, [])

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select" and self._select is not None:
            self.found.setdefault(self._select, [self._first or ""])
            self._select = None
        elif tag == "textarea" and self._text is not None:
            self.found[self._text[0]] = ["".join(self._text[1]).removeprefix("\n")]
            self._text = None


def fields(page: str, action: str) -> dict[str, list[str]]:
    """What a browser would send of the form with this action if nothing were typed."""
    parser = _Fields(action)
    parser.feed(page)
    assert parser.found, f"there is no form for {action}"
    return parser.found
