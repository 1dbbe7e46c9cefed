"""Bad input over real connections: always refused with a problem document or a closed connection, and nothing is changed."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio

from piecework.platform import db
from piecework.platform.servers import Servers
from piecework.platform.settings import Settings
from tests.conftest import _run, url_of
from tests.world import World, choice_step

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEADLINE_S = 0.4
BODY_LIMIT = 256 * 1024
PATIENCE_S = 20


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        assert self.headers["content-type"] == "application/problem+json", self
        return str(orjson.loads(self.body)["code"])


class Wire:
    """One TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> bool:
        """False once the other side has gone."""
        try:
            self.writer.write(data)
            await asyncio.wait_for(self.writer.drain(), 3)
        except (OSError, TimeoutError):
            return False
        return not self.reader.at_eof()

    async def reply(self) -> Reply | None:
        """The next reply; None if the connection was closed without one."""
        try:
            head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
            lines = head.decode("latin-1").split("\r\n")
            headers = {key.lower(): value.strip() for key, _, value in (line.partition(":") for line in lines[1:] if line)}
            body = await asyncio.wait_for(self.reader.readexactly(int(headers.get("content-length", 0))), PATIENCE_S)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        return Reply(int(lines[0].split()[1]), headers, body)

    async def closed(self) -> bool:
        """Wait for the other side to close."""
        with contextlib.suppress(ConnectionError):
            await asyncio.wait_for(self.reader.read(), PATIENCE_S)
        return True


