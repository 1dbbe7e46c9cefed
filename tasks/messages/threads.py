"""What follows a message: a thread for each recipient, who is one side of it; the other are the staff, whoever of them answers."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from piecework.platform import db, notices, trail
from piecework.platform.errors import NotFound, TooManyRequests
from piecework.platform.ids import uuid7
from piecework.platform.said import Said
from piecework.tasks.messages.sending import NOTICE

REPLIED = "message.replied"
REPLIES_AN_HOUR = 60
"""So many replies may one person write within an hour, over all threads."""
MOST_SHOWN = 200
"""So many replies of a thread are shown, the newest."""

MOST_URGENT = 20

# The staff of a thread: who sent the message and who has answered in it. If none of them is here any more: all curators.
STAFF = """
WITH taking_part AS (
    SELECT a.id FROM account a
    WHERE a.state = 'active' AND a.roles && '{curator,administrator}'::text[] AND a.id IN (
        SELECT sender_id FROM message WHERE id = $1
        UNION SELECT author_id FROM message_reply WHERE message_id = $1 AND account_id = $2 AND author_id <> $2))
SELECT id FROM taking_part
UNION ALL SELECT id FROM account
WHERE state = 'active' AND 'curator' = ANY (roles) AND NOT EXISTS (SELECT FROM taking_part)"""
MINE = """
SELECT m.id, m.title, m.body, m.must_read, m.sent_at, r.read_at,
       (SELECT count(*) FROM message_reply p WHERE p.message_id = m.id AND p.account_id = r.account_id) AS replies
FROM message_recipient r JOIN message m ON m.id = r.message_id"""
REPLIES = """
SELECT * FROM (
    SELECT p.id, p.author_id = p.account_id AS by_recipient, a.name AS author, p.body, p.sent_at
    FROM message_reply p JOIN account a ON a.id = p.author_id
    WHERE p.message_id = $1 AND p.account_id = $2 ORDER BY p.id DESC LIMIT $3) newest
ORDER BY id"""
SENT = """
SELECT m.id, m.sender_id, a.name AS sender, m.title, m.body, m.must_read, m.audience, m.recipients, m.sent_at,
       (SELECT count(*) FROM message_recipient r WHERE r.message_id = m.id AND r.read_at IS NOT NULL) AS read,
       (SELECT count(DISTINCT p.account_id) FROM message_reply p WHERE p.message_id = m.id AND p.author_id = p.account_id) AS answered
FROM message m JOIN account a ON a.id = m.sender_id"""
RECIPIENTS = """
SELECT r.account_id AS id, a.name, r.read_at, t.replies, t.last_at, coalesce(t.waiting, false) AS waiting
FROM message_recipient r JOIN account a ON a.id = r.account_id
CROSS JOIN LATERAL (
    SELECT count(*) AS replies, max(p.sent_at) AS last_at,
           (array_agg(p.author_id = p.account_id ORDER BY p.id DESC))[1] AS waiting
    FROM message_reply p WHERE p.message_id = r.message_id AND p.account_id = r.account_id) t
WHERE r.message_id = $1 AND r.account_id > $2 AND (NOT $3 OR t.waiting) ORDER BY r.account_id LIMIT $4"""


async def mine(account_id: UUID, before: UUID, limit: int, *, unread: bool) -> Sequence[Any]:
    """Messages to a person before one, the newest first; only those not read yet, if so asked."""
    return await db.rows(
        f"""{MINE} WHERE r.account_id = $1 AND r.message_id < $2 AND (NOT $3 OR r.read_at IS NULL)
            ORDER BY r.message_id DESC LIMIT $4""",
        account_id,
        before,
        unread,
        limit,
    )


async def must_read(account_id: UUID) -> Sequence[Any]:
    """The newest messages that a person must read and has not, at most `MOST_URGENT`."""
    return await db.rows(
        f"{MINE} WHERE r.account_id = $1 AND r.read_at IS NULL AND m.must_read ORDER BY r.message_id DESC LIMIT $2",
        account_id,
        MOST_URGENT,
    )


async def one_of_mine(account_id: UUID, message_id: UUID) -> Any:
    """A message to a person.

    Raises:
        NotFound: it was not sent to them.
    """
    found = await db.row(f"{MINE} WHERE r.account_id = $1 AND r.message_id = $2", account_id, message_id)
    if found is None:
        raise NotFound
    return found


async def read(account_id: UUID, message_id: UUID) -> None:
    """Note that a person has read a message; the first time counts.

    Raises:
        NotFound: it was not sent to them.
    """
    marked = await db.execute(
        """UPDATE message_recipient SET read_at = coalesce(read_at, clock_timestamp())
           WHERE message_id = $1 AND account_id = $2""",
        message_id,
        account_id,
    )
    if not marked:
        raise NotFound
    await notices.seen(account_id, NOTICE, str(message_id))


async def replies(message_id: UUID, account_id: UUID) -> Sequence[Any]:
    """What was said in a recipient's thread, the oldest first, at most `MOST_SHOWN` of the newest."""
    return await db.rows(REPLIES, message_id, account_id, MOST_SHOWN)


