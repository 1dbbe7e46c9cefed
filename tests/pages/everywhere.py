"""A walk over the pages as somebody sees them: from the first one by links, with what every page said and what it cost."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from typing import Any
from unittest.mock import patch
from urllib.parse import urljoin, urlsplit

import asyncpg
import httpx2
from starlette.routing import compile_path

from piecework.platform.identity.principal import COOKIE
from piecework.platform.pages.endpoint import Book
from piecework.platform.pages.texts import LANGUAGE_COOKIE
from piecework.platform.pages.view import View

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
FOREIGN = frozenset(["code", "kbd", "pre", "script", "style", "textarea"])
"""Elements whose text is nobody's language, or was typed."""
RAW = frozenset(["raw", "agreed"])
"""Classes of what is shown as it is kept: particulars of the trail, by the names that machines know, and the text of contracts, which has
both languages. What people wrote is read like all else: in the filled world they write Russian."""
TYPED = frozenset(["value", "data-fill"])
"""Attributes with what stands in fields, or would."""
UNSEEN = "\N{RIGHT-TO-LEFT OVERRIDE}\N{ZERO WIDTH SPACE}"
SAID = ("aria-label", "title", "placeholder", "alt", "data-confirm")
"""Attributes that people read or hear."""
MOST_OF_A_VIEW = 5
"""How many addresses of one view are visited: enough to meet each kind of thing in a list of the filled world. Whoever comes once that many
were seen visits one."""


UNSHOWN = (301, 302, 303, 307, 308, 401, 403)
"""Statuses of replies that are no page of what was asked for."""


class Read(HTMLParser):
    """A page's links, the texts that people read (but for code and what is shown as it is kept), the parts it is made of, and `unseen`:
    where it has characters that cannot be seen. In what is typed again, such as the text of a field, they have to stay."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.texts: list[str] = []
        self.parts: set[str] = set()
        self.ids: set[str] = set()
        self.unseen: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.parts |= {f"{tag}.{one}" for one in given.get("class", "").split()} | {f"{tag}[{name}]" for name in given}
        self.ids |= {given["id"]} if "id" in given else set()
        self.unseen += [f"{tag} {name}" for name, value in given.items() if name not in TYPED and set(UNSEEN) & set(value)]
        foreign = (
            (self._open[-1][1] if self._open else False) or tag in FOREIGN or bool(RAW & set(given.get("class", "").split()))
        )
        if tag == "html":
            foreign = False
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        self.links += [given[name] for name in ("hx-get", "src") if name in given and tag not in ("img", "script")]
        if tag == "form" and given.get("method", "get").lower() == "get":
            self.links.append(given.get("action", ""))
        if not foreign:
            self.texts += [given[name] for name in SAID if given.get(name)]
        if tag not in VOID:
            self._open.append((tag, foreign))

    def handle_endtag(self, tag: str) -> None:
        while self._open and any(one == tag for one, _ in self._open):
            if self._open.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        tag = self._open[-1][0] if self._open else ""
        if tag != "textarea" and set(UNSEEN) & set(data):
            self.unseen.append(f"{tag}: {data.strip()[:60]}")
        if data.strip() and not (self._open and self._open[-1][1]):
            self.texts.append(" ".join(data.split()))


@dataclass(frozen=True)
class Visit:
    """A page as somebody saw it."""

    view: View
    who: str | None
    path: str
    status: int
    text: str
    statements: int
    asked: tuple[str, ...]

    @cached_property
    def read(self) -> Read:
        return Read(self.text)

    @property
    def is_well(self) -> bool:
        return self.status == 200

    @property
    def is_page(self) -> bool:
        return self.text.lstrip().startswith("<!doctype html>")


@dataclass(frozen=True)
class Link:
    """A link that somebody met on a page (none: where they began), and the reply to it."""

    who: str | None
    page: str
    path: str
    status: int


@dataclass
class Walker:
    """Walks as one person after the other; `visits` has what was seen, and what led to no page of theirs is not forgotten."""

    book: Book
    language: str
    visits: list[Visit] = field(default_factory=list)
    elsewhere: list[Link] = field(default_factory=list)
    """Links that are no page's."""
    unshown: list[Link] = field(default_factory=list)
    """Links to pages that were not shown to whom the link was: they were refused there, or led on."""

    def __post_init__(self) -> None:
        self._routes = [(compile_path(view.path)[0], view) for view in self.book.views if view.method == "GET"]
        self._seen: set[tuple[str | None, str]] = set()
        self._shown: Counter[str] = Counter()

    def view_of(self, path: str) -> View | None:
        """Whose address this is; the first that fits, as the application looks for it."""
        return next((view for pattern, view in self._routes if pattern.match(urlsplit(path).path)), None)

    @asynccontextmanager
    async def client(self, app: Any, secret: str | None) -> AsyncIterator[httpx2.AsyncClient]:
        """The application's pages as somebody sees them who is signed in by this cookie."""
        cookies = {LANGUAGE_COOKIE: self.language} | ({COOKIE: secret} if secret else {})
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test", cookies=cookies) as client:
            yield client

    async def walk(self, app: Any, who: str | None, secret: str | None, starts: Sequence[str]) -> None:
        """Go wherever links lead, a few addresses of each view."""
        waiting = [("", path) for path in starts]
        visited: Counter[str] = Counter()
        async with self.client(app, secret) as client:
            while waiting:
                page, path = waiting.pop(0)
                if (who, path) in self._seen:
                    continue
                view = self.view_of(path)
                if view is None:
                    self._seen.add((who, path))
                    self.elsewhere.append(Link(who, page, path, (await client.get(path)).status_code))
                    continue
                if visited[view.path] and self._shown[view.path] >= MOST_OF_A_VIEW:
                    continue
                self._seen.add((who, path))
                visit = await self.visit(client, who, path)
                if visit.status in UNSHOWN:
                    self.unshown.append(Link(who, page, path, visit.status))
                    continue
                visited[view.path] += 1
                self._shown[view.path] += 1
                self.visits.append(visit)
                if visit.is_page or visit.view.template:
                    links = (urljoin(path, link) for link in visit.read.links)
                    waiting += [(path, link.partition("#")[0]) for link in links if not urlsplit(link).netloc]

    async def visit(self, client: httpx2.AsyncClient, who: str | None, path: str) -> Visit:
        """One address, as it is now."""
        view = self.view_of(path)
        assert view is not None
        with counted() as asked:
            reply = await client.get(path, headers={"accept": "text/html"})
        text = reply.text if reply.headers.get("content-type", "").startswith("text/") else ""
        return Visit(view, who, path, reply.status_code, text, len(asked), tuple(asked))

    def never_reached(self) -> list[str]:
        reached = {visit.view.path for visit in self.visits}
        return [view.path for view in self.book.views if view.method == "GET" and view.path not in reached]

    def firsts(self) -> list[Visit]:
        """The first visit of each view."""
        return list({visit.view.path: visit for visit in reversed(self.visits) if visit.is_page}.values())

    def telling(self) -> list[Visit]:
        """The first visit of each view, and those that show several parts which no earlier one of the view shows."""
        shown: dict[str, set[str]] = {}
        found = []
        for visit in self.visits:
            if not visit.is_page:
                continue
            parts = visit.read.parts
            known = shown.setdefault(visit.view.path, set())
            if not known or len(parts - known) >= NEW_PARTS:
                found.append(visit)
            known |= parts
        return found


