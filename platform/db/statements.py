"""Raw statements on the current transaction (or, outside one, each in its own), and COPY.

Parameters are positional ($1…). Rows come back as asyncpg records: mapping access, jsonb as text.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import asyncpg
from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from piecework.platform.db.connect import APP


def transaction(on: str = APP) -> AbstractAsyncContextManager[Any]:
    """One transaction: commits at the end, rolls back on any exception. Opened at the edge only (requests, jobs, commands)."""
    return in_transaction(on)


def _acquire(on: str) -> AbstractAsyncContextManager[Any]:
    return get_connection(on).acquire_connection()


async def rows(sql: str, *params: Any, on: str = APP) -> list[asyncpg.Record]:
    """All rows of a statement."""
    async with _acquire(on) as connection:
        return list(await connection.fetch(sql, *params))


async def row(sql: str, *params: Any, on: str = APP) -> asyncpg.Record | None:
    """The first row, or None."""
    async with _acquire(on) as connection:
        return await connection.fetchrow(sql, *params)


async def scalar(sql: str, *params: Any, on: str = APP) -> Any:
    """The first column of the first row, or None."""
    async with _acquire(on) as connection:
        return await connection.fetchval(sql, *params)


async def execute(sql: str, *params: Any, on: str = APP) -> int:
    """Run a statement and say how many rows it touched (0 where PostgreSQL reports none)."""
    async with _acquire(on) as connection:
        status = await connection.execute(sql, *params)
    last = status.rsplit(" ", 1)[-1]
    return int(last) if last.isdigit() else 0


async def copy_in(table: str, columns: Sequence[str], records: Iterable[Sequence[Any]], on: str = APP) -> int:
    """COPY records into a table; returns how many. Use inside a transaction."""
    async with _acquire(on) as connection:
        status = await connection.copy_records_to_table(table, columns=list(columns), records=records)
    return int(status.rsplit(" ", 1)[-1])


@asynccontextmanager
async def listen(channel: str, heard: Callable[[str], None], on: str = APP) -> AsyncIterator[asyncpg.Connection]:
    """LISTEN on a connection of its own; `heard` gets each payload. Yields the connection so that its health can be watched."""
    client: Any = get_connection(on)
    connection = await asyncpg.connect(
        **{key: value for key, value in client._template.items() if key not in {"min_size", "max_size", "loop"}},  # noqa: SLF001
        password=client.password,
    )
    try:
        await connection.add_listener(channel, lambda _c, _pid, _channel, payload: heard(payload))
        yield connection
    finally:
        await connection.close(timeout=2)
