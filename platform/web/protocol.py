"""uvicorn's HTTP protocol with a deadline for the request's head: a client that trickles headers is cut off."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class PatientProtocol(HttpToolsProtocol):
    """Closes a connection whose first byte of a request was not followed by the whole head in time."""

    header_deadline_s = 10.0
    largest_head_bytes = 64 * 1024
    _timer: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: Any) -> None:
        """A new connection must send a whole head before the deadline."""
        super().connection_made(transport)
        self._arm()

    def data_received(self, data: bytes) -> None:
        """Count the head's bytes; arm the deadline at the first byte of each further request."""
        if self._timer is None and (self.cycle is None or self.cycle.response_complete):
            self._arm()
        if self._timer is not None:
            self._head_bytes += len(data)
            if self._head_bytes > self.largest_head_bytes + len(data):
                self._refuse(b"431 Request Header Fields Too Large")
                return
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """The head is whole: the body has a deadline of its own."""
        self._disarm()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing to wait for any more."""
        self._disarm()
        super().connection_lost(exc)

    def _arm(self) -> None:
        self._head_bytes = 0
        self._timer = self.loop.call_later(self.header_deadline_s, self._refuse, b"408 Request Timeout")

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, status: bytes) -> None:
        self._disarm()
        if not self.transport.is_closing():
            code = b"headers_too_slow" if status.startswith(b"408") else b"headers_too_large"
            body = b'{"type":"urn:piecework:problem:%s","title":"%s","status":%s,"code":"%s"}' % (
                code,
                status[4:],
                status[:3],
                code,
            )
            self.transport.write(
                b"HTTP/1.1 %s\r\ncontent-type: application/problem+json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s"
                % (status, len(body), body)
            )
            self.transport.close()
