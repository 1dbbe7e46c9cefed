"""Tools for tests that start real servers: other processes that open a folder, and waiting with a deadline."""

import asyncio
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from piecework.platform.servers import embedded, privileges
from piecework.platform.servers.privileges import NOBODY, Account

# It has no type information, and whether that is an error depends on how the checker is called.
asyncpg: Any = importlib.import_module("asyncpg")

SOURCE = Path(__file__).parents[3] / "src"
PACKAGES = Path(asyncpg.__file__).parents[1]

# Opens a folder, tells what it got in one JSON line, and leaves when its standard input is closed.
# It looks again now and then: a signal that comes just before a blocking read begins would be noticed only at its end. And it
# listens to Ctrl-C even where the tests were started in the background by a shell that made them deaf to it.
OPENER = """
import json, select, signal, sys
from pathlib import Path
from piecework.platform.servers import ServerError, embedded
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    with embedded(Path(sys.argv[1]), **json.loads(sys.argv[2])) as servers:
        print(json.dumps({"database": servers.database_url, "redis": servers.redis_url}), flush=True)
        while not select.select([sys.stdin], [], [], 0.1)[0]:
            pass
except ServerError as error:
    print(json.dumps({"error": error.message}), flush=True)
except KeyboardInterrupt:
    print(json.dumps({"interrupted": True}), flush=True)
"""


class Opener:
    """Another process that has a folder open."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def told(self) -> dict[str, Any]:
        """The next line it tells."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the opener ended without a word"
        told: dict[str, Any] = json.loads(line)
        return told

    def leave(self) -> None:
        """Let it leave the context and end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)

    def kill(self) -> None:
        """Kill it at once, without a chance to clean up."""
        self.process.kill()
        self.process.wait(30)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A place for data folders that other users may enter, unlike pytest's own temporary folder."""
    path = Path(tempfile.mkdtemp(prefix="piecework-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def made_before() -> Iterator[Path]:
    """A data folder whose servers have run once and are stopped."""
    path = Path(tempfile.mkdtemp(prefix="piecework-test-"))
    with embedded(path / "data", durable=False):
        pass
    yield path / "data"
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def data(folder: Path, made_before: Path) -> Path:
    """A data folder that is ready for use; most tests take it because making one anew takes longer."""
    subprocess.run(["cp", "-a", str(made_before), str(folder / "data")], check=True)
    return folder / "data"


@pytest.fixture
def open_elsewhere() -> Iterator[Callable[..., Opener]]:
    """Start other processes that open a folder; as_ordinary makes them run as an ordinary user even for root."""
    openers: list[Opener] = []

    def start(data: Path, *, as_ordinary: bool = False, python_path: str = "", **options: Any) -> Opener:
        order = [sys.executable, "-c", OPENER, str(data), json.dumps({"durable": False} | options)]
        path = os.pathsep.join(filter(None, [python_path, str(SOURCE), str(PACKAGES)]))
        opener = Opener(
            subprocess.Popen(
                ordinary(order) if as_ordinary else order,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
                env=os.environ | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
            )
        )
        openers.append(opener)
        return opener

    yield start
    for opener in openers:
        if opener.process.poll() is None:
            opener.leave()
        for stream in (opener.process.stdin, opener.process.stdout):
            assert stream is not None
            stream.close()


def ordinary(order: list[str]) -> list[str]:
    """A command line that runs as an ordinary user, whoever we are ourselves."""
    if os.geteuid() != 0:
        return order
    account = Account(NOBODY, NOBODY, switch=True)
    return privileges.command(order, account, death_signal=signal.SIGKILL, folders=[SOURCE, PACKAGES])


@pytest.fixture
def ordinary_uid() -> int:
    """The user id of the processes that as_ordinary starts."""
    return os.geteuid() or NOBODY


@pytest.fixture
def query() -> Callable[[str, str], Any]:
    """Run one statement on a new connection and return the first value of its answer."""

    async def run(url: str, statement: str) -> Any:
        connection = await asyncpg.connect(url, timeout=10)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return lambda url, statement: asyncio.run(run(url, statement))


@pytest.fixture
def ping() -> Callable[[str], bool]:
    """Whether a Valkey answers."""

    def run(url: str) -> bool:
        with redis.Redis.from_url(url) as client:
            return bool(client.ping())

    return run


@pytest.fixture
def until() -> Callable[[Callable[[], Any]], Any]:
    """Call something again and again until it gives something true without an error; fail after a while."""

    def run(attempt: Callable[[], Any], patience: float = 20.0) -> Any:
        deadline = time.monotonic() + patience
        while True:
            problem: object = "it never came true"
            try:
                if result := attempt():
                    return result
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, redis.RedisError) as error:
                problem = error
            assert time.monotonic() < deadline, problem
            time.sleep(0.02)

    return run
