"""Changes of a draft as a whole: steps added, names changed wherever they are meant, what may be chosen where."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from piecework.platform.pages import loose
from piecework.tasks.coherence import TICKET_FIELDS
from piecework.tasks.fields import FieldType
from piecework.tasks.pages import requester_form as form

Json = dict[str, Any]
DECIDED = (FieldType.CHOICE, FieldType.YES_NO)


@dataclass(frozen=True, slots=True)
class Chance:
    """Something that can be chosen: `value` in the form, and the words it is told by."""

    value: str
    step: str
    field: str = ""
    option: str = ""
    """The words of an option; `true`, `false`, `agreed` or `differed` stand for themselves."""


def with_step(spec: Mapping[str, Any], title: str) -> Json:
    """With one more step at the end, after the last one."""
    made = copy.deepcopy(dict(spec))
    steps = list(form.steps_of(made))
    keys = [form.words_of(step, "key") for step in steps]
    last = steps[-1] if steps else {}
    made["steps"] = [
        *steps,
        {
            "key": loose.unused(loose.slug(title, "step"), [*keys, "ticket"]),
            "title": title,
            "instruction": "",
            "input": [{"name": "text", "title": "", "source": "ticket.text"}],
            "answer": [],
            "price": "",
            "qualification": form.words_of(last, "qualification"),
            "after": keys[-1:],
        },
    ]
    return made


def without_references(spec: Json, key: str) -> None:
    """Nothing comes after, or is barred by, a step that is gone; what showed or asked of it stays, and is told to be wrong."""
    for step in form.steps_of(spec):
        for name in ("after", "not_by"):
            if isinstance(step.get(name), list):
                step[name] = [one for one in step[name] if one != key]


def renamed_step(spec: Json, old: str, new: str) -> None:
    """Name a step anew wherever it is meant. Its own key has been changed already."""
    for step in form.steps_of(spec):
        for name in ("after", "not_by"):
            if isinstance(step.get(name), list):
                step[name] = [new if one == old else one for one in step[name]]
        if step.get("judges") == old:
            step["judges"] = new
        if isinstance(step.get("redo"), dict) and step["redo"].get("step") == old:
            step["redo"]["step"] = new
    for condition in _conditions(spec):
        if condition.get("step") == old:
            condition["step"] = new
    for shown in _shown(spec):
        origin, dot, name = form.words_of(shown, "source").partition(".")
        if origin == old:
            shown["source"] = f"{new}{dot}{name}"


def renamed_field(spec: Json, own: Json, old: str, new: str) -> None:
    """Name a question of the step `own` anew wherever it is meant. Its own name has been changed already."""
    key = form.words_of(own, "key")
    for rule in [own.get("redo"), *(field.get("only_if") for field in form.answers_of(own))]:
        if isinstance(rule, dict) and rule.get("field") == old:
            rule["field"] = new
    for condition in _conditions(spec):
        if condition.get("step") == key and condition.get("field") == old:
            condition["field"] = new
    for shown in _shown(spec):
        if shown.get("source") == f"{key}.{old}":
            shown["source"] = f"{key}.{new}"


def _conditions(spec: Json) -> Iterator[Json]:
    """All conditions of steps, and that of urgency."""
    urgent = spec.get("urgent_when")
    if isinstance(urgent, dict):
        yield urgent
    for step in form.steps_of(spec):
        yield from form.rows_of(step, "when")


def _shown(spec: Json) -> Iterator[Json]:
    for step in form.steps_of(spec):
        yield from form.rows_of(step, "input")


def types_of(spec: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """The kinds of all questions: (step, field) -> type."""
    return {
        (form.words_of(step, "key"), form.words_of(field, "name")): form.words_of(field, "type")
        for step in form.steps_of(spec)
        for field in form.answers_of(step)
    }


def earlier(spec: Mapping[str, Any], key: str) -> list[Json]:
    """The steps that come before a step, as far as can be told of an unfinished draft."""
    by_key = {form.words_of(step, "key"): step for step in form.steps_of(spec)}
    found: dict[str, None] = {}
    todo = [key]
    while todo:
        after = form.texts_of(by_key.get(todo.pop(), {}), "after")
        new = [one for one in after if one in by_key and one not in found and one != key]
        found |= dict.fromkeys(new)
        todo += new
    return [step for name, step in by_key.items() if name in found]


def sources(before: Sequence[Mapping[str, Any]]) -> list[Chance]:
    """What a step may show: of the ticket, and what steps before it found out."""
    return [Chance(f"ticket.{name}", "") for name in ("text", *(one for one in TICKET_FIELDS if one != "text"))] + [
        Chance(f"{form.words_of(step, 'key')}.{form.words_of(field, 'name')}", _title(step), _title(field))
        for step in before
        for field in form.answers_of(step)
    ]


def outcomes(step: Mapping[str, Any], prefix: str = "") -> list[Chance]:
    """The values by which the answers of a step can be told apart."""
    found = []
    for field in form.answers_of(step):
        name = f"{prefix}{form.words_of(field, 'name')}"
        if field.get("type") == FieldType.YES_NO:
            found += [Chance(f"{name}={value}", _title(step), _title(field), value) for value in ("true", "false")]
        elif field.get("type") == FieldType.CHOICE:
            chosen = form.answer_form(field)["choices"]
            found += [Chance(f"{name}={value}", _title(step), _title(field), title) for value, title in chosen]
    return found


def conditions(steps: Sequence[Mapping[str, Any]]) -> list[Chance]:
    """On what a step, or a ticket's urgency, may depend."""
    found = []
    for step in steps:
        key = form.words_of(step, "key")
        found += outcomes(step, f"{key}.")
        found += [Chance(f"{key}:{how}", _title(step), "", how) for how in ("agreed", "differed")]
    return found


def _title(of: Mapping[str, Any]) -> str:
    return form.words_of(of, "title") or form.words_of(of, "key") or form.words_of(of, "name")
