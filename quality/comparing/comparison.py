"""Comparing answers field by field: which fields take part, when two values are the same, and what an answer in part right is worth."""

from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from piecework.quality.comparing.texts import alike, normalise
from piecework.quality.statistics.vote import OPEN
from piecework.tasks.fields import Answer, AnswerField, FieldType

Label = str | bool | float | frozenset[str]

ROUNDING = 1e-15
"""1.1 and 1.0 are 0.1 apart, though not in binary: a difference may exceed its tolerance by a few units in the last place."""


def label(value: JsonValue) -> Label:
    """A value in a form in which equal answers are equal: sets ignore order, numbers ignore their spelling."""
    if isinstance(value, list):
        return frozenset(str(item) for item in value)
    if isinstance(value, bool | str):
        return value
    return float(value) if isinstance(value, int | float) else str(value)


def labelled(field: AnswerField, value: JsonValue) -> Label:
    """The label of a field's value: text that is compared by its sense is normalised."""
    found = label(value)
    if isinstance(found, str) and field.compare is not None and field.compare.by in ("normalised", "edits"):
        return normalise(found)
    return found


def near(field: AnswerField, one: Label, other: Label) -> bool:
    """True if two labels of the field are the same. Symmetric and reflexive; not transitive where there is a tolerance."""
    if one == other:
        return True
    rule = field.compare
    if rule is None or isinstance(one, bool) or isinstance(other, bool):
        return False
    if isinstance(one, float) and isinstance(other, float) and rule.tolerance is not None:
        largest = max(abs(one), abs(other))
        allowed = rule.tolerance * largest if rule.by == "relative" else rule.tolerance
        return abs(one - other) <= allowed + ROUNDING * largest
    if rule.threshold is None:
        return False
    if isinstance(one, frozenset) and isinstance(other, frozenset):
        return len(one & other) >= rule.threshold * len(one | other) - 1e-9
    return isinstance(one, str) and isinstance(other, str) and alike(one, other, rule.threshold)


def classes(field: AnswerField) -> int:
    """How many answers a field has; OPEN where the set is not known beforehand."""
    match field.type:
        case FieldType.CHOICE:
            return len(field.options) if len(field.options) > 1 else OPEN
        case FieldType.YES_NO:
            return 2
        case _:
            return OPEN


def is_compared(field: AnswerField) -> bool:
    """True for every field but text that is not asked to be."""
    return field.type != FieldType.TEXT or field.compare is not None


def compared(fields: Sequence[AnswerField], truth: Answer) -> Iterator[AnswerField]:
    """The fields that are compared when `truth` is the right answer: those that can be, and are asked for under that answer."""
    for field in fields:
        if is_compared(field) and asked(field, truth) and (field.required or field.name in truth):
            yield field


def asked(field: AnswerField, answer: Answer) -> bool:
    """True if the field is asked for, given the rest of the answer."""
    return field.only_if is None or answer.get(field.only_if.field) == field.only_if.is_


def same(field: AnswerField, one: Answer, other: Answer) -> bool:
    """True if both answers have the same value in this field, or both have none."""
    if field.name not in one or field.name not in other:
        return field.name not in one and field.name not in other
    return near(field, labelled(field, one[field.name]), labelled(field, other[field.name]))


def verdicts(fields: Sequence[AnswerField], answer: Answer, truth: Answer) -> dict[str, bool]:
    """Every compared field's name, and whether the answer is right in it."""
    return {field.name: same(field, answer, truth) for field in compared(fields, truth)}
