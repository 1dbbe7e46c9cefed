"""The load generator: a process of its own with one keep-alive connection per freelancer, as cheap as Python allows.

Reads one JSON order from stdin and writes one JSON result to stdout. Any status but 200, and any reply without a task, fails it.
"""

import asyncio
import sys
import time
from typing import Any, cast

import orjson
import uvloop

from bench.figures import part

REQUEST = b"POST %s HTTP/1.1\r\nhost: bench\r\naccept: application/json\r\nauthorization: Bearer %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
CLAIM_BODY = b'{"count":1}'


class Course:
    """What all connections share: when measuring begins and ends, and what was measured."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.warm_up = int(order["warm_up"])
        self.most = self.warm_up + int(order["pairs"])
        self.combined = bool(order["combined"])
        self.answer = orjson.dumps(order["answer"])
        self.acknowledged = 0
        self.began = self.ended = 0.0
        self.counted = 0
        self.claims: list[float] = []
        self.submits: list[float] = []
        self.failure = ""

    def pair(self, now: float) -> None:
        """Note an acknowledged submit."""
        self.acknowledged += 1
        if self.acknowledged == self.warm_up:
            self.began = now
            self.claims.clear()
            self.submits.clear()
        elif self.began and not self.ended:
            self.counted += 1
            if self.acknowledged >= self.most:
                self.ended = now

    def fail(self, reason: str) -> None:
        """End the course without a result."""
        self.failure = self.failure or reason
        self.ended = self.ended or time.perf_counter()


class Freelancer(asyncio.Protocol):
    """One freelancer on one connection: claims, answers, and so on until the course has ended."""

    def __init__(self, course: Course, number: int, token: str) -> None:
        self.course = course
        self.token = token.encode()
        self.submission = b"%08x-0000-4000-8000-" % (number + int(time.time() * 1000) % 0xFFFF0000)
        self.count = 0
        self.claiming = True
        self.sent = 0.0
        self.buffer = b""
        self.done = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with a claim."""
        self.transport = cast("asyncio.Transport", transport)
        self._claim()

    def connection_lost(self, exc: Exception | None) -> None:
        """Fine only after the course."""
        if not self.done.done():
            self.course.fail(f"connection lost: {exc}")
            self.done.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Take a reply when it is whole, then send the next request."""
        data = self.buffer + data if self.buffer else data
        head = data.find(b"\r\n\r\n")
        if head >= 0:
            at = data.find(b"content-length: ")
            length = int(data[at + 16 : data.index(b"\r\n", at)])
            if len(data) >= head + 4 + length:
                self.buffer = b""
                if data.startswith(b"HTTP/1.1 200 "):
                    self._replied(orjson.loads(data[head + 4 :]))
                else:
                    self._stop(data.decode(errors="replace"))
                return
        self.buffer = data

    def _replied(self, reply: dict[str, Any]) -> None:
        now = time.perf_counter()
        course = self.course
        if self.claiming:
            course.claims.append(now - self.sent)
            given = reply["assignments"]
        else:
            course.submits.append(now - self.sent)
            course.pair(now)
            given = reply["next"]
        if course.ended:
            self._stop("")
        elif given:
            self._submit(given[0])
        elif self.claiming or course.combined:
            self._stop("a claim found no task")
        else:
            self._claim()

    def _claim(self) -> None:
        self.claiming = True
        self._send(b"/api/v1/assignments", CLAIM_BODY)

    def _submit(self, given: dict[str, Any]) -> None:
        self.claiming = False
        self.count += 1
        body = b'{"submission_id":"%s%012x","lease_token":"%s","answer":%s%s}' % (
            self.submission, self.count, given["lease_token"].encode(), self.course.answer,
            b',"next":{"count":1}' if self.course.combined else b"",
        )  # fmt: skip
        self._send(b"/api/v1/assignments/%s/answer" % given["id"].encode(), body)

    def _send(self, path: bytes, body: bytes) -> None:
        self.sent = time.perf_counter()
        self.transport.write(REQUEST % (path, self.token, len(body), body))

    def _stop(self, failure: str) -> None:
        if failure:
            self.course.fail(failure)
        if not self.done.done():
            self.done.set_result(None)
        self.transport.close()


async def drive(order: dict[str, Any]) -> dict[str, Any]:
    """Run the course and say what came of it."""
    course = Course(order)
    loop = asyncio.get_running_loop()
    people: list[Freelancer] = []
    for number, token in enumerate(order["tokens"]):
        _, one = await loop.create_connection(lambda n=number, t=token: Freelancer(course, n, t), "127.0.0.1", order["port"])  # type: ignore[misc]
        people.append(one)
        await asyncio.sleep(0.002)  # one by one, so that workers sharing the socket take turns
    await asyncio.wait_for(asyncio.gather(*(one.done for one in people)), order["limit_s"])
    if course.failure:
        return {"failure": course.failure}
    result: dict[str, Any] = {
        "acknowledged": course.acknowledged,
        "pairs": course.counted,
        "seconds": course.ended - course.began,
    }
    for name, times in (("claim", course.claims), ("submit", course.submits)):
        times.sort()
        result |= {f"{name}_p50_ms": part(times, 0.5), f"{name}_p99_ms": part(times, 0.99)}
    return result


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(uvloop.run(drive(orjson.loads(sys.stdin.buffer.read())))))
