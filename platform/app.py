"""The web application: the parts' operations, each under its permission, over one database and one bell."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import cache
from importlib.metadata import version

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route, Router

from piecework.platform import db
from piecework.platform.composition import PARTS, database_config, hindrances, permissions, personal, subscriptions
from piecework.platform.errors import NotFound, Problem
from piecework.platform.identity.principal import Principals
from piecework.platform.jobs import connect_subscriptions
from piecework.platform.jobs.bell import Bell
from piecework.platform.pages.endpoint import Book, Page
from piecework.platform.pages.rendering import Renderer
from piecework.platform.personal import connect
from piecework.platform.settings import Settings
from piecework.platform.web import health, openapi
from piecework.platform.web.endpoint import Endpoint, json_response, render
from piecework.platform.web.operation import ANYONE, SIGNED_IN, Operation
from piecework.platform.web.services import Services
from piecework.platform.web.shortcut import ShortCut

API = "/api/v1"


class MethodNotAllowed(Problem):
    """The path exists, but not for this method."""

    code = "method_not_allowed"
    status = 405
    title = "This path does not take that method."


class UnguardedOperation(Exception):
    """An operation or a page names a permission that no table knows: start-up stops rather than guess."""


def operations() -> list[Operation]:
    """All operations of all parts."""
    return [operation for part in PARTS for operation in part.operations]


def make_app(settings: Settings) -> Starlette:
    """Compose the application. `settings` must name both servers.

    Raises:
        UnguardedOperation: an operation's permission is not in the table.
    """
    assert settings.database_url
    assert settings.redis_url
    connect_subscriptions(subscriptions())
    connect(personal(), hindrances())
    table = permissions()
    services = Services(settings, Bell(settings.redis_url), Principals(settings.token_cache_s), table)
    config = database_config(settings.database_url, settings.pool_size)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with db.connected(config):
            tasks = [asyncio.create_task(services.bell.run()), asyncio.create_task(services.principals.watch())]
            tasks.append(asyncio.create_task(services.streams.watch()))
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    listed = operations()
    pages = book()
    facts = [part.metrics for part in PARTS if part.metrics is not None]
    routes = _routes(listed, services)
    page_routes = _pages(pages, services)
    app = ShortCut(
        routes=[
            Mount(API, app=Router([*routes, Route("/openapi.json", _describe)], redirect_slashes=False)),
            *health.routes(settings.redis_url, lambda: db.at_head(config), facts),
            *page_routes,
            Route("/static/{version}/{name}", pages.renderer.static.serve, methods=["GET"]),
        ],
        lifespan=lifespan,
        exception_handlers={HTTPException: _refusing(pages)},
    )
    app.cut(API, routes)
    app.state.streams, app.state.book = services.streams, pages
    app.router.redirect_slashes = False  # a redirect would be built from the Host header
    return app


def _routes(listed: Sequence[Operation], services: Services) -> list[Route]:
    for operation in listed:
        if operation.permission not in (ANYONE, SIGNED_IN) and operation.permission not in services.permissions:
            raise UnguardedOperation(f"{operation.method} {operation.path}: {operation.permission}")
    # Matched one after the other: the busy ones, which are single statements, first.
    return [
        Route(operation.path, Endpoint(operation, services), methods=[operation.method], name=operation.name)
        for operation in sorted(listed, key=lambda one: one.transaction)
    ]


@cache
def book() -> Book:
    """The pages of all parts, made once per process."""
    parts = [part.pages for part in PARTS if part.pages is not None]
    menu = [entry for part in (*parts[1:], parts[0]) for entry in part.menu]  # the work first, then the platform's own
    places = {path: page for part in parts for path, page in part.places.items()}
    first = {role: section for part in parts for role, section in part.first.items()}
    return Book(Renderer(parts), [view for part in parts for view in part.views], menu, places, first)


def _pages(book: Book, services: Services) -> list[Route]:
    for view in book.views:
        if view.permission not in (ANYONE, SIGNED_IN) and view.permission not in services.permissions:
            raise UnguardedOperation(f"{view.method} {view.path}: {view.permission}")
    return [Route(view.path, Page(view, book, services), methods=[view.method], name=view.name) for view in book.views]


@cache
def _description() -> bytes:
    """The API's document, made once per process and only when somebody asks: that takes a second."""
    return orjson.dumps(openapi.document(operations(), title="Piecework", version=version("piecework"), server=API))


async def _describe(_request: Request) -> Response:
    return json_response(await asyncio.to_thread(_description), 200)


def _refusing(book: Book) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        problem = MethodNotAllowed() if status == MethodNotAllowed.status else NotFound()
        browsing = not request.url.path.startswith(API + "/") and "text/html" in request.headers.get("accept", "")
        response = book.refusal(request, problem, "") if browsing else render(problem)
        if isinstance(error, HTTPException) and error.headers:
            response.headers.update(error.headers)
        return response

    return refused
