"""Questions by kind: what is kept of them, what a candidate sees, and which answers fit.

What is right of a question is in the fields that `shown` leaves out.
"""

import unicodedata
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import Discriminator, Field, StringConstraints, Tag, TypeAdapter, ValidationError, model_validator

from piecework.platform.errors import Invalid, Misfit
from piecework.platform.said import Said
from piecework.platform.web.body import refusal
from piecework.platform.web.operation import Shape
from piecework.quality.comparing.texts import normalise
from piecework.quality.exams.tokens import read
from piecework.quality.grading.truths import Known
from piecework.tasks.fields import Answer, AnswerSchema
from piecework.tasks.workflows import Code, StepSpec

S = TypeVar("S", bound=Shape)
Prompt = Annotated[str, StringConstraints(min_length=1, max_length=4_000)]
Passage = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
Line = Annotated[str, StringConstraints(pattern=r"\S", max_length=1_000)]
Share = Annotated[float, Field(ge=0, le=1)]
Cost = Annotated[float, Field(gt=0, le=1)]

LONGEST_REFERENCE = 1_000
"""Words of a dictation."""
WRITTEN = {"type": "object", "properties": {"text": {"type": "string", "maxLength": 20_000}}, "required": ["text"]}


class Lost(Shape):
    """What one error of each kind costs, as a share of the question."""

    spelling: Cost = 0.05
    missing: Cost = 0.05
    extra: Cost = 0.05
    punctuation: Share = 0.03
    capital: Share = 0.02


class Written(Shape):
    """A text as an answer."""

    text: Annotated[str, StringConstraints(max_length=20_000)]


class Dictation(Shape):
    """A text that is heard, from `audio_url` or read aloud by somebody, and written down. `reference` is what should be written."""

    kind: Literal["dictation"]
    prompt: Prompt
    audio_url: Annotated[str, StringConstraints(pattern=r"^https://[^\s]+$", max_length=2_000)] | None = None
    reference: Passage
    lost: Lost = Lost()
    yo_is_e: bool = True

    @model_validator(mode="after")
    def _can_be_marked(self) -> Self:
        words = len(read(self.reference).words)
        if not 3 <= words <= LONGEST_REFERENCE:
            raise Misfit(
                Said("a dictation has 3 to %(longest_reference)s words", longest_reference=LONGEST_REFERENCE), "reference"
            )
        if words * self.lost.missing < 1:
            msg = Said("an empty sheet must be worth nothing: a missing word costs at least 1 / (number of words)")
            raise Misfit(msg, "lost", "missing")
        return self

    @property
    def shown(self) -> dict[str, Any]:
        """What the candidate sees, with what errors cost."""
        rules = self.model_dump(mode="json", include={"prompt", "audio_url", "lost", "yo_is_e"})
        return {**rules, "answer_schema": WRITTEN}

    def check(self, body: Answer) -> None:
        """Refuse an answer that does not fit."""
        fits(Written, body)


class Statement(Shape):
    """A statement about a text, and whether the text says so."""

    text: Line
    holds: bool


class Chosen(Shape):
    """The numbers of the chosen statements, the first is 0."""

    chosen: Annotated[list[Annotated[int, Field(ge=0, le=99)]], Field(max_length=100)]


class Statements(Shape):
    """Choose what the text says. Each statement chosen wrongly takes away `penalty` times what one chosen rightly gives."""

    kind: Literal["main_information"]
    form: Literal["statements"]
    prompt: Prompt
    text: Passage
    statements: Annotated[list[Statement], Field(min_length=2, max_length=30)]
    penalty: Annotated[float, Field(ge=0, le=10)] = 1.0

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if len({one.holds for one in self.statements}) < 2:
            msg = Said("there must be statements of both kinds")
            raise Misfit(msg, "statements")
        return self

    @property
    def shown(self) -> dict[str, Any]:
        """What the candidate sees."""
        listed = [one.text for one in self.statements]
        numbers = {"type": "array", "items": {"enum": list(range(len(listed)))}, "uniqueItems": True}
        schema = {"type": "object", "properties": {"chosen": numbers}, "required": ["chosen"]}
        return {"prompt": self.prompt, "text": self.text, "options": listed, "penalty": self.penalty, "answer_schema": schema}

    def check(self, body: Answer) -> None:
        """Refuse an answer that does not fit."""
        chosen = fits(Chosen, body).chosen
        if len(set(chosen)) != len(chosen) or any(one >= len(self.statements) for one in chosen):
            raise _refused("chosen", Said("Numbers of statements, each at most once."))


class KeyPoint(Shape):
    """One thing that a short answer must say, in any of these wordings. A word that ends in * stands for all that begin so."""

    any_of: Annotated[list[Line], Field(min_length=1, max_length=50)]
    weight: Annotated[float, Field(gt=0, le=100)] = 1.0

    @model_validator(mode="after")
    def _asks_for_words(self) -> Self:
        if not all(self.wordings):
            msg = Said("each wording has a word, and no word is * alone")
            raise Misfit(msg, "any_of")
        return self

    @property
    def wordings(self) -> list[list[tuple[str, bool]]]:
        """Each wording as its words, levelled as answers are, and whether a word is only the beginning of one."""
        return [_words(one) for one in self.any_of]


def _words(wording: str) -> list[tuple[str, bool]]:
    found: list[tuple[str, bool]] = []
    for written in wording.split():
        parts = [
            one
            for one in normalise(written.removesuffix("*")).split()
            if not all(unicodedata.category(of)[0] == "P" for of in one)
        ]
        found += [(one, False) for one in parts]
        if parts and written.endswith("*"):
            found[-1] = (parts[-1], True)
    return found


