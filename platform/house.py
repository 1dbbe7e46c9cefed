"""Web and worker under one roof: children that are started again when they die, and stopped in order."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog

from piecework.platform.errors import SetupError
from piecework.platform.settings import Settings

log = structlog.get_logger()

STOP_WAIT_S = 15
AT_ONCE_S = 2.0
MOST_AT_ONCE = 5


@dataclass
class Child:
    """One child process and how it has fared."""

    kind: str
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    started: float = 0.0


@dataclass
class House:
    """The running web and worker processes. `url` is where the web answers."""

    settings: Settings
    listener: socket.socket
    children: list[Child] = field(default_factory=list)
    failure: str | None = None
    failed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """The address to open."""
        host, port = self.listener.getsockname()[:2]
        shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
        return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"

    def process_ids(self, kind: str) -> list[int]:
        """Ids of the children of one kind."""
        return [child.process.pid for child in self.children if child.kind == kind and child.process is not None]


def listen(host: str, port: int) -> socket.socket:
    """The listening socket, inherited by the web processes.

    Raises:
        SetupError: the port is taken, or the host is none of ours, in one line.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(512)
    except OSError as error:
        raise SetupError(
            f"Cannot listen on {host}:{port}: {error.strerror or error}. Stop what uses it, or choose another with --port or --host."
        ) from error
    return listener


@asynccontextmanager
async def opened(settings: Settings, listener: socket.socket) -> AsyncIterator[House]:
    """Start the children and keep them running for the life of the context; at its end all have ended.

    A child that dies is started again; one that keeps dying at once makes `failed` set, with the reason.
    """
    read_end, write_end = os.pipe()
    house = House(settings, listener)
    house.children = [Child("web") for _ in range(settings.web_workers)] + [Child("worker")]
    keepers = [asyncio.create_task(_keep(house, child, read_end)) for child in house.children]
    try:
        yield house
    finally:
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
        await _stop(house)
        os.close(write_end)
        os.close(read_end)
        listener.close()


async def _keep(house: House, child: Child, read_end: int) -> None:
    while True:
        child.process = _start(house, child.kind, read_end)
        child.started = time.monotonic()
        status = await _ended(child.process)
        lived_s = time.monotonic() - child.started
        child.deaths = child.deaths + 1 if lived_s < AT_ONCE_S else 1
        log.warning("child.died", kind=child.kind, status=status, lived_s=round(lived_s, 1))
        if child.deaths >= MOST_AT_ONCE:
            house.failure = f"The {child.kind} process ends as soon as it is started (status {status}). Its log above says why."
            house.failed.set()
            return
        await asyncio.sleep(min(2.0, 0.1 * 2**child.deaths))


async def _ended(process: subprocess.Popen[bytes]) -> int:
    while (status := process.poll()) is None:  # noqa: ASYNC110 - a child's death has no event without a thread or a signal handler
        await asyncio.sleep(0.05)
    return status


def _start(house: House, kind: str, read_end: int) -> subprocess.Popen[bytes]:
    settings = house.settings
    assert settings.database_url
    assert settings.redis_url
    environment = {
        **os.environ,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        **{
            f"PIECEWORK_{name.upper()}": str(value)
            for name, value in settings.model_dump(exclude={"database_url", "redis_url"}).items()
            if value is not None
        },
    }
    passed = [read_end, *([house.listener.fileno()] if kind == "web" else [])]
    command = [sys.executable, "-m", "piecework.platform.child", kind, *map(str, passed)]
    # A session of its own: Ctrl-C reaches only the supervisor, which ends the children in order.
    return subprocess.Popen(command, env=environment, pass_fds=passed, start_new_session=True, stdin=subprocess.DEVNULL)  # noqa: S603


async def _stop(house: House) -> None:
    running = [child.process for child in house.children if child.process is not None and child.process.poll() is None]
    for process in running:
        process.terminate()
    try:
        await asyncio.wait_for(asyncio.gather(*map(_ended, running)), STOP_WAIT_S)
    except TimeoutError:
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await asyncio.gather(*map(_ended, running))
