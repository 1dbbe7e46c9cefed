"""Real servers for every test: one embedded PostgreSQL and Valkey per worker process, and a database as new per test (tests/kept.py)."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import cache
from pathlib import Path
from uuid import UUID

import asyncpg
import hypothesis
import pytest
import starlette.routing

from piecework.platform import composition, db
from piecework.platform.jobs import connect_subscriptions
from piecework.platform.servers import Servers, embedded
from piecework.platform.settings import Settings
from tests.kept import Keeper
from tests.quick_passwords import quick_passwords
from tests.world import World

__all__ = ["quick_passwords"]

starlette.routing.compile_path = cache(starlette.routing.compile_path)  # every test makes an application of the same paths

# A busy machine decides no test.
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")

DEAR = (
    "tests/faults/",
    "tests/pages/test_everywhere.py",
    "tests/pages/test_strangers.py",
    "tests/platform/test_guides.py",
    "tests/quality/golden/test_indistinguishable.py",
    "tests/pages/stories/",
    "tests/pages/test_curator.py",
    "tests/pages/test_work.py",
)
"""The tests that take longest."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The dearest come first and together: no worker waits for another one's last test, and what they share is made once."""
    items.sort(key=lambda one: next((place for place, path in enumerate(DEAR) if one.nodeid.startswith(path)), len(DEAR)))


MEMORY = Path("/dev/shm")
"""A folder in the machine's memory."""
ROOM_BYTES = 2 * 1024**3


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """In memory where there is room: half of a test's time would else be the disk's, copying its database."""
    roomy = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_BYTES
    folder = tempfile.mkdtemp(prefix="piecework-tests-", dir=MEMORY if roomy else tmp_path_factory.mktemp("servers"))
    try:
        with embedded(Path(folder) / "data", durable=False) as running:
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def url_of(servers: Servers, name: str) -> str:
    return servers.database_url.replace("/piecework?", f"/{name}?")


async def _run(servers: Servers, sql: str) -> None:
    connection = await asyncpg.connect(**db.database_url_parts(servers.database_url))
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def template(servers: Servers) -> str:
    """A migrated database that the tests' databases are copied from."""

    async def make() -> None:
        await _run(servers, "ALTER SYSTEM SET autovacuum TO off")  # how a statement is planned must not be a matter of the minute
        await _run(servers, "SELECT pg_reload_conf()")
        await _run(servers, "CREATE DATABASE template_piecework")
        await db.migrate(composition.database_config(url_of(servers, "template_piecework")))

    asyncio.run(make())
    return "template_piecework"


Peopled = tuple[str, dict[str, tuple[UUID, str]]]
"""A database to copy, and the people in it with their tokens."""


def furnished(servers: Servers, name: str, origin: Peopled, furnish: Callable[[World], Awaitable[None]]) -> Peopled:
    """A database to copy for many tests that begin alike: a copy of another one in which `furnish` was done."""

    async def make() -> Peopled:
        await _run(servers, f"CREATE DATABASE {name} TEMPLATE {origin[0]}")
        async with World.open(Settings(DATABASE_URL=url_of(servers, name), REDIS_URL=servers.redis_url), origin[1]) as world:
            await furnish(world)
            return name, {one: (person.id, person.token) for one, person in world.people.items()}

    return asyncio.run(make())


@pytest.fixture(scope="session")
def peopled(servers: Servers, template: str) -> Peopled:
    """One account per role: what every test of the whole application begins with."""
    return furnished(servers, "template_world", (template, {}), World.people_of_all_roles)


@pytest.fixture
def origin(request: pytest.FixtureRequest, template: str) -> str:
    """What this test's database is a copy of."""
    return request.getfixturevalue("peopled")[0] if "world" in request.fixturenames else template


@pytest.fixture(scope="session")
async def keeper(servers: Servers) -> AsyncIterator[Keeper]:
    """The databases that are given from test to test."""
    async with Keeper.open(servers.database_url) as opened:
        yield opened


@pytest.fixture
async def database_url(keeper: Keeper, origin: str) -> AsyncIterator[str]:
    """A migrated database of the test's own: empty, but for the people of a `world`."""
    async with keeper.database(origin) as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[db.Config]:
    """The same, connected: models and statements work."""
    config = composition.database_config(database_url)
    connect_subscriptions(composition.subscriptions())
    async with db.connected(config):
        yield config


@pytest.fixture
def settings(database_url: str, servers: Servers) -> Settings:
    return Settings(DATABASE_URL=database_url, REDIS_URL=servers.redis_url)


@pytest.fixture
async def world(settings: Settings, peopled: Peopled) -> AsyncIterator[World]:
    """The whole application over a database with nothing but one account per role, and a client for each."""
    _, people = peopled
    async with World.open(settings, people) as opened:
        yield opened
