"""From a request to a page and back: who asks, may they, read the form, run in a transaction, render."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from babel import Locale
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import compile_path

from piecework.platform.errors import Forbidden, Invalid, NotFound, Problem, Unauthenticated
from piecework.platform.identity.principal import COOKIE, NOBODY, Principal
from piecework.platform.pages import forms, live, texts
from piecework.platform.pages.rendering import Renderer
from piecework.platform.pages.view import Entry, Go, View
from piecework.platform.web import body, idempotency
from piecework.platform.web.endpoint import Answering, CrossSite, authorised, in_transaction, render, same_site
from piecework.platform.web.operation import ANYONE, SIGNED_IN, Call, Query
from piecework.platform.web.services import Services

SIGN_IN = "/sign-in"
SAID_COOKIE = "piecework_said"
WARNING = "!"
"""Before what is said as a warning."""
THEME_COOKIE = "piecework_theme"
TAKEN_COOKIE = "piecework_taken"
"""The number of the form that was carried out just now: what a browser kept of it, it keeps no longer."""
NUMBER_ONCE = re.compile(r"[\w-]{1,64}", re.ASCII)
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class StaleForm(Problem):
    """The form was made for another session."""

    code = "stale_form"
    status = 403
    title = "This page is from an earlier session. Look through it and do that again."


class Book:
    """All pages of the house: what a view's endpoint needs to know of the others."""

    def __init__(
        self,
        renderer: Renderer,
        views: Sequence[View],
        menu: Sequence[Entry],
        places: Mapping[str, str] | None = None,
        first: Mapping[str, str] | None = None,
    ) -> None:
        self.renderer = renderer
        self.views = views
        self.shown = {view.path: view for view in views if view.method == "GET"}
        self.menu = menu
        self.first = first or {}
        self._places = [(compile_path(path)[0], page) for path, page in (places or {}).items()]
        self._patterns = [(compile_path(view.path)[0], view) for view in self.shown.values()]

    def page_of(self, link: str, may: Callable[[str], bool]) -> str:
        """The page of what has this path in the API; empty if there is none, or none that this reader may see."""
        for pattern, page in self._places:
            if found := pattern.match(link):
                link = page.format(**found.groupdict())
                break
        seen = (view.permission for pattern, view in self._patterns if link and pattern.match(link))
        permission = next(seen, None)
        return link if permission is not None and (permission in (ANYONE, SIGNED_IN) or may(permission)) else ""

    async def sections(self, principal: Principal, table: Mapping[str, frozenset[str]]) -> dict[str, list[tuple[Entry, int]]]:
        """The lines of the menu that a person sees, with how much waits behind each; what their role is for comes first."""
        own = [self.first[role] for role in sorted(principal.roles) if role in self.first]
        found: dict[str, list[tuple[Entry, int]]] = {section: [] for section in own}
        for entry in self.menu:
            allowed = entry.permission == SIGNED_IN or principal.may(entry.permission, table)
            if allowed and (entry.only is None or await entry.only(principal.account_id)):
                waiting = await entry.badge(principal.account_id) if entry.badge else 0
                found.setdefault(entry.section, []).append((entry, waiting))
        return {section: entries for section, entries in found.items() if entries}

    def context(self, request: Request, principal: Principal, sections: Mapping[str, Any]) -> dict[str, Any]:
        """What every template knows."""
        code = texts.language(request)
        said = unquote(request.cookies.get(SAID_COOKIE, ""))[:300]
        return {
            "format": texts.Format(Locale.parse(code), texts.zone(request)),
            "zone": str(texts.zone(request)),
            "path": request.url.path,
            "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            "principal": principal,
            "signed_in": principal is not NOBODY,
            "sections": sections,
            "streamed": request.method == "GET" and principal is not NOBODY,
            "answers": request.method == "POST",
            "said": said.removeprefix(WARNING),
            "said_well": not said.startswith(WARNING),
            "theme": theme if (theme := request.cookies.get(THEME_COOKIE, "")) in ("light", "dark") else "",
            "csrf": csrf(request),
            "once": secrets.token_urlsafe(16),
            "page_query": request.url.query if request.method == "GET" else "",
            "problem": None,
            "typed": {},
        }

    def title(self, request: Request, text: str, template: str) -> str:
        """A marked text in the reader's language, as the template's part says it."""
        return self.renderer.translate(texts.language(request), text, template)

    def html(self, request: Request, template: str, context: Mapping[str, Any], status: int) -> Response:
        """A page in the reader's language."""
        code = texts.language(request)
        return HTMLResponse(self.renderer.render(code, template, context), status, {**HEADERS, "content-language": code})

    def pieces(self, request: Request, context: Mapping[str, Any], templates: Mapping[str, str]) -> dict[str, str]:
        """Parts of a page by their names."""
        code = texts.language(request)
        return {name: self.renderer.render(code, template, context) for name, template in templates.items()}

    def refusal(self, request: Request, problem: Problem, request_id: str) -> Response:
        """A page that says why not; those who are not signed in are asked to."""
        if live.wanted(request.headers.get("accept", "")):
            return live.refused() if problem.status < HTTPStatus.INTERNAL_SERVER_ERROR else render(problem, request_id)
        if isinstance(problem, Unauthenticated) and request.method == "GET":
            return RedirectResponse(f"{SIGN_IN}?{urlencode({'next': request.url.path})}", 303, HEADERS)
        context = self.context(request, NOBODY, {})
        context |= {"title": self.title(request, problem.title, "problem.html"), "problem": problem, "request_id": request_id}
        context["form_path"] = _came_from(request).path or "/"
        return self.html(request, "problem.html", context, problem.status)


