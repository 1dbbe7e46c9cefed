"""Messages to me: reading, saying so, answering."""

from uuid import UUID

from piecework.platform import db
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call
from piecework.tasks import policy
from piecework.tasks.api import messages as api
from piecework.tasks.schemas.messages import MyMessageQuery, ReplyIn

MESSAGES = "/me/messages"
ONE = f"{MESSAGES}/{{message_id}}"
UNREAD = """
SELECT count(*) FROM (SELECT FROM message_recipient WHERE account_id = $1 AND read_at IS NULL LIMIT 100) AS unread"""


async def messages_page(call: Call, query: MyMessageQuery | None = None) -> Shown:
    """Messages to me; those that must be read first."""
    query = query or MyMessageQuery()
    return {"found": await api.my_messages(call, query), "unread": query.unread}


async def message_page(call: Call) -> Shown:
    """A message with what followed."""
    found = await api.my_message(call)
    return {"message": found, "heading": found.title}


async def read(call: Call) -> Go:
    """Say that I have read a message."""
    await api.read_message(call)
    return Go(MESSAGES, N_("Noted: you have read it."))


async def reply(call: Call, form: ReplyIn) -> Go:
    """Answer a message."""
    await api.reply_message(call, form)
    return Go(f"{MESSAGES}/{call.id('message_id')}", N_("Sent."))


async def waiting(account_id: UUID) -> int:
    """How many messages a person has not read, up to a hundred, for the menu."""
    return await db.scalar(UNREAD, account_id) or 0


OWN = policy.MESSAGES_OWN
VIEWS = (
    View("GET", MESSAGES, messages_page, OWN, N_("Messages"), "me_messages.html", query=MyMessageQuery),
    View("GET", ONE, message_page, OWN, N_("A message"), "me_message.html"),
    View("POST", f"{ONE}/read", read, OWN, again=ONE),
    View("POST", f"{ONE}/reply", reply, OWN, form=ReplyIn, again=ONE),
)
MENU = (Entry(N_("My work"), N_("Messages"), MESSAGES, OWN, badge=waiting),)
