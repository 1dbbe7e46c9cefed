"""The hot path's connections."""

import asyncio

import asyncpg
import pytest

from piecework.platform import db
from piecework.platform.db.lanes import Lanes

PID = "SELECT pg_backend_pid()"


@pytest.fixture
async def lanes(database: db.Config):
    opened = Lanes(database.open_lane, 2)
    yield opened
    await opened.close()


class TestLanes:
    async def test_no_more_connections_are_opened_than_allowed(self, lanes: Lanes) -> None:
        pids = await asyncio.gather(*(lanes.run("fetchval", f"{PID} FROM pg_sleep(0.01)", ()) for _ in range(20)))
        assert len(set(pids)) == 2

    async def test_a_refused_statement_leaves_its_connection_as_good_as_before(self, lanes: Lanes) -> None:
        before = await lanes.run("fetchval", PID, ())
        with pytest.raises(asyncpg.UndefinedTableError):
            await lanes.run("fetch", "SELECT * FROM nothing", ())
        assert await lanes.run("fetchval", PID, ()) == before

    async def test_a_cancelled_statement_closes_its_connection_and_the_next_caller_gets_a_fresh_one(self, lanes: Lanes) -> None:
        before = await lanes.run("fetchval", PID, ())
        task = asyncio.create_task(lanes.run("execute", "SELECT pg_sleep(30)", ()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        after = await asyncio.gather(*(lanes.run("fetchval", f"{PID} FROM pg_sleep(0.01)", ()) for _ in range(4)))
        assert before not in after
        assert len(set(after)) == 2

    async def test_waiting_callers_that_give_up_do_not_hold_up_the_others(self, lanes: Lanes) -> None:
        busy = [asyncio.create_task(lanes.run("execute", "SELECT pg_sleep(0.05)", ())) for _ in range(2)]
        await asyncio.sleep(0)
        waiting = [asyncio.create_task(lanes.run("fetchval", PID, ())) for _ in range(6)]
        await asyncio.sleep(0)
        for task in waiting[:3]:
            task.cancel()
        outcome = await asyncio.gather(*busy, *waiting, return_exceptions=True)
        assert [isinstance(one, asyncio.CancelledError) for one in outcome] == [False] * 2 + [True] * 3 + [False] * 3

    async def test_who_waits_first_is_served_first(self, database: db.Config) -> None:
        lanes = Lanes(database.open_lane, 1)
        served: list[int] = []

        async def ask(number: int) -> None:
            await lanes.run("execute", "SELECT pg_sleep(0.002)", ())
            served.append(number)
            if number < 10:
                await ask(number + 10)  # a newcomer at the very moment a connection comes back

        await asyncio.gather(*(ask(number) for number in range(5)))
        assert served == [0, 1, 2, 3, 4, 10, 11, 12, 13, 14]
        await lanes.close()

    async def test_a_database_that_does_not_answer_is_told_and_tried_again(self, database: db.Config) -> None:
        tries = []

        async def open_() -> asyncpg.Connection:
            tries.append(1)
            if len(tries) < 3:
                raise ConnectionRefusedError
            return await database.open_lane()

        lanes = Lanes(open_, 1)
        for _ in range(2):
            with pytest.raises(ConnectionRefusedError):
                await lanes.run("fetchval", PID, ())
        assert await lanes.run("fetchval", "SELECT 1", ()) == 1
        await lanes.close()
