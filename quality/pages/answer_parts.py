"""What tasks show and ask, as parts of a form: known answers are typed into the fields that the answer itself would be typed into."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from piecework.platform.pages import loose
from piecework.platform.pages.outline import Asking, Kind, Part
from piecework.platform.pages.view import N_
from piecework.tasks.fields import FieldType
from piecework.tasks.workflows import StepSpec

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
KINDS: Mapping[str, Kind] = {
    FieldType.CHOICE: "choice",
    FieldType.CHOICES: "ticks",
    FieldType.YES_NO: "choice",
    FieldType.NUMBER: "number",
    FieldType.TEXT: "prose",
}
YES_NO = (("true", N_("yes")), ("false", N_("no")))


def shown_parts(fields: Iterable[Mapping[str, Any]]) -> Sequence[Part]:
    """Fields of a task's input, from their JSON; what has no name yet is not asked for."""
    return [
        Part("prose", name, asking=Asking(loose.text(one.get("title")) or name, theirs=True), required=True, default="")
        for one, name in _named(fields)
    ]


def answer_parts(fields: Iterable[Mapping[str, Any]]) -> Sequence[Part]:
    """Fields of an answer, from their JSON."""
    return [_answer_part(one, name) for one, name in _named(fields)]


def _answer_part(field: Mapping[str, Any], name: str) -> Part:
    kind = loose.text(field.get("type"))
    options = [
        (loose.text(one.get("value")), loose.text(one.get("title")))
        for one in map(loose.mapping, loose.listed(field.get("options")))
    ]
    return Part(
        KINDS.get(kind, "prose"),
        name,
        asking=Asking(loose.text(field.get("title")) or name, theirs=True),
        required=field.get("required", True) is True and not field.get("only_if"),
        options=YES_NO if kind == FieldType.YES_NO else tuple(options),
        either=kind == FieldType.YES_NO,
    )


def _named(fields: Iterable[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], str]]:
    named = [(one, loose.text(one.get("name"))) for one in fields]
    return [(one, name) for one, name in named if NAME.fullmatch(name)]


def of_step(step: StepSpec) -> Mapping[str, Any]:
    """What the tasks of a step show and ask, as the form of a course's own tasks."""
    return {
        "input": [{"name": one.name, "title": one.title} for one in step.input],
        "answer": [one.model_dump(mode="json", by_alias=True) for one in step.answer],
    }
