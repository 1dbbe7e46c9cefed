"""The whole API under drawn requests, by a role that may and by one that may not: no bug shows, and nothing is broken after.

Inputs are drawn by tests/platform/drawn.py: quick enough that each operation gets a dozen, and with ids of what exists among them, without
which most requests would end at a 404. Every reply is judged by schemathesis, which reads the published description for itself.
"""

import json
import os
import warnings
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
import pytest_asyncio
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from piecework.platform import composition, db
from piecework.platform.app import operations
from piecework.platform.servers import Servers
from piecework.platform.settings import Settings
from piecework.platform.web import openapi
from piecework.platform.web.operation import ANYONE, SIGNED_IN, Operation
from tests.conftest import _run, url_of
from tests.platform.drawn import Drawing, fits
from tests.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

DOCUMENT = openapi.document(operations(), title="Piecework", version="1", server="/api/v1")
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
FITTING, WRONG, WITHOUT_A_BODY = 6, 6, 4
FILES = [b"", b"\xff\xfe\x00", b"a,b\n1,2\n", b"<Document/>", b"1CClientBankExchange\r\n"]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@dataclass
class Site:
    """The world that all requests come to, and the names of what there is in it."""

    world: World
    known: dict[str, list[str]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(servers: Servers, template: str) -> AsyncIterator[Site]:
    name = f"fuzz_{os.getpid()}"
    await _run(servers, f"CREATE DATABASE {name} TEMPLATE {template}")
    async with World.open(Settings(DATABASE_URL=url_of(servers, name), REDIS_URL=servers.redis_url)) as world:
        await world.project()
        tickets = await world.tickets(20)
        await world.worker("freelancer")
        anna = await world.worker("anna")
        (held,) = await anna.claim()
        (own,) = await world.freelancer.claim()
        known = {
            "code": ["orders"],
            "project": ["orders"],
            "direction": ["orders"],
            "step": ["classify"],
            "step_id": [str(await db.scalar("SELECT id FROM step"))],
            "freelancer_id": [str(anna.id)],
            "account_id": [str(anna.id)],
            "ticket_id": tickets,
            "assignment_id": [own["id"], held["id"]],
            "task_id": [own["task_id"], held["task_id"]],
            "version": ["1", "2", "x"],
            "year": ["2026", "x"],
            "day": ["2026-11-23", "x"],
            "country": ["RU", "ZZ"],
            "n": ["1", "-1"],
            "unit": ["1", "x"],
            "format": ["csv", "json", "x"],
        }
        yield Site(world, known)
        await world.drain()
        await world.verify()
    await _run(servers, f"DROP DATABASE {name} WITH (FORCE)")


def roles_for(operation: Operation) -> tuple[str, str | None]:
    """One who may, and one who may not."""
    table = composition.permissions()
    if operation.permission in (ANYONE, SIGNED_IN):
        return "requester", None
    may = sorted(table[operation.permission])
    return may[0], next(role for role in ("freelancer", "finance", "curator") if role not in may)


@dataclass
class Request:
    """What is sent to an operation. `fits`: False if its body is none that the description allows."""

    path: dict[str, str]
    query: dict[str, Any]
    headers: dict[str, str]
    content: bytes | None = None
    fits: bool = True
    reply: httpx2.Response | None = field(default=None, repr=False)

    def __str__(self) -> str:
        said = self.reply.text[:500] if self.reply else "nothing"
        return f"{self.path} {self.query} {(self.content or b'')[:1500]!r} -> {self.reply and self.reply.status_code}: {said}"


def parameters(drawing: Drawing, described: dict[str, Any]) -> Request:
    """A request without its body."""
    request = Request({}, {}, {})
    into: dict[str, dict[str, Any]] = {"path": request.path, "query": request.query, "header": request.headers}
    for one in described["parameters"]:
        if one["in"] == "path" or one.get("required") or drawing.chance.random() < 0.4:
            value = drawing.value(one["schema"], name=one["name"])
            if one["in"] == "path":
                value = value or "x"
            if value is not None:
                into[one["in"]][one["name"]] = str(value).lower() if isinstance(value, bool) else value
    return request


def requests(operation: Operation, drawing: Drawing) -> Iterator[Request]:
    """With bodies that fit and others that need not; or with parameters only."""
    described = DOCUMENT["paths"][operation.path][operation.method.lower()]
    content: dict[str, Any] = described.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        for number in range(WITHOUT_A_BODY):
            request = parameters(drawing, described)
            if content:
                request.content = FILES[number % len(FILES)]
                request.headers["content-type"] = next(iter(content))
            yield request
        return
    schema = content["application/json"]["schema"]
    validator = fits(DOCUMENT, schema)
    for number in range(FITTING + WRONG):
        request = parameters(drawing, described)
        body = drawing.value(schema)
        assert validator.is_valid(body), (body, [str(one) for one in validator.iter_errors(body)])
        if number >= FITTING:
            body = drawing.wrong(body)
            request.fits = validator.is_valid(body)
        request.content = json.dumps(body, ensure_ascii=False).encode()
        request.headers["content-type"] = "application/json"
        yield request


async def send(site: Site, operation: Operation, request: Request, role: str) -> httpx2.Response:
    """Send it, and have the reply judged."""
    path = operation.path.format_map({name: quote(value, safe="") for name, value in request.path.items()})
    headers = {**request.headers, "authorization": f"Bearer {getattr(site.world, role).token}"}
    more: dict[str, Any] = {"params": request.query, "content": request.content, "headers": headers}
    request.reply = reply = await site.world.client.request(operation.method, f"/api/v1{path}", **more)
    SCHEMA[operation.path][operation.method].Case(path_parameters=request.path).validate_response(reply, checks=CHECKS)
    return reply


@pytest.mark.parametrize("operation", operations(), ids=lambda one: one.name)
async def test_every_reply_is_one_that_is_described(site: Site, operation: Operation) -> None:
    drawing = Drawing(DOCUMENT, site.known, operation.name)
    may, may_not = roles_for(operation)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, request in enumerate(requests(operation, drawing)):
            if may_not and number in (0, FITTING):
                reply = await send(site, operation, request, may_not)
                assert 400 <= reply.status_code < 500, str(request)
            reply = await send(site, operation, request, may)
            assert request.fits or 400 <= reply.status_code < 500, str(request)
