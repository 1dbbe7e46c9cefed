"""Imports that are killed, cancelled or raced leave all or nothing; memory stays bounded."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
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
import asyncio, os, re, signal, sys
from pathlib import Path
from piecework.platform import composition, db
from piecework.tasks.importing import BadFile, import_tickets

STATUS = Path("/proc/self/status")

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", STATUS.read_text())[1]) if STATUS.exists() else 0

async def main(url, kill_at, paths):
    def progress(at, total):
        if kill_at >= 0 and at >= total * kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
    async with db.connected(composition.database_config(url)):
        if STATUS.exists():
            Path("/proc/self/clear_refs").write_text("5")  # forget the peak of starting up
        before = peak()
        for path in map(Path, paths):
            try:
                await import_tickets(path, project_code="orders", source=path.name, actor=None, report=None, on_progress=progress)
            except BadFile:
                pass
            print(peak() - before)

asyncio.run(main(sys.argv[1], float(sys.argv[2]), sys.argv[3:]))
"""


async def run_elsewhere(database_url: str, *paths: Path, kill_at: float = -1) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, database_url, str(kill_at), *map(str, paths), stdout=asyncio.subprocess.PIPE
    )


async def test_killed_while_reading_leaves_nothing(shop, load, database_url, tmp_path):
    content = HEADER + "\n" + "".join(line(n) for n in range(12_000))
    (tmp_path / "tickets.csv").write_text(content)
    for kill_at in (0.01, 0.5, 1.0):
        process = await run_elsewhere(database_url, tmp_path / "tickets.csv", kill_at=kill_at)
        assert await process.wait() == -signal.SIGKILL
        await until(database_url, NOBODY_IMPORTS)
        assert await visible() == [0, 0, 0, 0]
    assert (await load(content, source="tickets.csv")).added == 12_000
    assert await visible() == [12_000, 12_000, 1, 12_000]


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


async def test_killed_while_publishing_leaves_nothing(shop, load, database_url, tmp_path):
    content = HEADER + "\n" + "".join(line(n) for n in range(1000))
    (tmp_path / "tickets.csv").write_text(content)
    async with somebody_sends(database_url, "T500") as (other, _):
        process = await run_elsewhere(database_url, tmp_path / "tickets.csv")
        await until(database_url, PUBLISHING_WAITS)
        process.kill()
        await process.wait()
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
    content = HEADER + "\n" + "".join(line(n) for n in range(3000))
    both = await asyncio.gather(load(content), load(content, "other.csv"))
    assert sorted(done.added for done in both) == [0, 3000]
    assert await visible() == [3000, 3000, 2, 3000]


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

MOST_GROWTH_KB = 32 * 1024


async def growth(database_url: str, *paths: Path) -> list[int]:
    """How far the peak of a process lies above where it stood before these files, after each of them, in KB."""
    process = await run_elsewhere(database_url, *paths)
    output, _ = await process.communicate()
    assert process.returncode == 0
    return [int(word) for word in output.split()]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
async def test_memory_does_not_grow_with_the_file(shop, database_url, tmp_path):
    counts = (20_000, 60_000)
    for count in counts:
        with (tmp_path / f"{count}.csv").open("w") as file:
            file.write(HEADER + "\n")
            file.writelines(line(n, "word " * 60 + ("" if n % 20 else "+7 916 123-45-67")) for n in range(count))
    after_20, after_60 = await growth(database_url, *(tmp_path / f"{count}.csv" for count in counts))
    assert after_60 < MOST_GROWTH_KB
    assert after_60 < after_20 * 1.2 + 2048
    assert await db.scalar("SELECT count(*) FROM ticket") == sum(counts)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
async def test_memory_does_not_grow_with_one_endless_row(shop, database_url, tmp_path):
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
            file.writelines(piece for _ in range(40_000))
    grown = await growth(database_url, *(tmp_path / name for name in endless))
    assert max(grown) < MOST_GROWTH_KB
