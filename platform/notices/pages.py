"""Pages of one's own notices."""

from uuid import UUID

from pydantic import Field

from piecework.platform.notices import api, reading
from piecework.platform.pages.endpoint import Book
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import SIGNED_IN, Call, Shape


class UpToForm(Shape):
    """The newest notice that was shown."""

    upto: UUID | None = Field(default=None)


async def notices_page(call: Call, query: api.NoticeQuery) -> Shown:
    """The caller's notices, the newest first."""
    found = await api.my_notices(call, query)
    book: Book = call.request.app.state.book

    def may(permission: str) -> bool:
        return call.principal.may(permission, call.services.permissions)

    pages = {one.id: book.page_of(one.link, may) for one in found.items}
    words = await reading.words(call.principal.account_id, [one.id for one in found.items])
    return {"found": found, "words": words, "pages": pages, "query": query}


async def read_one(call: Call) -> Go:
    """Mark a notice as read."""
    await api.read_notice(call)
    return Go("/notices")


async def read_all(call: Call, form: UpToForm) -> Go:
    """Mark all notices up to the newest one shown as read."""
    await api.read_all_notices(call, api.UpTo(upto=form.upto))
    return Go("/notices", N_("All are marked as read."))


VIEWS = (
    View("GET", "/notices", notices_page, SIGNED_IN, N_("Notices"), "admin_notices.html", query=api.NoticeQuery),
    View("POST", "/notices/read-all", read_all, SIGNED_IN, form=UpToForm),
    View("POST", "/notices/{notice_id}/read", read_one, SIGNED_IN),
)
MENU = (Entry(N_("My account"), N_("Notices"), "/notices", SIGNED_IN, badge=reading.unread),)