class Page(Answering):
    """The ASGI application of one view."""

    def __init__(self, view: View, book: Book, services: Services) -> None:
        super().__init__(view.name)
        self.view = view
        self.book = book
        self.services = services

    async def _answer(self, request: Request) -> Response:
        principal = await self._principal(request)
        call = Call(request, principal, self.services)
        if body.holds_nul(request.path_params):
            raise NotFound
        if self.view.method == "GET":
            return self._stream(call) if live.wanted(request.headers.get("accept", "")) else await self._show(self.view, call)
        return await self._act(call)

    async def _principal(self, request: Request) -> Principal:
        cookie = request.cookies.get(COOKIE, "")

        async def read(afresh: bool) -> Principal | None:
            return await self.services.principals.by_cookie(cookie, afresh=afresh) if cookie else None

        async def signed_in(afresh: bool) -> Principal:
            principal = await read(afresh)
            if principal is None:
                raise Unauthenticated
            return principal

        if request.method == "POST" and not same_site(request):
            raise CrossSite
        if self.view.permission == ANYONE:
            return await read(False) or NOBODY
        return await authorised(signed_in, self.view.permission, self.services)

    async def _show(
        self, view: View, call: Call, *, problem: Problem | None = None, typed: Mapping[str, Sequence[str]] | None = None
    ) -> Response:
        request = call.request
        arguments = {} if problem else _asked(view, request)
        if problem and view.query is not None:
            arguments["query"] = _asked_before(view, typed or {})

        async def act() -> Response:
            reply = await view.handler(call, **arguments)
            return await self._reply(view, call, reply, problem, typed)

        response = await (in_transaction(act) if view.transaction else act())
        if problem is None and request.cookies.get(SAID_COOKIE):
            response.delete_cookie(SAID_COOKIE)
        return response

    async def _act(self, call: Call) -> Response:
        view, request = self.view, call.request
        settings = self.services.settings
        raw = await body.read(request, min(view.body_limit_bytes, settings.body_limit_bytes), settings.body_deadline_s)
        sent = await forms.sent(request.headers, raw)
        try:
            if call.principal is not NOBODY and not hmac.compare_digest(sent.first("csrf").encode(), csrf(request).encode()):
                raise StaleForm
            response = await (in_transaction(lambda: self._once(call, sent)) if view.transaction else self._once(call, sent))
        except Problem as problem:
            if not view.again or isinstance(problem, Unauthenticated | Forbidden):
                raise
            return await self._show(self.book.shown[view.again], call, problem=problem, typed=sent.typed())
        if view.changes_identity:
            self.services.principals.forget()
        self.services.bell.ring()
        once = sent.first("once")
        if response.status_code == HTTPStatus.SEE_OTHER and NUMBER_ONCE.fullmatch(once):
            response.set_cookie(TAKEN_COOKIE, once, max_age=60, samesite="lax")
        return response

    async def _once(self, call: Call, sent: forms.Sent) -> Response:
        """Carry out a form; one that was sent twice (a double click, a reload) leads where the first one led."""
        once = sent.first("once")
        if call.principal is not NOBODY and NUMBER_ONCE.fullmatch(once):
            call.key = f"page-{once}"
        if call.key is None or not self.view.transaction:
            return await self._reply(self.view, call, await self._handled(call, sent), None, None)
        key, path = call.key, call.request.url.path
        account_id = call.principal.account_id
        print_ = idempotency.fingerprint("POST", path, "", repr(sent.fields).encode() + b"\0" + sent.file)
        known = await idempotency.begin(account_id, key, print_)
        if known is not None:
            return RedirectResponse(known.body.decode(), 303, HEADERS)
        reply = await self._handled(call, sent)
        target = reply.path if isinstance(reply, Go) else path
        await idempotency.end(account_id, key, 303, target.encode())
        return await self._reply(self.view, call, reply, None, None)

    async def _handled(self, call: Call, sent: forms.Sent) -> Any:
        arguments: dict[str, Any] = {}
        if self.view.form is not None:
            arguments["form"] = forms.read(self.view.form, sent.fields)
        if self.view.file:
            arguments["file"] = sent.file
        if self.view.typed:
            arguments["typed"] = forms.as_typed(sent)
        return await self.view.handler(call, **arguments)

    async def _reply(
        self, view: View, call: Call, reply: Any, problem: Problem | None, typed: Mapping[str, Sequence[str]] | None
    ) -> Response:
        if isinstance(reply, Response):
            reply.headers.update({name: value for name, value in HEADERS.items() if name not in reply.headers})
            return reply
        if isinstance(reply, Go):
            response = RedirectResponse(reply.path, 303, HEADERS)
            if reply.said:
                said = reply.said if reply.well else WARNING + reply.said
                response.set_cookie(SAID_COOKIE, quote(said), max_age=60, httponly=True, samesite="lax")
            return response
        context = await self._context(view, call, reply) | {"problem": problem, "typed": typed or {}, **reply}
        if problem is not None and typed:
            context["page_query"] = "".join(typed.get("page_query", ())[:1])
        return self.book.html(call.request, view.template, context, problem.status if problem else 200)

    async def _context(self, view: View, call: Call, reply: Mapping[str, Any]) -> dict[str, Any]:
        sections = await self.book.sections(call.principal, self.services.permissions) if call.principal is not NOBODY else {}
        return {
            **self.book.context(call.request, call.principal, sections),
            "title": self.book.title(call.request, view.title, view.template),
            "may": lambda permission: call.principal.may(permission, self.services.permissions),
            **reply,
        }

    def _stream(self, call: Call) -> Response:
        """The page as a stream of what has changed on it."""
        view, streams, once = self.view, self.services.streams, secrets.token_urlsafe(16)
        if call.principal is NOBODY:
            return live.refused()

        async def look() -> live.Pieces:
            reply = await view.handler(call, **_asked(view, call.request)) if view.live else {}
            assert isinstance(reply, Mapping), "a live page is always shown"
            context = await self._context(view, call, reply) | {"once": once}
            return self.book.pieces(call.request, context, {"menu": "menu.html"} | ({"part": view.live} if view.live else {}))

        async def check() -> None:
            call.principal = await self._principal(call.request)
            if call.principal is NOBODY:
                raise Unauthenticated

        stream = streams.open(call.principal.account_id)
        events = live.events(stream, lambda: in_transaction(look), check, view.live_s if view.live else live.MENU_S)
        return live.Live(streams, stream, events, HEADERS)

    def _refused(self, request: Request, problem: Problem, request_id: str) -> Response:
        return self.book.refusal(request, problem, request_id)


