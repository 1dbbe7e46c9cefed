"""Shapes of what people are writing, complete or not: the same for every kind of draft (platform/drafts.py keeps them)."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, JsonValue

from piecework.platform.said import Said
from piecework.platform.web.operation import Shape

MOST_DIGITS = 300
"""What has more lies beyond every floating-point number, as which large numbers are read."""


def readable(spec: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Refuse whole numbers that are too large for any reader of JSON."""
    waiting: list[JsonValue] = [spec]
    while waiting:
        match waiting.pop():
            case dict() as found:
                waiting += found.values()
            case list() as found:
                waiting += found
            case int() as found if abs(found) >= 10**MOST_DIGITS:
                msg = Said("a whole number has at most %(most_digits)s digits", most_digits=MOST_DIGITS)
                raise ValueError(msg)
    return spec


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
    """One's own draft. Without faults the operation that publishes, or sends it to whoever publishes, takes it as its body.

    `kept_until`: it is thrown away then if it is not changed before.
    """

    spec: dict[str, Any]
    revision: UUID
    changed_at: datetime
    kept_until: datetime
    faults: list[WritingFault]
