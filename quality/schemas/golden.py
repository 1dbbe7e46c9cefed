"""Shapes of golden tasks."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, JsonValue, StringConstraints, model_validator

from piecework.platform.said import Said
from piecework.platform.web.operation import Query, Shape
from piecework.platform.web.paging import Page, PageQuery
from piecework.quality.golden.golden import Difficulty
from piecework.quality.grading.truths import Known
from piecework.tasks.fields import Answer, Key

Shown = Annotated[str, StringConstraints(max_length=50_000)]
Level = Annotated[Difficulty, Field(strict=False)]
Reason = Annotated[str, StringConstraints(min_length=3, max_length=1000)]


class KnownAnswer(Shape):
    """One acceptable answer. `weight`: what giving it counts as right in the score; a lesser answer is still paid."""

    answer: Answer
    weight: Annotated[float, Field(gt=0, le=1)] = 1.0

    def known(self) -> Known:
        """As the truth keeps it."""
        return Known(self.answer, self.weight)


Answers = Annotated[list[KnownAnswer], Field(min_length=1, max_length=10)]


class GoldenItem(Shape):
    """A task with a known answer: what is shown, and the answers that are right (any of them)."""

    input: Annotated[dict[Key, Shown | bool], Field(min_length=1, max_length=20)]
    answers: Answers
    difficulty: Level = Difficulty.MEDIUM


class GoldenIn(GoldenItem):
    """A golden task of a step of the active workflow."""

    step: Key


class GoldenOut(Shape):
    """The golden task's id."""

    task_id: UUID


class ImportIn(Shape):
    """Golden tasks of one step of the active workflow, all or none."""

    step: Key
    items: Annotated[list[GoldenItem], Field(min_length=1, max_length=1000)]


class ImportOut(Shape):
    """How many were made, and how many inputs were golden already."""

    added: int
    known: int


class PromoteIn(Shape):
    """An ordinary task with a known answer. Left out, the difficulty is estimated from its answers."""

    task_id: Annotated[UUID, Field(strict=False)]
    difficulty: Level | None = None


class CandidateQuery(Query):
    """How many."""

    limit: int = Field(default=50, ge=1, le=200)


class CandidateOut(Shape):
    """A task that can be promoted: what people are shown of it, and its right answer.

    `live`: golden tasks of its class that can be handed out now.
    """

    task_id: UUID
    step: str
    class_: str = Field(serialization_alias="class")
    difficulty: Difficulty
    answers: int
    right: int
    live: int
    source: str
    input: dict[str, JsonValue]
    answer: dict[str, JsonValue]


class CandidatesOut(Shape):
    """Those whose class has the fewest live golden tasks first."""

    items: list[CandidateOut]


State = Literal["live", "quarantined", "retired"]


class GoldenQuery(PageQuery):
    """A page of golden tasks."""

    state: State | None = None
    step: str | None = Field(default=None, max_length=40)


class GoldenHealth(Shape):
    """A golden task and how it fares.

    `shown` counts the people who got it, `right` those of its answers that the key accepts in full. `key_probability` is how probably
    the key is right, by its answers and their authors' accuracy.
    """

    task_id: UUID
    step: str
    state: State
    stratum: str
    difficulty: Difficulty
    answers: list[KnownAnswer]
    revision: int
    shown: int
    answered: int
    right: int
    right_share: float | None
    key_probability: float | None
    origin: UUID | None
    created_by: UUID | None
    created_at: datetime


class GoldenPage(Page[GoldenHealth]):
    """A page of golden tasks."""


class KeyRevision(Shape):
    """What the key was from a time on; no answers: it was withdrawn."""

    revision: int
    answers: list[KnownAnswer]
    source: str
    actor: UUID | None
    reason: str
    created_at: datetime


class GoldenDetail(GoldenHealth):
    """A golden task with what is shown and every revision of its key."""

    input: dict[str, str | bool | None]
    keys: list[KeyRevision]


class ClassBalance(Shape):
    """Live golden tasks of one class, by difficulty. `needed`: how many more would make a week's supply."""

    step: str
    class_: str = Field(serialization_alias="class")
    live: int
    easy: int
    medium: int
    hard: int
    needed: int


class BalanceOut(Shape):
    """The golden tasks of the active workflow's steps, by class."""

    items: list[ClassBalance]


class KeyIn(Shape):
    """A decision on a key: `revision` is the one that was looked at, `answers` the new key if it is changed."""

    decision: Literal["confirm", "change", "withdraw"]
    revision: Annotated[int, Field(ge=1, le=32767)]
    answers: Answers | None = None
    reason: Reason

    @model_validator(mode="after")
    def _answers_if_changed(self) -> Self:
        if (self.answers is not None) != (self.decision == "change"):
            msg = Said("answers are given exactly if the decision is change")
            raise ValueError(msg)
        return self


class KeyOut(Shape):
    """The key's revision now."""

    task_id: UUID
    revision: int
