"""`piecework up`: everything under one command."""

import asyncio
import secrets
import signal
import socket
from collections.abc import Callable

import httpx2

from piecework.platform import db, house, opened
from piecework.platform.composition import database_config
from piecework.platform.errors import SetupError
from piecework.platform.identity import accounts
from piecework.platform.identity.models import Account, Role
from piecework.platform.settings import Settings

FIRST_EMAIL = "admin@piecework.local"
START_WAIT_S = 30


def up(settings: Settings, say: Callable[[str], None]) -> None:
    """Serve until Ctrl-C; then end web, worker and embedded servers, in this order.

    Raises:
        SetupError: something cannot be started, in one line.
    """
    listener = house.listen(settings.host, settings.port)
    try:
        with opened.with_servers(settings, on_progress=say) as complete:
            asyncio.run(_serve(complete, listener, say))
    finally:
        listener.close()


async def _serve(settings: Settings, listener: socket.socket, say: Callable[[str], None]) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await opened.prepare(settings)
    password = await first_account(settings)
    async with house.opened(settings, listener) as running:
        waits = [asyncio.create_task(stopping.wait()), asyncio.create_task(running.failed.wait())]
        try:
            if await answers(running, stopping):
                _greet(running.url, password, settings, say)
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        say("Stopping …")
    if running.failure:
        raise SetupError(running.failure)


async def answers(running: house.House, stopping: asyncio.Event | None = None) -> bool:
    """True once the web answers; False if it was told to stop or failed before.

    Raises:
        SetupError: it does not answer in time.
    """
    async with asyncio.timeout(START_WAIT_S), httpx2.AsyncClient() as client:
        try:
            while not running.failed.is_set() and not (stopping and stopping.is_set()):
                try:
                    if (await client.get(f"{running.url}/readyz", timeout=5)).is_success:
                        return True
                except httpx2.HTTPError:
                    pass
                await asyncio.sleep(0.05)
        except TimeoutError:
            raise SetupError("The web process does not answer. Its log above says why.") from None
    return False


async def first_account(settings: Settings) -> str | None:
    """Make the first administrator, if there is none; returns the password that was drawn, to be shown once."""
    assert settings.database_url
    async with db.connected(database_config(settings.database_url)), db.transaction():
        await db.execute("SELECT pg_advisory_xact_lock(7)")
        if await Account.filter(roles__contains=[Role.ADMINISTRATOR.value]).exists():
            return None
        password = secrets.token_urlsafe(15)
        await accounts.create_account(
            None, email=FIRST_EMAIL, name="Administrator", roles=[Role.ADMINISTRATOR.value], password=password
        )
        return password


def _greet(url: str, password: str | None, settings: Settings, say: Callable[[str], None]) -> None:
    say(f"Piecework answers at {url}   (API: {url}/api/v1/openapi.json)")
    if password:
        say(f"Sign in as {FIRST_EMAIL} with the password {password}   (shown only now)")
    else:
        say("Sign in with your account. A forgotten password: piecework account password EMAIL")
    folder = "" if settings.data == Settings.model_fields["data"].default else f" --data {settings.data}"
    say(f"A token for the command line: piecework token {FIRST_EMAIL}{folder}")
    say("Ctrl-C ends everything; the data stays.")
