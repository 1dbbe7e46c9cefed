"""Databases that outlive a test, with their connections: a test finds its database as new, but everything in it is warm.

A new database costs a copy of a thousand files, and each new connection to it reads the catalogue, compiles the functions and plans the
statements once more: more than half of what a test of the whole application would take. So a database is given from test to test. When a
test is over, the rows that it added, changed or removed are as they were, and its sequences too. A database in which a test has changed
anything but rows is dropped, and so is one that has grown large.
"""

import asyncio
import io
import itertools
import os
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import asyncpg
import tortoise.context
from tortoise.context import TortoiseContext

from piecework.platform import composition, db
from piecework.platform.db import statements
from piecework.platform.db.lanes import Lanes

_TABLES = """
SELECT oid::regclass::text FROM pg_class
WHERE relkind = 'r' AND relpersistence <> 't' AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema') ORDER BY oid"""
_COLUMNS = """
SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute
WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"""
_SEQUENCES = """
SELECT string_agg(format('setval(%L, %s, %L)', format('%I.%I', schemaname, sequencename), coalesce(last_value, start_value),
                         last_value IS NOT NULL), ', ') FROM pg_sequences"""
_SHAPE = "SELECT ARRAY[{}]".format(
    ", ".join(
        f"(SELECT (count(*), max(xmin::text::bigint))::text FROM {catalogue})"
        for catalogue in (
            *("pg_class WHERE relpersistence <> 't'", "pg_attribute", "pg_attrdef", "pg_constraint", "pg_index", "pg_namespace"),
            *("pg_policy", "pg_proc", "pg_rewrite", "pg_statistic", "pg_trigger", "pg_db_role_setting"),
            "pg_database WHERE datname = current_database()",
        )
    )
)
"""Something that is another after every change of tables, functions, triggers, rights or statistics."""
_WRITTEN = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
_END_OTHERS = """
SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> ALL ($1::int[])"""
_PLAIN = "RESET ALL; SELECT pg_advisory_unlock_all(); DISCARD TEMP; UNLISTEN *"

IDLE = 3
"""How many databases are kept while no test uses them."""
STATEMENTS = 2_000
"""How many statements a connection remembers: a worker or a web process uses fewer than the tests of them all."""
BYTES = 16 * 1024**2
"""How much a test may write into a database that others use after it."""
USES = 100
"""How many tests a database serves: what they removed still takes room in it."""


@dataclass(frozen=True)
class _Seeds:
    """What the databases of one origin hold before a test."""

    tables: list[str]
    rows: dict[str, tuple[list[str], bytes]]
    """Columns and rows, as COPY writes them, of the tables that are not empty."""
    sequences: str
    """Puts the sequences back."""

    @classmethod
    async def of(cls, owner: asyncpg.Connection) -> "_Seeds":
        tables = [row[0] for row in await owner.fetch(_TABLES)]
        rows = {}
        for table in tables:
            if await owner.fetchval(f"SELECT EXISTS (SELECT FROM {table})"):
                columns, copied = await owner.fetchval(_COLUMNS, table), io.BytesIO()
                quoted = ", ".join(f'"{column}"' for column in columns)
                await owner.copy_from_query(f"SELECT {quoted} FROM {table} ORDER BY ctid", output=copied, format="binary")
                rows[table] = (columns, copied.getvalue())
        return cls(tables, rows, f"SELECT {await owner.fetchval(_SEQUENCES)}")

    @property
    def look(self) -> str:
        """A statement that names the tables that have rows and should not, and tells the others' rows by when they were written."""
        filled = (f"CASE WHEN EXISTS (SELECT FROM {table}) THEN '{table}' END" for table in self.tables if table not in self.rows)
        seeded = (f"(SELECT (count(*), sum(xmin::text::bigint))::text FROM {table})" for table in self.rows)
        return f"SELECT array_remove(ARRAY[{', '.join(filled)}], NULL), ARRAY[{', '.join(seeded)}]::text[]"


