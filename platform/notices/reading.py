"""A person's notices and their read marks."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db

ALL = """
SELECT n.id, n.kind, n.title, n.body, n.link, n.sent_at, m.read_at FROM notice n JOIN notice_mark m ON m.notice_id = n.id
WHERE n.account_id = $1 AND n.id < $2 ORDER BY n.id DESC LIMIT $3"""
UNREAD = """
SELECT n.id, n.kind, n.title, n.body, n.link, n.sent_at, m.read_at FROM notice_mark m JOIN notice n ON n.id = m.notice_id
WHERE m.account_id = $1 AND m.read_at IS NULL AND m.notice_id < $2 ORDER BY m.notice_id DESC LIMIT $3"""


async def page(account_id: UUID, before: UUID, limit: int, *, unread: bool) -> list[Any]:
    """A person's notices before one, the newest first; only those not read yet, if so asked."""
    return await db.rows(UNREAD if unread else ALL, account_id, before, limit)


async def words(account_id: UUID, notice_ids: Sequence[UUID]) -> dict[UUID, Any]:
    """What these notices of a person say, in the form that can be translated: title and body; those from before there was one are left out."""
    found = await db.rows(
        "SELECT id, words FROM notice WHERE account_id = $1 AND id = ANY ($2) AND words IS NOT NULL", account_id, list(notice_ids)
    )
    return {row["id"]: orjson.loads(row["words"]) for row in found}


async def unread(account_id: UUID) -> int:
    """How many notices a person has not read."""
    return int(await db.scalar("SELECT count(*) FROM notice_mark WHERE account_id = $1 AND read_at IS NULL", account_id))


async def read(account_id: UUID, notice_id: UUID) -> bool:
    """Mark a notice as read; the first time counts. False: this person has no such notice."""
    marked = await db.execute(
        "UPDATE notice_mark SET read_at = coalesce(read_at, clock_timestamp()) WHERE notice_id = $1 AND account_id = $2",
        notice_id,
        account_id,
    )
    return bool(marked)


async def read_all(account_id: UUID, last: UUID) -> int:
    """Mark every notice up to one as read; returns how many were not before."""
    return await db.execute(
        """UPDATE notice_mark SET read_at = clock_timestamp()
           WHERE account_id = $1 AND notice_id <= $2 AND read_at IS NULL""",
        account_id,
        last,
    )


async def seen(account_id: UUID, kind: str, key: str) -> None:
    """Mark as read the notice that pointed a person to what they have read now, if they were sent one."""
    await db.execute(
        """UPDATE notice_mark m SET read_at = clock_timestamp() FROM notice n
           WHERE n.account_id = $1 AND n.kind = $2 AND n.key = $3 AND m.notice_id = n.id AND m.read_at IS NULL""",
        account_id,
        kind,
        key,
    )
