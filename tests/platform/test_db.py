"""The database: migrations at once, facts that cannot be changed, what the roles may do, connections that come back."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from piecework.platform import composition, db
from piecework.platform.errors import SetupError
from piecework.platform.servers import Servers
from tests.conftest import _run, url_of
from tests.traceless import nothing_changes
from tests.world import World

ROOT = Path(__file__).parents[2]
_numbers = itertools.count()


@pytest.fixture
async def empty(servers: Servers) -> AsyncIterator[db.Config]:
    """A database without a schema."""
    name = f"empty_{os.getpid()}_{next(_numbers)}"
    await _run(servers, f"CREATE DATABASE {name}")
    yield composition.database_config(url_of(servers, name))
    await _run(servers, f"DROP DATABASE {name} WITH (FORCE)")


class TestMigrate:
    async def test_ten_at_once_bring_up_one_schema(self, empty: db.Config) -> None:
        assert not await db.at_head(empty)
        await asyncio.gather(*(db.migrate(empty) for _ in range(10)))
        assert await db.at_head(empty)
        async with db.connected(empty):
            applied = [(row["app"], row["name"]) for row in await db.rows("SELECT app, name FROM tortoise_migrations")]
        shipped = [
            (part.name, file.stem) for part in composition.PARTS for file in (ROOT / part.name / "migrations").glob("0*.py")
        ]
        assert sorted(applied) == sorted(shipped)

    async def test_migrating_again_changes_nothing(self, database: db.Config) -> None:
        await db.execute("INSERT INTO login_failure (email) VALUES ('x')")
        await db.migrate(database)
        assert await db.scalar("SELECT count(*) FROM login_failure") == 1

    async def test_an_unreachable_database_is_told_in_one_line_without_the_password(self) -> None:
        config = db.Config(url="postgresql://me:secret@127.0.0.1:1/nowhere", connect_timeout_s=2)
        with pytest.raises(SetupError) as told:
            await db.migrate(config)
        assert "secret" not in str(told.value)
        assert "\n" not in str(told.value)


FACTS = ["trail", "answer", "contract", "decision", "evidence", "truth"]


class TestAppendOnly:
    async def fill(self, world: World) -> None:
        await world.project()
        await world.tickets(2)
        await world.curator.ok(
            "POST",
            "/projects/orders/golden",
            {"step": "classify", "input": {"text": "g"}, "answers": [{"answer": {"topic": "a"}}]},
        )
        for name in ("one", "two", "three"):
            person = await world.worker(name)
            for held in await person.claim(2):
                await person.answer(held, {"topic": "a"})
        await world.drain()

    async def test_facts_cannot_be_changed_by_the_application_nor_by_accident_of_the_owner(
        self, world: World, subtests: pytest.Subtests
    ) -> None:
        await self.fill(world)
        async with nothing_changes():
            for table in FACTS:
                with subtests.test(table=table):
                    count = await db.scalar(f"SELECT count(*) FROM {table}")
                    assert count > 0
                    column = await db.scalar(
                        "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum = 2", table
                    )
                    statements = [f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"]
                    for statement in statements:
                        for on in (db.APP, db.FREELANCER):
                            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                                await db.execute(statement, on=on)
                        with pytest.raises(asyncpg.RestrictViolationError):
                            await world.as_owner(statement)
                    assert await db.scalar(f"SELECT count(*) FROM {table}") == count

    async def test_every_table_that_is_never_changed_is_guarded_in_every_way(self, world: World) -> None:
        guarded = await db.rows(
            """SELECT r.name, array_agg(t.tgname::text) AS guards,
                      bool_or(has_table_privilege(role, r.name, 'UPDATE, DELETE, TRUNCATE')) AS open
               FROM pg_trigger t CROSS JOIN LATERAL (SELECT t.tgrelid::regclass::text AS name) r
               CROSS JOIN unnest(ARRAY['piecework_app', 'piecework_freelancer']) AS role
               WHERE t.tgname LIKE 'append_only%' GROUP BY 1"""
        )
        assert {row["name"] for row in guarded} >= {
            *FACTS,
            "entry",
            "posting",
            "statement",
            "seal",
            "tax_table",
            "deduction_part",
        }
        assert {
            row["name"] for row in guarded if row["open"] or set(row["guards"]) != {"append_only", "append_only_truncate"}
        } == set()

    async def test_the_application_cannot_take_the_guards_away(self, world: World, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for statement in [
                "ALTER TABLE trail DISABLE TRIGGER ALL",
                "SET session_replication_role = replica",
                "DROP TABLE trail",
                "CREATE TABLE mine (id int)",
                "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            ]:
                with subtests.test(statement=statement):
                    for on in (db.APP, db.FREELANCER):
                        with pytest.raises(asyncpg.InsufficientPrivilegeError):
                            await db.execute(statement, on=on)


class TestTransactions:
    async def test_all_or_nothing(self, database: db.Config) -> None:
        async def half() -> None:
            async with db.transaction():
                await db.execute("INSERT INTO login_failure (email) VALUES ('x')")
                raise RuntimeError

        with pytest.raises(RuntimeError):
            await half()
        assert await db.scalar("SELECT count(*) FROM login_failure") == 0

    async def test_cancelled_work_is_rolled_back_and_its_connection_comes_back(self, database: db.Config) -> None:
        async def work(begun: asyncio.Event) -> None:
            async with db.transaction():
                await db.execute("INSERT INTO login_failure (email) VALUES ('x')")
                begun.set()
                await db.scalar("SELECT pg_sleep(30)")

        for _ in range(12):  # more than the pool has
            begun = asyncio.Event()
            task = asyncio.create_task(work(begun))
            await begun.wait()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert await db.scalar("SELECT count(*) FROM login_failure") == 0
        connection = await asyncpg.connect(**db.database_url_parts(database.url))
        try:
            idle = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
            )
            assert await connection.fetchval(idle) == 0
        finally:
            await connection.close()

    async def test_a_lost_connection_is_replaced(self, world: World) -> None:
        await world.as_owner(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        statuses = [(await world.requester.call("GET", "/me")).status_code for _ in range(12)]
        assert set(statuses) <= {200, 503}
        assert statuses[-1] == 200


class TestRoles:
    async def test_neither_of_the_applications_roles_owns_anything(self, database: db.Config) -> None:
        owned = await db.scalar(
            "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname LIKE 'piecework\\_%'"
        )
        assert owned == 0

    async def test_the_pools_run_as_their_roles(self, database: db.Config) -> None:
        assert await db.scalar("SELECT current_user") == "piecework_app"
        assert await db.scalar("SELECT current_user", on=db.FREELANCER) == "piecework_freelancer"

    async def test_connections_do_not_wait_for_ever(self, database: db.Config) -> None:
        for on in (db.APP, db.FREELANCER):
            limits = [
                await db.scalar(f"SHOW {name}", on=on)
                for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
            ]
            assert limits == ["1min", "20s", "1min"]
