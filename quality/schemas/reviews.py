"""Shapes of reviews."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from piecework.platform.said import Said
from piecework.platform.web.operation import Shape


class ReviewIn(Shape):
    """A curator's decision on an answer that awaits one. A rejection must say why; its author reads it."""

    verdict: Literal["accept", "reject"]
    reason: Annotated[str, StringConstraints(min_length=3, max_length=1000)]


class ReviewOut(Shape):
    """The answer's state now."""

    assignment_id: UUID
    state: str


class ReviewRow(ReviewIn):
    """One row of a file of reviews."""

    assignment_id: UUID


class ReviewsIn(Shape):
    """Decisions on up to a thousand different answers. If any row is malformed, nothing is done."""

    rows: Annotated[list[ReviewRow], Field(min_length=1, max_length=1000)]

    @model_validator(mode="after")
    def _are_different(self) -> Self:
        if len({row.assignment_id for row in self.rows}) < len(self.rows):
            msg = Said("an answer is named twice")
            raise ValueError(msg)
        return self


class ReviewedRow(Shape):
    """What came of one row: the answer's state now, or the code of the refusal and why."""

    assignment_id: UUID
    state: str | None
    refused: str | None
    why: str | None


class ReviewsOut(Shape):
    """What came of each row, in the order sent."""

    accepted: int
    rejected: int
    refused: int
    rows: list[ReviewedRow]
