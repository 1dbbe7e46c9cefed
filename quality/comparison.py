"""Comparing answers field by field: which fields take part, and when two values are the same."""

from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from piecework.quality.statistics import OPEN
from piecework.tasks.fields import Answer, AnswerField, FieldType

Label = str | bool | float | frozenset[str]


def label(value: JsonValue) -> Label:
    """A value in a form in which equal answers are equal: sets ignore order, numbers ignore their spelling."""
    if isinstance(value, list):
        return frozenset(str(item) for item in value)
    if isinstance(value, bool | str):
        return value
    return float(value) if isinstance(value, int | float) else str(value)


def classes(field: AnswerField) -> int:
    """How many answers a field has; OPEN where the set is not known beforehand."""
    match field.type:
        case FieldType.CHOICE:
            return len(field.options) if len(field.options) > 1 else OPEN
        case FieldType.YES_NO:
            return 2
        case _:
            return OPEN


def compared(fields: Sequence[AnswerField], truth: Answer) -> Iterator[AnswerField]:
    """The fields that are compared when `truth` is the right answer: not free text, and asked for under that answer."""
    for field in fields:
        if field.type != FieldType.TEXT and asked(field, truth) and (field.required or field.name in truth):
            yield field


def asked(field: AnswerField, answer: Answer) -> bool:
    """True if the field is asked for, given the rest of the answer."""
    return field.only_if is None or answer.get(field.only_if.field) == field.only_if.is_


def same(field: AnswerField, one: Answer, other: Answer) -> bool:
    """True if both answers have the same value in this field."""
    if field.name not in one or field.name not in other:
        return field.name not in one and field.name not in other
    return label(one[field.name]) == label(other[field.name])


def right_fields(fields: Sequence[AnswerField], answer: Answer, truth: Answer) -> tuple[int, int]:
    """How many of the compared fields are right, and how many were compared."""
    outcome = [same(field, answer, truth) for field in compared(fields, truth)]
    return sum(outcome), len(outcome)
