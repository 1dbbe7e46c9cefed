"""Cursor paging: an opaque cursor holds the sort key of the last item; pages are stable while rows are added."""

import base64
import binascii
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import Field

from piecework.platform.errors import Invalid
from piecework.platform.said import Said
from piecework.platform.web.operation import Query, Shape

T = TypeVar("T")
FIRST = UUID(int=0)
LAST = UUID(int=2**128 - 1)


class Page(Shape, Generic[T]):
    """One page; `next_cursor` is null at the end."""

    items: list[T]
    next_cursor: str | None


class PageQuery(Query):
    """How much, and from where on."""

    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=200)

    def after(self, start: UUID = FIRST) -> UUID:
        """The id to go on from.

        Raises:
            Invalid: the cursor is not one that we gave.
        """
        if self.cursor is None:
            return start
        try:
            return UUID(bytes=base64.urlsafe_b64decode(self.cursor + "=" * (-len(self.cursor) % 4)))
        except (ValueError, binascii.Error):
            raise Invalid(
                errors=[{"field": "cursor", "code": "bad_cursor", "message": Said("Not a cursor from a page.")}]
            ) from None


def cursor(last: UUID | None) -> str | None:
    """The cursor after an item, None at the end."""
    return None if last is None else base64.urlsafe_b64encode(last.bytes).decode().rstrip("=")
