"""Sending notices, in the transaction of what they tell about: what is not committed is not told."""

from collections.abc import Iterable
from uuid import UUID

from piecework.platform import db

# In the order of accounts, so that two senders of the same keys to many people wait for each other and never in a circle.
SEND = """
WITH sent AS (
    INSERT INTO notice (account_id, kind, key, title, body, link)
    SELECT account_id, $2, $3, $4, $5, $6 FROM unnest($1::uuid[]) AS account_id ORDER BY account_id
    ON CONFLICT ON CONSTRAINT notice_once DO NOTHING RETURNING id, account_id)
INSERT INTO notice_mark (notice_id, account_id) SELECT id, account_id FROM sent"""


async def send(account_ids: Iterable[UUID], kind: str, title: str, body: str, *, link: str = "", key: str | None = None) -> int:
    """Tell each of these accounts once, in the caller's transaction; returns how many were told.

    `kind` is a stable word like `week.missed`, `title` has 1 to 300 characters and `body` at most 20,000, both plain text in the
    person's language where it is known; `link` is a path of the API that it is about. With a `key`, a person gets one notice of
    this kind and key ever, however often and from however many at once it is sent.
    """
    return await db.execute(SEND, sorted(set(account_ids)), kind, key, title, body, link)
