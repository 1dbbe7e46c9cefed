"""Live parts: who gets a stream, what wakes it, what ends it."""

import asyncio
import contextlib
import socket
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2
import pytest
import uvicorn
from playwright.async_api import expect

from piecework.platform import db, notices
from piecework.platform.errors import NotFound, Unavailable
from piecework.platform.identity.principal import COOKIE
from piecework.platform.pages import live
from piecework.platform.serve import Server
from piecework.platform.web.streams import EVERYBODY, Ending, Streams, StreamsFull
from tests.pages.conftest import Site, session
from tests.world import World

pytestmark = pytest.mark.timeout(60)


@dataclass
class Served:
    """The application on loopback: streams need a real connection."""

    world: World
    url: str
    server: Server

    @contextlib.asynccontextmanager
    async def stream(self, path: str, cookie: str) -> AsyncIterator[AsyncIterator[tuple[str, str]]]:
        """The events of a page's stream, once it is open."""
        headers = {"accept": live.EVENTS, "cookie": f"{COOKIE}={cookie}"}
        async with (
            httpx2.AsyncClient(base_url=self.url, timeout=60) as client,
            client.stream("GET", path, headers=headers) as reply,
        ):
            assert (reply.status_code, reply.headers["content-type"].partition(";")[0]) == (200, live.EVENTS)
            lines = reply.aiter_lines()
            assert await anext(lines) == f"retry: {live.AGAIN_MS}"
            yield self._events(lines)

    async def _events(self, lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, str]]:
        name, data = "", []
        async for line in lines:
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                data.append(line.removeprefix("data: "))
            elif not line and name:
                yield name, "\n".join(data)
                name, data = "", []


@pytest.fixture
async def served(world: World) -> AsyncIterator[Served]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(uvicorn.Config(world.app, lifespan="off", log_level="error", ws="none", server_header=False))
    serving = asyncio.create_task(server.serve([listener]))
    yield Served(world, f"http://127.0.0.1:{listener.getsockname()[1]}", server)
    server.should_exit = True
    await serving
    listener.close()


async def tell(account_id: uuid.UUID, title: str = "Something new") -> None:
    async with db.transaction():
        await notices.send([account_id], "test.told", title, "", link="/work")


