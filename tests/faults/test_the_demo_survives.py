"""kill -9 and FLUSHALL in the middle of the demonstration: nothing acknowledged is lost, and it finishes."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
import redis as valkey

from piecework.platform import db
from piecework.platform.servers import Servers, embedded

PATIENCE_S = 600.0
"""A run takes ten to thirty seconds on two idle cores; a busy machine may take ten times as long, and nothing here is a timed test."""

pytestmark = pytest.mark.timeout(900)
MIDDLE = 50
"""Answers after which the next fault strikes; the whole run has several hundred."""
PROGRAM = """
from functools import cached_property
from piecework.platform import cli
from piecework.platform.demo.cast import Script

every = Script.rows.func
Script.rows = cached_property(lambda script: [row for n, row in enumerate(every(script)) if row["golden"] or n % 3 == 0])
Script.rows.__set_name__(Script, "rows")
cli.main()
"""
"""The demonstration with a third of its tickets: enough to be struck in the middle of six times."""
VICTIMS = (("piecework.platform.child", "web"), ("piecework.platform.child", "worker"), ("postgres", "-D"), ("valkey-server",))
"""Words of their command lines."""


class Demo:
    """A demonstration under way in a process of its own."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", PROGRAM, "demo", "--json", "--out", str(self.out)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def again(self) -> None:
        self.process = self._start()

    def until(self, met: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not met():
            assert self.process.poll() is None, "the demonstration ended before its middle"
            assert time.monotonic() < end
            time.sleep(0.02)

    def facts(self) -> dict[str, object]:
        output, _ = self.process.communicate(timeout=PATIENCE_S)
        assert self.process.returncode == 0, output[-2000:]
        found: dict[str, object] = json.loads(output.splitlines()[-1])
        return found

    def descendants(self, *words: str) -> list[int]:
        """Ids of the living processes below the demonstration whose command line has all the words."""
        parents, commands = {}, {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                    commands[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                except OSError:
                    continue
        found, layer = [], {self.process.pid}
        while layer := {pid for pid, parent in parents.items() if parent in layer}:
            found += [pid for pid in layer if all(word in commands[pid] for word in words)]
        return found


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    running = Demo(tmp_path / "out")
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.communicate()


def servers_of(demo: Demo) -> Servers:
    """The URLs of the demonstration's own servers (attaching to them, not starting any)."""
    demo.until((demo.out / "data" / "servers.json").exists)
    with embedded(demo.out / "data") as servers:
        return servers


async def answers(servers: Servers) -> set[str]:
    """Ids of the submissions that are stored now."""
    try:
        connection = await asyncpg.connect(**db.database_url_parts(servers.database_url))
    except (*db.OUTAGE, asyncpg.PostgresError):
        return set()
    try:
        return {str(row["submission_id"]) for row in await connection.fetch("SELECT submission_id FROM answer")}
    except asyncpg.UndefinedTableError:
        return set()
    finally:
        await connection.close()


async def in_the_middle(demo: Demo, servers: Servers, at_least: int = MIDDLE) -> set[str]:
    while len(found := await answers(servers)) < at_least:
        assert demo.process.poll() is None, "the demonstration ended before its middle"
        await asyncio.sleep(
            0.1
        )  # each look takes a connection: without a pause looking would take more of the machine than the demo
    return found


def assert_whole(facts: dict[str, object]) -> None:
    broken = [one for one in facts["invariants"] if not one["ok"]]
    assert broken == []
    assert facts["tickets"] == facts["resolved_tickets"] + facts["stuck_tickets"]
    assert len(set(facts["sums"].values())) == 1


async def test_kill_9_of_each_process_flushall_and_kill_9_of_the_whole_lose_nothing_and_the_demo_finishes(demo: Demo) -> None:
    """One after the other, each when work goes on after the one before; killed as a whole, it is taken up where it stopped."""
    servers = servers_of(demo)
    stored: set[str] = set()
    for victim in VICTIMS:
        stored |= await in_the_middle(demo, servers, len(stored) + MIDDLE)
        victims = demo.descendants(*victim)
        assert victims
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
    with valkey.Redis.from_url(servers.redis_url) as client:
        stored |= await in_the_middle(demo, servers, len(stored) + MIDDLE)
        client.flushall()
    stored |= await in_the_middle(demo, servers, len(stored) + MIDDLE)
    demo.process.kill()
    demo.process.communicate()
    demo.again()
    assert_whole(demo.facts())
    with embedded(demo.out / "data") as again:
        assert stored <= await answers(again)
