"""Live parts: a page that is in view is told what has changed, over one event stream of its own address.

`GET` of a page with `accept: text/event-stream` is a stream of events `menu` (the badges) and, of a view that declares a `live` template,
`part`: each is HTML, sent only when it differs from what was sent before. What it shows is made by the page's own handler under the page's
own permission, asked anew each time: so a stream shows nothing that the page would not, and ends with the session (`gone`). Each look is a
short transaction; in between no connection of the database is held. Without script a page shows the state at load.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from typing import Any, TypeAlias, TypeVar

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from piecework.platform import db
from piecework.platform.errors import Problem, Unavailable
from piecework.platform.web.endpoint import BUSY
from piecework.platform.web.streams import Ending, Stream, Streams

EVENTS = "text/event-stream"
BEAT_S = 15.0
"""So often a stream sends at least a comment, and makes sure that its session is still there."""
MENU_S = 30.0
"""So often the menu's badges are looked at when nothing was announced."""
CALM = 20
"""A look that took long is not repeated before so many times as long has passed: a stream takes at most a twentieth of a connection."""
LIFE_S = 600.0
"""After so long a stream ends; the browser opens the next one, perhaps of another process."""
AGAIN_MS = 3000

T = TypeVar("T")

Pieces: TypeAlias = Mapping[str, str]
Look: TypeAlias = Callable[[], Coroutine[Any, Any, Pieces]]
"""What is shown now: name of the event -> HTML."""


def wanted(accept: str) -> bool:
    """True if a request asks for a stream."""
    return accept.partition(",")[0].partition(";")[0].strip() == EVENTS


def refused() -> Response:
    """There is nothing here for this browser: by this status it does not ask again."""
    return Response(status_code=204)


class Live(StreamingResponse):
    """The reply that is a stream; closed whatever ends it."""

    def __init__(self, streams: Streams, stream: Stream, events: AsyncGenerator[bytes], headers: Mapping[str, str]) -> None:
        super().__init__(events, 200, {**headers, "x-accel-buffering": "no"}, media_type=EVENTS)
        self._streams, self._stream, self._events = streams, stream, events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until somebody ends it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._streams.close(self._stream)
            await self._events.aclose()


async def events(
    stream: Stream, look: Look, check: Callable[[], Coroutine[Any, Any, object]], every_s: float
) -> AsyncGenerator[bytes]:
    """The bytes of a stream: `look` at least every `every_s`, and when woken; `check` raises when it has to end."""
    yield b"retry: %d\n\n" % AGAIN_MS
    known: dict[str, str] = {}
    began = time.monotonic()
    due = began + every_s
    while time.monotonic() < began + LIFE_S:
        woken = await stream.wait(max(0.0, min(BEAT_S, due - time.monotonic())))
        if stream.ending is not None:
            if stream.ending is Ending.CROWDED:
                yield _event(stream.ending)
            return
        started = time.monotonic()
        try:
            await _whole(check())
            if not (woken or started >= due):
                yield b":\n\n"
                continue
            found = await _whole(look())
        except (*db.OUTAGE, *BUSY, Unavailable):
            due = time.monotonic() + every_s
            yield b":\n\n"
            continue
        except Problem:
            yield _event("gone")
            return
        changed = {name: html for name, html in found.items() if known.get(name) != html}
        known.update(changed)
        yield b"".join(_event(name, html) for name, html in changed.items()) or b":\n\n"
        took_s = time.monotonic() - started
        due = time.monotonic() + max(every_s, CALM * took_s)
        await asyncio.sleep(min(1.0, CALM * took_s))  # many announcements in a row are one look


async def _whole(work: Coroutine[Any, Any, T]) -> T:
    """Let a look come to its end though its reader goes meanwhile: ended half-way it would take its connection down with it."""
    task = asyncio.ensure_future(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody may be left to ask for it
    return await asyncio.shield(task)


def _event(name: str, data: str = "") -> bytes:
    lines = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"event: {name}\n{lines}\n".encode()
