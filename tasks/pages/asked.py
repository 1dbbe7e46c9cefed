"""The answer form: what a browser sends, as the answer that a step's schema asks for."""

import math
from collections.abc import Mapping, Sequence

from piecework.platform.errors import Invalid
from piecework.tasks.fields import Answer, AnswerField, FieldType

FEW = 12
"""A choice among more than this is a list to pick from instead of a row of buttons."""
ON = {"true": True, "false": False}


class AnswerIncomplete(Invalid):
    """The answer does not fit the step's schema; `wrong` names each field and what is wrong with it."""

    code = "answer_incomplete"
    title = "The answer is not complete yet. Look at the fields that are marked."


def answer(fields: Sequence[AnswerField], sent: Mapping[str, Sequence[str]]) -> Answer:
    """The answer that a form holds. Fields left empty, or not asked for with the rest, are left out; what does not fit stays as typed."""
    found: Answer = {}
    for field in fields:
        values = [text for text in sent.get(field.name, ()) if text.strip()]
        if field.only_if is not None and found.get(field.only_if.field) != field.only_if.is_:
            continue
        if field.type is FieldType.CHOICES and (values or field.required):
            found[field.name] = list(values)
        elif values:
            found[field.name] = _value(field, values[-1])
    return found


def _value(field: AnswerField, text: str) -> str | float | bool:
    match field.type:
        case FieldType.YES_NO:
            return ON.get(text, text)
        case FieldType.NUMBER:
            try:
                number = float(text.strip().replace(",", "."))
            except ValueError:
                return text
            if not math.isfinite(number):
                return text
            return int(number) if number.is_integer() else number
        case FieldType.TEXT:
            return text.strip()
        case _:
            return text


def incomplete(problem: Invalid) -> AnswerIncomplete:
    """A refusal by the step's schema in terms of the form's fields."""
    errors = problem.extra.get("errors", ())
    return AnswerIncomplete(wrong={str(one["field"]).removeprefix("answer."): one for one in errors})
