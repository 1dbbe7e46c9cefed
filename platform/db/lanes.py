"""Lanes: the connections of the hot path. Single statements only, each its own transaction.

asyncpg's pool gives a connection back in a task of its own, shielded from cancellation, because it may have to be reset or a statement
to be cancelled first: 5-8 % of the web's processor time per answer (docs/performance.md). Here nothing is ever reset: a connection is
given back at once, and one whose statement did not end plainly is closed rather than mended.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

from piecework.platform.db.outage import OUTAGE

Open = Callable[[], Awaitable[asyncpg.Connection]]


class Lanes:
    """At most `size` connections, opened when needed, handed out last in first out; callers beyond wait in order."""

    def __init__(self, open_: Open, size: int) -> None:
        self.open = open_
        self._size = size
        self._count = 0
        self._idle: list[asyncpg.Connection] = []
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def run(self, method: str, sql: str, params: tuple[Any, ...]) -> Any:
        """Run one statement with a connection's fetch, fetchrow, fetchval or execute.

        Raises:
            what the statement raises; what opening a connection raises (`OUTAGE`).
        """
        connection = await self._take()
        plain = False
        try:
            result = await getattr(connection, method)(sql, *params)
            plain = True
        except asyncpg.PostgresError as error:
            plain = not isinstance(error, OUTAGE)  # the statement was refused; the connection is as good as before
            raise
        finally:
            self._give_back(connection, usable=plain and not connection.is_closed())
        return result

    async def _take(self) -> asyncpg.Connection:
        while True:
            while self._idle:
                connection = self._idle.pop()
                if not connection.is_closed():
                    return connection
                self._count -= 1
            if self._count < self._size:
                self._count += 1
                try:
                    return await self.open()
                except BaseException:
                    self._count -= 1
                    self._wake()
                    raise
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._wake()  # we were called and cannot come: the next one may
                raise

    def _give_back(self, connection: asyncpg.Connection, *, usable: bool) -> None:
        if usable:
            self._idle.append(connection)
        else:
            connection.terminate()
            self._count -= 1
        self._wake()

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    async def close(self) -> None:
        """Close the idle connections; the others end with their statements."""
        self._size = 0
        for connection in self._idle:
            with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
                await connection.close(timeout=2)
        self._idle.clear()
