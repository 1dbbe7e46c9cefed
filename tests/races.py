"""Races that happen every time, whatever the machine: nothing here is left to chance or to a clock.

Whoever races stops at a gate between looking and writing: `stop` in Python, STOP in the text of a database function. The gate opens
when all who race stand still: at the gate, or behind a lock of one who stands there. So with its guard a race has one at the gate and
the others behind, and without it all of them have looked before anybody writes.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from typing import Any, Literal, ParamSpec, TypeVar

import asyncpg
import pytest

from piecework.platform import db

P = ParamSpec("P")
T = TypeVar("T")

_GATE = 4711
STOP = f"pg_advisory_xact_lock_shared({_GATE})"
_STANDING = """
SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE NOT granted AND locktype <> 'extend' AND datname = current_database()"""
_PATIENCE_S = 60


async def stop(*_: object, **__: object) -> None:
    """Wait, in the caller's transaction, until the gate is open. Open gates let everybody pass."""
    await db.scalar(f"SELECT {STOP}")


def stop_before(work: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """The same work, begun at the gate: for what writes."""

    async def stopped(*args: P.args, **kwargs: P.kwargs) -> T:
        await stop()
        return await work(*args, **kwargs)

    return stopped


def stop_after(work: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """The same work, ended at the gate: for what looks."""

    async def stopped(*args: P.args, **kwargs: P.kwargs) -> T:
        found = await work(*args, **kwargs)
        await stop()
        return found

    return stopped


def stop_after_reading(monkeypatch: pytest.MonkeyPatch, method: Literal["row", "rows"], sql: str) -> None:
    """Whoever has read by this statement stops."""
    read = getattr(db, method)

    async def stopping(text: str, *given: object, **more: object) -> Any:
        found = await read(text, *given, **more)
        if text == sql:
            await stop()
        return found

    monkeypatch.setattr(db, method, stopping)


async def in_transaction(work: Callable[[], Awaitable[T]]) -> T:
    """As a request or a job does it."""
    async with db.transaction():
        return await work()


async def stand(watcher: asyncpg.Connection, *tasks: asyncio.Future[Any]) -> int:
    """Wait until each of these stands still or has ended; returns how many stand. `watcher`: a connection outside of it all."""
    async with asyncio.timeout(_PATIENCE_S):
        while True:
            running = sum(not task.done() for task in tasks)
            standing: int = await watcher.fetchval(_STANDING)
            if running <= standing:
                return standing
            await asyncio.sleep(0.002)


@contextlib.asynccontextmanager
async def closed(watcher: asyncpg.Connection) -> AsyncIterator[None]:
    """Inside, the gate is closed."""
    await watcher.execute(f"SELECT pg_advisory_lock({_GATE})")
    try:
        yield
    finally:
        await watcher.execute(f"SELECT pg_advisory_unlock({_GATE})")


async def race(watcher: asyncpg.Connection, *works: Awaitable[Any]) -> list[Any]:
    """What each of these returned or raised, all of them having come to the gate or behind who stands there before it opened.

    In the application's pool there is room for eight.
    """
    async with closed(watcher):
        tasks = [asyncio.ensure_future(work) for work in works]
        standing = await stand(watcher, *tasks)
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert standing > 1, f"nobody met anybody: {ended}"
    return ended


async def overtake(
    watcher: asyncpg.Connection,
    first: Iterable[Awaitable[Any]],
    then: Iterable[Awaitable[Any]],
    meanwhile: Awaitable[object] | None = None,
) -> list[Any]:
    """What each of the first and of the others returned or raised, where the others began when the first had come to the gate."""
    async with closed(watcher):
        tasks = [asyncio.ensure_future(work) for work in first]
        assert await stand(watcher, *tasks) > 0, "nobody came to the gate"
        if meanwhile is not None:
            await meanwhile
        tasks += [asyncio.ensure_future(work) for work in then]
        await stand(watcher, *tasks)
    return await asyncio.gather(*tasks, return_exceptions=True)