BESIDES = re.compile(
    r"\s*((BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET|START)\b|SELECT (1$|pg_advisory_unlock_all))", re.IGNORECASE
)


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are sent to the database meanwhile, but for what opens and ends transactions, and tries and resets connections."""
    asked: list[str] = []

    def counting(method: Callable[..., Any]) -> Callable[..., Any]:
        async def run(connection: asyncpg.Connection, sql: str, *arguments: Any, **named: Any) -> Any:
            if not BESIDES.match(sql):
                asked.append(sql)
            return await method(connection, sql, *arguments, **named)

        return run

    names = ("fetch", "fetchrow", "fetchval", "execute")
    patches = [patch.object(asyncpg.Connection, name, counting(getattr(asyncpg.Connection, name))) for name in names]
    for one in patches:
        one.start()
    try:
        yield asked
    finally:
        for one in patches:
            one.stop()


NEW_PARTS = 4
NAMES = frozenset(
    re.findall(
        r"\w+",
        """Piecework English API CSV JSON Lines PDF XML XLSX UTF UTC RUB SHA KPI SLA URL UUID BIC IBAN ISO Excel Markdown ClientBank beancount
        Europe Moscow Ctrl Enter Esc Shift verdict accept reject reason statutory moved custom""",
    )
)
"""Latin in any language: names, and the codes that files and fields want in Latin."""
DATA = frozenset(
    re.findall(
        r"\w+",
        """lavka otzyvy tema opozdal yasno zametka text noch vnimanie gramota nachalo stil pervyj zadaniya example test applicant invalid""",
    )
)
"""Codes that the filled world gives to its things."""
IN_RUSSIAN = frozenset(
    {
        "Вид объекта (account, project, period…)",
        "Файл: camt.053 или обмен с банком 1С",
        "ISO 20022 (pain.001)",
        "Для шага в списке задания с известными ответами: input, answers, difficulty.",
        "«refund | Возврат денег»: до черты — что хранится, после — что показывают.",
    }
)
"""Texts that say in Russian what has to be typed in Latin."""
NOT_WORDS = re.compile(
    r"\S+@\S+|https?://\S+|[0-9a-f]{8}-[0-9a-f-]{27}|(?:/[\w{}.-]+)+|[\w-]+\.(?:csv|json|jsonl|pdf|txt|xml)|\b\w*_\w+|\b\w*\d\w*"
)
LATIN = re.compile(r"[A-Za-z][A-Za-z’']{2,}")


def untranslated(page: Read) -> list[str]:
    """The texts of a Russian page that have Latin words in them which are no names and no codes of the filled world."""
    known = NAMES | DATA
    return [
        text
        for text in page.texts
        if text not in IN_RUSSIAN and any(word not in known for word in LATIN.findall(NOT_WORDS.sub(" ", text)))
    ]