def csrf(request: Request) -> str:
    """What a session's forms carry, so that no other site can make one; empty without a session."""
    cookie = request.cookies.get(COOKIE, "")
    return hmac.new(hashlib.sha256(cookie.encode()).digest(), b"form", "sha256").hexdigest()[:32] if cookie else ""


def _came_from(request: Request) -> SplitResult:
    """The address of the page that a form was sent from, as its browser tells; empty if it does not."""
    try:
        return urlsplit(request.headers.get("referer", ""))
    except ValueError:  # brackets that do not match, and the like
        return urlsplit("")


def _asked_before(view: View, typed: Mapping[str, Sequence[str]]) -> Query:
    """What was asked of the page that a form was sent from, as the form says; what the page shows of itself if it does not."""
    assert view.query is not None
    asked = dict(parse_qsl("".join(typed.get("page_query", ())[:1])))
    with suppress(Invalid):
        return body.parse_query(view.query, asked, len(asked))
    return body.parse_query(view.query, {}, 0)


def _asked(view: View, request: Request) -> dict[str, Any]:
    """The query that a page takes, as its handler's argument; fields left empty count as not given."""
    if view.query is None:
        return {}
    pairs = [(name, value) for name, value in request.query_params.multi_items() if value]
    return {"query": body.parse_query(view.query, dict(pairs), len(pairs))}
