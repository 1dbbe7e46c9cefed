"""The whole API under generated requests, by a role that may and by one that may not: no bug shows, and nothing is broken after."""

import asyncio
import os
import warnings
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from piecework.platform import composition
from piecework.platform.app import operations
from piecework.platform.servers import Servers
from piecework.platform.settings import Settings
from piecework.platform.web import openapi
from piecework.platform.web.operation import ANYONE, SIGNED_IN, Operation
from tests.conftest import _run, url_of
from tests.platform.test_bad_input import Site, serving
from tests.world import World

DOCUMENT = openapi.document(operations(), title="Piecework", version="1", server="/api/v1")
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
EXAMPLES = 6
PATIENT = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(servers: Servers, template: str) -> AsyncIterator[Site]:
    name = f"fuzz_{os.getpid()}"
    await _run(servers, f"CREATE DATABASE {name} TEMPLATE {template}")
    own = Settings(DATABASE_URL=url_of(servers, name), REDIS_URL=servers.redis_url)
    async with World.open(own) as world:
        await world.project()
        await world.tickets(20)
        await world.worker("freelancer")
        with serving(own) as (port, pid):
            yield Site(port, pid, world)
        await world.drain()
        await world.verify()
    await _run(servers, f"DROP DATABASE {name} WITH (FORCE)")


def roles_for(operation: Operation) -> list[str]:
    """One who may, and one who may not."""
    table = composition.permissions()
    if operation.permission in (ANYONE, SIGNED_IN):
        return ["requester"]
    may = sorted(table[operation.permission])
    return [may[0], next(role for role in ("freelancer", "finance", "curator") if role not in may)]


def examples(site: Site, operation: Operation, mode: GenerationMode) -> None:
    described = SCHEMA[operation.path][operation.method]
    # Whatever stands in a URL is a text, so only bodies can be of a wrong type; bad queries are listed by hand in test_bad_input.
    checks = [*CHECKS, negative_data_rejection] if operation.body is not None else CHECKS
    headers = [{"authorization": f"Bearer {getattr(site.world, role).token}"} for role in roles_for(operation)]

    @given(case=described.as_strategy(generation_mode=mode))
    @PATIENT
    def send(case: Any) -> None:
        for header in headers:
            case.call_and_validate(base_url=f"http://127.0.0.1:{site.port}/api/v1", headers=header, checks=checks)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        send()


@pytest.mark.asyncio(loop_scope="module")
class TestGenerated:
    @pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fitting", "not fitting"])
    @pytest.mark.parametrize("operation", operations(), ids=lambda one: one.name)
    async def test_every_reply_is_one_that_is_described(self, site: Site, operation: Operation, mode: GenerationMode) -> None:
        if mode == GenerationMode.NEGATIVE and operation.permission == ANYONE and operation.body is None:
            pytest.skip("nothing of it can be wrong: it has neither a body nor credentials")
        await asyncio.to_thread(examples, site, operation, mode)
