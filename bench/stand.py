"""The stand: an embedded durable PostgreSQL (and Valkey), template databases, and fresh copies of them."""

import contextlib
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from piecework.platform import db
from piecework.platform.servers import Servers, embedded
from piecework.platform.settings import Settings

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Stand:
    """Running servers and a folder for what a run writes."""

    folder: Path
    servers: Servers

    def url(self, database: str) -> str:
        """The URL of a database on this stand."""
        return self.servers.database_url.replace("/piecework?", f"/{database}?")

    def settings(self, database: str) -> Settings:
        """The product's settings for a database."""
        return Settings(DATABASE_URL=self.url(database), REDIS_URL=self.servers.redis_url)

    def postmaster(self) -> int:
        """The process id of PostgreSQL."""
        return int((self.folder / "data" / "postgres" / "postmaster.pid").read_text().split()[0])

    @contextlib.asynccontextmanager
    async def connection(self, database: str) -> AsyncIterator[asyncpg.Connection]:
        """A connection as the owner."""
        made = await asyncpg.connect(**db.database_url_parts(self.url(database)), timeout=20)
        try:
            yield made
        finally:
            await made.close(timeout=10)

    async def template(self, name: str, source: str, fill: Callable[[asyncpg.Connection], Awaitable[None]]) -> None:
        """Make a template: a copy of `source`, filled, vacuumed, analysed and checkpointed."""
        await self._copy(name, source)
        async with self.connection(name) as connection:
            await fill(connection)
            await connection.execute("VACUUM (ANALYZE, FREEZE)")
            await connection.execute("CHECKPOINT")

    async def create(self, name: str) -> None:
        """Make an empty database."""
        async with self.connection("postgres") as connection:
            await connection.execute(f"CREATE DATABASE {name}")

    async def drop(self, name: str) -> None:
        """Remove a database."""
        async with self.connection("postgres") as connection:
            await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    @contextlib.asynccontextmanager
    async def copy(self, source: str) -> AsyncIterator[str]:
        """A fresh copy of a template, dropped at the end."""
        name = f"{source}_{next(_numbers)}"
        await self._copy(name, source)
        try:
            async with self.connection("postgres") as connection:
                await connection.execute("CHECKPOINT")
            yield name
        finally:
            await self.drop(name)

    async def _copy(self, name: str, source: str) -> None:
        async with self.connection("postgres") as connection:
            await connection.execute(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY FILE_COPY")


@contextlib.contextmanager
def opened(kept: Path | None = None) -> Iterator[Stand]:
    """Start the stand in a temporary folder; stop it and remove the folder whatever happens. A folder that is named stays."""
    folder = kept or Path(tempfile.mkdtemp(prefix="piecework-bench-"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)
        with embedded(folder / "data", durable=True) as servers:
            yield Stand(folder, servers)
    finally:
        if kept is None:
            shutil.rmtree(folder, ignore_errors=True)
