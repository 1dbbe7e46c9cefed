"""Shapes of what curators are writing."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, JsonValue

from piecework.platform.web.operation import Shape
from piecework.tasks.schemas.authoring import readable


class WritingIn(Shape):
    """Something as far as it is written; it need not be complete. `revision` is what it was written from: null if nothing was kept."""

    spec: Annotated[dict[str, JsonValue], AfterValidator(readable)]
    revision: UUID | None = None


class WritingFault(Shape):
    """What is missing or wrong in a draft: the path to it, as in `spec.sections.0.title.ru`."""

    field: str
    code: str
    message: str


class WritingOut(Shape):
    """One's own draft. Without faults the operation that publishes, or sends it to whoever publishes, takes it as its body."""

    spec: dict[str, Any]
    revision: UUID
    changed_at: datetime
    faults: list[WritingFault]
