"""From a request to an operation's handler and back: authenticate, authorise, read, run in a transaction, render."""

import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import asyncpg
import orjson
import structlog
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from tortoise.exceptions import BaseORMException

from piecework.platform import db
from piecework.platform.errors import Forbidden, NotFound, Problem, TooManyRequests, Unauthenticated, Unavailable
from piecework.platform.identity.principal import COOKIE, NOBODY, Principal
from piecework.platform.said import Said
from piecework.platform.web import body, idempotency, metrics
from piecework.platform.web.operation import ANYONE, SIGNED_IN, Call, Operation, Raw
from piecework.platform.web.services import Services

T = TypeVar("T")

log = structlog.get_logger()

BUSY = (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError)
"""Somebody held a lock, or a statement ran, beyond the limits that connections are opened with: nothing was changed."""
RETRIED = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
TRIES = 3
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS = {
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}


class InternalError(Problem):
    """A bug of ours; the request id finds it in the log."""

    code = "internal_error"
    status = 500
    title = "Something went wrong on our side."


class CrossSite(Problem):
    """A browser sent a session cookie from a page that is not ours."""

    code = "cross_site"
    status = 403
    title = "A signed-in browser may change things only from our own pages."


class Answering(ABC):
    """An ASGI application that answers one kind of request and never lets an error through."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._measure = metrics.requests(name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever happens, with words for the caller rather than a traceback."""
        started = time.perf_counter()
        request = Request(scope, receive)
        request_id = secrets.token_hex(8)
        try:
            response = await self._answer(request)
        except body.Gone:
            return
        except Problem as problem:
            response = self._refused(request, problem, request_id)
        except (*db.OUTAGE, *BUSY) as error:
            log.warning("request.outage", operation=self.name, request_id=request_id, error=type(error).__name__)
            response = self._refused(request, Unavailable(), request_id)
        except (Exception, BaseORMException) as error:  # the last resort: log it, tell the caller an id, nothing else
            log.error("request.failed", operation=self.name, request_id=request_id, exc_info=error)
            response = self._refused(request, InternalError(), request_id)
        response.headers["x-request-id"] = request_id
        self._measure(response.status_code, time.perf_counter() - started)
        await response(scope, receive, send)

    @abstractmethod
    async def _answer(self, request: Request) -> Response: ...

    @abstractmethod
    def _refused(self, request: Request, problem: Problem, request_id: str) -> Response: ...


class Endpoint(Answering):
    """The ASGI application of one operation."""

    def __init__(self, operation: Operation, services: Services) -> None:
        super().__init__(operation.name)
        self.operation = operation
        self.services = services

    def _refused(self, _request: Request, problem: Problem, request_id: str) -> Response:
        return render(problem, request_id)

    async def _answer(self, request: Request) -> Response:
        operation, services = self.operation, self.services
        principal = NOBODY
        if operation.permission != ANYONE:
            principal = await authorised(partial(authenticate, request, services), operation.permission, services)
        if body.holds_nul(request.path_params):
            raise NotFound
        raw = b""
        arguments: dict[str, Any] = {}
        if operation.query is not None:
            arguments["query"] = body.parse_query(operation.query, request.query_params, len(request.query_params.multi_items()))
        if operation.body is not None or operation.file:
            limit = min(operation.body_limit_bytes or services.settings.body_limit_bytes, services.settings.body_limit_bytes)
            raw = await body.read(request, limit, services.settings.body_deadline_s)
            content_type = request.headers.get("content-type", "")
            if operation.body is not None:
                arguments["body"] = body.parse(operation.body, raw, content_type)
            else:
                body.check_media_type(content_type, operation.file)
                arguments["file"] = raw
        call = Call(request, principal, services, request.headers.get("idempotency-key") if operation.takes_key else None)
        if not operation.transaction:
            reply = await operation.handler(call, **arguments)
            response = self._render(reply)
        else:
            response = await in_transaction(lambda: self._once(call, arguments, raw))
        if operation.changes_identity:
            services.principals.forget()
        if operation.method not in SAFE:
            services.bell.ring()
        return response

    async def _once(self, call: Call, arguments: Mapping[str, Any], raw: bytes) -> Response:
        key = call.key
        if key is None:
            return self._render(await self.operation.handler(call, **arguments))
        url = call.request.url
        known = await idempotency.begin(
            call.principal.account_id, key, idempotency.fingerprint(self.operation.method, url.path, url.query, raw)
        )
        if known is not None:
            return json_response(known.body, known.status, idempotency.REPLAYED)
        response = self._render(await self.operation.handler(call, **arguments))
        await idempotency.end(call.principal.account_id, key, response.status_code, bytes(response.body))
        return response

    def _render(self, reply: Any) -> Response:
        if isinstance(reply, Response):
            reply.headers.update({key: value for key, value in HEADERS.items() if key not in reply.headers})
            return reply
        if reply is None:
            return Response(status_code=204, headers=HEADERS)
        if isinstance(reply, Raw):
            return Response(
                reply.body,
                reply.status or self.operation.status,
                {**HEADERS, **(reply.headers or {})},
                media_type=reply.media_type,
            )
        if isinstance(reply, BaseModel):
            return json_response(reply.model_dump_json(by_alias=True).encode(), self.operation.status)
        return json_response(orjson.dumps(reply), self.operation.status)