class ShortAnswer(Shape):
    """Say in a few words what the text says. Only the first `most_words` count: copying it all says nothing."""

    kind: Literal["main_information"]
    form: Literal["short_answer"]
    prompt: Prompt
    text: Passage
    key_points: Annotated[list[KeyPoint], Field(min_length=1, max_length=30)]
    most_words: Annotated[int, Field(ge=1, le=500)] = 60

    @property
    def shown(self) -> dict[str, Any]:
        """What the candidate sees."""
        return {"prompt": self.prompt, "text": self.text, "most_words": self.most_words, "answer_schema": WRITTEN}

    def check(self, body: Answer) -> None:
        """Refuse an answer that does not fit."""
        fits(Written, body)


class Choice(Shape):
    """The number of the chosen wording, the first is 0."""

    choice: Annotated[int, Field(ge=0, le=99)]


class Wordings(Shape):
    """Choose the right wording. `right` is its number."""

    kind: Literal["style"]
    form: Literal["choice"]
    prompt: Prompt
    options: Annotated[list[Line], Field(min_length=2, max_length=20)]
    right: Annotated[int, Field(ge=0, le=19)]

    @model_validator(mode="after")
    def _has_the_right_one(self) -> Self:
        if self.right >= len(self.options) or len(set(self.options)) != len(self.options):
            msg = Said("the options are different, and `right` is the number of one of them")
            raise Misfit(msg, "right")
        return self

    @property
    def shown(self) -> dict[str, Any]:
        """What the candidate sees."""
        number = {"enum": list(range(len(self.options)))}
        schema = {"type": "object", "properties": {"choice": number}, "required": ["choice"]}
        return {"prompt": self.prompt, "options": self.options, "answer_schema": schema}

    def check(self, body: Answer) -> None:
        """Refuse an answer that does not fit."""
        if fits(Choice, body).choice >= len(self.options):
            raise _refused("choice", Said("The number of one of the options."))


class Correction(Shape):
    """Write it correctly: `accepted` are the right forms. exact: letters, case and marks count; wording: the words alone do."""

    kind: Literal["style"]
    form: Literal["correction"]
    prompt: Prompt
    accepted: Annotated[list[Line], Field(min_length=1, max_length=50)]
    compare: Literal["exact", "wording"] = "exact"

    @property
    def shown(self) -> dict[str, Any]:
        """What the candidate sees."""
        return {"prompt": self.prompt, "answer_schema": WRITTEN}

    def check(self, body: Answer) -> None:
        """Refuse an answer that does not fit."""
        fits(Written, body)


class Acceptable(Shape):
    """An acceptable answer, and what giving it counts as."""

    answer: Answer
    weight: Annotated[float, Field(gt=0, le=1)] = 1.0

    def known(self) -> Known:
        """As grading takes it."""
        return Known(self.answer, self.weight)


class GoldenQuestion(Shape):
    """A task of a project with known answers, kept for exams: the step as it was, what is shown, the acceptable answers."""

    kind: Literal["golden"]
    project: Code
    step: StepSpec
    input: dict[str, str | bool | None]
    answers: Annotated[list[Acceptable], Field(min_length=1, max_length=10)]

    @property
    def shown(self) -> dict[str, Any]:
        """What the candidate sees: the same as of any task."""
        return {
            "prompt": self.step.title,
            "instruction": self.step.instruction,
            "input": [{"name": one.name, "title": one.title, "value": self.input.get(one.name)} for one in self.step.input],
            "answer_schema": AnswerSchema(self.step.answer).json_schema,
        }

    def check(self, body: Answer) -> None:
        """Refuse an answer that does not fit."""
        AnswerSchema(self.step.answer).check(body)


def _which(value: Any) -> str:
    """The kind of a question, with its form where the kind has several."""
    found = value if isinstance(value, dict) else {name: getattr(value, name, None) for name in ("kind", "form")}
    kind, form = found.get("kind"), found.get("form")
    return f"{kind}.{form}" if form is not None else str(kind)


_Dictation = Annotated[Dictation, Tag("dictation")]
_Statements = Annotated[Statements, Tag("main_information.statements")]
_ShortAnswer = Annotated[ShortAnswer, Tag("main_information.short_answer")]
_Wordings = Annotated[Wordings, Tag("style.choice")]
_Correction = Annotated[Correction, Tag("style.correction")]
Imported = Annotated[_Dictation | _Statements | _ShortAnswer | _Wordings | _Correction, Discriminator(_which)]
"""Questions that are written as such; golden ones are made from a step and its answers."""
Question = Dictation | Statements | ShortAnswer | Wordings | Correction | GoldenQuestion
Stored = Annotated[
    _Dictation | _Statements | _ShortAnswer | _Wordings | _Correction | Annotated[GoldenQuestion, Tag("golden")],
    Discriminator(_which),
]

_STORED: TypeAdapter[Question] = TypeAdapter(Stored)


def read_question(text: str | bytes) -> Question:
    """A stored question back as an object."""
    return _STORED.validate_json(text)


def fits(shape: type[S], body: Answer) -> S:
    """The answer in its shape.

    Raises:
        Invalid: it does not fit.
    """
    try:
        return shape.model_validate(body)
    except ValidationError as error:
        raise refusal(error) from None


def _refused(field: str, message: str | Said) -> Invalid:
    return Invalid(errors=[{"field": f"answer.{field}", "code": "does_not_fit", "message": message}])
