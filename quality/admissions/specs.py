"""What is published about a way in: application forms, interview guides and the way itself. Everything that people read is in both languages."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from piecework.platform.errors import Misfit
from piecework.platform.said import Said
from piecework.platform.web.operation import Shape
from piecework.tasks.fields import AnswerField, FieldType, Key, OnlyIf, Option
from piecework.tasks.workflows import Code

Language = Literal["ru", "en"]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]
WHY = "_why"
"""A question's name with this is the field of the reason that it asks for."""


class Stage(StrEnum):
    """The stages of a candidacy, in their order."""

    APPLICATION = "application"
    LANGUAGE_EXAM = "language_exam"
    INTERVIEW = "interview"
    CONTRACT = "contract"
    TRAINING = "training"
    DIRECTION_EXAM = "direction_exam"
    TRIAL = "trial"
    LIVE = "live"


STAGES = tuple(Stage)
NAMED_BY = {
    Stage.LANGUAGE_EXAM: "language_exam",
    Stage.TRAINING: "course",
    Stage.DIRECTION_EXAM: "direction_exam",
    Stage.TRIAL: "trial",
}
"""The stages that an exam or a course decides, and the field of a way in that names it."""


class Words(Shape):
    """The same text in Russian and in English."""

    ru: Text
    en: Text

    def to(self, language: str) -> str:
        """The text in a language."""
        return self.ru if language == "ru" else self.en


class Title(Words):
    """A short text in Russian and in English."""

    ru: Name
    en: Name


class FormOption(Shape):
    """One option of a choice."""

    value: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    title: Title


class Explain(Shape):
    """The reason that a yes-or-no question asks for when the answer is `when`."""

    when: bool
    title: Title


class FormQuestion(Shape):
    """One question of an application form, with the bounds of its answer."""

    name: Annotated[Key, StringConstraints(max_length=36)]
    type: Annotated[FieldType, Field(strict=False)]
    title: Title
    options: Annotated[list[FormOption], Field(max_length=100, default_factory=list)]
    required: bool = True
    min_length: Annotated[int, Field(ge=0, le=20_000)] = 1
    max_length: Annotated[int, Field(ge=1, le=20_000)] = 2_000
    minimum: Annotated[float, Field(ge=-1e12, le=1e12)] = -1e12
    maximum: Annotated[float, Field(ge=-1e12, le=1e12)] = 1e12
    explain: Explain | None = None

    @model_validator(mode="after")
    def _makes_fields(self) -> Self:
        if self.explain is not None and self.type != FieldType.YES_NO:
            msg = Said("only a yes-or-no question asks for a reason")
            raise Misfit(msg, "explain")
        self.fields("en")
        return self

    def fields(self, language: str) -> list[AnswerField]:
        """The question as typed fields in a language: one, or two where it asks for a reason."""
        asked = AnswerField(
            name=self.name,
            type=self.type,
            title=self.title.to(language),
            options=[Option(value=one.value, title=one.title.to(language)) for one in self.options],
            required=self.required,
            min_length=self.min_length,
            max_length=self.max_length,
            minimum=self.minimum,
            maximum=self.maximum,
        )
        if self.explain is None:
            return [asked]
        only_if = OnlyIf(field=self.name, **{"is": self.explain.when})
        why = AnswerField(
            name=self.name + WHY,
            type=FieldType.TEXT,
            title=self.explain.title.to(language),
            only_if=only_if,
            max_length=self.max_length,
        )
        return [asked, why]


class Form(Shape):
    """An application form."""

    kind: Literal["form"] = "form"
    title: Title
    questions: Annotated[list[FormQuestion], Field(min_length=1, max_length=60)]

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [field.name for field in self.fields("en")]
        if len(set(names)) != len(names):
            msg = Said("two questions have the same name")
            raise Misfit(msg, "questions")
        return self

    def fields(self, language: str) -> list[AnswerField]:
        """The typed fields of the form in a language."""
        return [field for question in self.questions for field in question.fields(language)]


