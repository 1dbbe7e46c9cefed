"""What several of the curator's pages are made of: names of people, answers as they are typed and shown, reasons."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from piecework.platform import db
from piecework.platform.errors import Forbidden
from piecework.platform.said import Said
from piecework.platform.web import body
from piecework.platform.web.operation import Call
from piecework.quality.comparing.comparison import asked, same
from piecework.tasks import projects
from piecework.tasks.fields import Answer, AnswerField, FieldType
from piecework.tasks.models import Project
from piecework.tasks.workflows import StepSpec, read_step

M = TypeVar("M", bound=BaseModel)
Typed = Mapping[str, Sequence[str]]
MOST_PROJECTS = 200


async def names(ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """The names of these accounts, in one query."""
    wanted = sorted({one for one in ids if one is not None})
    found = await db.rows("SELECT id, name FROM account WHERE id = ANY ($1)", wanted) if wanted else []
    return {row["id"]: row["name"] for row in found}


async def projects_of(call: Call) -> Sequence[Project]:
    """The projects that the caller may know of, in the order they were made."""
    return await projects.page(call.principal, UUID(int=0), MOST_PROJECTS)


async def step_keys() -> list[str]:
    """The keys of all steps of active workflows."""
    found = await db.rows(
        "SELECT DISTINCT s.key FROM step s JOIN workflow w ON w.id = s.workflow_id WHERE w.state = 'active' ORDER BY s.key LIMIT 500"
    )
    return [row["key"] for row in found]


async def step_of_task(task_id: UUID) -> StepSpec | None:
    """The step that a task is of."""
    text = await db.scalar("SELECT s.spec FROM task t JOIN step s ON s.id = t.step_id WHERE t.id = $1", task_id)
    return None if text is None else read_step(text)


async def step_of_answer(assignment_id: UUID) -> StepSpec | None:
    """The step that an answer was given to."""
    text = await db.scalar("SELECT s.spec FROM assignment a JOIN step s ON s.id = a.step_id WHERE a.id = $1", assignment_id)
    return None if text is None else read_step(text)


def fitted(shape: type[M], **values: Any) -> M:
    """A shape of the API from what a page has read.

    Raises:
        Invalid: it does not fit; the errors name the shape's fields.
    """
    try:
        return shape.model_validate(values)
    except ValidationError as error:
        raise body.refusal(error) from None


def read_answer(fields: Sequence[AnswerField], typed: Typed) -> Answer:
    """An answer as it was typed into the fields of a page; what the rest of it does not ask for is left out.

    What cannot be read as the field's type stays text, so that the answer schema's own error names the field.
    """
    answer: Answer = {}
    for one in fields:
        texts = [text for text in typed.get(one.name, ()) if text.strip()]
        if asked(one, answer) and (texts or (one.type == FieldType.CHOICES and one.required)):
            answer[one.name] = _value(one, texts)
    return answer


def _value(one: AnswerField, texts: list[str]) -> Any:
    match one.type:
        case FieldType.CHOICES:
            return texts
        case FieldType.YES_NO:
            return {"true": True, "false": False}.get(texts[-1], texts[-1])
        case FieldType.NUMBER:
            try:
                return float(texts[-1].replace(",", ".").replace("\N{NO-BREAK SPACE}", ""))
            except ValueError:
                return texts[-1]
        case _:
            return texts[-1]


def shown_of(step: StepSpec, given: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What is shown of a task, in the step's own order, with titles."""
    titled = [(one.title, given[one.name]) for one in step.input if one.name in given]
    known = {one.name for one in step.input}
    return titled + [(name, value) for name, value in given.items() if name not in known]


def reason_of(preset: str, words: str) -> str:
    """A reason chosen from the list, and the curator's own words after it."""
    return " ".join(part for part in (preset.strip(), words.strip()) if part)


@dataclass(frozen=True, slots=True)
class Column:
    """One answer beside others: `differs` names the fields in which it is not what it is compared with."""

    title: str
    answer: Answer
    note: str = ""
    share: float | None = None
    differs: frozenset[str] = field(default_factory=frozenset)


def beside(fields: Sequence[AnswerField], title: str, answer: Answer, other: Answer | None, **more: Any) -> Column:
    """An answer as a column beside `other`, where it differs from it."""
    differs = frozenset() if other is None else frozenset(one.name for one in fields if not same(one, answer, other))
    return Column(title, answer, differs=differs, **more)


def not_who_works(call: Call) -> None:
    """Who is handed tasks sees no keys.

    Raises:
        Forbidden: they are.
    """
    if "freelancer" in call.principal.roles:
        raise Forbidden(Said("Who is handed tasks does not read the keys of golden tasks."))
