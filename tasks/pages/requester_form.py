"""A workflow as the fields of forms, and back: everything is text as it was typed, so that nothing typed is lost.

`step_form` and `step_spec` undo each other for every step that can be published. What cannot be read as a number stays text: then the
workflow's own check says that it is none, beside the field.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from piecework.platform.pages import loose
from piecework.platform.web.operation import Shape
from piecework.tasks.fields import FieldType

Typed = Annotated[str, StringConstraints(max_length=20_000)]
CLOCK = re.compile(r"([0-9]{1,6}):([0-5][0-9])")
BAR = re.compile(r"(?<!\\)\|")
UNBOUNDED = 1e12
KEEP = Annotated[list[Typed], Field(default_factory=list)]


class InputTyped(Shape):
    """One thing that is shown."""

    name: Typed = ""
    title: Typed = ""
    source: Typed = ""


class AnswerTyped(Shape):
    """One question."""

    name: Typed = ""
    type: Typed = "text"
    title: Typed = ""
    options: Typed = ""
    required: bool = False
    only_if: Typed = ""
    min_length: Typed = ""
    max_length: Typed = ""
    minimum: Typed = ""
    maximum: Typed = ""
    compare: Typed = ""
    bound: Typed = ""
    weight: Typed = ""


class CheckingTyped(Shape):
    """How answers are judged."""

    method: Typed = ""
    reject_below: Typed = ""
    accept_from: Typed = ""
    cost_ceiling: Typed = ""
    audit_rate: Typed = ""
    second_rate: Typed = ""
    review_days: Typed = ""
    good: Typed = ""


class StepForm(Shape):
    """A step, and what to do with it: save, or change its rows (`answer.1.up`, `input.0.remove`, `add.choice`)."""

    revision: UUID | None = None
    act: Annotated[str, StringConstraints(max_length=40)] = "save"
    key: Typed = ""
    title: Typed = ""
    instruction: Typed = ""
    price: Typed = ""
    overlap: Typed = ""
    max_overlap: Typed = ""
    confidence: Typed = ""
    minutes: Typed = ""
    qualification: Typed = ""
    level: Typed = ""
    line: Typed = ""
    after: KEEP
    not_by: KEEP
    when: KEEP
    redo: Typed = ""
    redo_is: Typed = ""
    redo_most: Typed = ""
    judges: Typed = ""
    input: Annotated[list[InputTyped], Field(default_factory=list)]
    answer: Annotated[list[AnswerTyped], Field(default_factory=list)]
    checking: CheckingTyped = CheckingTyped()


def step_spec(form: StepForm, types: Mapping[tuple[str, str], str], former: str = "") -> dict[str, Any]:
    """The step as JSON. `types` are the kinds of all questions as they were kept, (step, field) -> type; `former` is the step's kept key.

    What depends on a question names it as it was kept, whatever it is called in the same form.
    """
    own = {name: kind for (key, name), kind in types.items() if key == former} | {one.name: one.type for one in form.answer}
    spec: dict[str, Any] = {
        "key": form.key.strip() or loose.slug(form.title, "step"),
        "title": form.title.strip(),
        "instruction": form.instruction,
        "input": inputs_spec(form.input),
        "answer": answers_spec(form.answer, own),
        "price": amount(form.price),
        **_given(
            overlap=form.overlap,
            max_overlap=form.max_overlap,
            confidence=form.confidence,
            level=form.level,
            line=form.line,
        ),
        "qualification": form.qualification.strip(),
        "after": [key for key in form.after if key],
        "when": [condition_spec(text, types) for text in form.when if text],
        "not_by": [key for key in form.not_by if key],
        "checking": {
            **({"method": form.checking.method} if form.checking.method else {}),
            **({"cost_ceiling": amount(form.checking.cost_ceiling)} if form.checking.cost_ceiling.strip() else {}),
            **_given(**{name: text for name, text in form.checking if name not in ("method", "cost_ceiling")}),
        },
    }
    if form.minutes.strip():
        spec["time_limit_s"] = seconds(form.minutes)
    if form.redo:
        name, _, value = form.redo_is.partition("=")
        is_ = _value(value, own.get(name))
        spec["redo"] = {"step": form.redo, "field": name, "is": is_, **_given(most=form.redo_most)}
    if form.judges:
        spec["judges"] = form.judges
    return spec


def inputs_spec(rows: Iterable[InputTyped]) -> list[dict[str, Any]]:
    """What is shown; a row left empty is none. Without a name it gets one by its source."""
    made: list[dict[str, Any]] = []
    for row in rows:
        if not (row.source or row.title.strip() or row.name.strip()):
            continue
        name = row.name.strip() or loose.unused(row.source.partition(".")[2] or "shown", [one["name"] for one in made])
        made.append({"name": name, "title": row.title.strip(), "source": row.source})
    return made


def answers_spec(rows: Sequence[AnswerTyped], types: Mapping[str, str]) -> list[dict[str, Any]]:
    """The questions. Without a name one gets one by its title, as soon as it has one."""
    made: list[dict[str, Any]] = []
    for row in rows:
        name = row.name.strip() or (
            loose.unused(loose.slug(row.title, "answer"), [one["name"] for one in made]) if row.title.strip() else ""
        )
        field: dict[str, Any] = {"name": name, "type": row.type, "title": row.title.strip(), "required": row.required}
        match row.type:
            case FieldType.CHOICE | FieldType.CHOICES:
                field["options"] = options_spec(row.options)
            case FieldType.TEXT:
                field |= _given(min_length=row.min_length, max_length=row.max_length)
            case FieldType.NUMBER:
                field |= _given(minimum=row.minimum, maximum=row.maximum)
        if row.only_if:
            other, _, value = row.only_if.partition("=")
            field["only_if"] = {"field": other, "is": _value(value, types.get(other))}
        if row.compare:
            bound = {"overlap": "threshold", "edits": "threshold", "absolute": "tolerance", "relative": "tolerance"}.get(
                row.compare
            )
            field["compare"] = {"by": row.compare, **(_given(**{bound: row.bound}) if bound else {})}
        made.append(field | _given(weight=row.weight))
    return made


def options_spec(text: str) -> list[dict[str, str]]:
    """Options from lines `value | words`; a line without a bar is both. A bar within a value is written with a backslash."""
    made = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        parts = BAR.split(line, maxsplit=1)
        value = parts[0].strip().replace("\\|", "|")
        made.append({"value": value, "title": parts[-1].strip() if len(parts) > 1 else value})
    return made


def condition_spec(text: str, types: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    """A condition from `step:agreed`, `step:differed` or `step.field=value`."""
    place, sign, value = text.partition("=")
    if not sign:
        key, _, how = text.partition(":")
        return {"step": key, "agreed": how == "agreed"}
    key, _, name = place.partition(".")
    return {"step": key, "field": name, "is": _value(value, types.get((key, name)))}


def step_form(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A step, of whatever JSON, as the form's fields."""
    redo, checking = loose.mapping(spec.get("redo")), loose.mapping(spec.get("checking"))
    limit = spec.get("time_limit_s")
    return {
        **{name: loose.text(spec.get(name)) for name in ("key", "title", "instruction", "overlap", "max_overlap", "confidence")},
        **{name: loose.text(spec.get(name)) for name in ("qualification", "level", "line", "judges")},
        "price": money(spec.get("price")),
        "minutes": minutes(limit),
        "after": [loose.text(one) for one in loose.listed(spec.get("after"))],
        "not_by": [loose.text(one) for one in loose.listed(spec.get("not_by"))],
        "when": [condition_text(loose.mapping(one)) for one in loose.listed(spec.get("when"))],
        "redo": loose.text(redo.get("step")),
        "redo_is": f"{loose.text(redo.get('field'))}={loose.text(redo.get('is'))}" if redo else "",
        "redo_most": loose.text(redo.get("most")),
        "input": [
            {name: loose.text(one.get(name)) for name in ("name", "title", "source")}
            for one in map(loose.mapping, loose.listed(spec.get("input")))
        ],
        "answer": [answer_form(one) for one in map(loose.mapping, loose.listed(spec.get("answer")))],
        "checking": {
            **{name: loose.text(checking.get(name)) for name in CheckingTyped.model_fields},
            "cost_ceiling": money(checking.get("cost_ceiling")),
        },
    }


