"""Shapes of disputes."""

from typing import Any
from uuid import UUID

from piecework.platform.web.operation import Shape
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


class DisputeIn(Shape):
    """What is right: all fields that are compared, and texts if wanted. Whose answer is not accepted in full reads the reason."""

    answer: Answer
    reason: Reason


class SettledOut(Shape):
    """The task that was decided. Its answers are judged, and its ticket goes on, a moment later."""

    task_id: UUID
