"""Shapes of disputes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from piecework.platform.web.operation import Shape
from piecework.platform.web.paging import Page
from piecework.quality.schemas.audits import Reason, Shown
from piecework.tasks.fields import Answer, AnswerField


class SideOut(Shape):
    """One answer, without its author. `probability`: that it is right, by the other answers alone."""

    name: str
    answer: Answer
    probability: float


class DisputeOut(Shape):
    """A disputed task. `result` is what the answers speak best for, with its `confidence`; null if they are level."""

    task_id: UUID
    project: str
    step: str
    title: str
    instruction: str
    input: list[Shown]
    answer: list[AnswerField]
    answer_schema: dict[str, Any]
    sides: list[SideOut]
    result: Answer | None
    confidence: float


class DisputeRow(Shape):
    """A disputed task in the list of those that the caller may settle; `begins`: the longest text that is shown of it, its beginning."""

    task_id: UUID
    project: str
    step: str
    title: str
    deadline_at: datetime
    begins: str


class Disputes(Page[DisputeRow]):
    """Disputes that the caller may settle, the nearest deadline first."""


class SettlerOut(Shape):
    """Who settles disputes. Of the `settled`, `checked` were looked at by an audit since; of `overturned` something else is held right now."""

    person_id: UUID
    name: str
    settled: int
    checked: int
    overturned: int


class Settlers(Page[SettlerOut]):
    """A page of those who settle disputes."""


class DisputeIn(Shape):
    """What is right: all fields that are compared, and texts if wanted. Whose answer is not accepted in full reads the reason."""

    answer: Answer
    reason: Reason


class SettledOut(Shape):
    """The task that was decided. Its answers are judged, and its ticket goes on, a moment later."""

    task_id: UUID
