"""Shapes of the API of quality."""

from datetime import datetime
from typing import Annotated, Literal
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


class ReviewIn(Shape):
    """A curator's decision on an answer that awaits one. A rejection must say why; its author reads it."""

    verdict: Literal["accept", "reject"]
    reason: Annotated[str, StringConstraints(min_length=3, max_length=1000)]


class ReviewOut(Shape):
    """The answer's state now."""

    assignment_id: UUID
    state: str


class AccuracyOut(Shape):
    """Accuracy in one step: the probability that a question is answered rightly, with a 95 % credible interval."""

    project: str
    step_id: str
    step: str
    mean: float
    low: float
    high: float
    answers: int
    questions: int


class KindOut(Shape):
    """Evidence of one kind: answers counted, and what they weigh in questions of known truth."""

    kind: str
    answers: int
    right: float
    wrong: float


class AccuracyDetail(AccuracyOut):
    """Accuracy with its evidence by kind, for curators."""

    evidence: list[KindOut]


class OwnAccuracy(Shape):
    """My accuracy per step, as of the last midnight in my zone.

    Neither split by kind nor up to the minute: both would tell which tasks were golden.
    """

    as_of: datetime
    steps: list[AccuracyOut]


class PersonAccuracy(Shape):
    """A person's accuracy, per step."""

    freelancer_id: UUID
    steps: list[AccuracyDetail]
