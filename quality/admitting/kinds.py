"""Criteria of admission, each of a kind that code checks from facts."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from piecework.platform.web.operation import Shape
from piecework.tasks.workflows import Code

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.:-]{0,79}$")]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Days = Annotated[int, Field(ge=1, le=3650)]
Share = Annotated[float, Field(gt=0, le=1)]
Grade = Annotated[int, Field(ge=1, le=9)]
Line = Annotated[int, Field(ge=1, le=3)]


class ExamPassed(Shape):
    """An exam is passed; the result is not older than `max_age_days`, if that is given."""

    kind: Literal["exam"]
    exam: Name
    max_age_days: Days | None = None

    def words(self) -> str:
        """What is asked, in one line."""
        age = f", at most {self.max_age_days} days ago" if self.max_age_days else ""
        return f"Exam {self.exam} passed{age}"


class TrainingFinished(Shape):
    """A course of training is finished."""

    kind: Literal["training"]
    course: Name

    def words(self) -> str:
        """What is asked, in one line."""
        return f"Training {self.course} finished"


class TrialRight(Shape):
    """Of the trial's tasks at least `tasks` are answered, and the first answers right: their share, or its lower bound (95 %)."""

    kind: Literal["trial"]
    course: Name
    tasks: Count
    at_least: Share
    by: Literal["share", "lower_bound"] = "lower_bound"

    def words(self) -> str:
        """What is asked, in one line."""
        bound = "a lower bound" if self.by == "lower_bound" else "a share"
        return f"Trial {self.course}: {self.tasks} tasks, first answers right at {bound} of {self.at_least:.2f}"


class AccuracyReached(Shape):
    """The lower bound (95 %) of the live accuracy in a project, as its person reads it, resting on at least so many answers."""

    kind: Literal["accuracy"]
    project: Code
    at_least: Share
    answers: Count

    def words(self) -> str:
        """What is asked, in one line."""
        return f"Accuracy in {self.project}: a lower bound of {self.at_least:.2f} on {self.answers} answers"


class AnswersAccepted(Shape):
    """At least so many accepted answers: in one project, or in all."""

    kind: Literal["accepted"]
    answers: Count
    project: Code | None = None

    def words(self) -> str:
        """What is asked, in one line."""
        return f"{self.answers} accepted answers" + (f" in {self.project}" if self.project else "")


class Unrestricted(Shape):
    """No restriction was in force within the last `days`; those that were appealed against rightly do not count."""

    kind: Literal["unrestricted"]
    days: Days

    def words(self) -> str:
        """What is asked, in one line."""
        return f"No restriction within {self.days} days"


class WeeksKept(Shape):
    """Of the last `of` weeks that have a result, at least `kept` are met or excused."""

    kind: Literal["weeks"]
    of: Annotated[int, Field(ge=1, le=104)]
    kept: Annotated[int, Field(ge=1, le=104)]

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if self.kept > self.of:
            msg = "no more weeks can be kept than are looked at"
            raise ValueError(msg)
        return self

    def words(self) -> str:
        """What is asked, in one line."""
        return f"{self.kept} of the last {self.of} weeks met or excused"


class HeldFor(Shape):
    """A qualification is held, and was for at least `days` in all, at this level and line or above (the same code if none is named)."""

    kind: Literal["held"]
    days: Annotated[int, Field(ge=0, le=3650)]
    level: Grade = 1
    line: Line = 1
    code: Code | None = None

    def words(self) -> str:
        """What is asked, in one line."""
        return f"{self.code or 'This qualification'} held for {self.days} days at level {self.level}, line {self.line}"


class ReviewsDone(Shape):
    """At least so many second looks at others' work: audits done and disputes settled."""

    kind: Literal["reviews"]
    count: Count

    def words(self) -> str:
        """What is asked, in one line."""
        return f"{self.count} reviews done"


Criterion = Annotated[
    ExamPassed
    | TrainingFinished
    | TrialRight
    | AccuracyReached
    | AnswersAccepted
    | Unrestricted
    | WeeksKept
    | HeldFor
    | ReviewsDone,
    Field(discriminator="kind"),
]
