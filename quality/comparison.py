"""Comparing answers field by field: which fields take part, when two values are the same, and what an answer in part right is worth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from piecework.quality.statistics.vote import OPEN
from piecework.quality.texts import alike, normalise
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


def right_fields(fields: Sequence[AnswerField], answer: Answer, truth: Answer) -> tuple[int, int]:
    """How many of the compared fields are right, and how many were compared."""
    outcome = verdicts(fields, answer, truth)
    return sum(outcome.values()), len(outcome)


@dataclass(frozen=True, slots=True)
class Credit:
    """What an answer is worth against the acceptable answer that suits it best."""

    share: float
    """0..1: the weight of the right fields in that of the compared ones, times the weight of the acceptable answer."""
    verdicts: dict[str, bool]
    truth: Answer


def credit(fields: Sequence[AnswerField], answer: Answer, truths: Sequence[tuple[Answer, float]]) -> Credit:
    """The best of several acceptable answers, each with what it is worth itself: 1 for a full answer, 0.5 for half an error.

    Of equally good ones the first. Where nothing can be compared, the answer is right.

    Raises:
        ValueError: there is no acceptable answer, or a weight is not in (0, 1].
    """
    if not truths or not all(0 < worth <= 1 for _, worth in truths):
        raise ValueError("an acceptable answer is worth more than 0 and at most 1, and there is at least one")
    return max((_against(fields, answer, truth, worth) for truth, worth in truths), key=lambda one: one.share)


def _against(fields: Sequence[AnswerField], answer: Answer, truth: Answer, worth: float) -> Credit:
    outcome = verdicts(fields, answer, truth)
    weights = {field.name: field.weight for field in fields if field.name in outcome}
    right = sum(weight for name, weight in weights.items() if outcome[name])
    return Credit(worth * (right / sum(weights.values()) if weights else 1.0), outcome, truth)
