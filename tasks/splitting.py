"""Splitting: a ticket becomes tasks, step by step, as its workflow and the results so far allow."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson

from piecework.platform import db, jobs
from piecework.tasks import budgets, queries, workflows
from piecework.tasks.budgets import BUDGET, More
from piecework.tasks.flow import Known, advance, holds, inputs
from piecework.tasks.models import TaskState, TicketState
from piecework.tasks.workflows import StepSpec, WorkflowSpec

URGENT_LANE = 0
DUE_SOON_LANE = 1
"""Filled by the job `tasks.hurry`, with ordinary tasks whose deadline is near."""
ORDINARY_LANE = 2


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task of a ticket, to be made."""

    id: UUID
    project_id: UUID
    step_id: int
    ticket_id: UUID
    iteration: int
    input: dict[str, Any]
    overlap: int
    lane: int
    deadline_at: datetime


@dataclass(frozen=True, slots=True)
class NewControl:
    """A control task to be made. `origin` is the task whose input it repeats; `rank` its place among the step's control tasks."""

    id: UUID
    input: dict[str, Any]
    rank: int
    origin: UUID | None = None


async def open_tasks(tasks: Sequence[NewTask]) -> int:
    """Make tasks with one open slot per wanted answer; returns how many were new.

    A task of a ticket exists once per step and iteration: making it again adds nothing.
    """
    if not tasks:
        return 0
    columns = [
        [t.id for t in tasks],
        [t.project_id for t in tasks],
        [t.step_id for t in tasks],
        [t.ticket_id for t in tasks],
        [t.iteration for t in tasks],
        [orjson.dumps(t.input).decode() for t in tasks],
        [t.overlap for t in tasks],
        [t.lane for t in tasks],
        [t.deadline_at for t in tasks],
    ]
    made = [row["id"] for row in await db.rows(queries.NEW_TASKS, *columns)]
    await open_slots(made)
    return len(made)


async def open_control(project_id: UUID, step_id: int, overlap: int, author: UUID, tasks: Sequence[NewControl]) -> None:
    """Make control tasks of a step with a slot per wanted answer; `author` knows their answers and never gets them."""
    await db.execute(
        queries.NEW_CONTROL,
        [t.id for t in tasks],
        [orjson.dumps(t.input).decode() for t in tasks],
        [t.origin for t in tasks],
        [t.rank for t in tasks],
        project_id,
        step_id,
        overlap,
        ORDINARY_LANE,
        author,
    )


async def open_slots(
    task_ids: Sequence[UUID], *, rounds: tuple[int, int | None] = (1, None), reserved: timedelta | None = None
) -> None:
    """Open slots of existing tasks for rounds first..last (last None: the task's overlap), and keep the shelves' floors below them.

    `reserved` keeps them for people whose answers are known to be good, if one who has not had the task is at work now, for that long
    but never more than a tenth of the time to the deadline.
    """
    lowest = await db.rows(queries.NEW_SLOTS, list(task_ids), *rounds, reserved)
    for row in lowest:
        await db.execute(queries.LOWER_FLOOR, row["step_id"], row["language"], row["rank"], row["id"])


