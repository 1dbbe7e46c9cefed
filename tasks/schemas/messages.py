"""Shapes of messages."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from piecework.platform.said import Said
from piecework.platform.web.operation import Shape
from piecework.platform.web.paging import Page, PageQuery
from piecework.tasks.fields import Name
from piecework.tasks.workflows import Code

Body = Annotated[str, StringConstraints(min_length=1, max_length=10_000, strip_whitespace=True)]


class ToPerson(Shape):
    """One freelancer or applicant."""

    kind: Literal["person"]
    account_id: UUID


class ToProject(Shape):
    """Everybody who may work on a project."""

    kind: Literal["project"]
    code: Code


class ToFilter(Shape):
    """Every freelancer of whom all of this holds; at least one condition.

    `qualification`, `level`, `line` and `language` are about one and the same qualification in force: its code, at least that level
    and line, tickets of that language. `missed_last_week`: the result of the last week that was closed. `inactive_days`: claimed
    nothing for so many days.
    """

    kind: Literal["filter"]
    qualification: Code | None = None
    level: Annotated[int, Field(ge=1, le=9)] | None = None
    line: Annotated[int, Field(ge=1, le=3)] | None = None
    language: Annotated[str, StringConstraints(pattern="^[a-z]{2}$")] | None = None
    has_contract: bool | None = None
    missed_last_week: bool | None = None
    inactive_days: Annotated[int, Field(ge=1, le=3650)] | None = None

    @model_validator(mode="after")
    def _asks(self) -> Self:
        if not self.model_dump(exclude={"kind"}, exclude_none=True):
            msg = Said("name at least one condition")
            raise ValueError(msg)
        return self


To = Annotated[ToPerson | ToProject | ToFilter, Field(discriminator="kind")]


class AudienceIn(Shape):
    """Whom a message would go to."""

    to: To


class AudienceOut(Shape):
    """How many it would go to now, and who the first of them are by name."""

    recipients: int
    first: list[str]


class MessageIn(AudienceIn):
    """A message in plain text. One that must be read stands first among its recipients' messages until it is."""

    title: Name
    body: Body
    must_read: bool = False


class MessageOut(Shape):
    """A message as the staff see it: how many it went to, how many of them have `read` it and how many `answered`."""

    id: UUID
    sender_id: UUID
    sender: str
    title: str
    body: str
    must_read: bool
    audience: dict[str, Any]
    recipients: int
    read: int
    answered: int
    sent_at: datetime


class SentQuery(PageQuery):
    """Everybody's messages, or only the caller's own."""

    mine: bool = False


class Sent(Page[MessageOut]):
    """A page of messages, the newest first."""


class RecipientQuery(PageQuery):
    """All recipients, or only those whose thread waits for an answer of the staff."""

    waiting: bool = False


class RecipientOut(Shape):
    """Whom a message went to. `waiting`: they wrote last."""

    id: UUID
    name: str
    read_at: datetime | None
    replies: int
    last_at: datetime | None
    waiting: bool


class Recipients(Page[RecipientOut]):
    """A page of recipients."""


class ReplyIn(Shape):
    """A reply in plain text."""

    body: Body


class ReplyOut(Shape):
    """A reply in a thread; `by_recipient`: by whom the message went to, else by one of the staff."""

    id: UUID
    by_recipient: bool
    author: str
    body: str
    sent_at: datetime


class StaffThread(Shape):
    """The thread of one recipient, the oldest reply first."""

    message: MessageOut
    replies: list[ReplyOut]


class MyMessage(Shape):
    """A message to me."""

    id: UUID
    title: str
    body: str
    must_read: bool
    sent_at: datetime
    read_at: datetime | None
    replies: int


class MyThread(MyMessage):
    """A message to me with what followed, the oldest first."""

    thread: list[ReplyOut]


class MyMessageQuery(PageQuery):
    """All messages, or only those not read yet."""

    unread: bool = False


class MyMessages(Page[MyMessage]):
    """A page of my messages, the newest first; `must_read` are those that must be read and are not yet, at most 20."""

    must_read: list[MyMessage]
