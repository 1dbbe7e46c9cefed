"""Imports that are killed, cancelled or raced leave all or nothing; memory stays bounded."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from piecework.platform import db
from piecework.platform.errors import SetupError
from tests.tasks.importing.ticket_files import HEADER, as_json, line, visible

pytestmark = pytest.mark.timeout(600)  # other processes are started, and much is read

NOBODY_IMPORTS = """
SELECT NOT EXISTS (SELECT FROM pg_class WHERE relname = 'staged_ticket')
   AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%INTO ticket_original%' AND state <> 'idle'
                   AND pid <> pg_backend_pid())
"""
PUBLISHING_WAITS = """
SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
               AND query LIKE '%INTO ticket_original%')
"""


async def until(database_url: str, sql: str) -> None:
    """Wait until a question about the server's sessions is answered with true (by its owner: others do not see them)."""
    connection = await asyncpg.connect(**db.database_url_parts(database_url))
    try:
        async with asyncio.timeout(60):
            while not await connection.fetchval(sql):  # noqa: ASYNC110 - another process's state has no event
                await asyncio.sleep(0.01)
    finally:
        await connection.close()


PROGRAM = """
import asyncio, json, os, re, signal, sys
from pathlib import Path
from piecework.platform import composition, db
from piecework.tasks.importing import BadFile, import_tickets, reader

STATUS = Path("/proc/self/status")

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", STATUS.read_text())[1]) if STATUS.exists() else 0

async def main(url, kill_at, batch_rows, paths):
    def progress(at, total):
        if kill_at >= 0 and at >= total * kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
    if batch_rows:
        reader.BATCH_ROWS = batch_rows
    async with db.connected(composition.database_config(url)):
        if STATUS.exists():
            Path("/proc/self/clear_refs").write_text("5")  # forget the peak of starting up
        before, grown = peak(), []
        for path in map(Path, paths):
            try:
                await import_tickets(path, project_code="orders", source=path.name, actor=None, report=None, on_progress=progress)
            except BadFile:
                pass
            grown.append(peak() - before)
        return grown

for line in sys.stdin:
    told, (reading, writing) = json.loads(line), os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, json.dumps(asyncio.run(main(*told))).encode())
        os._exit(0)
    os.close(writing)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), os.read(reading, 65536).decode(), flush=True)
    os.close(reading)
"""
"""Imports what it is told, each time in a process of its own that begins with everything loaded."""


class Importing:
    """An import under way in a process of its own."""

    def __init__(self, elsewhere: "subprocess.Popen[str]") -> None:
        self._elsewhere = elsewhere
        self.pid = int(self._line())

    def _line(self) -> str:
        assert self._elsewhere.stdout is not None
        return self._elsewhere.stdout.readline()

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    async def wait(self) -> tuple[int, list[int]]:
        """How it ended, and how far its peak of memory lay above where it stood before these files, after each of them, in KB."""
        status, _, grown = (await asyncio.to_thread(self._line)).partition(" ")
        return int(status), json.loads(grown.strip() or "[]")