def answer_form(field: Mapping[str, Any]) -> dict[str, Any]:
    """A question as the form's fields."""
    rule, compare = loose.mapping(field.get("only_if")), loose.mapping(field.get("compare"))
    options = [
        (loose.text(one.get("value")), loose.text(one.get("title")))
        for one in map(loose.mapping, loose.listed(field.get("options")))
    ]
    written = [(value.replace("|", "\\|"), " ".join(title.split("\n"))) for value, title in options]
    low, high = field.get("minimum"), field.get("maximum")
    return {
        **{name: loose.text(field.get(name)) for name in ("name", "type", "title", "min_length", "max_length", "weight")},
        "required": field.get("required", True) is True,
        "options": "\n".join(value if value == title else f"{value} | {title}" for value, title in written),
        "choices": options,
        "only_if": f"{loose.text(rule.get('field'))}={loose.text(rule.get('is'))}" if rule else "",
        "minimum": "" if low == -UNBOUNDED else loose.text(low),
        "maximum": "" if high == UNBOUNDED else loose.text(high),
        "compare": loose.text(compare.get("by")),
        "bound": loose.text(next((compare[name] for name in ("threshold", "tolerance") if compare.get(name) is not None), None)),
    }


def condition_text(condition: Mapping[str, Any]) -> str:
    """A condition as its place in a list to choose from."""
    if condition.get("agreed") is not None:
        return f"{loose.text(condition.get('step'))}:{'agreed' if condition['agreed'] is True else 'differed'}"
    return (
        f"{loose.text(condition.get('step'))}.{loose.text(condition.get('field'))}={loose.text(condition.get('is'))}"
        if condition
        else ""
    )


