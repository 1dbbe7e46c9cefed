"""Sending messages: the recipients are those of this moment, for good; each gets a notice too."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db, notices, trail
from piecework.platform.ids import uuid7
from piecework.platform.said import Said
from piecework.tasks.errors import Nobody, TooManyWideMessages

NOTICE = "message"
WIDE = 100
"""To more people than this, a message is a wide one."""
WIDE_AN_HOUR = 5
"""So many wide messages may one sender send within an hour."""

WAIT_S = """
SELECT ceil(extract(epoch FROM m.sent_at + interval '1 hour' - clock_timestamp()))::int
FROM message m WHERE m.sender_id = $1 AND m.recipients > $2 AND m.sent_at > clock_timestamp() - interval '1 hour'
ORDER BY m.sent_at DESC OFFSET $3 - 1 LIMIT 1"""


async def send(
    sender: UUID, recipients: Sequence[UUID], audience: Mapping[str, Any], *, title: str, body: str, must_read: bool
) -> UUID:
    """Send a message; returns its id. `audience` is what was asked for, kept with it.

    Raises:
        Nobody: there is nobody to send it to.
        TooManyWideMessages: the sender's wide messages of this hour are used up.
    """
    if not recipients:
        raise Nobody
    if len(recipients) > WIDE:
        # One wide message of a sender at a time, so that racing ones are counted one after the other.
        await db.execute("SELECT FROM account WHERE id = $1 FOR NO KEY UPDATE", sender)
        wait_s = await db.scalar(WAIT_S, sender, WIDE, WIDE_AN_HOUR)
        if wait_s is not None:
            raise TooManyWideMessages(max(1, wait_s))
    message_id = uuid7()
    await db.execute(
        """INSERT INTO message (id, sender_id, title, body, must_read, audience, recipients)
           VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7)""",
        message_id,
        sender,
        title,
        body,
        must_read,
        orjson.dumps(audience).decode(),
        len(recipients),
    )
    await db.execute(
        "INSERT INTO message_recipient (message_id, account_id) SELECT $1, unnest($2::uuid[])", message_id, list(recipients)
    )
    words = (
        Said("There is a message for you, which must be read. You may answer it.")
        if must_read
        else Said("There is a message for you. You may answer it.")
    )
    await notices.send(recipients, NOTICE, title, words, link=f"/me/messages/{message_id}", key=str(message_id))
    await trail.record(sender, "message.sent", "message", message_id, recipients=len(recipients), must_read=must_read)
    return message_id
