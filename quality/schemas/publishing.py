"""Shapes of what curators publish in versions."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from piecework.platform.web.operation import Shape
from piecework.quality.schemas.golden import Reason


class VersionDrafted(Shape):
    """The draft's version."""

    code: str
    version: int


class VersionReasonIn(Shape):
    """Why."""

    reason: Reason


class VersionOut(Shape):
    """A version, who wrote it and who published it."""

    code: str
    version: int
    state: Literal["draft", "published", "retired"]
    author: UUID
    created_at: datetime
    published_by: UUID | None
    published_at: datetime | None
    retired_by: UUID | None
    retired_at: datetime | None