def steps_of(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The steps of whatever JSON a draft is."""
    return [loose.mapping(one) for one in loose.listed(spec.get("steps"))]


def answers_of(step: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The questions of a step of a draft."""
    return [loose.mapping(one) for one in loose.listed(step.get("answer"))]


def rows_of(of: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects in a list of a draft; what is none is passed over."""
    return [one for one in loose.listed(of.get(name)) if isinstance(one, dict)]


def texts_of(of: Mapping[str, Any], name: str) -> list[str]:
    """The texts in a list of a draft."""
    return [one for one in loose.listed(of.get(name)) if isinstance(one, str)]


def words_of(spec: Mapping[str, Any], name: str) -> str:
    """A text of a draft, whatever stands there."""
    return loose.text(spec.get(name))


def amount(text: str) -> str:
    """An amount as the API takes it: a decimal comma becomes a point, spaces go."""
    return re.sub(r"[\s\u00a0\u202f]", "", text).replace(",", ".")


def money(value: Any) -> str:
    """An amount without the fractions of a kopeck that are none."""
    return re.sub(r"(\.[0-9]{2})0{1,2}$", r"\1", loose.text(value))


def seconds(text: str) -> int | float | str:
    """Minutes, as `15`, `1.5` or `1:30`, as seconds; what is no such number stays as it is."""
    clock = CLOCK.fullmatch(text.strip())
    if clock is not None:
        return int(clock[1]) * 60 + int(clock[2])
    found = loose.number(text)
    if isinstance(found, str):
        return found
    return found * 60 if isinstance(found, int) or not (found * 60).is_integer() else int(found * 60)


def minutes(value: Any) -> str:
    """Seconds as minutes that `seconds` reads back."""
    if isinstance(value, bool) or not isinstance(value, int):
        return loose.text(value)
    return f"{value // 60}:{value % 60:02d}" if value % 60 else str(value // 60)


def _given(**texts: str) -> dict[str, Any]:
    """The fields that were filled in; numbers as numbers."""
    return {name: loose.number(text) for name, text in texts.items() if text.strip()}


def _value(text: str, kind: str | None) -> str | bool:
    return {"true": True, "false": False}.get(text, text) if kind == FieldType.YES_NO else text
