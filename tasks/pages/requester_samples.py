"""Something to show in a workflow that nobody has worked by yet: the project's newest ticket, else one made up."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from pydantic import ValidationError

from piecework.tasks.fields import AnswerField, FieldType
from piecework.tasks.models import Project, Ticket
from piecework.tasks.pages.labels import shown_of, titles_in
from piecework.tasks.workflows import StepSpec

MADE_UP: Mapping[str, Mapping[str, Any]] = {
    "en": {
        "subject": "The kettle has not come",
        "text": "Good afternoon. I ordered a kettle a week ago, and it still has not come. When will it be here?",
        "channel": "email",
        "language": "en",
        "urgent": False,
    },
    "ru": {
        "subject": "Чайник не пришёл",
        "text": "Добрый день! Неделю назад заказала чайник, до сих пор не привезли. Когда его ждать?",
        "channel": "email",
        "language": "ru",
        "urgent": False,
    },
}
"""A ticket in the reader's language; what a customer writes is no text of the page."""


async def sample_ticket(project: Project, language: str) -> Mapping[str, Any]:
    """The newest ticket of a project as it may be shown, else one made up."""
    newest = await Ticket.filter(project_id=project.id).order_by("-id").first()
    if newest is None:
        return MADE_UP.get(language, MADE_UP["en"])
    return {name: getattr(newest, name) for name in MADE_UP["en"]}


async def sample_inputs(
    project: Project, steps: Sequence[Mapping[str, Any]], step: Mapping[str, Any], language: str
) -> Mapping[str, Any] | None:
    """What the card of a task of this step would show; None while the step itself is not complete."""
    spec = _read(step)
    if spec is None:
        return None
    known = {one.key: one for one in map(_read, steps) if one is not None}
    ticket = await sample_ticket(project, language)
    given = {}
    for one in spec.input:
        origin, name = one.source.split(".")
        fields = {field.name: field for field in known[origin].answer} if origin in known else {}
        given[one.name] = ticket.get(name) if origin == "ticket" else _value(fields.get(name), ticket["text"])
    return {"step": spec, "inputs": shown_of(spec, given, titles_in(known, spec))}


def _read(step: Mapping[str, Any]) -> StepSpec | None:
    try:
        return StepSpec.model_validate_json(orjson.dumps(step))
    except ValidationError:
        return None


def _value(field: AnswerField | None, text: str) -> Any:
    """Something that an earlier step could have found out."""
    if field is None:
        return ""
    match field.type:
        case FieldType.CHOICE:
            return field.options[0].value
        case FieldType.CHOICES:
            return [field.options[0].title]
        case FieldType.YES_NO:
            return True
        case FieldType.NUMBER:
            return max(field.minimum, min(field.maximum, 1))
        case FieldType.TEXT:
            return text
