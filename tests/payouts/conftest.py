"""A connection that may do what the application's role may not."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from piecework.platform import db
from tests.kept import kept_at


@pytest.fixture
async def owner(database: db.Config) -> AsyncIterator[asyncpg.Connection]:
    """A connection as the database's owner, to break what the application cannot."""
    kept = kept_at(database.url)
    assert kept is not None
    async with kept.lend_owner() as connection:
        yield connection
