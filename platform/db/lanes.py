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
    """At most `size` connections, opened when needed, last in first out.

    Callers beyond that wait in order and are handed the next one that comes back.
    """

    def __init__(self, open_: Open, size: int) -> None:
        self.open = open_
        self._size = size
        self._count = 0
        self._idle: list[asyncpg.Connection] = []
        self._waiting: deque[asyncio.Future[asyncpg.Connection | None]] = deque()

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
                return await self._opened()
            handed = await self._wait()
            if handed is not None:
                return handed

    async def _opened(self) -> asyncpg.Connection:
        self._count += 1
        try:
            return await self.open()
        except BaseException:  # also when cancelled: the room that was taken must be free again for the next who waits
            self._count -= 1
            self._hand(None)
            raise

    async def _wait(self) -> asyncpg.Connection | None:
        """The connection of whoever is done next, or None if there is room to open one. First come, first served."""
        turn: asyncio.Future[asyncpg.Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it was handed to us, and we are gone
                handed = turn.result()
                self._hand(None) if handed is None else self._give_back(handed, usable=not handed.is_closed())
            raise

    def _give_back(self, connection: asyncpg.Connection, *, usable: bool) -> None:
        if not usable:
            connection.terminate()
            self._count -= 1
            self._hand(None)
        elif not self._hand(connection):
            self._idle.append(connection)

    def _hand(self, connection: asyncpg.Connection | None) -> bool:
        """Give a connection, or the room for one, to the first who still waits; False if nobody does."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return True
        return False

    async def close(self) -> None:
        """Close the idle connections; the others end with their statements."""
        self._size = 0
        for connection in self._idle:
            with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
                await connection.close(timeout=2)
        self._idle.clear()
