"""A real Chromium over the real application."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext, async_playwright, expect

from piecework.platform import db
from piecework.platform.identity.principal import COOKIE, new_secret
from tests.pages import chromium
from tests.world import World

if TYPE_CHECKING:
    from piecework.platform.servers import Servers
    from tests.pages.filled import Filled
    from tests.pages.walking import Walked

FLAGS = (
    ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    + ["--disable-sync", "--no-first-run", "--disable-dev-shm-usage"]
)  # fmt: skip
PATIENCE_MS = 30_000
"""How long a page may take to show what is waited for: a busy machine must not decide a test."""
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One Chromium for all tests of a process, spoken to over loopback."""
    path = chromium.found()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(chromium.MISSING)
        pytest.skip(chromium.MISSING)
    profile = tmp_path_factory.mktemp("chromium")
    command = [path, "--headless", *FLAGS, "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        address = next((line.split()[-1] for line in running.stderr if line.startswith("DevTools listening on")), None)
        assert address is not None, "Chromium ended before it listened"
        threading.Thread(target=running.stderr.read, daemon=True).start()  # or it would stop when the pipe is full
        yield address
        running.terminate()


@dataclass
class Site:
    """The world's application, served on loopback, and a browser to look at it."""

    world: World
    browser: Browser
    url: str

    @contextlib.asynccontextmanager
    async def visitor(self, name: str | None = None, *, language: str = "en", **more: Any) -> AsyncIterator[BrowserContext]:
        """A browser of one person's own, signed in if they are named."""
        context = await self.browser.new_context(base_url=self.url, locale=language, timezone_id="Europe/Moscow", **more)
        context.set_default_timeout(PATIENCE_MS)
        try:
            if name is not None:
                secret = await session(self.world.people[name].id)
                await context.add_cookies([{"name": COOKIE, "value": secret, "url": self.url}])
            yield context
        finally:
            await context.close()


async def session(account_id: UUID) -> str:
    """Open a session of an account as signing in does, but without a password, which takes its time; returns the cookie's value."""
    secret, digest = new_secret("")
    await db.execute(
        "INSERT INTO session (hash, account_id, expires_at, user_agent) VALUES ($1, $2, now() + interval '1 hour', 'tests')",
        digest,
        account_id,
    )
    return secret


@pytest.fixture
async def site(world: World, browser_address: str) -> AsyncIterator[Site]:
    """The pages of this test's world in a real browser."""
    async with served(world, browser_address) as opened:
        yield opened


@contextlib.asynccontextmanager
async def served(world: World, browser_address: str) -> AsyncIterator[Site]:
    """The pages of a world on loopback, and the browser at this address to look at them."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(world.app, lifespan="off", log_level="error", ws="none", server_header=False))
    serving = asyncio.create_task(server.serve([listener]))
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.connect_over_cdp(browser_address)
            yield Site(world, browser, f"http://127.0.0.1:{listener.getsockname()[1]}")
            await browser.close()
    finally:
        server.should_exit = True
        await serving
        listener.close()


@pytest.fixture(scope="session")
def walked(servers: Servers, template: str) -> Walked:
    """A walk over the filled world as everybody, once per process."""
    from tests.pages import walking  # it needs what is above, and makes the builders of all rooms

    return asyncio.run(walking.walk(servers, template))


@pytest.fixture
async def filled(servers: Servers, walked: Walked) -> AsyncIterator[Filled]:
    """The world that was walked over, in a database of the test's own."""
    from tests.pages import walking

    async with walking.copied(servers, walked) as opened:
        yield opened
