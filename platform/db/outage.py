"""The errors by which a lost or unreachable database shows itself."""

import asyncpg
from tortoise.exceptions import DBConnectionError

OUTAGE = (
    OSError,
    TimeoutError,
    DBConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
)
"""What was under way has failed, or (a commit whose reply was lost) has not: only what carries a key of its own may be repeated."""
