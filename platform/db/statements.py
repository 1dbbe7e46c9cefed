"""Raw statements on the current transaction, or, outside one, each in its own.

Parameters are positional ($1…). Rows come back as asyncpg records: mapping access, jsonb as text.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import asyncpg
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from piecework.platform.db.lanes import Lanes
from piecework.platform.db.names import APP, FREELANCER

lanes: Lanes | None = None
"""The freelancer-facing role's connections while the database is connected (set by `connected`)."""
pool: BaseDBAsyncClient | None = None
"""The application's role's connections while the database is connected (set by `connected`)."""


def transaction() -> AbstractAsyncContextManager[Any]:
    """One transaction: commits at the end, rolls back on any exception. Opened at the edge only (requests, jobs, commands)."""
    return in_transaction(APP)


def apart() -> AbstractAsyncContextManager[Any]:
    """A transaction on a connection of its own, whatever transaction is under way: for long work that tells how far it is."""
    assert pool is not None, "the database is not connected"
    return pool._in_transaction()  # noqa: SLF001 - what in_transaction calls of the connections that it finds


async def _run(method: str, sql: str, params: tuple[Any, ...], on: str) -> Any:
    if on == FREELANCER:
        assert lanes is not None, "the database is not connected"
        return await lanes.run(method, sql, params)
    async with get_connection(APP).acquire_connection() as connection:
        return await getattr(connection, method)(sql, *params)


async def rows(sql: str, *params: Any, on: str = APP) -> list[asyncpg.Record]:
    """All rows of a statement."""
    return list(await _run("fetch", sql, params, on))


async def row(sql: str, *params: Any, on: str = APP) -> asyncpg.Record | None:
    """The first row, or None."""
    return await _run("fetchrow", sql, params, on)


async def batches(sql: str, *params: Any, size: int) -> AsyncIterator[list[asyncpg.Record]]:
    """The rows of a statement, `size` at a time, through a server-side cursor of the current transaction.

    Memory does not grow with the rows, and other statements of the transaction may run in between.
    """
    async with get_connection(APP).acquire_connection() as connection:
        cursor = await connection.cursor(sql, *params)
    while True:
        async with get_connection(APP).acquire_connection():
            found = await cursor.fetch(size)
        if not found:
            return
        yield found


async def scalar(sql: str, *params: Any, on: str = APP) -> Any:
    """The first column of the first row, or None."""
    return await _run("fetchval", sql, params, on)


async def execute(sql: str, *params: Any, on: str = APP) -> int:
    """Run a statement and say how many rows it touched (0 where PostgreSQL reports none)."""
    last = (await _run("execute", sql, params, on)).rsplit(" ", 1)[-1]
    return int(last) if last.isdigit() else 0


@asynccontextmanager
async def listen(channel: str, heard: Callable[[str], None]) -> AsyncIterator[asyncpg.Connection]:
    """LISTEN on a connection of its own; `heard` gets each payload. Yields the connection so that its health can be watched."""
    assert lanes is not None, "the database is not connected"
    connection = await lanes.open()
    try:
        await connection.execute("SET application_name TO 'piecework-listener'")  # so that an operator can tell it
        await connection.add_listener(channel, lambda _c, _pid, _channel, payload: heard(payload))
        yield connection
    finally:
        await connection.close(timeout=2)
