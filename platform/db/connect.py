"""Connections: Tortoise's pool for the application's role, lanes for the freelancers'.

Two roles stand between the web and the tables. `piecework_app` runs the business; `piecework_freelancer` runs everything that a
freelancer's request reaches, and cannot read golden answers nor unmasked personal data whatever the code asks for.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
from tortoise import Tortoise
from tortoise.context import TortoiseContext

from piecework.platform.db import statements
from piecework.platform.db.lanes import Lanes
from piecework.platform.db.names import APP, FREELANCER
from piecework.platform.db.outage import OUTAGE
from piecework.platform.errors import SetupError

ROLES = {APP: "piecework_app", FREELANCER: "piecework_freelancer"}
BASE = {"jit": "off", "timezone": "UTC"}
KEPT_PLANS = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
"""A freelancer's statements find few rows by key: planned once per connection, by index, whatever the tables' statistics say now.

PostgreSQL would otherwise plan most of them anew at every call, which takes longer than running them (docs/performance.md).
"""


@dataclass(frozen=True, slots=True)
class Config:
    """How to reach the database and which models live in it."""

    url: str
    models: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Part name -> model modules."""
    migrations: Mapping[str, str] = field(default_factory=dict)
    """Part name -> package of migrations."""
    pool_size: int = 8
    statement_timeout_s: int = 60
    connect_timeout_s: float = 10.0

    def tortoise(self, *, as_owner: bool = False) -> dict[str, Any]:
        """Tortoise's configuration. As owner (migrations only) no role is set and statements may take their time."""
        credentials = {
            **database_url_parts(self.url),
            "minsize": 1,
            "maxsize": 1 if as_owner else self.pool_size,
            "server_settings": dict(BASE) if as_owner else self.server_settings(APP),
            "timeout": self.connect_timeout_s,
        }
        return {
            "connections": {APP: {"engine": "tortoise.backends.asyncpg", "credentials": credentials}},
            "apps": {
                part: {
                    "models": list(modules),
                    "default_connection": APP,
                    **({"migrations": self.migrations[part]} if part in self.migrations else {}),
                }
                for part, modules in self.models.items()
            },
            "use_tz": True,
            "timezone": "UTC",
        }

    def server_settings(self, name: str) -> dict[str, str]:
        """What the connections of one role are opened with: the role, limits, and for the hot path kept plans."""
        settings = {
            **BASE,
            "application_name": f"piecework-{name}",
            "role": ROLES[name],
            "statement_timeout": str(self.statement_timeout_s * 1000),
            "idle_in_transaction_session_timeout": "60000",
            "lock_timeout": "20000",
        }
        return settings | KEPT_PLANS if name == FREELANCER else settings

    async def open_lane(self) -> asyncpg.Connection:
        """One connection of the freelancer-facing role."""
        parts = database_url_parts(self.url)
        return await asyncpg.connect(**parts, timeout=self.connect_timeout_s, server_settings=self.server_settings(FREELANCER))


def database_url_parts(url: str) -> dict[str, Any]:
    """Split a PostgreSQL URL into host, port, user, password, database (+ ssl). `?host=/folder` means a Unix socket."""
    split = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(split.query).items()}
    parts: dict[str, Any] = {
        "host": query.get("host") or split.hostname or "127.0.0.1",
        "port": split.port or int(query.get("port", 5432)),
        "user": unquote(split.username or query.get("user", "postgres")),
        "password": unquote(split.password) if split.password else None,
        "database": unquote(split.path.lstrip("/")) or "postgres",
    }
    if query.get("sslmode"):
        parts["ssl"] = query["sslmode"]
    return parts


def unreachable(url: str, error: BaseException) -> SetupError:
    """One line about a database that does not answer, without the password."""
    parts = database_url_parts(url)
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return SetupError(
        f"Cannot reach the database {parts['database']} at {parts['host']}:{parts['port']} ({reason}). "
        "Check DATABASE_URL and that the server runs, or unset it to use the embedded one."
    )


@asynccontextmanager
async def connected(config: Config) -> AsyncIterator[TortoiseContext]:
    """Open both pools for the life of a process (or a test) and make the models usable from any task.

    Raises:
        SetupError: the database cannot be reached, in one line.
    """
    context = await Tortoise.init(config=config.tortoise(), _enable_global_fallback=True)
    lanes = Lanes(config.open_lane, config.pool_size)
    statements.lanes, statements.pool = lanes, context.connections.get(APP)
    try:
        try:
            await context.connections.get(APP).execute_query("SELECT 1")
            await lanes.run("execute", "SELECT 1", ())
        except (*OUTAGE, asyncpg.PostgresError) as error:
            raise unreachable(config.url, error) from error
        yield context
    finally:
        statements.lanes = statements.pool = None
        await lanes.close()
        await context.close_connections()
