"""`Idempotency-Key`: the first reply to (account, key) is stored in the same transaction as its effect and given to every retry."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from piecework.platform import db
from piecework.platform.errors import Conflict, Invalid, Problem
from piecework.platform.said import Said

LONGEST = 255
REPLAYED = {"idempotency-replayed": "true"}
"""The header of a reply that was given before."""


class KeyReused(Problem):
    """The key was used before for another request."""

    code = "idempotency_key_reused"
    status = 422
    title = "This Idempotency-Key belongs to another request."


class KeyInFlight(Conflict):
    """The first request with this key has not ended yet."""

    code = "idempotency_key_in_flight"
    title = "The first request with this Idempotency-Key is still being worked on."


@dataclass(frozen=True, slots=True)
class Stored:
    """A reply given before."""

    status: int
    body: bytes


def fingerprint(method: str, path: str, query: str, body: bytes) -> bytes:
    """What makes a request the same request."""
    return hashlib.sha256(b"\0".join([method.encode(), path.encode(), query.encode(), body])).digest()


def check(key: str) -> None:
    """Raises Invalid: this cannot be a key."""
    if not 1 <= len(key) <= LONGEST or not all("!" <= character <= "~" for character in key):
        raise Invalid(
            errors=[{"field": "Idempotency-Key", "code": "bad_key", "message": Said("1 to 255 visible ASCII characters.")}]
        )


async def begin(account_id: UUID, key: str, print_: bytes) -> Stored | None:
    """Reserve the key in the current transaction; a reply if the request was answered before.

    A second request with the same key waits here for the first one's commit, then sees its reply.

    Raises:
        KeyReused, KeyInFlight, Invalid: the key cannot be used for this request.
    """
    check(key)
    if await db.execute(
        "INSERT INTO idempotency (account_id, key, fingerprint) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        account_id,
        key,
        print_,
    ):
        return None
    known = await db.row("SELECT fingerprint, status, body FROM idempotency WHERE account_id = $1 AND key = $2", account_id, key)
    if known is None or known["status"] is None:
        raise KeyInFlight
    if known["fingerprint"] != print_:
        raise KeyReused
    return Stored(known["status"], known["body"])


async def end(account_id: UUID, key: str, status: int, body: bytes) -> None:
    """Store the reply beside its effect."""
    await db.execute(
        "UPDATE idempotency SET status = $3, body = $4 WHERE account_id = $1 AND key = $2", account_id, key, status, body
    )
