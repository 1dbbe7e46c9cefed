"""Golden tasks: made from an answer that is known beforehand; to a freelancer a task like any other.

A golden task is shown to as many people as an ordinary task of the step (its overlap), then never again, because a task seen more
often gives itself away.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from unicodedata import normalize
from uuid import UUID, uuid4

import orjson

from piecework.platform import db, trail
from piecework.platform.errors import Invalid, NotFound
from piecework.platform.said import Said
from piecework.quality.comparing.comparison import classes, compared, is_compared
from piecework.quality.errors import GoldenKnown, NotComparable
from piecework.quality.grading import truths
from piecework.quality.grading.truths import Known, Source
from piecework.quality.statistics import OPEN
from piecework.tasks import splitting, workflows
from piecework.tasks.fields import Answer, AnswerSchema
from piecework.tasks.masking import mask
from piecework.tasks.models import Project
from piecework.tasks.splitting import NewControl
from piecework.tasks.workflows import StepSpec, WorkflowSpec

MOST_ERRORS = 100
"""A refused import names at most so many faults."""

Refusal = dict[str, Any]


class Difficulty(StrEnum):
    """How hard the task is: together with the answer's class it is what hand-out is balanced over."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


@dataclass(frozen=True, slots=True)
class Target:
    """A step of a project's active workflow that can have golden tasks."""

    project_id: UUID
    step_id: int
    step: StepSpec


def fingerprint(shown: Mapping[str, str | bool | None]) -> bytes:
    """Of what a task shows: the same for the same input, whatever it is used for. Spaces and how letters are composed make no other input."""
    level = {
        name: " ".join(normalize("NFC", value).split()) if isinstance(value, str) else value for name, value in shown.items()
    }
    return hashlib.sha256(orjson.dumps(level, option=orjson.OPT_SORT_KEYS)).digest()


@dataclass(frozen=True, slots=True)
class Item:
    """A golden task to be made: what is shown, masked already, and the acceptable answers."""

    shown: Mapping[str, str | bool | None]
    known: Sequence[Known]
    difficulty: Difficulty
    origin: UUID | None = None

    @property
    def fingerprint(self) -> bytes:
        """The same for the same input."""
        return fingerprint(self.shown)


async def target(project: Project, step_key: str, *, at_work: bool = True) -> Target:
    """The step of the active workflow. What is asked in exams only (not `at_work`) may be of any step with something to compare.

    Raises:
        NotFound: there is none. NotComparable: its answers are not judged by overlap, or have nothing to compare.
    """
    workflow = await workflows.active(project.id)
    if workflow is None:
        raise NotFound
    spec, step_ids = (await workflows.load([workflow.id]))[workflow.id]
    if step_key not in step_ids:
        raise NotFound(Said("The active workflow has no such step."))
    return fitting(project.id, spec, step_ids, step_key, at_work=at_work)


def fitting(project_id: UUID, spec: WorkflowSpec, step_ids: Mapping[str, int], step_key: str, *, at_work: bool = True) -> Target:
    """A step of this workflow, which has it.

    Raises:
        NotComparable: see target.
    """
    step = spec.step(step_key)
    if at_work and (step.overlap < 2 or any(other.judges == step_key for other in spec.steps)):
        raise NotComparable(
            Said("Only steps whose answers are judged by their overlap can have golden tasks: elsewhere the verdict would tell.")
        )
    if not any(is_compared(field) for field in step.answer):
        raise NotComparable
    return Target(project_id, step_ids[step_key], step)


async def add(
    actor: UUID, where: Target, shown: Mapping[str, str | bool], known: Sequence[Known], difficulty: Difficulty
) -> UUID:
    """Make one golden task; returns its task id. Its input is masked like a ticket's.

    Raises:
        Invalid: input or answers do not fit the step. GoldenKnown: see there.
    """
    refused = faults(where.step, shown, known)
    if refused:
        raise Invalid(errors=refused)
    (made,) = await make(actor, where, [Item(masked(where.step, shown), known, difficulty)])
    if made is None:
        raise GoldenKnown
    await trail.record(actor, "golden.added", "task", made)
    return made


async def bring_in(
    actor: UUID, where: Target, items: Sequence[tuple[Mapping[str, str | bool], Sequence[Known], Difficulty]]
) -> int:
    """Make many golden tasks, all or none; returns how many are new. Inputs that are golden already are passed over.

    Raises:
        Invalid: `errors` names each item and field that does not fit.
    """
    refused = [
        {**fault, "field": f"items.{place}.{fault['field']}"}
        for place, (shown, known, _) in enumerate(items)
        for fault in faults(where.step, shown, known)
    ]
    if refused:
        raise Invalid(Said("Nothing was stored: some items do not fit the step."), errors=refused[:MOST_ERRORS])
    wanted = [Item(masked(where.step, shown), known, difficulty) for shown, known, difficulty in items]
    added = sum(made is not None for made in await make(actor, where, wanted))
    await trail.record(actor, "golden.imported", "project", where.project_id, step=where.step.key, added=added)
    return added


