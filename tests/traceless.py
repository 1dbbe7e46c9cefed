"""Many cases over one database, none of which can lean on another: what each of them leaves there is nothing."""

import contextlib
from collections.abc import AsyncIterator

from piecework.platform import db

_TABLES = """
SELECT relname::text AS name FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0"""


async def _contents() -> dict[str, tuple[int, int]]:
    """For each table with rows: how many, and a sum over all that they say."""
    looks = (
        f"SELECT '{row['name']}' AS name, count(*) AS rows, sum(hashtextextended(t::text, 0)) AS sum FROM {row['name']} t"
        for row in await db.rows(_TABLES)  # the few that take room: to look at each of them would be a fifth of a second
    )
    return {row["name"]: (row["rows"], row["sum"]) for row in await db.rows(" UNION ALL ".join(looks)) if row["rows"]}


@contextlib.asynccontextmanager
async def nothing_changes(*, but: str = "") -> AsyncIterator[None]:
    """Inside, no row of any table is added, changed or removed. `but`: a table that counts what was tried in vain."""
    before = await _contents()
    yield
    after = await _contents()
    changed = sorted(name for name in before | after if name != but and before.get(name) != after.get(name))
    assert not changed, f"these tables are not as they were: {changed}"


@contextlib.asynccontextmanager
async def undone(*statements: str) -> AsyncIterator[list[int]]:
    """Inside, the database's owner has run these statements, past every trigger; after it nothing of them is left.

    Yields how many rows each of them touched. What is inside sees it in the same transaction only.
    """
    with contextlib.suppress(_UndoneError):
        async with db.transaction():
            await db.execute("SET LOCAL ROLE NONE")
            await db.execute("SET LOCAL session_replication_role = replica")
            touched = [await db.execute(statement) for statement in statements]
            await db.execute("SET LOCAL session_replication_role = origin")
            await db.execute("SET LOCAL ROLE piecework_app")
            yield touched
            raise _UndoneError


@contextlib.asynccontextmanager
async def rehearsed() -> AsyncIterator[None]:
    """What the application's role does inside is undone, but for nothing that would not have been committed.

    Requests of a world are a part of it, for they are answered in the same task; what a freelancer's statements did stays.
    """
    with contextlib.suppress(_UndoneError):
        async with db.transaction():
            yield
            await db.execute("SET CONSTRAINTS ALL IMMEDIATE")
            raise _UndoneError


class _UndoneError(Exception):
    """Undo it."""
