"""Typed fields of inputs and answers, and the check of an answer against them (JSON Schema underneath)."""

from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal, Self

import jsonschema_rs
from pydantic import Field, JsonValue, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from piecework.platform.errors import Invalid
from piecework.platform.said import Said
from piecework.platform.web.operation import Shape

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Title = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
"""Of a project, a message, an article: short enough to stand within the title of a notice."""
MOST_ERRORS = 20


class FieldType(StrEnum):
    """choice: one of the options · choices: any set of them · yes_no · number · text."""

    CHOICE = "choice"
    CHOICES = "choices"
    YES_NO = "yes_no"
    NUMBER = "number"
    TEXT = "text"


class Option(Shape):
    """One option of a choice: the value that is stored and the words that are shown."""

    value: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    title: Title


class OnlyIf(Shape):
    """The field is asked for only when another field of the same answer has this value."""

    field: Key
    is_: Annotated[str | bool, Field(alias="is")]


class Comparison(Shape):
    """When two values of a field are the same.

    exact: equal · overlap (choices): at least the share `threshold` of all ticked options is ticked in both · absolute, relative
    (number): apart by at most `tolerance`, or by that share of the larger · normalised (text): equal but for case, ё, spaces and
    punctuation · edits (text): that too, and all but 1 - `threshold` of the characters can stay.
    """

    by: Literal["exact", "overlap", "absolute", "relative", "normalised", "edits"]
    threshold: Annotated[float, Field(gt=0, le=1)] | None = None
    tolerance: Annotated[float, Field(gt=0, le=1e12)] | None = None

    @model_validator(mode="after")
    def _has_its_bound(self) -> Self:
        if (self.by in ("overlap", "edits")) != (self.threshold is not None):
            raise PydanticCustomError("threshold_wanted", "a threshold belongs to overlap and edits, which need one")
        if (self.by in ("absolute", "relative")) != (self.tolerance is not None):
            raise PydanticCustomError("tolerance_wanted", "a tolerance belongs to absolute and relative, which need one")
        if self.by == "relative" and self.tolerance is not None and self.tolerance >= 1:
            raise PydanticCustomError("tolerance_wanted", "a relative tolerance is below 1")
        return self


COMPARISONS = {
    FieldType.CHOICE: {"exact"},
    FieldType.CHOICES: {"exact", "overlap"},
    FieldType.YES_NO: {"exact"},
    FieldType.NUMBER: {"exact", "absolute", "relative"},
    FieldType.TEXT: {"exact", "normalised", "edits"},
}
"""The comparisons that each type of field knows."""


class AnswerField(Shape):
    """One field of an answer."""

    name: Key
    type: Annotated[FieldType, Field(strict=False)]
    title: Title
    options: Annotated[list[Option], Field(max_length=200)] = []
    required: bool = True
    only_if: OnlyIf | None = None
    min_length: Annotated[int, Field(ge=0, le=20_000)] = 1
    max_length: Annotated[int, Field(ge=1, le=20_000)] = 5_000
    minimum: Annotated[float, Field(ge=-1e12, le=1e12)] = -1e12
    maximum: Annotated[float, Field(ge=-1e12, le=1e12)] = 1e12
    compare: Comparison | None = None
    """Without it text is not compared, and everything else exactly."""
    weight: Annotated[float, Field(gt=0, le=1000)] = 1.0
    """The field's share of the pay, in relation to the other fields', when an answer is accepted in part."""

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        values = [option.value for option in self.options]
        if (self.type in (FieldType.CHOICE, FieldType.CHOICES)) != bool(values):
            raise PydanticCustomError("options_wanted", "options belong to choice and choices, which need at least one")
        if len(set(values)) != len(values):
            raise PydanticCustomError("options_alike", "two options have the same value")
        if self.min_length > self.max_length or self.minimum > self.maximum:
            raise PydanticCustomError("bounds_crossed", "the lower bound is above the upper one")
        if self.compare is not None and self.compare.by not in COMPARISONS[self.type]:
            words = f"{self.type} is compared by {' or '.join(sorted(COMPARISONS[self.type]))}"
            raise PydanticCustomError("compared_otherwise", "{words}", {"words": words})
        return self

    def schema_of_value(self) -> dict[str, Any]:
        """JSON Schema of the field's value."""
        values = [option.value for option in self.options]
        match self.type:
            case FieldType.CHOICE:
                return {"title": self.title, "enum": values}
            case FieldType.CHOICES:
                items = {"enum": values}
                return {"title": self.title, "type": "array", "items": items, "uniqueItems": True, "maxItems": len(values)}
            case FieldType.YES_NO:
                return {"title": self.title, "type": "boolean"}
            case FieldType.NUMBER:
                return {"title": self.title, "type": "number", "minimum": self.minimum, "maximum": self.maximum}
            case FieldType.TEXT:
                return {"title": self.title, "type": "string", "minLength": self.min_length, "maxLength": self.max_length}

    def words(self) -> str:
        """What the field takes, for a person whose value did not fit."""
        match self.type:
            case FieldType.CHOICE:
                return "One of the step's options."
            case FieldType.CHOICES:
                return "A list of the step's options, each at most once."
            case FieldType.YES_NO:
                return "true or false."
            case FieldType.NUMBER:
                return f"A number from {self.minimum:g} to {self.maximum:g}."
            case FieldType.TEXT:
                return f"Text of {self.min_length} to {self.max_length} characters."

    def is_known(self, value: JsonValue) -> bool:
        """True if `value` is one that this field can have."""
        return jsonschema_rs.is_valid(self.schema_of_value(), value)