class TestStream:
    async def test_a_notice_shows_at_once_in_the_menu_of_whom_it_is_for(self, served: Served) -> None:
        world = served.world
        cookie = await session(world.curator.id)
        async with served.stream("/notices", cookie) as events:
            await tell(world.requester.id)
            await tell(world.curator.id)
            name, html = await anext(events)
            assert name == "menu"
            assert 'href="/notices" aria-current="page"' in html
            assert '1<span class="unseen"> waiting' in html
        while world.app.state.streams:  # the browser has gone: its place is free again  # noqa: ASYNC110 - a turn of the loop at a time is soon enough
            await asyncio.sleep(0)

    async def test_a_live_part_is_made_by_the_pages_own_handler(self, served: Served) -> None:
        world = served.world
        await world.project()
        await world.tickets(3)
        async with served.stream("/load?project=orders", await session(world.curator.id)) as events:
            await tell(world.curator.id)
            assert (await anext(events))[0] == "menu"
            name, html = await anext(events)
            assert (name, "Choose the topic" in html, "<html" in html) == ("part", True, False)

    async def test_who_may_not_see_the_page_gets_none(self, world: World) -> None:
        freelancer = {"cookie": f"{COOKIE}={await session(world.freelancer.id)}"}
        for path, cookie in (("/load", {}), ("/load", freelancer), ("/", {}), ("/nowhere", freelancer)):
            reply = await world.client.get(path, headers={"accept": live.EVENTS, **cookie})
            assert reply.status_code == (404 if path == "/nowhere" else 204), path

    async def test_a_full_process_says_so_and_its_pages_are_there(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(world.app.state.streams, "_most", 0)
        curator = {"cookie": f"{COOKIE}={await session(world.curator.id)}"}
        reply = await world.client.get("/load", headers={"accept": live.EVENTS, **curator})
        assert (reply.status_code, reply.json()["code"], reply.headers["retry-after"]) == (503, "streams_full", "30")
        assert (await world.client.get("/load", headers=curator)).status_code == 200

    async def test_it_ends_with_its_session(self, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(live, "BEAT_S", 0.05)
        world = served.world
        async with served.stream("/notices", await session(world.curator.id)) as events:
            await db.execute("DELETE FROM session WHERE account_id = $1", world.curator.id)
            assert await anext(events) == ("gone", "")
            with pytest.raises(StopAsyncIteration):
                await anext(events)

    async def test_it_outlives_the_line_to_the_database_and_holds_none_of_its_connections(self, served: Served) -> None:
        world = served.world
        async with served.stream("/notices", await session(world.curator.id)) as events:
            async with world.connections(1, role=None) as (owner,):
                mine = "FROM pg_stat_activity WHERE datname = current_database() AND "
                assert await owner.fetchval(f"SELECT count(*) {mine} state LIKE 'idle in transaction%'") == 0
                await owner.execute(f"SELECT pg_terminate_backend(pid) {mine} application_name = 'piecework-listener'")
            await tell(world.curator.id)
            while "waiting" not in (await anext(events))[1]:
                pass

    async def test_it_ends_when_the_server_stops(self, served: Served) -> None:
        async with served.stream("/notices", await session(served.world.curator.id)) as events:
            served.server.should_exit = True
            with pytest.raises(StopAsyncIteration):
                await anext(events)
        assert len(served.world.app.state.streams) == 0


class TestLooking:
    async def test_an_outage_is_waited_out_and_only_what_differs_is_sent(self) -> None:
        shown: list[dict[str, str] | type[Exception]] = [OSError, {"menu": "a\nb"}, {"menu": "a\nb"}, {"menu": "c"}, NotFound]

        async def look() -> dict[str, str]:
            found = shown.pop(0)
            if isinstance(found, dict):
                return found
            raise found

        async def check() -> None:
            pass

        sent = [piece async for piece in live.events(Streams().open(uuid.uuid4()), look, check, 0.001)]
        quiet = b":\n\n"
        assert [piece for piece in sent[1:] if piece != quiet] == [
            b"event: menu\ndata: a\ndata: b\n\n",
            b"event: menu\ndata: c\n\n",
            b"event: gone\ndata: \n\n",
        ]
        assert sent[1] == quiet


class TestStreams:
    def test_an_accounts_oldest_makes_room_and_whoever_has_most_for_whoever_has_fewer(self) -> None:
        streams = Streams(most=4, most_of_one=2)
        anna, boris, vera, gleb = (uuid.uuid4() for _ in range(4))
        first, second, third = (streams.open(anna) for _ in range(3))
        assert (first.ending, second.ending, third.ending) == (Ending.CROWDED, None, None)
        streams.open(boris)
        streams.open(boris)
        streams.open(vera)
        assert (second.ending, third.ending, len(streams)) == (Ending.CROWDED, None, 4)
        with pytest.raises(StreamsFull):
            streams.open(vera)  # nobody has two more
        streams.open(gleb)
        for one in (uuid.uuid4(), gleb, anna):
            with pytest.raises(StreamsFull):
                streams.open(one)
        streams.close(second)
        streams.close(third)
        streams.open(uuid.uuid4())
        assert len(streams) == 4

    async def test_only_whom_it_is_about_is_woken_and_everybody_by_one_word(self) -> None:
        streams = Streams()
        anna, boris = streams.open(uuid.uuid4()), streams.open(uuid.uuid4())
        streams.wake(str(anna.account_id))
        assert (await anna.wait(0), await boris.wait(0)) == (True, False)
        streams.wake(EVERYBODY)
        assert (await anna.wait(0), await boris.wait(0)) == (True, True)

    async def test_once_the_process_stops_all_end_and_none_begin(self) -> None:
        streams = Streams()
        one = streams.open(uuid.uuid4())
        streams.stop()
        assert (await one.wait(0), one.ending) == (True, Ending.SHUTDOWN)
        with pytest.raises(Unavailable):
            streams.open(uuid.uuid4())


async def test_in_a_browser_the_page_changes_by_itself_until_the_reader_stops_it(site: Site) -> None:
    world = site.world
    await world.project()
    await world.tickets(1)
    async with site.visitor("curator") as context:
        page = await context.new_page()
        problems: list[str] = []
        page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
        await page.goto("/load")
        await expect(page.locator("[data-live-bar]")).to_have_attribute("data-state", "on")
        before = await page.locator("[data-live-part=part] time").first.get_attribute("datetime")
        await page.locator("main summary").first.click()
        await tell(world.curator.id)
        await expect(page.locator(".menu .badge")).to_have_text("1 waiting")
        await expect(page.locator("[data-live-part=part] time").first).not_to_have_attribute("datetime", before or "")
        await expect(page.locator("main details").first).to_have_attribute("open", "")
        await page.locator("[data-live-bar] [data-live-switch]").click()
        await expect(page.locator("[data-live-bar]")).to_contain_text("Stopped")
        await expect(page.locator("[data-live-bar]")).to_have_attribute("data-state", "off")
        assert problems == []