class InterviewQuestion(Shape):
    """A question of an interview: what a good answer shows, and what speaks against it."""

    code: Key
    text: Words
    good: Words
    avoid: Words


class Group(Shape):
    """A competency group: what it is about and its questions."""

    code: Key
    title: Title
    questions: Annotated[list[InterviewQuestion], Field(min_length=1, max_length=30)]


class Guide(Shape):
    """A structured interview's guide: the same questions for everybody, in competency groups, each scored from 1 to 5."""

    kind: Literal["guide"] = "guide"
    title: Title
    groups: Annotated[list[Group], Field(min_length=1, max_length=12)]

    @model_validator(mode="after")
    def _codes_are_unique(self) -> Self:
        codes = [group.code for group in self.groups] + self.question_codes()
        if len(set(codes)) != len(codes):
            msg = Said("two groups or questions have the same code")
            raise Misfit(msg, "groups")
        return self

    def question_codes(self) -> list[str]:
        """The codes of all questions, in their order."""
        return [question.code for group in self.groups for question in group.questions]


class StagePlan(Shape):
    """One stage of a way in, and how many days whoever's turn it is has for it."""

    stage: Annotated[Stage, Field(strict=False)]
    days: Annotated[int, Field(ge=1, le=90)] = 14


class InterviewBar(Shape):
    """An interview is passed with a mean over the groups of at least `overall`, and no group's mean below `group` (1 to 5)."""

    overall: Annotated[float, Field(ge=1, le=5)] = 3.5
    group: Annotated[float, Field(ge=1, le=5)] = 2.5


class WayIn(Shape):
    """The published way into a direction: its stages with their deadlines, and by what each of them is decided.

    A stage that an exam or a course decides names it (`trial` is the course whose trial it is). `qualification` is what the last stage
    admits to (the direction's code if left out). Who was refused may object within `appeal_days` and apply again after
    `again_after_days`.
    """

    kind: Literal["way_in"] = "way_in"
    open: bool = True
    summary: Words | None = None
    stages: Annotated[list[StagePlan], Field(max_length=8, default_factory=lambda: [StagePlan(stage=stage) for stage in STAGES])]
    language_exam: Code | None = None
    course: Code | None = None
    direction_exam: Code | None = None
    trial: Code | None = None
    qualification: Code | None = None
    interview: Annotated[InterviewBar, Field(default_factory=InterviewBar)]
    appeal_days: Annotated[int, Field(ge=1, le=365)] = 7
    again_after_days: Annotated[int, Field(ge=0, le=365)] = 30

    @model_validator(mode="after")
    def _stages_fit(self) -> Self:
        named = [plan.stage for plan in self.stages]
        if named != [stage for stage in STAGES if stage in named]:
            msg = Said("stages come once each, in the order in which they are listed to choose from")
            raise Misfit(msg, "stages")
        if Stage.APPLICATION not in named or Stage.LIVE not in named:
            msg = Said("a way in begins with application and ends with live")
            raise Misfit(msg, "stages")
        unnamed = [stage for stage, code in self.codes().items() if stage in named and code is None]
        if unnamed:
            msg = Said("a stage that the way has needs the exam or the course that decides it")
            raise Misfit(msg, NAMED_BY[unnamed[0]])
        return self

    def codes(self) -> dict[Stage, str | None]:
        """The exam or course that decides a stage, of the stages that one decides."""
        return {stage: getattr(self, name) for stage, name in NAMED_BY.items()}

    def days(self, stage: Stage) -> int:
        """How many days there are for a stage."""
        return next(plan.days for plan in self.stages if plan.stage == stage)

    def after(self, stage: Stage) -> Stage | None:
        """The stage that follows, None after the last."""
        named = [plan.stage for plan in self.stages]
        place = named.index(stage) + 1
        return named[place] if place < len(named) else None


Document = Annotated[Form | Guide | WayIn, Field(discriminator="kind")]