@dataclass
class Kept:
    """A database, and everything that is connected to it."""

    origin: str
    config: db.Config
    context: TortoiseContext
    lanes: Lanes
    owner: asyncpg.Connection
    verifier: asyncpg.Connection
    seeds: _Seeds
    look: Any
    """The prepared `seeds.look`."""
    shape: list[str]
    seeded: list[str]
    broken: Any = None
    """The prepared statement for the names of the broken invariants."""
    written: int = 0
    """Where the server's log stood when the test began."""
    uses: int = 0
    connected: bool = False
    lent: bool = False

    @classmethod
    async def open(cls, origin: str, config: db.Config, seeds: _Seeds | None) -> "Kept":
        """Connect to a database that nobody has used."""
        parts = db.database_url_parts(config.url)
        owner = await asyncpg.connect(**parts, server_settings={"jit": "off"})
        verifier = await asyncpg.connect(**parts, server_settings=config.server_settings(db.APP))
        with TortoiseContext() as context:
            settings = config.tortoise()
            settings["connections"][db.APP]["credentials"]["statement_cache_size"] = STATEMENTS
            await context.init(config=settings)
            await context.connections.get(db.APP).execute_query("SELECT 1")
        seeds = seeds or await _Seeds.of(owner)
        look = await owner.prepare(seeds.look)
        _, seeded = await look.fetchrow()
        shape = await owner.fetchval(_SHAPE)
        lanes = Lanes(config.open_lane, config.pool_size)
        return cls(origin, config, context, lanes, owner, verifier, seeds, look, shape, seeded)

    @property
    def _pool(self) -> asyncpg.Pool:
        return self.context.connections.get(db.APP)._pool

    def _rests(self) -> bool:
        """Nothing of it is in use, nor was anything of it lost."""
        whole = not self.owner.is_closed() and not self.verifier.is_closed() and not self.owner.is_in_transaction()
        idle = len(self.lanes._idle) == self.lanes._count and self._pool.get_idle_size() == self._pool.get_size()
        return whole and idle and not self.connected and not self.lent

    def _served_by(self) -> list[int]:
        pooled = [holder._con for holder in self._pool._holders if holder._con is not None]
        return [one.get_server_pid() for one in (*pooled, *self.lanes._idle, self.owner, self.verifier) if not one.is_closed()]

    @asynccontextmanager
    async def lend_owner(self) -> AsyncIterator[asyncpg.Connection]:
        """The owner's connection, as new."""
        self.lent = True
        try:
            yield self.owner
        finally:
            self.lent = False
            if not self.owner.is_closed() and not self.owner.is_in_transaction():
                await self.owner.reset()
                await self.owner.execute(_PLAIN)

    async def restore(self) -> bool:
        """Put back every row and sequence that is not as it was before the first test; False if it cannot be used again."""
        self.uses += 1
        if self.uses >= USES or not self._rests():
            return False
        await self.owner.fetch(_END_OTHERS, self._served_by())
        if await self.owner.fetchval(_WRITTEN) - self.written > BYTES or await self.owner.fetchval(_SHAPE) != self.shape:
            return False
        filled, seeded = await self.look.fetchrow()
        changed = [table for table, then, now in zip(self.seeds.rows, self.seeded, seeded, strict=True) if then != now]
        removals = "; ".join(f"DELETE FROM {table}" for table in (*filled, *changed))
        async with self.owner.transaction():
            await self.owner.execute(f"SET LOCAL session_replication_role = replica; {removals}; {self.seeds.sequences}")
            for table in changed:
                columns, rows = self.seeds.rows[table]
                schema, _, name = table.rpartition(".")
                await self.owner.copy_to_table(
                    name, schema_name=schema or None, source=io.BytesIO(rows), columns=columns, format="binary"
                )
        if changed:
            _, self.seeded = await self.look.fetchrow()
        return True

    async def broken_invariants(self) -> list[str]:
        """The names of those that are queries, all of them in one statement that is planned once."""
        if self.broken is None:
            named = ((one.name, one.violations) for one in composition.invariants() if isinstance(one.violations, str))
            looks = ", ".join(f"CASE WHEN EXISTS ({violations}) THEN '{name}' END" for name, violations in named)
            self.broken = await self.verifier.prepare(f"SELECT array_remove(ARRAY[{looks}], NULL)")
        names: list[str] = await self.broken.fetchval()
        return names

    async def close(self) -> None:
        """Close every connection to it."""
        await self.lanes.close()
        self._pool.terminate()
        await self.context.close_connections()
        self.owner.terminate()
        self.verifier.terminate()


