"""A dry run: a ticket's way through a workflow with answers that somebody makes up. Nothing is stored.

What comes next, what is shown and what an answer must look like is said by the same functions that real tickets go by.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from piecework.platform import db
from piecework.platform.said import Said
from piecework.tasks.fields import Answer, AnswerSchema
from piecework.tasks.flow import Known, advance, holds, inputs
from piecework.tasks.models import TaskState
from piecework.tasks.workflows import StepSpec, WorkflowSpec

PRICES = """
SELECT k.place, greatest(
           (SELECT max(r.price) FROM rate r WHERE r.tariff_id = l.tariff_id AND r.step_key = k.key AND r.language IN ('', $5)),
           CASE WHEN l.tariff_id IS NULL OR rate_of(l.tariff_id, k.key, k.level, $5) IS NULL THEN k.price END) AS price,
       l.ticket_budget
FROM unnest($2::text[], $3::int[], $4::bigint[]) WITH ORDINALITY AS k (key, level, price, place)
LEFT JOIN LATERAL rate_list_at($1, now()) l ON true ORDER BY k.place
"""


@dataclass(frozen=True, slots=True)
class Given:
    """What the people would have agreed on at a step; None: their answers differ."""

    step: str
    iteration: int
    answer: Answer | None


@dataclass(slots=True)
class TrialTask:
    """A task that would be made."""

    step: StepSpec
    iteration: int
    input: Mapping[str, Any]
    state: TaskState = TaskState.OPEN
    answer: Answer | None = None


@dataclass(slots=True)
class Trial:
    """How far the ticket would have come."""

    tasks: list[TrialTask] = field(default_factory=list)
    urgent: bool = False
    done: bool = False
    stuck: Said | None = None
    taken: int = 0
    """How many of the given answers were asked for."""


def walk(spec: WorkflowSpec, ticket: Mapping[str, Any], given: Sequence[Given]) -> Trial:
    """Lead a ticket (subject, text, channel, language, urgent) as far as the given answers go, each taken when it is asked for.

    Raises:
        Invalid: an answer does not fit its step.
    """
    trial = Trial(urgent=bool(ticket["urgent"]))
    known: dict[str, Known] = {}
    left = list(given)
    while True:
        trial.urgent = trial.urgent or (spec.urgent_when is not None and holds(spec.urgent_when, known))
        todo = advance(spec, known)
        for key, iteration in todo.open:
            step = spec.step(key)
            trial.tasks.append(TrialTask(step, iteration, inputs(ticket, step, known)))
            known[key] = Known(iteration=iteration, resolved=False)
        trial.done, trial.stuck = todo.done, todo.stuck
        task, told = _next(trial.tasks, left)
        if task is None or told is None:
            return trial
        left.remove(told)
        trial.taken += 1
        if told.answer is not None:
            AnswerSchema(task.step.answer).check(told.answer)
        task.answer, agreed = told.answer, told.answer is not None
        task.state = TaskState.RESOLVED if agreed else TaskState.UNDECIDED
        known[task.step.key] = Known(iteration=task.iteration, resolved=True, agreed=agreed, result=told.answer)


def _next(tasks: Sequence[TrialTask], given: Sequence[Given]) -> tuple[TrialTask | None, Given | None]:
    """An open task with the answer to it, in the order of the answers."""
    waiting = {(task.step.key, task.iteration): task for task in tasks if task.state is TaskState.OPEN}
    for one in given:
        if (one.step, one.iteration) in waiting:
            return waiting[one.step, one.iteration], one
    return None, None


async def prices(project_id: UUID, spec: WorkflowSpec, language: str) -> tuple[Mapping[str, int], int | None]:
    """The dearest price of an answer to each step now, and what a ticket may cost by the price list in force (None: no bound)."""
    rows = await db.rows(
        PRICES,
        project_id,
        [step.key for step in spec.steps],
        [step.level for step in spec.steps],
        [step.price for step in spec.steps],
        language,
    )
    return {step.key: row["price"] for step, row in zip(spec.steps, rows, strict=True)}, rows[0]["ticket_budget"]
