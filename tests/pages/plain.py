"""A signed-in browser without a browser: pages are fetched and forms sent over plain HTTP."""

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any

import httpx2

from piecework.platform.identity.principal import COOKIE
from piecework.platform.pages.texts import LANGUAGE_COOKIE, ZONE_COOKIE
from tests.pages.conftest import session
from tests.world import Person, World


class Browser:
    """A signed-in browser without a browser. `csrf` is the token of the page that it saw last."""

    def __init__(self, world: World, secret: str, *, zone: str = "UTC", language: str = "en") -> None:
        self.world = world
        cookies = {COOKIE: secret, ZONE_COOKIE: zone, LANGUAGE_COOKIE: language}
        self.headers = {
            "cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "accept": "text/html",
            "sec-fetch-site": "same-origin",
        }
        self.csrf = ""

    @classmethod
    async def of(cls, world: World, who: str | Person, *, zone: str = "UTC", language: str = "en") -> "Browser":
        person = world.people[who] if isinstance(who, str) else who
        return cls(world, await session(person.id), zone=zone, language=language)

    async def reply(self, path: str) -> httpx2.Response:
        return await self.world.client.get(path, headers=self.headers)

    async def get(self, path: str, status: int = 200) -> str:
        """A page as it is written."""
        reply = await self.reply(path)
        assert reply.status_code == status, (path, reply.status_code, reply.headers.get("location"), reply.text)
        found = re.search(r'name="csrf" value="(\w+)"', reply.text)
        self.csrf = found[1] if found else self.csrf
        return str(reply.text)

    async def read(self, path: str, status: int = 200) -> str:
        """A page as it is read: without entities."""
        return unescape(await self.get(path, status))

    async def post(self, path: str, form: dict[str, Any], *, on: str, **more: Any) -> httpx2.Response:
        """Send a form as the page `on` would."""
        page = await self.get(on)
        own = {name: re.search(f'name="{name}" value="([^"]+)"', page) for name in ("csrf", "once", "page_query")}
        data = {**form, **{name: unescape(found[1]) for name, found in own.items() if found}}
        return await self.world.client.post(path, data=data, headers=self.headers, **more)

    async def do(self, page: str, path: str, **fields: Any) -> tuple[int, str]:
        """Send a form of a page: the status, and where it leads or the page that is shown, as it is read."""
        reply = await self.post(path, fields, on=page)
        return reply.status_code, reply.headers.get("location") or unescape(reply.text)

    async def led(self, path: str, form: dict[str, Any], *, on: str) -> httpx2.Response:
        """Send a form that is carried out; the page to which that led."""
        reply = await self.post(path, form, on=on)
        assert reply.status_code == 303, reply.text
        return await self.reply(reply.headers["location"])

    async def send(self, path: str, status: int = 303, /, **fields: Any) -> str:
        """Send a form of the page that was seen last (`a__b` is the field `a.b`): where it led, or the page that is shown again."""
        data = {name.replace("__", "."): value for name, value in fields.items()}
        reply = await self.world.client.post(path, data={"csrf": self.csrf, **data}, headers=self.headers)
        assert reply.status_code == status, (path, reply.status_code, reply.text)
        return str(reply.headers["location"]) if status == 303 else unescape(reply.text)

    async def written(self, place: str, act: str, /, **typed: str) -> str:
        """Type into the fields of a page of a draft (`a__b` is `a.b`), then press a button: where that led."""
        form = fields(await self.get(place), place) | {name.replace("__", "."): [text] for name, text in typed.items()}
        reply = await self.post(place, {**form, "act": act}, on=place)
        assert reply.status_code == 303, (place, act, reply.status_code, re.sub(r"(?s).*<main", "", reply.text)[:3000])
        return str(reply.headers["location"])


@dataclass
class Form:
    """A form as a browser would send it if nothing were typed: without its buttons, but for the paths that they send it to instead."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    """The fields that one types into, by their names, and of what kind each is: `text` for words, `number`, `date` and the like."""
    needed: dict[str, str] = field(default_factory=dict)
    """The first choice of each group of which one has to be chosen, and none is."""
    paths: list[str] = field(default_factory=list)


class _Forms(HTMLParser):
    TYPED = ("text", "search", "url", "email", "number", "date", "time", "datetime-local")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._inside = False
        self._select: str | None = None
        self._first: str | None = None
        self._text: tuple[str, list[str]] | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs)
        name, value = own.get("name") or "", own.get("value") or ""
        if tag == "form":
            self.found.append(Form(own.get("action") or "", (own.get("method") or "get").lower()))
            self._inside = True
        elif not self._inside:
            return
        elif tag == "input" and name and own.get("type") != "file":
            if own.get("type") not in ("checkbox", "radio") or "checked" in own:
                self._form.fields.setdefault(name, []).append(value)
            kind = own.get("type") or "text"
            if kind in self.TYPED:
                self._form.texts[name] = kind
            if kind == "radio" and "required" in own:
                self._form.needed.setdefault(name, value)
        elif tag == "select":
            self._select, self._first = name, None
        elif tag == "option" and self._select is not None:
            self._first = value if self._first is None else self._first
            if "selected" in own:
                self._form.fields[self._select] = [value]
        elif tag == "textarea":
            self._text = (name, [])
            self._form.texts[name] = "text"
        elif "formaction" in own:
            self._form.paths.append(own["formaction"] or "")

    @property
    def _form(self) -> Form:
        return self.found[-1]

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select" and self._select is not None:
            self._form.fields.setdefault(self._select, [self._first or ""])
            self._select = None
        elif tag == "textarea" and self._text is not None:
            self._form.fields[self._text[0]] = ["".join(self._text[1]).removeprefix("\n")]
            self._text = None


def forms(page: str) -> list[Form]:
    """The forms of a page, in their order."""
    return _Forms(page).found


def fields(page: str, action: str) -> dict[str, list[str]]:
    """What a browser would send of the form with this action if nothing were typed."""
    found: dict[str, list[str]] = {}
    for form in forms(page):
        if form.action == action:
            found |= form.fields
    assert found, f"there is no form for {action}"
    return found
