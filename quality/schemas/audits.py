"""Shapes of audits, of the curator's queue and of what is known of curators."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, JsonValue, StringConstraints, model_validator

from piecework.platform.said import Said
from piecework.platform.web.operation import Shape
from piecework.platform.web.paging import Page
from piecework.tasks.fields import Answer, AnswerField, Key

Reason = Annotated[str, StringConstraints(min_length=3, max_length=1000)]


class Shown(Shape):
    """A field of a task's input or of an answer, with its title."""

    name: str
    title: str
    value: JsonValue


class AuditWork(Shape):
    """An audit to be done until `taken_until`: the task as its freelancers saw it, and the fields to answer anew.

    Nothing tells of the answer that is judged but its `words`: the texts that no comparison can judge.
    """

    id: UUID
    taken_until: datetime
    project: str
    step: str
    title: str
    instruction: str
    input: list[Shown]
    answer: list[AnswerField]
    answer_schema: dict[str, Any]
    words: list[Shown]


class AuditTaken(Shape):
    """The audit that was taken; null if none waits for this curator."""

    audit: AuditWork | None


class AuditIn(Shape):
    """A curator's own right answer in the fields that are compared, and for each text of the author's whether it is good.

    `reason` says why this is right, whatever the outcome: the author of an answer that is not accepted in full reads it.
    """

    answer: Answer
    passed: dict[Key, bool] = Field(default_factory=dict, max_length=30)
    reason: Reason


class AuditOut(Shape):
    """What the audit found: the judged answer, right or wrong by field, and the task's other answers.

    `same` of its `answers` say what the curator says; `consensus` is the task's result as it was, null if it had none.
    """

    id: UUID
    fields: dict[str, bool]
    answer: Answer
    answers: int
    same: int
    consensus: Answer | None


class ClassOf(Shape):
    """Answers that say this value in this field."""

    field: Key
    value: str | bool | float | list[str]


class PlanIn(Shape):
    """Which answers to audit: of those decided already, `count` at random, by risk, of one person, or of one class."""

    plan: Literal["random", "risk", "person", "class"]
    count: Annotated[int, Field(ge=1, le=1000)]
    step: Key | None = None
    freelancer_id: UUID | None = None
    value: ClassOf | None = None
    since_days: Annotated[int, Field(ge=1, le=3650)] | None = None

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        if (self.plan == "person") != (self.freelancer_id is not None):
            msg = Said("freelancer_id belongs to the plan person, which needs it")
            raise ValueError(msg)
        if (self.plan == "class") != (self.value is not None):
            msg = Said("value belongs to the plan class, which needs it")
            raise ValueError(msg)
        return self


class PlanOut(Shape):
    """How many audits were asked for: fewer than wanted if no more answers fit."""

    requested: int


class QueueItem(Shape):
    """Something that waits for a curator, and why.

    `id` is that of the task (dispute, golden), the appeal, the request for an admission, the proposed admission that waits for a second
    curator, the draft of criteria, the candidacy, the review of the interview, the homework or the leave; null for audits: which of
    them one gets is not told.
    """

    kind: Literal[
        "dispute", "disagreement", "golden", "appeal", "acceptance", "audit", "admission", "second", "criteria",
        "application", "interview", "homework", "leave",
    ]  # fmt: skip
    id: UUID | None
    project: str | None
    step: str | None
    since: datetime
    due_at: datetime | None
    why: str
    priority: int
    """0: due within a day; then 1 to 7 in the order of the kinds."""


class Queue(Page[QueueItem]):
    """A page of the queue, what matters most first."""


class CuratorOut(Shape):
    """How good a curator is: the probability that an audit of theirs is right, with a 95 % credible interval.

    It is judged by the other curators' audits of the same answers alone. `overturned` of the `refusals` were undone on appeal.
    """

    curator_id: UUID
    name: str
    audits: int
    second_looks: int
    agreed: int
    mean: float
    low: float
    high: float
    refusals: int
    appealed: int
    overturned: int
    overturned_share: float | None


class Curators(Page[CuratorOut]):
    """A page of curators."""
