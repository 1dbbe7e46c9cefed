"""Sending notices, in the transaction of what they tell about: what is not committed is not told."""

from collections.abc import Iterable
from uuid import UUID

import orjson

from piecework.platform import db
from piecework.platform.said import Said, Words, packed, plain

MOST_TITLE = 300

# In the order of accounts, so that two senders of the same keys to many people wait for each other and never in a circle.
SEND = """
WITH sent AS (
    INSERT INTO notice (account_id, kind, key, title, body, link, words)
    SELECT account_id, $2, $3, $4, $5, $6, $7::jsonb FROM unnest($1::uuid[]) AS account_id ORDER BY account_id
    ON CONFLICT ON CONSTRAINT notice_once DO NOTHING RETURNING id, account_id)
INSERT INTO notice_mark (notice_id, account_id) SELECT id, account_id FROM sent"""


async def send(
    account_ids: Iterable[UUID], kind: str, title: str | Said, body: Words, *, link: str = "", key: str | None = None
) -> int:
    """Tell each of these accounts once, in the caller's transaction; returns how many were told.

    `kind` is a stable word like `week.missed`. Title and body are plain text: what is `Said` is shown in the language of who reads it,
    words that somebody wrote as they are. In English the title has 1 to 300 characters (a longer one is cut) and the body at most 20,000. `link`
    is a path of the API that it is about. With a `key`, a person gets one notice of this kind and key ever, however often and from however
    many at once it is sent.
    """
    words = orjson.dumps({"title": packed(title), "body": packed(body)}).decode()
    return await db.execute(SEND, sorted(set(account_ids)), kind, key, str(title)[:MOST_TITLE], plain(body), link, words)
