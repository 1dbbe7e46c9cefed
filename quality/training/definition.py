"""What a course is: lessons with homework, training tasks with hints, at last a trial with published numbers to pass it by."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from piecework.platform.errors import Invalid, Misfit
from piecework.platform.said import Said
from piecework.platform.web.operation import Shape
from piecework.quality.comparing.comparison import compared
from piecework.quality.exams.definition import Passing
from piecework.quality.exams.questions import Acceptable
from piecework.quality.publishing import Directed
from piecework.tasks.fields import AnswerField, AnswerSchema, FieldType, Key, Title
from piecework.tasks.workflows import Code

Prose = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
Shown = Annotated[str, StringConstraints(max_length=20_000)]

MOST_ITEMS = 500
"""Of all units together."""


class ShownField(Shape):
    """A field of what a task shows."""

    name: Key
    title: Title


class TaskForm(Shape):
    """What the tasks of a unit show and ask for: as a step of a project does."""

    instruction: Line
    input: Annotated[list[ShownField], Field(min_length=1, max_length=20)]
    answer: Annotated[list[AnswerField], Field(min_length=1, max_length=30)]


class TaskItem(Shape):
    """A task with known answers. `hint` is shown after a wrong answer, `explanation` with the right one."""

    input: Annotated[dict[Key, Shown | bool | None], Field(min_length=1, max_length=20)]
    answers: Annotated[list[Acceptable], Field(min_length=1, max_length=10)]
    hint: Line
    explanation: Line


class Question(Shape):
    """Homework that is checked at once, by its key."""

    kind: Literal["question"]
    prompt: Line
    answer: Annotated[list[AnswerField], Field(min_length=1, max_length=10)]
    answers: Annotated[list[Acceptable], Field(min_length=1, max_length=10)]
    hint: Line
    explanation: Line

    @model_validator(mode="after")
    def _key_fits(self) -> Self:
        check_key(self.answer, self.answers)
        return self


class Essay(Shape):
    """Homework in words, checked by the mentor or a curator within `check_days`. `good` tells them what to look for."""

    kind: Literal["essay"]
    prompt: Line
    good: Line
    max_length: Annotated[int, Field(ge=50, le=20_000)] = 2_000
    check_days: Annotated[int, Field(ge=1, le=30)] = 3

    @property
    def answer(self) -> list[AnswerField]:
        """The one field that is asked for."""
        return [AnswerField(name="text", type=FieldType.TEXT, title="Text", max_length=self.max_length)]


Homework = Annotated[Question | Essay, Field(discriminator="kind")]


class Unit(Shape):
    """A part of a course. Who finishes a paid one is paid for it once, if a pay rule for training says so."""

    key: Code
    title: Title
    paid: bool = True


class Lesson(Unit):
    """A text in Markdown, perhaps a video, and homework. The link to the video is shown and never fetched."""

    kind: Literal["lesson"]
    text: Prose
    video_url: Annotated[str, StringConstraints(pattern=r"^https://[^\s]+$", max_length=2_000)] | None = None
    homework: Annotated[list[Homework], Field(min_length=1, max_length=20)]


class _WithTasks(Unit):
    """Tasks of one form: its own, or that of a step of the direction's workflow in force when the course is drafted."""

    step: Key | None = None
    form: TaskForm | None = None
    items: Annotated[list[TaskItem], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.form is None:
            if self.step is None:
                msg = Said("tasks need a form, or a step of the direction")
                raise Misfit(msg, "step")
            return self
        check_items(self.form, self.items)
        return self

    @property
    def asks(self) -> TaskForm:
        """The form, which every stored unit has."""
        assert self.form is not None
        return self.form


class Tasks(_WithTasks):
    """Training tasks, in order: after a wrong answer the hint is shown and one tries again. The first try counts."""

    kind: Literal["tasks"]


class Trial(_WithTasks):
    """`draw` of the tasks, by chance of those that the person has not met: as they come at work, one answer each, with feedback.

    Passed if `passing` holds of the first tries once all of them are answered, and not before: a rule that is looked at after each
    answer is met at some moment by more people than at the end. Not passed once it cannot be reached with the tasks that are left,
    which changes nothing in who passes. Who did not pass may begin again after `again_after_days`, with tasks that they have not met.
    """

    kind: Literal["trial"]
    draw: Annotated[int, Field(ge=1, le=200)]
    passing: Passing
    again_after_days: Annotated[int, Field(ge=0, le=365)] = 7

    @model_validator(mode="after")
    def _has_enough(self) -> Self:
        if self.draw > len(self.items):
            msg = Said("a trial has at least as many tasks as are drawn")
            raise Misfit(msg, "draw")
        return self


AnyUnit = Annotated[Lesson | Tasks | Trial, Field(discriminator="kind")]
Item = Question | Essay | TaskItem


class CourseSpec(Directed):
    """A course as it is published: its units in order; the trial, if there is one, is the last."""

    title: Title
    language: Literal["ru", "en"]
    days: Annotated[int, Field(ge=1, le=365)] = 14
    """How many days there are for it. Who takes longer is reminded and goes on; stages of a candidacy have deadlines of their own."""
    units: Annotated[list[AnyUnit], Field(min_length=1, max_length=50)]

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        keys = [unit.key for unit in self.units]
        if len(set(keys)) != len(keys):
            msg = Said("two units have the same key")
            raise Misfit(msg, "units")
        if any(isinstance(unit, Trial) for unit in self.units[:-1]):
            msg = Said("there is at most one trial, and it is the last unit")
            raise Misfit(msg, "units")
        if self.direction is None and any(isinstance(unit, _WithTasks) and unit.step is not None for unit in self.units):
            msg = Said("a course of no direction has no steps to take tasks' forms from")
            raise Misfit(msg, "direction")
        if sum(len(items_of(unit)) for unit in self.units) > MOST_ITEMS:
            msg = Said("all units together have at most %(most_items)s tasks and questions", most_items=MOST_ITEMS)
            raise Misfit(msg, "units")
        return self

    @property
    def trial(self) -> Trial | None:
        """The trial, if there is one."""
        last = self.units[-1]
        return last if isinstance(last, Trial) else None

    def unit(self, key: str) -> AnyUnit | None:
        """The unit of this key."""
        return next((unit for unit in self.units if unit.key == key), None)


def items_of(unit: AnyUnit) -> list[Item]:
    """What is to be answered in a unit; the first is number 1."""
    return list(unit.homework) if isinstance(unit, Lesson) else list(unit.items)


def fields_of(unit: AnyUnit, item: Item) -> list[AnswerField]:
    """The fields of an answer."""
    if isinstance(item, TaskItem):
        assert isinstance(unit, Tasks | Trial)
        return unit.asks.answer
    return item.answer


def check_key(fields: list[AnswerField], answers: list[Acceptable]) -> None:
    """Refuse known answers that do not fit the fields, or of which nothing can be compared (Misfit)."""
    for place, one in enumerate(answers):
        try:
            AnswerSchema(fields).check(one.answer)
        except Invalid as refused:
            wrong: list[dict[str, Any]] = refused.extra["errors"]
            fields_ = ", ".join(fault["field"] for fault in wrong)
            msg = Said("answer %(place)s does not fit: %(fields)s", place=place, fields=fields_)
            raise Misfit(msg, "answers", place, *wrong[0]["field"].split(".")) from None
        if not any(True for _ in compared(fields, one.answer)):
            raise Misfit(Said("answer %(place)s has no field that can be compared", place=place), "answers", place)


def check_items(form: TaskForm, items: list[TaskItem]) -> None:
    """Refuse tasks that do not fit their form (Misfit)."""
    names = {field.name for field in form.input}
    for number, item in enumerate(items, 1):
        if set(item.input) != names:
            msg = Said("task %(number)s must show exactly: %(fields)s", number=number, fields=", ".join(sorted(names)))
            raise Misfit(msg, "items", number - 1, "input")
        try:
            check_key(form.answer, item.answers)
        except Misfit as wrong:
            raise Misfit(wrong.said, "items", number - 1, *wrong.place) from None


def read_course(text: str | bytes) -> CourseSpec:
    """A stored course back as an object."""
    return CourseSpec.model_validate_json(text)
