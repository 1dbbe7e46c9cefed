"""One world with its pages in a browser for all stories of a file; each story brings its own people and projects."""

import itertools
import os
from collections.abc import AsyncIterator

import pytest_asyncio

from piecework.platform.servers import Servers
from piecework.platform.settings import Settings
from tests.conftest import Peopled, _run, url_of
from tests.pages.conftest import Site, served
from tests.world import World

_numbers = itertools.count()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(servers: Servers, peopled: Peopled, browser_address: str) -> AsyncIterator[Site]:
    """The pages of the file's world in a real browser."""
    origin, people = peopled
    name = f"stories_{os.getpid()}_{next(_numbers)}"
    await _run(servers, f"CREATE DATABASE {name} TEMPLATE {origin} STRATEGY FILE_COPY")
    settings = Settings(DATABASE_URL=url_of(servers, name), REDIS_URL=servers.redis_url)
    async with World.open(settings, people) as world, served(world, browser_address) as opened:
        yield opened
    await _run(servers, f"DROP DATABASE {name} WITH (FORCE)")
