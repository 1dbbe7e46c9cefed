"""Migrations: Tortoise's own, under an advisory lock of ours, so that ten processes may start at once."""

import importlib
import pkgutil
from pathlib import Path

import asyncpg
from tortoise.context import TortoiseContext
from tortoise.migrations.api import migrate as run_migrations

from piecework.platform.db.connect import Config, database_url_parts, unreachable
from piecework.platform.db.outage import OUTAGE
from piecework.platform.errors import SetupError

LOCK = 0x70696563_65776F72  # "piecewor": any constant will do, but every process must use the same


async def _owner(config: Config) -> asyncpg.Connection:
    parts = database_url_parts(config.url)
    try:
        return await asyncpg.connect(**parts, timeout=config.connect_timeout_s)
    except (*OUTAGE, asyncpg.PostgresError) as error:
        raise unreachable(config.url, error) from error


async def migrate(config: Config) -> None:
    """Bring the schema to the newest version. Safe to call from any number of processes at once; all but one just wait.

    Raises:
        SetupError: the database cannot be reached, or refuses (rights, a newer schema), in one line.
    """
    guard = await _owner(config)
    try:
        await guard.execute("SELECT pg_advisory_lock($1)", LOCK)
        if await _missing(config, guard):
            async with TortoiseContext():
                await run_migrations(config=config.tortoise(as_owner=True))
    except asyncpg.PostgresError as error:
        raise SetupError(f"The database refused a migration: {error}. The user in DATABASE_URL must own it.") from error
    finally:
        await guard.close()


async def at_head(config: Config) -> bool:
    """True if every migration that this version ships has been applied."""
    guard = await _owner(config)
    try:
        return not await _missing(config, guard)
    finally:
        await guard.close()


async def _missing(config: Config, connection: asyncpg.Connection) -> set[tuple[str, str]]:
    shipped = {(part, name) for part, package in config.migrations.items() for name in _shipped(package)}
    if await connection.fetchval("SELECT to_regclass('tortoise_migrations')") is None:
        return shipped
    applied = {(r["app"], r["name"]) for r in await connection.fetch("SELECT app, name FROM tortoise_migrations")}
    return shipped - applied


def _shipped(package: str) -> list[str]:
    module = importlib.import_module(package)
    return [info.name for info in pkgutil.iter_modules(module.__path__) if info.name[:4].isdigit()]


def sql_file(module_file: str, name: str) -> str:
    """Text of an SQL file beside a migrations package (in `sql/`), for RunSQL."""
    return (Path(module_file).parent.parent / "sql" / name).read_text(encoding="utf-8")