async def advance_tickets(ticket_ids: Iterable[UUID]) -> None:
    """Open the next steps of tickets, or end them. The ticket's row is locked, so two jobs cannot open the same step twice.

    A ticket that cannot pay for its next steps is stuck until it has a larger budget. Records `ticket.resolved` and `ticket.stuck`.
    """
    tickets = await db.rows(queries.TICKETS_TO_ADVANCE, sorted(set(ticket_ids)))
    flows = await workflows.load(sorted({ticket["workflow_id"] for ticket in tickets}))
    known = await known_of([ticket["id"] for ticket in tickets])
    new: list[NewTask] = []
    ended: dict[UUID, tuple[TicketState, dict[str, Any]]] = {}
    for ticket in tickets:
        spec, step_ids = flows[ticket["workflow_id"]]
        so_far = known[ticket["id"]]
        urgent = ticket["urgent"] or (spec.urgent_when is not None and holds(spec.urgent_when, so_far))
        if urgent and not ticket["urgent"]:
            await db.execute("UPDATE ticket SET urgent = true WHERE id = $1", ticket["id"])
        todo = advance(spec, so_far)
        new += [_task(ticket, spec.step(key), step_ids[key], iteration, so_far, urgent=urgent) for key, iteration in todo.open]
        if todo.done:
            ended[ticket["id"]] = TicketState.RESOLVED, _result(spec, so_far)
        elif todo.stuck:
            ended[ticket["id"]] = TicketState.STUCK, {**_result(spec, so_far), "stuck": str(todo.stuck)}
    poor = await _cannot_pay(tickets, new)
    for ticket in tickets:
        if ticket["id"] in poor:
            ended[ticket["id"]] = (
                TicketState.STUCK,
                {**_result(flows[ticket["workflow_id"]][0], known[ticket["id"]]), "stuck": BUDGET},
            )
    await open_tasks([task for task in new if task.ticket_id not in poor])
    if ended:
        states, results = (
            [str(state) for state, _ in ended.values()],
            [orjson.dumps(result).decode() for _, result in ended.values()],
        )
        await db.execute(queries.END_TICKETS, list(ended), states, results)
        for wanted in (TicketState.RESOLVED, TicketState.STUCK):
            await jobs.record(f"ticket.{wanted}", [(str(one), {}) for one, (state, _) in ended.items() if state == wanted])


async def known_of(ticket_ids: Sequence[UUID]) -> dict[UUID, dict[str, Known]]:
    """What is known of each step of tickets, by the step's key."""
    known: dict[UUID, dict[str, Known]] = {ticket_id: {} for ticket_id in ticket_ids}
    for row in await db.rows(queries.LATEST_TASKS, list(ticket_ids)):
        known[row["ticket_id"]][row["key"]] = Known(
            iteration=row["iteration"],
            resolved=row["state"] in (TaskState.RESOLVED, TaskState.UNDECIDED),
            agreed=row["state"] != TaskState.UNDECIDED,
            result=orjson.loads(row["result"]) if row["result"] else None,
        )
    return known


async def open_anew(
    ticket: Any, spec: WorkflowSpec, step_ids: Mapping[str, int], iterations: Mapping[str, int], known: dict[str, Known]
) -> bool:
    """Open steps of a ticket at these iterations; False, and nothing is opened, if its budget does not allow it.

    The caller holds the ticket's row.
    """
    new = [
        _task(ticket, spec.step(key), step_ids[key], iteration, known, urgent=ticket["urgent"])
        for key, iteration in iterations.items()
    ]
    if await budgets.beyond([More(ticket["id"], task.step_id, task.overlap) for task in new]):
        return False
    await open_tasks(new)
    return True


async def _cannot_pay(tickets: Sequence[Any], new: Sequence[NewTask]) -> set[UUID]:
    """The tickets with a budget that these tasks go beyond."""
    bounded = {ticket["id"] for ticket in tickets if ticket["bounded"]}
    return await budgets.beyond([More(t.ticket_id, t.step_id, t.overlap) for t in new if t.ticket_id in bounded])


def _task(ticket: Any, step: StepSpec, step_id: int, iteration: int, known: dict[str, Known], *, urgent: bool) -> NewTask:
    return NewTask(
        id=uuid4(),
        project_id=ticket["project_id"],
        step_id=step_id,
        ticket_id=ticket["id"],
        iteration=iteration,
        input=inputs(ticket, step, known),
        overlap=step.overlap,
        lane=URGENT_LANE if urgent else ORDINARY_LANE,
        deadline_at=ticket["deadline_at"],
    )


def _result(spec: WorkflowSpec, known: dict[str, Known]) -> dict[str, Any]:
    return {step.key: known[step.key].result for step in spec.steps if step.key in known}