def faults(step: StepSpec, shown: Mapping[str, object], known: Sequence[Known]) -> list[Refusal]:
    """What does not fit the step: the input's fields, or an acceptable answer."""
    names = {field.name for field in step.input}
    found = []
    if set(shown) != names:
        message = Said("It must have exactly: %(fields)s.", fields=", ".join(sorted(names)))
        found.append({"field": "input", "code": "input_fields", "message": message})
    return found + unfit(step, known)


def unfit(step: StepSpec, known: Sequence[Known]) -> list[Refusal]:
    """What in acceptable answers does not fit the step."""
    return [
        {**fault, "field": f"answers.{place}.{fault['field']}"}
        for place, one in enumerate(known)
        for fault in _unfit(step, one.answer)
    ]


def _unfit(step: StepSpec, answer: Answer) -> list[Refusal]:
    try:
        AnswerSchema(step.answer).check(answer)
    except Invalid as refused:
        found: list[Refusal] = refused.extra["errors"]
        return found
    if not any(True for _ in compared(step.answer, answer)):
        return [
            {
                "field": "answer",
                "code": "not_compared",
                "message": Said("None of its fields can be compared with another answer."),
            }
        ]
    return []


def masked(step: StepSpec, shown: Mapping[str, str | bool]) -> dict[str, str | bool | None]:
    """The input as a freelancer may see it, its fields in the order of the step's own tasks."""
    return {field.name: mask(value).text if isinstance(value := shown[field.name], str) else value for field in step.input}


def class_of(step: StepSpec, answer: Answer) -> str:
    """The class that an answer belongs to: the value of the first field of a known set of values that is compared under it."""
    closed = next((field for field in compared(step.answer, answer) if classes(field) != OPEN), None)
    value = None if closed is None else answer.get(closed.name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else "-"


async def make(actor: UUID, where: Target, items: Sequence[Item]) -> list[UUID | None]:
    """Make golden tasks; returns the task id of each, None for an input that is golden already, kept for exams or taught.

    Each gets its place among the step's golden tasks: the next in its stratum, so that hand-out goes round the strata; a stratum
    that is new, or had run dry, begins where the others are now.
    """
    await db.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('golden', $1)), hold_golden($2)", where.step_id, where.project_id
    )
    found = await db.rows(
        """SELECT fingerprint FROM golden WHERE step_id = $1 AND fingerprint = ANY ($2)
           UNION SELECT fingerprint FROM exam_question WHERE project_id = $3 AND fingerprint = ANY ($2)
           UNION SELECT fingerprint FROM course_task WHERE project_id = $3 AND fingerprint = ANY ($2)""",
        where.step_id,
        [item.fingerprint for item in items],
        where.project_id,
    )
    seen = {bytes(row["fingerprint"]) for row in found}
    last, first = await _places(where.step_id)
    made: list[UUID | None] = []
    new: list[tuple[UUID, Item, str, int]] = []
    for item in items:
        if item.fingerprint in seen:
            made.append(None)
            continue
        seen.add(item.fingerprint)
        stratum = f"{class_of(where.step, _best(item.known)[0].answer)}/{item.difficulty}"
        last[stratum] = max(last.get(stratum, 0) + 1, first)
        new.append((uuid4(), item, stratum, last[stratum]))
        made.append(new[-1][0])
    await _store(actor, where, new)
    return made


async def _places(step_id: int) -> tuple[dict[str, int], int]:
    found = await db.rows(
        """SELECT stratum, max(place) AS last, min(place) FILTER (WHERE state = 'live') AS first FROM golden
           WHERE step_id = $1 GROUP BY stratum""",
        step_id,
    )
    return {row["stratum"]: row["last"] for row in found}, min((row["first"] for row in found if row["first"]), default=1)


async def _store(actor: UUID, where: Target, new: Sequence[tuple[UUID, Item, str, int]]) -> None:
    if not new:
        return
    await splitting.open_control(
        where.project_id,
        where.step_id,
        where.step.overlap,
        actor,
        [NewControl(task_id, dict(item.shown), place, item.origin) for task_id, item, _, place in new],
    )
    await db.execute(
        """INSERT INTO golden (task_id, step_id, fingerprint, created_by, stratum, difficulty, place)
           SELECT n.id, $2, n.fingerprint, $3, n.stratum, n.difficulty, n.place
           FROM unnest($1::uuid[], $4::bytea[], $5::text[], $6::text[], $7::bigint[]) AS n (id, fingerprint, stratum, difficulty, place)""",
        [task_id for task_id, *_ in new],
        where.step_id,
        actor,
        [item.fingerprint for _, item, _, _ in new],
        [stratum for _, _, stratum, _ in new],
        [str(item.difficulty) for _, item, _, _ in new],
        [place for *_, place in new],
    )
    for task_id, item, _, _ in new:
        await truths.state(task_id, _best(item.known), Source.GOLDEN, actor, "")


def _best(known: Sequence[Known]) -> list[Known]:
    return sorted(known, key=lambda one: -one.weight)
