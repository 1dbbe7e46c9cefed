"""Operations on messages."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from piecework.platform.errors import NotFound, TooManyRequests
from piecework.platform.identity.principal import Principal
from piecework.platform.web.operation import Call, Operation
from piecework.platform.web.paging import LAST, cursor
from piecework.tasks import policy
from piecework.tasks.errors import Nobody, TooManyWideMessages
from piecework.tasks.messages import audiences, sending, threads
from piecework.tasks.projects import project_by_code
from piecework.tasks.schemas import messages as s

NAMED = 20


async def _audience(principal: Principal, to: s.To) -> Sequence[Any]:
    if isinstance(to, s.ToPerson):
        return await audiences.person(to.account_id)
    if isinstance(to, s.ToProject):
        return await audiences.of_project((await project_by_code(principal, to.code)).id)
    return await audiences.by_filter(audiences.Filter(**to.model_dump(exclude={"kind"})))


async def preview_message(call: Call, body: s.AudienceIn) -> s.AudienceOut:
    """Whom a message would go to."""
    found = await _audience(call.principal, body.to)
    return s.AudienceOut(recipients=len(found), first=[row["name"] for row in found[:NAMED]])


async def send_message(call: Call, body: s.MessageIn) -> s.MessageOut:
    """Send a message to those whom it goes to now."""
    found = await _audience(call.principal, body.to)
    made = await sending.send(
        call.principal.account_id,
        [row["id"] for row in found],
        body.to.model_dump(mode="json", exclude_none=True),
        title=body.title,
        body=body.body,
        must_read=body.must_read,
    )
    return _sent(await threads.one_sent(made))


async def sent_messages(call: Call, query: s.SentQuery) -> s.Sent:
    """What was sent, the newest first."""
    found = await threads.sent(query.after(LAST), query.limit + 1, call.principal.account_id if query.mine else None)
    shown = found[: query.limit]
    return s.Sent(items=[_sent(row) for row in shown], next_cursor=_next(found, query.limit))


async def show_message(call: Call) -> s.MessageOut:
    """A message that was sent."""
    return _sent(await threads.one_sent(call.id("message_id")))


async def message_recipients(call: Call, query: s.RecipientQuery) -> s.Recipients:
    """Whom a message went to, and when they read it."""
    message = await threads.one_sent(call.id("message_id"))
    found = await threads.recipients(message["id"], query.after(), query.limit + 1, waiting=query.waiting)
    return s.Recipients(items=[s.RecipientOut(**row) for row in found[: query.limit]], next_cursor=_next(found, query.limit))


async def recipient_thread(call: Call) -> s.StaffThread:
    """What one recipient and the staff wrote to each other."""
    message_id, account_id = call.id("message_id"), call.id("account_id")
    await threads.one_of_mine(account_id, message_id)
    return await _thread(message_id, account_id)


async def answer_recipient(call: Call, body: s.ReplyIn) -> s.StaffThread:
    """Answer a recipient."""
    message_id, account_id = call.id("message_id"), call.id("account_id")
    await threads.answer(call.principal.account_id, message_id, account_id, body.body)
    return await _thread(message_id, account_id)


async def my_messages(call: Call, query: s.MyMessageQuery) -> s.MyMessages:
    """Messages to me."""
    me = call.principal.account_id
    found = await threads.mine(me, query.after(LAST), query.limit + 1, unread=query.unread)
    return s.MyMessages(
        items=[s.MyMessage(**row) for row in found[: query.limit]],
        next_cursor=_next(found, query.limit),
        must_read=[s.MyMessage(**row) for row in await threads.must_read(me)],
    )


async def my_message(call: Call) -> s.MyThread:
    """A message to me with what followed."""
    return await _mine(call.principal.account_id, call.id("message_id"))


async def read_message(call: Call) -> None:
    """Say that I have read a message."""
    await threads.read(call.principal.account_id, call.id("message_id"))


async def reply_message(call: Call, body: s.ReplyIn) -> s.MyThread:
    """Answer a message to me; it is read with that."""
    me, message_id = call.principal.account_id, call.id("message_id")
    await threads.reply(me, message_id, body.body)
    return await _mine(me, message_id)


def _sent(row: Any) -> s.MessageOut:
    return s.MessageOut(**{**row, "audience": orjson.loads(row["audience"])})


def _next(found: Sequence[Any], limit: int) -> str | None:
    return cursor(found[limit - 1]["id"] if len(found) > limit else None)


async def _thread(message_id: UUID, account_id: UUID) -> s.StaffThread:
    said = await threads.replies(message_id, account_id)
    return s.StaffThread(message=_sent(await threads.one_sent(message_id)), replies=[s.ReplyOut(**row) for row in said])


async def _mine(account_id: UUID, message_id: UUID) -> s.MyThread:
    message = await threads.one_of_mine(account_id, message_id)
    said = await threads.replies(message_id, account_id)
    return s.MyThread(**message, thread=[s.ReplyOut(**row) for row in said])


OPERATIONS = (
    Operation("POST", "/messages/preview", preview_message, policy.MESSAGES_SEND, "Whom a message would go to", body=s.AudienceIn,
              reply=s.AudienceOut, errors=(NotFound,), tag="messages"),
    Operation("POST", "/messages", send_message, policy.MESSAGES_SEND, "Send a message", body=s.MessageIn, reply=s.MessageOut,
              status=201, errors=(NotFound, Nobody, TooManyWideMessages), tag="messages"),
    Operation("GET", "/messages", sent_messages, policy.MESSAGES_SEND, "Messages that were sent", query=s.SentQuery, reply=s.Sent,
              tag="messages"),
    Operation("GET", "/messages/{message_id}", show_message, policy.MESSAGES_SEND, "A message that was sent", reply=s.MessageOut,
              tag="messages"),
    Operation("GET", "/messages/{message_id}/recipients", message_recipients, policy.MESSAGES_SEND, "Whom a message went to",
              query=s.RecipientQuery, reply=s.Recipients, tag="messages"),
    Operation("GET", "/messages/{message_id}/recipients/{account_id}", recipient_thread, policy.MESSAGES_SEND,
              "The thread of one recipient", reply=s.StaffThread, tag="messages"),
    Operation("POST", "/messages/{message_id}/recipients/{account_id}/reply", answer_recipient, policy.MESSAGES_SEND,
              "Answer a recipient", body=s.ReplyIn, reply=s.StaffThread, status=201, errors=(TooManyRequests,),
              tag="messages"),
    Operation("GET", "/me/messages", my_messages, policy.MESSAGES_OWN, "Messages to me", query=s.MyMessageQuery, reply=s.MyMessages,
              tag="messages"),
    Operation("GET", "/me/messages/{message_id}", my_message, policy.MESSAGES_OWN, "A message to me with its thread", reply=s.MyThread,
              tag="messages"),
    Operation("POST", "/me/messages/{message_id}/read", read_message, policy.MESSAGES_OWN, "I have read a message", tag="messages"),
    Operation("POST", "/me/messages/{message_id}/reply", reply_message, policy.MESSAGES_OWN, "Answer a message", body=s.ReplyIn,
              reply=s.MyThread, status=201, errors=(TooManyRequests,), tag="messages"),
)  # fmt: skip