class Elsewhere:
    """Where imports can be killed."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def start(self, database_url: str, *paths: Path, kill_at: float = -1, batch_rows: int = 0) -> Importing:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([database_url, kill_at, batch_rows, [str(path) for path in paths]]) + "\n")
        self._process.stdin.flush()
        return Importing(self._process)


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Elsewhere]:
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Elsewhere(process)
        assert process.stdin is not None
        process.stdin.close()


async def test_killed_while_reading_leaves_nothing(shop, load, database_url, tmp_path, elsewhere):
    """After the first batch, in the middle, and with everything read."""
    content = HEADER + "\n" + "".join(line(n) for n in range(1_200))
    (tmp_path / "tickets.csv").write_text(content)
    for kill_at in (0.01, 0.5, 1.0):
        importing = elsewhere.start(database_url, tmp_path / "tickets.csv", kill_at=kill_at, batch_rows=200)
        assert await importing.wait() == (-signal.SIGKILL, [])
        await until(database_url, NOBODY_IMPORTS)
        assert await visible() == [0, 0, 0, 0]
    assert (await load(content, source="tickets.csv")).added == 1_200
    assert await visible() == [1_200, 1_200, 1, 1_200]


@contextlib.asynccontextmanager
async def somebody_sends(
    database_url: str, external_id: str
) -> AsyncIterator[tuple[asyncpg.Connection, Callable[[str], Awaitable[Any]]]]:
    """Another session in a transaction that has made this ticket and has not committed."""
    connection = await asyncpg.connect(**db.database_url_parts(database_url))

    async def send(name: str) -> None:
        await connection.execute(
            """INSERT INTO ticket (project_id, workflow_id, source, external_id, channel, language, subject, text, deadline_at)
               SELECT project_id, id, 'tickets.csv', $1, 'email', 'en', '', 'x', now() FROM workflow""",
            name,
        )

    try:
        await connection.execute("SET deadlock_timeout = '1min'")
        async with asyncio.timeout(60):
            await connection.execute("BEGIN")
            await send(external_id)
            yield connection, send
    finally:
        await connection.close()


async def test_killed_while_publishing_leaves_nothing(shop, load, database_url, tmp_path, elsewhere):
    content = HEADER + "\n" + "".join(line(n) for n in range(1000))
    (tmp_path / "tickets.csv").write_text(content)
    async with somebody_sends(database_url, "T500") as (other, _):
        importing = elsewhere.start(database_url, tmp_path / "tickets.csv")
        await until(database_url, PUBLISHING_WAITS)
        importing.kill()
        await importing.wait()
        await other.execute("ROLLBACK")
    await until(database_url, NOBODY_IMPORTS)
    assert await visible() == [0, 0, 0, 0]
    assert (await load(content, source="tickets.csv")).added == 1000


async def test_a_deadlock_with_somebody_who_sends_the_same_costs_nothing(shop, load, database_url):
    async with somebody_sends(database_url, "T2") as (other, send):
        importing = asyncio.ensure_future(load(HEADER + "\n" + line(1) + line(2) + line(3), source="tickets.csv"))
        await until(database_url, PUBLISHING_WAITS)
        await send("T1")  # returns when the import has lost
        await other.execute("COMMIT")
    done = await importing
    assert (done.received, done.added, done.known) == (3, 1, 2)


async def test_the_same_file_twice_at_once(shop, load):
    content = HEADER + "\n" + "".join(line(n) for n in range(1000))
    both = await asyncio.gather(load(content), load(content, "other.csv"))
    assert sorted(done.added for done in both) == [0, 1000]
    assert await visible() == [1000, 1000, 2, 1000]


async def test_cancelled_import_leaves_nothing_and_the_pool_works(shop, load):
    content = HEADER + "\n" + "".join(line(n) for n in range(30_000))
    reached = asyncio.Event()
    importing = asyncio.ensure_future(load(content, on_progress=lambda _at, _total: reached.set()))
    await reached.wait()
    importing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await importing
    assert await visible() == [0, 0, 0, 0]
    assert (await load(content[: content.index("T100,")])).added == 100


async def test_a_database_that_allows_no_temporary_tables(load, database_url):
    owner = await asyncpg.connect(**db.database_url_parts(database_url))
    name = await owner.fetchval("SELECT current_database()")
    await owner.execute(f"REVOKE TEMPORARY ON DATABASE {name} FROM PUBLIC")
    await owner.close()
    with pytest.raises(SetupError, match="GRANT TEMPORARY"):
        await load(HEADER + "\n" + line(1))


async def test_refused_inside_a_transaction(load):
    with pytest.raises(RuntimeError, match="outside"):
        async with db.transaction():
            await load(HEADER + "\n" + line(1))


# Bounded memory.

MOST_GROWTH_KB = 20 * 1024


async def growth(elsewhere: Elsewhere, database_url: str, *paths: Path, batch_rows: int = 0) -> list[int]:
    """How far the peak of a process lies above where it stood before these files, after each of them, in KB."""
    ended, grown = await elsewhere.start(database_url, *paths, batch_rows=batch_rows).wait()
    assert ended == 0
    return grown


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
async def test_memory_does_not_grow_with_the_file(shop, database_url, tmp_path, elsewhere):
    counts = (5_000, 20_000)
    for count in counts:
        with (tmp_path / f"{count}.csv").open("w") as file:
            file.write(HEADER + "\n")
            file.writelines(line(n, "word " * 60 + ("" if n % 20 else "+7 916 123-45-67")) for n in range(count))
    paths = (tmp_path / f"{count}.csv" for count in counts)
    after_5, after_20 = await growth(elsewhere, database_url, *paths, batch_rows=1_000)
    assert after_20 < MOST_GROWTH_KB
    assert after_20 < after_5 * 1.2 + 1024
    assert await db.scalar("SELECT count(*) FROM ticket") == sum(counts)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
async def test_memory_does_not_grow_with_one_endless_row(shop, database_url, tmp_path, elsewhere):
    endless = {
        "line.csv": (f"{HEADER}\n{line(1)}T2,email,en,", "x" * 1000),
        "bomb.csv": (f'{HEADER}\n{line(1)}T2,email,en,"', "x" * 999 + "\n"),
        "header.csv": (HEADER, ",c" * 500),
        "values.csv": (f"{HEADER}\n{line(1)}T2,email,en", ',"a\nb"' * 150),
        "commas.csv": (f"{HEADER}\n{line(1)}T2,email,en,", "," * 1000),
        "line.jsonl": (as_json(1) + '{"text": "', "x" * 1000),
        "deep.jsonl": (as_json(1) + '{"text": ', "[" * 1000),
    }
    for name, (start, piece) in endless.items():
        with (tmp_path / name).open("w") as file:
            file.write(start)
            file.writelines(piece for _ in range(25_000))
    grown = await growth(elsewhere, database_url, *(tmp_path / name for name in endless))
    assert max(grown) < MOST_GROWTH_KB
