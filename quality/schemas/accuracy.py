"""Shapes of the accuracy of people."""

from datetime import datetime
from uuid import UUID

from piecework.platform.web.operation import Shape


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
    """Evidence of one kind: answers, how many of them were right (or agreed) entirely, and what they weigh in golden answers."""

    kind: str
    answers: int
    agreed: int
    right: float
    wrong: float


class AccuracyDetail(AccuracyOut):
    """Accuracy with its evidence by kind, for curators; `words` says it in one line."""

    words: str
    evidence: list[KindOut]


class OwnStep(AccuracyOut):
    """My accuracy in one step, to two places, by every five answers that could be judged.

    `words` says in how many of them I was right or agreed with the others; null below twenty.
    """

    words: str | None


class OwnAccuracy(Shape):
    """My accuracy per step, as of the last midnight in my zone; a step is in it from five answers that could be judged.

    Nothing newer and nothing finer: it would tell which tasks were golden.
    """

    as_of: datetime
    steps: list[OwnStep]


class PersonAccuracy(Shape):
    """A person's accuracy, per step."""

    freelancer_id: UUID
    steps: list[AccuracyDetail]