async def in_transaction(act: Callable[[], Awaitable[T]]) -> T:
    """Run something in a transaction of its own; again, up to three times, if the database ended it for the sake of another.

    Raises:
        Unavailable: it was ended every time.
    """
    for attempt in range(1, TRIES + 1):
        try:
            async with db.transaction():
                return await act()
        except RETRIED:
            if attempt == TRIES:
                raise Unavailable from None
    raise AssertionError


async def authorised(read: Callable[[bool], Awaitable[Principal]], permission: str, services: Services) -> Principal:
    """The caller, who may do this. Nobody is refused for what is believed of them: before that, `read(afresh=True)` asks again.

    Raises:
        Forbidden: their roles, or their token, do not allow it now.
    """
    for afresh in (False, True):
        principal = await read(afresh)
        if permission == SIGNED_IN or principal.may(permission, services.permissions):
            return principal
    raise Forbidden(Said("This needs the permission %(permission)s.", permission=permission))


async def authenticate(request: Request, services: Services, afresh: bool) -> Principal:
    """The caller, from a bearer token or else a session cookie.

    Raises:
        Unauthenticated: neither is valid now.
        CrossSite: a browser's cookie came with a write that another site started.
    """
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    principal = None
    if scheme.lower() == "bearer" and secret.isascii():
        principal = await services.principals.by_token(secret.strip(), afresh=afresh)
    elif not scheme and (cookie := request.cookies.get(COOKIE, "")):
        principal = await services.principals.by_cookie(cookie, afresh=afresh)
        if principal is not None and request.method not in SAFE and not same_site(request):
            raise CrossSite
    if principal is None:
        raise Unauthenticated
    return principal


def same_site(request: Request) -> bool:
    """True if the browser says that our own page (or the person's own typing) started this request."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is not None and origin.partition("://")[2] == request.headers.get("host")


def json_response(content: bytes, status: int, extra: Mapping[str, str] | None = None) -> Response:
    """A JSON reply with the headers that every reply has."""
    return Response(content, status, {**HEADERS, **(extra or {})}, media_type="application/json")


def render(problem: Problem, request_id: str = "") -> Response:
    """A problem as application/problem+json (RFC 9457)."""
    document = problem.document()
    if request_id:
        document["request_id"] = request_id
    headers = dict(HEADERS)
    if isinstance(problem, Unauthenticated):
        headers["www-authenticate"] = "Bearer"
    if isinstance(problem, TooManyRequests):
        headers["retry-after"] = str(problem.retry_after_s)
    if isinstance(problem, Unavailable):
        headers["retry-after"] = str(problem.retry_after_s)
    if isinstance(problem, body.BodyTooLarge | body.BodyTooSlow):
        headers["connection"] = "close"  # the rest of the body is not wanted
    return Response(orjson.dumps(document), problem.status, headers, media_type="application/problem+json")
