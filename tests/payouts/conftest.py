"""A connection that may do what the application's role may not."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from piecework.platform import db


@pytest.fixture
async def owner(database: db.Config) -> AsyncIterator[asyncpg.Connection]:
    """A connection as the database's owner, to break what the application cannot."""
    connection = await asyncpg.connect(**db.database_url_parts(database.url))
    yield connection
    await connection.close()
