"""Connections: Tortoise's pools over asyncpg, one per database role.

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

from piecework.platform.db.outage import OUTAGE
from piecework.platform.errors import SetupError

APP = "default"
FREELANCER = "freelancer"
ROLES = {APP: "piecework_app", FREELANCER: "piecework_freelancer"}
KEPT_PLANS = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
"""A freelancer's statements find few rows by key: planned once per connection, by index, whatever the tables' statistics say now.

PostgreSQL would otherwise plan most of them anew at every call, which takes longer than running them (docs/performance.md).
"""


class KeptConnection(asyncpg.Connection):  # type: ignore[misc]
    """A connection that is not reset when it returns to the pool.

    asyncpg's reset is a round trip per acquire (110-160 us of database time per pair of requests, docs/performance.md). It is
    safe to leave out because no code here sets session state: settings come with the connection, locks end with transactions.
    """

    def get_reset_query(self) -> str:
        """Nothing to undo."""
        return ""


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
        names = [APP] if as_owner else [APP, FREELANCER]
        return {
            "connections": {name: self._connection(name, as_owner=as_owner) for name in names},
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

    def _connection(self, name: str, *, as_owner: bool) -> dict[str, Any]:
        settings = {"application_name": f"piecework-{name}", "jit": "off", "timezone": "UTC"}
        if not as_owner:
            settings |= {
                "role": ROLES[name],
                "statement_timeout": str(self.statement_timeout_s * 1000),
                "idle_in_transaction_session_timeout": "60000",
                "lock_timeout": "20000",
            }
        if name == FREELANCER:
            settings |= KEPT_PLANS
        parts = database_url_parts(self.url)
        return {
            "engine": "tortoise.backends.asyncpg",
            "credentials": {
                **parts,
                "minsize": 1,
                "maxsize": 1 if as_owner else self.pool_size,
                "connection_class": KeptConnection,
                "server_settings": settings,
                "timeout": self.connect_timeout_s,
            },
        }


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
    try:
        try:
            for name in (APP, FREELANCER):
                await context.connections.get(name).execute_query("SELECT 1")
        except (*OUTAGE, asyncpg.PostgresError) as error:
            raise unreachable(config.url, error) from error
        yield context
    finally:
        await context.close_connections()