Answer = dict[str, JsonValue]
"""An answer: field name -> value, only fields that were asked for."""


class AnswerSchema:
    """The fields of one step's answer, compiled."""

    def __init__(self, fields: list[AnswerField]) -> None:
        self.fields = fields

    @cached_property
    def json_schema(self) -> dict[str, Any]:
        """JSON Schema (2020-12) of an answer, as published to clients."""
        rules = [self._asked_only_if(field, field.only_if) for field in self.fields if field.only_if is not None]
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {field.name: field.schema_of_value() for field in self.fields},
            "required": [field.name for field in self.fields if field.required and field.only_if is None],
            "additionalProperties": False,
            **({"allOf": rules} if rules else {}),
        }

    @staticmethod
    def _asked_only_if(field: AnswerField, rule: OnlyIf) -> dict[str, Any]:
        holds = {"properties": {rule.field: {"const": rule.is_}}, "required": [rule.field]}
        needed = {"required": [field.name]} if field.required else {}
        return {"if": holds, "then": needed, "else": {"not": {"required": [field.name]}}}

    @cached_property
    def _validator(self) -> jsonschema_rs.Draft202012Validator:
        return jsonschema_rs.Draft202012Validator(self.json_schema)

    def is_ready(self) -> bool:
        """Compile now rather than at the first answer."""
        return self._validator is not None

    def check(self, answer: Answer) -> None:
        """Refuse an answer that does not fit, at a cost bounded by the schema and not by what was sent.

        Raises:
            Invalid: `errors` names each field that does not fit, and how; the answer itself is not echoed.
        """
        known = {field.name: field for field in self.fields}
        strangers = [name for name in answer if name not in known][:MOST_ERRORS]
        if not strangers and not self._too_long(answer) and self._validator.is_valid(answer):
            return
        errors = [_refused(name[:80], "unknown_field", "This step asks for no such field.") for name in strangers]
        for field in self.fields:
            asked = field.only_if is None or answer.get(field.only_if.field) == field.only_if.is_
            if field.name in answer and not asked:
                errors.append(_refused(field.name, "not_asked", "This field is not asked for with the rest of the answer."))
            elif field.name in answer and not (self._fits(field, answer[field.name])):
                errors.append(_refused(field.name, "does_not_fit", field.words()))
            elif field.name not in answer and asked and field.required:
                errors.append(_refused(field.name, "missing", "This field is required."))
        raise Invalid(Said("The answer does not fit the step's answer schema."), errors=errors[:MOST_ERRORS])

    def _too_long(self, answer: Answer) -> bool:
        """True if a list has more items than its field has options: told apart before any validator looks at each item."""
        return any(isinstance(value := answer.get(field.name), list) and len(value) > len(field.options) for field in self.fields)

    @staticmethod
    def _fits(field: AnswerField, value: JsonValue) -> bool:
        return not (isinstance(value, list) and len(value) > len(field.options)) and field.is_known(value)


def _refused(name: str, code: str, message: str) -> dict[str, str]:
    return {"field": f"answer.{name}", "code": code, "message": message}