async def reply(account_id: UUID, message_id: UUID, body: str) -> None:
    """The recipient answers; the staff of the thread are told. Who answers has read the message.

    Raises:
        NotFound: it was not sent to them.
        TooManyRequests: they have written too much within an hour.
    """
    await read(account_id, message_id)
    await _say(account_id, message_id, account_id, body)
    staff = await db.rows(STAFF, message_id, account_id)
    link = f"/messages/{message_id}/recipients/{account_id}"
    # Without words of the message: they may name whom it went to, and a notice outlives their account.
    await notices.send(
        [row["id"] for row in staff], REPLIED, Said("An answer to a message"), Said("Somebody answered your message."), link=link
    )


async def answer(actor: UUID, message_id: UUID, account_id: UUID, body: str) -> None:
    """One of the staff writes in a recipient's thread, who is told.

    Raises:
        NotFound: there is no such message, or it did not go to that person.
        TooManyRequests: the actor has written too much within an hour.
    """
    await one_of_mine(account_id, message_id)
    await _say(actor, message_id, account_id, body)
    title = Said("Answer to: %(title)s", title=await db.scalar("SELECT title FROM message WHERE id = $1", message_id))
    await notices.send([account_id], REPLIED, title, Said("Somebody answered you."), link=f"/me/messages/{message_id}")


async def sent(before: UUID, limit: int, sender: UUID | None) -> Sequence[Any]:
    """What was sent, the newest first: by everybody, or by one sender. With how many have read and answered it."""
    return await db.rows(
        f"{SENT} WHERE m.id < $1 AND ($2::uuid IS NULL OR m.sender_id = $2) ORDER BY m.id DESC LIMIT $3", before, sender, limit
    )


async def one_sent(message_id: UUID) -> Any:
    """A message that was sent.

    Raises:
        NotFound: there is none.
    """
    found = await db.row(f"{SENT} WHERE m.id = $1", message_id)
    if found is None:
        raise NotFound
    return found


async def recipients(message_id: UUID, after: UUID, limit: int, *, waiting: bool) -> Sequence[Any]:
    """Whom a message went to, by id, with when they read it; `waiting`: only those whose thread waits for an answer of the staff."""
    return await db.rows(RECIPIENTS, message_id, after, waiting, limit)


async def _say(author: UUID, message_id: UUID, account_id: UUID, body: str) -> None:
    # One reply of a person at a time, so that racing ones are counted one after the other.
    await db.execute("SELECT FROM account WHERE id = $1 FOR NO KEY UPDATE", author)
    written = await db.scalar(
        "SELECT count(*) FROM message_reply WHERE author_id = $1 AND sent_at > clock_timestamp() - interval '1 hour'", author
    )
    if written >= REPLIES_AN_HOUR:
        raise TooManyRequests(600, Said("At most %(replies_an_hour)s replies an hour.", replies_an_hour=REPLIES_AN_HOUR))
    reply_id = uuid7()
    await db.execute(
        "INSERT INTO message_reply (id, message_id, account_id, author_id, body) VALUES ($1, $2, $3, $4, $5)",
        reply_id,
        message_id,
        account_id,
        author,
        body,
    )
    await trail.record(author, "message.replied", "message", message_id, reply=reply_id)
