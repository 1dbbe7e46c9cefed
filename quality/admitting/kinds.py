"""Criteria of admission, each of a kind that code checks from facts."""

from abc import ABC, abstractmethod
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from piecework.platform.errors import Misfit
from piecework.platform.said import Said
from piecework.platform.web.operation import Shape
from piecework.tasks.workflows import Code

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.:-]{0,79}$")]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Days = Annotated[int, Field(ge=1, le=3650)]
Share = Annotated[float, Field(gt=0, le=1)]
Grade = Annotated[int, Field(ge=1, le=9)]
Line = Annotated[int, Field(ge=1, le=3)]


class Asked(Shape, ABC):
    """What every criterion is."""

    @abstractmethod
    def said(self) -> Said:
        """What is asked, in one line."""

    def words(self) -> str:
        """The same in English."""
        return str(self.said())


class ExamPassed(Asked):
    """An exam is passed; the result is not older than `max_age_days`, if that is given."""

    kind: Literal["exam"]
    exam: Name
    max_age_days: Days | None = None

    def said(self) -> Said:
        """What is asked, in one line."""
        if self.max_age_days:
            return Said("Exam %(exam)s passed, at most %(days)s days ago", exam=self.exam, days=self.max_age_days)
        return Said("Exam %(exam)s passed", exam=self.exam)


class TrainingFinished(Asked):
    """A course of training is finished."""

    kind: Literal["training"]
    course: Name

    def said(self) -> Said:
        """What is asked, in one line."""
        return Said("Training %(course)s finished", course=self.course)


class TrialRight(Asked):
    """Of the trial's tasks at least `tasks` are answered, and the first answers right: their share, or its lower bound (95 %)."""

    kind: Literal["trial"]
    course: Name
    tasks: Count
    at_least: Share
    by: Literal["share", "lower_bound"] = "lower_bound"

    def said(self) -> Said:
        """What is asked, in one line."""
        figures: dict[str, str | int] = {"course": self.course, "tasks": self.tasks, "share": f"{self.at_least:.2f}"}
        if self.by == "lower_bound":
            return Said("Trial %(course)s: %(tasks)s tasks, first answers right at a lower bound of %(share)s", **figures)
        return Said("Trial %(course)s: %(tasks)s tasks, first answers right at a share of %(share)s", **figures)


class AccuracyReached(Asked):
    """The lower bound (95 %) of the live accuracy in a project, as its person reads it, resting on at least so many answers."""

    kind: Literal["accuracy"]
    project: Code
    at_least: Share
    answers: Count

    def said(self) -> Said:
        """What is asked, in one line."""
        return Said(
            "Accuracy in %(project)s: a lower bound of %(share)s on %(answers)s answers",
            project=self.project,
            share=f"{self.at_least:.2f}",
            answers=self.answers,
        )


class AnswersAccepted(Asked):
    """At least so many accepted answers: in one project, or in all."""

    kind: Literal["accepted"]
    answers: Count
    project: Code | None = None

    def said(self) -> Said:
        """What is asked, in one line."""
        if self.project:
            return Said("%(answers)s accepted answers in %(project)s", answers=self.answers, project=self.project)
        return Said("%(answers)s accepted answers", answers=self.answers)


class Unrestricted(Asked):
    """No restriction was in force within the last `days`; those that were appealed against rightly do not count."""

    kind: Literal["unrestricted"]
    days: Days

    def said(self) -> Said:
        """What is asked, in one line."""
        return Said("No restriction within %(days)s days", days=self.days)


class WeeksKept(Asked):
    """Of the last `of` weeks that have a result, at least `kept` are met or excused."""

    kind: Literal["weeks"]
    of: Annotated[int, Field(ge=1, le=104)]
    kept: Annotated[int, Field(ge=1, le=104)]

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if self.kept > self.of:
            msg = Said("no more weeks can be kept than are looked at")
            raise Misfit(msg, "kept")
        return self

    def said(self) -> Said:
        """What is asked, in one line."""
        return Said("%(kept)s of the last %(of)s weeks met or excused", kept=self.kept, of=self.of)


class HeldFor(Asked):
    """A qualification is held, and was for at least `days` in all, at this level and line or above (the same code if none is named)."""

    kind: Literal["held"]
    days: Annotated[int, Field(ge=0, le=3650)]
    level: Grade = 1
    line: Line = 1
    code: Code | None = None

    def said(self) -> Said:
        """What is asked, in one line."""
        figures = {"days": self.days, "level": self.level, "line": self.line}
        if self.code:
            return Said("%(code)s held for %(days)s days at level %(level)s, line %(line)s", code=self.code, **figures)
        return Said("This qualification held for %(days)s days at level %(level)s, line %(line)s", **figures)


class ReviewsDone(Asked):
    """At least so many second looks at others' work: audits done and disputes settled."""

    kind: Literal["reviews"]
    count: Count

    def said(self) -> Said:
        """What is asked, in one line."""
        return Said("%(count)s reviews done", count=self.count)


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
