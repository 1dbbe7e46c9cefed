"""The open event streams of a web process: who may have how many, what wakes them, how they end.

A stream waits without holding a connection of the database. It is woken when something has changed for its account (`live_changed`,
announced at commit), and by time; a lost announcement costs no more than that time.
"""

import asyncio
import contextlib
from collections import defaultdict
from enum import StrEnum
from uuid import UUID

import asyncpg
import structlog

from piecework.platform import db
from piecework.platform.errors import Unavailable

log = structlog.get_logger()

CHANNEL = "live_changed"
EVERYBODY = ""
"""As an announcement: something has changed for many."""


class StreamsFull(Unavailable):
    """The process has as many event streams as it may have, each account no more than the one that asks. Pages work without them."""

    code = "streams_full"
    title = "This page cannot show changes by itself at the moment. Reload it to see how things are."
    retry_after_s = 30


class Ending(StrEnum):
    """Why a stream was ended by us."""

    CROWDED = "crowded"
    """Its account has too many others, or more than somebody who came to a full process."""
    SHUTDOWN = "shutdown"
    """The process stops; another one, or the next, is there for it."""


class Stream:
    """One open stream."""

    def __init__(self, account_id: UUID) -> None:
        self.account_id = account_id
        self.ending: Ending | None = None
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Something may have changed."""
        self._woken.set()

    def end(self, ending: Ending) -> None:
        """Tell the stream to end."""
        self.ending = ending
        self._woken.set()

    async def wait(self, timeout_s: float) -> bool:
        """Wait until woken, at most so long; True if woken."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._woken.wait()
        except TimeoutError:
            return False
        self._woken.clear()
        return True


class Streams:
    """All open streams of a process: at most `most`, and `most_of_one` of an account, whose oldest one makes room.

    Nobody can fill the process: once it is full, whoever has fewer takes the place of the oldest one of whoever has most.
    """

    def __init__(self, *, most: int = 500, most_of_one: int = 6) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._of: defaultdict[UUID, list[Stream]] = defaultdict(list)
        self._count = 0
        self._stopping = False

    def __len__(self) -> int:
        return self._count

    def open(self, account_id: UUID) -> Stream:
        """A new stream, to be closed.

        Raises:
            StreamsFull: the process has as many as it may have, and nobody has two more than this account.
            Unavailable: the process stops.
        """
        if self._stopping:
            raise Unavailable
        mine = self._of.get(account_id, [])
        if len(mine) >= self._most_of_one:
            self._crowd_out(mine[0])
        elif self._count >= self._most:
            most = max(self._of.values(), key=len, default=[])
            if len(most) < len(mine) + 2:
                raise StreamsFull
            self._crowd_out(most[0])
        stream = Stream(account_id)
        self._of[account_id].append(stream)
        self._count += 1
        return stream

    def _crowd_out(self, stream: Stream) -> None:
        stream.end(Ending.CROWDED)
        self.close(stream)

    def close(self, stream: Stream) -> None:
        """A stream has ended. Saying so twice changes nothing."""
        mine = self._of.get(stream.account_id, [])
        if stream in mine:
            mine.remove(stream)
            self._count -= 1
        if not mine:
            self._of.pop(stream.account_id, None)

    def stop(self) -> None:
        """End all of them, and take no more: the process stops."""
        self._stopping = True
        for stream in [one for mine in self._of.values() for one in mine]:
            stream.end(Ending.SHUTDOWN)

    def wake(self, account: str) -> None:
        """Wake the streams of an account, or all of them (`EVERYBODY`)."""
        for mine in list(self._of.values()) if account == EVERYBODY else [self._of.get(UUID(account), [])]:
            for stream in mine:
                stream.wake()

    async def watch(self) -> None:
        """Listen for what has changed; runs for the life of the process."""
        while True:
            with contextlib.suppress(*db.OUTAGE, asyncpg.PostgresError):
                async with db.listen(CHANNEL, self.wake) as connection:
                    self.wake(EVERYBODY)  # whatever was announced while nobody listened
                    while not connection.is_closed():
                        await connection.execute("SELECT 1", timeout=5)
                        await asyncio.sleep(1)
            log.warning("streams.line_down")
            await asyncio.sleep(0.5)
