"""What an exam is: its sections, its time, the rule by which it is passed, when it may be sat again."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from piecework.platform.errors import Misfit
from piecework.platform.said import Said
from piecework.platform.web.operation import Shape
from piecework.quality.golden.golden import Difficulty
from piecework.quality.publishing import Directed
from piecework.tasks.workflows import Code

Words = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
Level = Annotated[Difficulty, Field(strict=False)]

MOST_QUESTIONS = 200


class Bilingual(Shape):
    """Words in Russian and in English."""

    ru: Words
    en: Words


class Section(Shape):
    """`draw` questions of a pool, each worth `points`. With `difficulty`, so many of each; else whatever comes."""

    key: Code
    title: Bilingual
    pool: Code
    draw: Annotated[int, Field(ge=1, le=100)]
    points: Annotated[int, Field(ge=1, le=1_000)] = 1
    difficulty: Annotated[dict[Level, Annotated[int, Field(ge=1, le=100)]], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.difficulty is not None and sum(self.difficulty.values()) != self.draw:
            msg = Said("the numbers of questions by difficulty must add up to those that are drawn")
            raise Misfit(msg, "difficulty")
        return self


class Passing(Shape):
    """When an exam is passed.

    share: the points are at least the share `threshold` of all · lower_bound: the lower end of the credible interval of the
    probability of being right, at `level`, is at least `threshold` (quality.exams.scoring says how it is reckoned).
    """

    by: Literal["share", "lower_bound"]
    threshold: Annotated[float, Field(gt=0, le=1)]
    level: Annotated[float, Field(ge=0.5, le=0.999)] = 0.9

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.by == "lower_bound" and self.threshold >= 1:
            msg = Said("no lower bound reaches 1")
            raise Misfit(msg, "threshold")
        return self


class Tries(Shape):
    """At most so many attempts begin within so many days."""

    most: Annotated[int, Field(ge=1, le=100)]
    days: Annotated[int, Field(ge=1, le=730)]


class ExamSpec(Directed):
    """An exam as it is published. A direction exam belongs to a project, and has its golden questions."""

    title: Bilingual
    kind: Literal["general", "direction"]
    time_limit_min: Annotated[int, Field(ge=1, le=480)]
    sections: Annotated[list[Section], Field(min_length=1, max_length=20)]
    passing: Passing
    retake_after_h: Annotated[int, Field(ge=0, le=17_520)] = 72
    tries: Tries = Tries(most=3, days=90)
    valid_days: Annotated[int, Field(ge=1, le=3_650)] = 365
    qualification: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    """The code of the qualification that a pass is evidence for. The exam grants nothing itself."""
    appeal_days: Annotated[int, Field(ge=1, le=365)] = 7
    """How long after the decision somebody who failed may object to it."""
    most_exposed: Annotated[int, Field(ge=1, le=1_000_000)] = 200
    """A question drawn more often is reported for retirement."""

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        keys = [section.key for section in self.sections]
        if len(set(keys)) != len(keys):
            msg = Said("two sections have the same key")
            raise Misfit(msg, "sections")
        if sum(section.draw for section in self.sections) > MOST_QUESTIONS:
            msg = Said("all sections together ask at most %(most_questions)s questions", most_questions=MOST_QUESTIONS)
            raise Misfit(msg, "sections")
        if (self.kind == "direction") != (self.direction is not None):
            msg = Said("a direction exam, and no other, names its direction")
            raise Misfit(msg, "direction")
        return self


def read_exam(text: str | bytes) -> ExamSpec:
    """A stored exam back as an object."""
    return ExamSpec.model_validate_json(text)