@dataclass
class Site:
    """A server in a process of its own, and those who may use it."""

    port: int
    pid: int
    world: World

    def memory_bytes(self) -> int:
        """What the server's process holds."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    @contextlib.asynccontextmanager
    async def wire(self) -> AsyncIterator[Wire]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield Wire(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def head(self, method: str, path: str, *headers: str, who: str = "requester") -> bytes:
        lines = [f"{method} {path} HTTP/1.1", "Host: test", f"Authorization: Bearer {getattr(self.world, who).token}", *headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    async def ask(
        self, method: str, path: str, body: bytes | None = None, kind: str | None = "application/json", who: str = "requester"
    ) -> Reply:
        headers = [] if body is None else [f"Content-Length: {len(body)}"] + ([f"Content-Type: {kind}"] if kind else [])
        async with self.wire() as wire:
            await wire.send(self.head(method, path, *headers, who=who) + (body or b""))
            reply = await wire.reply()
        assert reply is not None
        return reply

    async def is_well(self) -> bool:
        """It still serves, and nothing is broken."""
        assert (await self.ask("GET", "/api/v1/me")).status == 200
        await self.world.verify()
        return True


SERVE = """
import socket, sys
from piecework.platform.serve import serve
from piecework.platform.settings import load
serve(load(), socket.socket(fileno=int(sys.argv[1])))
"""


@contextlib.contextmanager
def serving(settings: Settings) -> Iterator[tuple[int, int]]:
    """A web process of its own; yields its port and process id."""
    names = ("header_deadline_s", "body_deadline_s", "body_limit_bytes")
    environment = os.environ | {f"PIECEWORK_{name.upper()}": str(getattr(settings, name)) for name in names}
    environment |= {"DATABASE_URL": str(settings.database_url), "REDIS_URL": str(settings.redis_url)}
    with socket.create_server(("127.0.0.1", 0), backlog=200) as listener:
        command = [sys.executable, "-c", SERVE, str(listener.fileno())]
        with subprocess.Popen(command, env=environment, pass_fds=[listener.fileno()], stdout=subprocess.DEVNULL) as process:
            try:
                yield listener.getsockname()[1], process.pid
            finally:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()  # else leaving the block would wait for it for ever
                    raise


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(servers: Servers, template: str) -> AsyncIterator[Site]:
    """One server and one world for all tests here: whatever they send, it goes on serving."""
    name = f"bad_input_{os.getpid()}"
    await _run(servers, f"CREATE DATABASE {name} TEMPLATE {template}")
    settings = Settings(DATABASE_URL=url_of(servers, name), REDIS_URL=servers.redis_url).model_copy(
        update={"header_deadline_s": DEADLINE_S, "body_deadline_s": DEADLINE_S, "body_limit_bytes": BODY_LIMIT}
    )
    async with World.open(settings) as world:
        number = {"name": "number", "type": "number", "title": "N"}
        await world.project(choice_step(answer=[number]))
        await world.tickets(1)
        await world.worker("anna")
        with serving(settings) as (port, pid):
            opened = Site(port, pid, world)
            assert (await opened.ask("GET", "/api/v1/me")).status == 200  # it is up, so its memory can be compared
            yield opened
    await _run(servers, f"DROP DATABASE {name} WITH (FORCE)")


async def rows() -> list[int]:
    """How many rows there are of what these tests try to make."""
    return [await db.scalar(f"SELECT count(*) FROM {table}") for table in ("project", "ticket", "answer", "account")]


PROJECT = b'{"code":"disk","name":"Disk","control_rate":%s}'
DEEP = b"[" * 100_000 + b"]" * 100_000

BODIES: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "spaces": (b"   ", 400),
    "half": (b'{"code":"disk"', 400),
    "two documents": (b'{"code":"disk","name":"Disk"}{}', 400),
    "an array": (b"[]", 422),
    "null": (b"null", 422),
    "5,000 digits": (PROJECT % (b"1" * 5_000), 400),
    "NaN": (PROJECT % b"NaN", 422),
    "Infinity": (PROJECT % b"-Infinity", 422),
    "1e400": (PROJECT % b"1e400", 422),
    "a string for a number": (PROJECT % b'"0.1"', 422),
    "true for a number": (PROJECT % b"true", 422),
    "a key twice": (b'{"code":"disk","name":"Disk","code":"music"}', 400),
    "a key twice, escaped once": (b'{"code":"disk","name":"Disk","\\u0063ode":"music"}', 400),
    "NUL escaped": (b'{"code":"disk","name":"Di\\u0000sk"}', 422),
    "NUL raw": (b'{"code":"disk","name":"Di\x00sk"}', 400),
    "half a surrogate": (b'{"code":"disk","name":"Di\\ud800sk"}', 400),
    "a surrogate the wrong way round": (b'{"code":"disk","name":"\\udc00\\ud800"}', 400),
    "not UTF-8": (b'{"code":"disk","name":"Di\xffsk"}', 400),
    "an overlong NUL": (b'{"code":"disk","name":"Di\xc0\x80sk"}', 400),
    "UTF-16": ('{"code":"disk","name":"Disk"}'.encode("utf-16"), 400),
    "100,000 deep": (b'{"code":' + DEEP + b"}", 400),
    "100,000 deep objects": (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, 400),
    "an unknown field": (b'{"code":"disk","name":"Disk","id":"x"}', 422),
    "a field of the table": (b'{"code":"disk","name":"Disk","state":"archived"}', 422),
    "a proto": (b'{"code":"disk","name":"Disk","__proto__":{}}', 422),
    "comments": (b'{"code":"disk",/**/"name":"Disk"}', 400),
    "a trailing comma": (b'{"code":"disk","name":"Disk",}', 400),
    "single quotes": (b"{'code':'disk','name':'Disk'}", 400),
}  # fmt: skip


class TestBodies:
    async def test_every_bad_body_is_refused_and_leaves_nothing(self, site: Site) -> None:
        before, found = await rows(), {}
        for name, (body, _) in BODIES.items():
            reply = await site.ask("POST", "/api/v1/projects", body)
            found[name] = (reply.status, reply.headers["content-type"])
        assert found == {name: (status, "application/problem+json") for name, (_, status) in BODIES.items()}
        assert await rows() == before
        assert await site.is_well()

    @pytest.mark.parametrize(
        "kind",
        [
            None,
            "",
            "text/plain",
            "application/xml",
            "application/json-patch+json",
            "multipart/form-data",
            "application/x-www-form-urlencoded",
            "x" * 4_000,
        ],
    )
    async def test_only_json_is_taken(self, site: Site, kind: str | None) -> None:
        before = await rows()
        reply = await site.ask("POST", "/api/v1/projects", b'{"code":"disk","name":"Disk"}', kind)
        assert (reply.status, reply.code) == (415, "unsupported_media_type")
        assert await rows() == before

    async def test_answers_take_no_numbers_that_are_none(self, site: Site) -> None:
        (held,) = await site.world.anna.claim()
        path = f"/api/v1/assignments/{held['id']}/answer"
        statuses = {}
        for value in (
            b"NaN",
            b"-Infinity",
            b"1e400",
            b"-1e400",
            b"9" * 5_000,
            b'1,"number":2',
            b"true",
            b"null",
            b'"1"',
            DEEP,
            b'"\\ud800"',
        ):
            body = b'{"submission_id":"018f0000-0000-7000-8000-000000000000","lease_token":"%s","answer":{"number":%s}}'
            reply = await site.ask("POST", path, body % (held["lease_token"].encode(), value), who="anna")
            statuses[value[:12]] = reply.status // 100
        assert set(statuses.values()) == {4}
        assert await db.scalar("SELECT count(*) FROM answer") == 0
        await site.world.anna.ok("POST", f"/assignments/{held['id']}/release")
        assert await site.is_well()

    @pytest.mark.parametrize(
        "deadline",
        [
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59-14:00",
            "0000-00-00T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "now",
            "1e400",
            "20260101",
        ],
    )
    async def test_moments_that_the_database_cannot_hold_are_refused(self, site: Site, deadline: str) -> None:
        ticket = {"external_id": "1", "channel": "chat", "language": "en", "text": "x", "deadline_at": deadline}
        reply = await site.ask("POST", "/api/v1/projects/orders/tickets", orjson.dumps({"source": "s", "tickets": [ticket]}))
        assert (reply.status, reply.code) == (422, "invalid")
        assert await site.is_well()

    @pytest.mark.parametrize(
        "email", ["İ" * 130 + "@example.test", "a@b\u0000", "ＡＢＣ@EXAMPLE.test", "Ω" * 240 + "@x", "A\u0345@x", "\u10d50@x"]
    )
    async def test_addresses_that_change_their_length_or_case_are_no_bug(self, site: Site, email: str) -> None:
        body = orjson.dumps({"email": email, "name": "E", "roles": ["freelancer"]})
        reply = await site.ask("POST", "/api/v1/accounts", body, who="administrator")
        assert reply.status < 500


class TestPaths:
    @pytest.mark.parametrize(
        "path",
        ["/api/v1/projects/%00/workflow", "/api/v1/projects/%ff%fe/workflow", "/api/v1/projects/%ed%a0%80/workflow", "/api/v1/projects/%/workflow",
         "/api/v1/projects/%zz/workflow", "/api/v1/tickets/%00", "/api/v1/tickets/x", "/api/v1/tickets/" + "9" * 5_000, "/api/v1/steps/9" + "9" * 30,
         "/api/v1/steps/-1", "/api/v1/steps/%D9%A1", "/api/v1/steps/1%00", "/api/v1/../../etc/passwd", "/api/v1//me", "//api/v1/me", "/api/v1/%2e%2e/me",
         "/api/v1/me%00", "/api/v1/me;x", "/api/v1/me/", "/api/v1/ME", "/api/v1/projects/" + "a" * 20_000 + "/workflow", "/%", "/*", "/api/v1/openapi.json/x"],
    )  # fmt: skip
    async def test_no_garbage_in_a_path_finds_anything(self, site: Site, path: str) -> None:
        reply = await site.ask("GET", path)
        assert (reply.status, reply.code) == (404, "not_found")

    async def test_nor_in_a_path_that_writes(self, site: Site) -> None:
        reason = b'{"reason":"for the test"}'
        account = site.world.freelancer.id
        reply = await site.ask("POST", f"/api/v1/freelancers/{account}/qualifications/%00/revoke", reason, who="curator")
        assert reply.status == 404
        assert await site.is_well()

    @pytest.mark.parametrize(
        "query",
        ["limit=0", "limit=-1", "limit=201", "limit=1e3", "limit=NaN", "limit=" + "1" * 5_000, "limit=", "limit=1&limit=2", "cursor=%00", "cursor=x",
         "cursor=" + "A" * 22 + "%ff", "cursor=" + "A" * 300, "surprise=1", "limit=1&__proto__=1", "id__gt=1", "password_hash__startswith=a"],
    )  # fmt: skip
    async def test_a_bad_query_is_refused(self, site: Site, query: str) -> None:
        reply = await site.ask("GET", f"/api/v1/projects?{query}")
        assert (reply.status, reply.code) == (422, "invalid")

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
    async def test_other_methods_are_405(self, site: Site, method: str) -> None:
        reply = await site.ask(method, "/api/v1/projects")
        assert (reply.status, reply.code) == (405, "method_not_allowed")

    async def test_the_host_header_leads_nowhere(self, site: Site) -> None:
        for host in ("evil.test", "evil.test/api", "x@evil.test", "[::1", "\xff", ""):
            async with site.wire() as wire:
                await wire.send(b"GET /api/v1/me/ HTTP/1.1\r\nHost: %s\r\n\r\n" % host.encode("latin-1"))
                reply = await wire.reply()
            assert reply is not None
            assert "location" not in reply.headers
            assert reply.status == 404


class TestLargeBodies:
    async def test_a_declared_300_megabytes_are_refused_before_they_are_sent(self, site: Site) -> None:
        async with site.wire() as wire:
            await wire.send(
                site.head("POST", "/api/v1/projects", "Content-Type: application/json", f"Content-Length: {300 * 2**20}")
            )
            reply = await wire.reply()
            assert reply is not None
            assert (reply.status, reply.code) == (413, "body_too_large")
            assert await wire.closed()

    async def test_300_megabytes_in_chunks_are_cut_off_early(self, site: Site) -> None:
        before = site.memory_bytes()
        sent = 0
        async with site.wire() as wire:
            await wire.send(site.head("POST", "/api/v1/projects", "Content-Type: application/json", "Transfer-Encoding: chunked"))
            chunk = b"%x\r\n" % 65_536 + b" " * 65_536 + b"\r\n"
            while sent < 300 * 2**20 and await wire.send(chunk):
                sent += 65_536
            reply = await wire.reply()
        assert sent < 32 * 2**20
        assert reply is None or (reply.status, reply.code) == (413, "body_too_large")
        assert site.memory_bytes() - before < 64 * 2**20
        assert await site.is_well()

    async def test_an_unwanted_body_costs_no_memory(self, site: Site) -> None:
        before = site.memory_bytes()
        async with site.wire() as wire:
            await wire.send(
                b"POST /api/v1/projects HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: 104857600\r\n\r\n"
            )
            sent = 0
            while sent < 100 * 2**20 and await wire.send(b" " * 65_536):
                sent += 65_536
        assert sent < 100 * 2**20
        assert site.memory_bytes() - before < 64 * 2**20
        assert await site.is_well()

    async def test_just_below_the_limit_is_read(self, site: Site) -> None:
        body = b'{"code":"large","name":"Large"}'
        reply = await site.ask("POST", "/api/v1/projects", body + b" " * (BODY_LIMIT - len(body)))
        assert reply.status == 201


class TestSlowClients:
    async def test_a_trickling_head_is_cut_off(self, site: Site) -> None:
        started = time.monotonic()
        async with site.wire() as wire:
            await wire.send(b"GET /api/v1/me HTTP/1.1\r\nHost: test\r\nX-Slow: ")
            reply = await wire.reply()
            assert reply is not None
            assert (reply.status, reply.code) == (408, "headers_too_slow")
            assert await wire.closed()
        assert time.monotonic() - started >= DEADLINE_S

    async def test_a_silent_connection_is_closed(self, site: Site) -> None:
        async with site.wire() as wire:
            assert await wire.closed()

    async def test_a_trickling_body_is_cut_off(self, site: Site) -> None:
        before = await rows()
        async with site.wire() as wire:
            await wire.send(site.head("POST", "/api/v1/projects", "Content-Type: application/json", "Content-Length: 40"))
            await wire.send(b'{"code"')
            reply = await wire.reply()
            assert reply is not None
            assert (reply.status, reply.code) == (408, "body_too_slow")
            assert await wire.closed()
        assert await rows() == before

    async def test_fifty_of_them_do_not_keep_others_waiting(self, site: Site) -> None:
        async with contextlib.AsyncExitStack() as stack:
            wires = [await stack.enter_async_context(site.wire()) for _ in range(50)]
            await asyncio.gather(*(wire.send(b"GET /api/v1/me HTTP/1.1\r\nX: ") for wire in wires))
            assert (await site.ask("GET", "/api/v1/me")).status == 200
            assert all(await asyncio.gather(*(wire.closed() for wire in wires)))

    async def test_a_client_that_goes_away_in_the_middle_leaves_nothing(self, site: Site) -> None:
        before = await rows()
        async with site.wire() as wire:
            await wire.send(
                site.head("POST", "/api/v1/projects", "Content-Type: application/json", "Content-Length: 40") + b'{"code":"disk",'
            )
        assert await site.is_well()
        assert await rows() == before


class TestBrokenHttp:
    @pytest.mark.parametrize(
        "sent",
        [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 50, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x00" * 100 + b"\r\n\r\n",
         b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"GET / HTTP/1.1\r\nBad Header: x\r\n\r\n",
         b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
         b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", b"GET / HTTP/1.1\r\nX: a\x00b\r\n\r\n", b"HELLO\r\n\r\n" * 50],
    )  # fmt: skip
    async def test_what_is_no_http_is_refused_and_closed(self, site: Site, sent: bytes) -> None:
        async with site.wire() as wire:
            await wire.send(sent)
            reply = await wire.reply()
            assert reply is None or 400 <= reply.status < 500
            assert await wire.closed()
        assert (await site.ask("GET", "/api/v1/me")).status == 200

    async def test_a_huge_head_is_cut_off(self, site: Site) -> None:
        before = site.memory_bytes()
        async with site.wire() as wire:
            await wire.send(b"GET /api/v1/me HTTP/1.1\r\n")
            sent = 0
            while sent < 64 * 2**20 and await wire.send(b"X-Long: " + b"y" * 65_000 + b"\r\n"):
                sent += 65_000
            assert await wire.closed()
        assert sent < 16 * 2**20
        assert site.memory_bytes() - before < 64 * 2**20

    async def test_two_requests_in_one_packet_get_two_replies(self, site: Site) -> None:
        async with site.wire() as wire:
            await wire.send(site.head("GET", "/api/v1/me") * 2)
            replies: list[Any] = [await wire.reply(), await wire.reply()]
        assert [reply.status for reply in replies] == [200, 200]
