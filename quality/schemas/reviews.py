"""Shapes of reviews."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from piecework.platform.web.operation import Shape


class ReviewIn(Shape):
    """A curator's decision on an answer that awaits one. A rejection must say why; its author reads it."""

    verdict: Literal["accept", "reject"]
    reason: Annotated[str, StringConstraints(min_length=3, max_length=1000)]


class ReviewOut(Shape):
    """The answer's state now."""

    assignment_id: UUID
    state: str
