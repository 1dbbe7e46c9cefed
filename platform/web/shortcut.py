"""The short way from a path to its operation: one look-up for each segment, past the framework's layers of middleware and patterns."""

from collections.abc import Iterable
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

ANY = "{}"


class ShortCut(Starlette):
    """A Starlette application that hands a request for a known operation straight to its endpoint.

    Endpoints answer errors themselves, so they need no middleware around them. Whatever is not found here (another method, no such
    path, a root path before ours) goes Starlette's own way, to the same routes.
    """

    _tree: dict[str, Any]

    def cut(self, prefix: str, routes: Iterable[Route]) -> None:
        """Learn the routes below a prefix."""
        self._tree = {}
        for route in routes:
            parts = (prefix + route.path)[1:].split("/")
            node = self._tree
            for part in parts:
                node = node.setdefault(ANY if part.startswith("{") else part, {})
            names = tuple(part[1:-1] for part in parts if part.startswith("{"))
            for method in route.methods or ():
                node[f" {method}"] = (route.app, names)

    def _find(self, method: str, path: str) -> tuple[ASGIApp, dict[str, str]] | None:
        node = self._tree
        values = []
        for part in path[1:].split("/"):
            inner = node.get(part)
            if inner is None:
                inner = node.get(ANY)
                values.append(part)
            if inner is None or not part or part[0] in " {":
                return None
            node = inner
        found = node.get(f" {method}")
        return None if found is None else (found[0], dict(zip(found[1], values, strict=True)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        found = self._find(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if found is None:
            await super().__call__(scope, receive, send)
            return
        scope["app"] = self
        scope["path_params"] = found[1]
        await found[0](scope, receive, send)
