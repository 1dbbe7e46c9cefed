"""Who is calling: bearer tokens and session cookies, verified against the database and believed for a few seconds.

The belief is dropped at once when any account, session or token changes (a trigger announces it at commit); while the line that
carries those announcements is down, nothing is believed without asking.
"""

import asyncio
import contextlib
import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
import structlog

from piecework.platform import db

log = structlog.get_logger()

TOKEN_PREFIX = "pw_"  # noqa: S105 - a prefix, not a secret
COOKIE = "piecework_session"
MOST_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller: an account with its roles; through a token, no more than the token's scopes."""

    account_id: UUID
    name: str
    roles: frozenset[str]
    scopes: frozenset[str] | None
    """None: everything the roles allow (a session). Otherwise the permissions this token was given."""
    by_cookie: bool
    expires_at: datetime | None = None
    """When the session or token ends by itself."""

    def may(self, permission: str, table: Mapping[str, frozenset[str]]) -> bool:
        """True if a role holds the permission and the token's scopes include it."""
        if self.scopes is not None and permission not in self.scopes and "*" not in self.scopes:
            return False
        return not self.roles.isdisjoint(table.get(permission, frozenset()))


NOBODY = Principal(UUID(int=0), "", frozenset(), None, by_cookie=False)


def new_secret(prefix: str = TOKEN_PREFIX) -> tuple[str, bytes]:
    """A new secret with 256 random bits, and the hash to store."""
    secret = prefix + secrets.token_urlsafe(32)
    return secret, hash_secret(secret)


def hash_secret(secret: str) -> bytes:
    """SHA-256: a secret of 256 random bits needs no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


class Principals:
    """The verified callers of one process."""

    def __init__(self, believe_s: float) -> None:
        self._believe_s = believe_s
        self._known: dict[bytes, tuple[float, Principal]] = {}
        self._line_up = False
        self._forgotten = 0

    async def by_token(self, secret: str, *, afresh: bool = False) -> Principal | None:
        """The principal of a bearer token, or None if it is not valid now; `afresh`, whatever is believed."""
        return await self._find(
            hash_secret(secret),
            """SELECT a.id, a.name, a.roles, t.scopes, t.expires_at, now() FROM api_token t JOIN account a ON a.id = t.account_id
               WHERE t.hash = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now())
                 AND a.state = 'active'""",
            by_cookie=False,
            afresh=afresh,
        )

    async def by_cookie(self, secret: str, *, afresh: bool = False) -> Principal | None:
        """The principal of a session cookie, or None if it is not valid now; `afresh`, whatever is believed."""
        return await self._find(
            hash_secret(secret),
            """SELECT a.id, a.name, a.roles, NULL::text[] AS scopes, s.expires_at, now() FROM session s JOIN account a ON a.id = s.account_id
               WHERE s.hash = $1 AND s.expires_at > now() AND a.state = 'active'""",
            by_cookie=True,
            afresh=afresh,
        )

    async def _find(self, digest: bytes, sql: str, *, by_cookie: bool, afresh: bool) -> Principal | None:
        known = self._known.get(digest)
        if not afresh and known is not None and known[0] > time.monotonic():
            return known[1]
        forgotten = self._forgotten
        found = await db.row(sql, digest)
        if found is None:
            return None
        scopes = None if found["scopes"] is None else frozenset(found["scopes"])
        principal = Principal(
            found["id"], found["name"], frozenset(found["roles"]), scopes, by_cookie=by_cookie, expires_at=found["expires_at"]
        )
        if self._line_up and forgotten == self._forgotten:  # else this was read before a change that has been heard of since
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            left_s = (found["expires_at"] - found["now"]).total_seconds() if found["expires_at"] else self._believe_s
            self._known[digest] = (time.monotonic() + min(self._believe_s, left_s), principal)
        return principal

    def forget(self) -> None:
        """Believe nothing that was verified before now."""
        self._forgotten += 1
        self._known.clear()

    def _line_lost(self, _connection: object) -> None:
        self._line_up = False
        self.forget()

    async def watch(self) -> None:
        """Listen for changes of identities; runs for the life of the process."""
        while True:
            with contextlib.suppress(*db.OUTAGE, asyncpg.PostgresError):
                async with db.listen("identity_changed", lambda _payload: self.forget()) as connection:
                    connection.add_termination_listener(self._line_lost)
                    self.forget()
                    self._line_up = True
                    while not connection.is_closed():
                        await connection.execute("SELECT 1", timeout=5)
                        await asyncio.sleep(1)
            self._line_up = False
            self.forget()
            log.warning("identity.line_down")
            await asyncio.sleep(0.5)
