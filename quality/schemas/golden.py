"""Shapes of golden tasks."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from piecework.platform.web.operation import Shape
from piecework.tasks.fields import Answer, Key

Shown = Annotated[str, StringConstraints(max_length=50_000)]


class GoldenIn(Shape):
    """A task with a known answer: what is shown, and the answers that are right (any of them)."""

    step: Key
    input: Annotated[dict[Key, Shown | bool], Field(min_length=1, max_length=20)]
    answers: Annotated[list[Answer], Field(min_length=1, max_length=10)]


class GoldenOut(Shape):
    """The golden task's id."""

    task_id: UUID
