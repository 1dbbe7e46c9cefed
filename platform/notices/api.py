"""Operations on one's own notices."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from piecework.platform.errors import NotFound
from piecework.platform.notices import reading
from piecework.platform.web.operation import SIGNED_IN, Call, Operation, Query, Shape
from piecework.platform.web.paging import LAST, Page, PageQuery, cursor


class NoticeQuery(PageQuery):
    """All notices, or only those not read yet."""

    unread: bool = False


class NoticeOut(Shape):
    """A notice: plain text; `link` is the path of the API that it is about, or empty."""

    id: UUID
    kind: str
    title: str
    body: str
    link: str
    sent_at: datetime
    read_at: datetime | None


class Notices(Page[NoticeOut]):
    """A page of notices, the newest first; `unread` counts all of the person's."""

    unread: int


class UpTo(Query):
    """The newest notice that was shown: what came since stays unread. Left out: every notice."""

    upto: UUID | None = Field(default=None)


class Marked(Shape):
    """How many notices were marked as read."""

    read: int


async def my_notices(call: Call, query: NoticeQuery) -> Notices:
    """The caller's notices."""
    me = call.principal.account_id
    found = await reading.page(me, query.after(LAST), query.limit + 1, unread=query.unread)
    shown = found[: query.limit]
    return Notices(
        items=[NoticeOut(**row) for row in shown],
        next_cursor=cursor(shown[-1]["id"] if len(found) > query.limit else None),
        unread=await reading.unread(me),
    )


async def read_notice(call: Call) -> None:
    """Mark one of the caller's notices as read."""
    if not await reading.read(call.principal.account_id, call.id("notice_id")):
        raise NotFound


async def read_all_notices(call: Call, query: UpTo) -> Marked:
    """Mark the caller's notices as read."""
    return Marked(read=await reading.read_all(call.principal.account_id, query.upto or LAST))


OPERATIONS = (
    Operation("GET", "/me/notices", my_notices, SIGNED_IN, "My notices", query=NoticeQuery, reply=Notices, tag="notices"),
    Operation("POST", "/me/notices/read-all", read_all_notices, SIGNED_IN, "Mark my notices as read", query=UpTo, reply=Marked,
              tag="notices"),
    Operation("POST", "/me/notices/{notice_id}/read", read_notice, SIGNED_IN, "Mark a notice as read", tag="notices"),
)  # fmt: skip