def kept_at(url: str | None) -> Kept | None:
    """The kept database in use at this URL, if it is one and this is the loop of its connections."""
    return Keeper.current.of(url) if Keeper.current is not None else None


class Keeper:
    """The databases of a process, for the tests of one event loop."""

    current: "ClassVar[Keeper | None]" = None

    def __init__(self, server_url: str) -> None:
        self._parts = db.database_url_parts(server_url)
        self._url = server_url
        self._loop = asyncio.get_running_loop()
        self._numbers = itertools.count()
        self._seeds: dict[str, _Seeds] = {}
        self._idle: deque[tuple[str, Kept]] = deque()
        self._used: dict[str, Kept] = {}
        self._server: asyncpg.Connection | None = None
        self._really_connected = db.connected

    @classmethod
    @asynccontextmanager
    async def open(cls, server_url: str) -> AsyncIterator["Keeper"]:
        """For the life of the running loop. Meanwhile `db.connected` finds the databases in use connected already."""
        cls.current = keeper = cls(server_url)
        db.connected = keeper._connected  # type: ignore[assignment]
        try:
            yield keeper
        finally:
            cls.current, db.connected = None, keeper._really_connected
            for _, kept in keeper._idle:
                await kept.close()
            if keeper._server is not None:
                await keeper._server.close()

    @asynccontextmanager
    async def database(self, origin: str) -> AsyncIterator[str]:
        """The URL of a database that is a copy of this one as far as anybody can tell."""
        name, kept = await self._taken(origin)
        kept.written = await kept.owner.fetchval(_WRITTEN)
        tasks = asyncio.all_tasks()
        self._used[kept.config.url] = kept
        try:
            yield kept.config.url
        finally:
            del self._used[kept.config.url]
            left = asyncio.all_tasks() - tasks - {asyncio.current_task()}  # a fixture's end is a task of its own
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            if await kept.restore():
                self._idle.append((name, kept))
            else:
                await self._drop(name, kept)

    def of(self, url: str | None) -> Kept | None:
        """The database in use at this URL, if it is one of these and this is their loop."""
        kept = self._used.get(url or "")
        return kept if kept is not None and asyncio.get_running_loop() is self._loop else None

    async def _taken(self, origin: str) -> tuple[str, Kept]:
        for one in self._idle:
            if one[1].origin == origin:
                self._idle.remove(one)
                return one
        while len(self._idle) >= IDLE:
            await self._drop(*self._idle.popleft())
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        await self._run(f"CREATE DATABASE {name} TEMPLATE {origin} STRATEGY FILE_COPY")
        config = composition.database_config(self._url.replace(f"/{self._parts['database']}?", f"/{name}?"))
        kept = await Kept.open(origin, config, self._seeds.get(origin))
        self._seeds[origin] = kept.seeds
        return name, kept

    async def _drop(self, name: str, kept: Kept) -> None:
        await kept.close()
        await self._run(f"DROP DATABASE {name} WITH (FORCE)")

    async def _run(self, sql: str) -> None:
        if self._server is None:
            self._server = await asyncpg.connect(**self._parts)
        await self._server.execute(sql)

    @asynccontextmanager
    async def _connected(self, config: db.Config) -> AsyncIterator[TortoiseContext]:
        kept = self.of(config.url)
        if kept is None or kept.connected or config != kept.config:
            async with self._really_connected(config) as context:
                yield context
            return
        kept.connected = True
        tortoise.context.set_global_context(kept.context)
        statements.lanes, statements.pool = kept.lanes, kept.context.connections.get(db.APP)
        try:
            yield kept.context
        finally:
            statements.lanes = statements.pool = None
            tortoise.context._global_context = None
            kept.connected = False
