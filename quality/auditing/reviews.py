"""A curator's decisions on answers that await one: a single one, or many at once from a file."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from piecework.platform import db, trail
from piecework.platform.errors import NotFound, Problem
from piecework.quality.errors import NotAwaitingReview, OwnWork
from piecework.quality.grading.grades import Grades
from piecework.tasks.decisions import WHOLE, Basis, Verdict

BY_CURATOR = "rejected_by_curator"

TASKS = """
SELECT id, overlap, state FROM task WHERE id IN (
    SELECT a.task_id FROM assignment a WHERE a.id = ANY ($1) AND ($2::uuid IS NULL OR a.project_id = $2))
ORDER BY id FOR UPDATE
"""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a curator decides on an answer. `reason` is for its author."""

    assignment_id: UUID
    accept: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a decision: the answer's new state, or why there is none."""

    assignment_id: UUID
    state: str | None
    refused: Problem | None = None


async def review(actor: UUID, assignment_id: UUID, *, accept: bool, reason: str) -> str:
    """Accept or reject a submitted answer; returns its new state.

    Raises:
        NotFound, OwnWork, NotAwaitingReview: no such assignment; the curator's own; decided already or not submitted.
    """
    (outcome,) = await review_all(actor, [Decision(assignment_id, accept, reason)])
    if outcome.refused is not None:
        raise outcome.refused
    assert outcome.state is not None
    return outcome.state


async def review_all(actor: UUID, listed: Sequence[Decision], project_id: UUID | None = None) -> list[Outcome]:
    """Carry out decisions on different answers (of one project), in the order given; each stands or is refused by itself.

    The tasks' rows are locked, so two curators cannot both decide. A rejected answer takes no part in the consensus: somebody else
    is asked. Audits that the answers waited for end.
    """
    ids = [one.assignment_id for one in listed]
    tasks = {row["id"]: row for row in await db.rows(TASKS, ids, project_id)}
    found = {
        row["id"]: row
        for row in await db.rows(
            "SELECT id, task_id, freelancer_id, state FROM assignment WHERE id = ANY ($1) AND task_id = ANY ($2)",
            ids,
            list(tasks),
        )
    }
    grades, outcomes = Grades(), []
    rejected: Counter[UUID] = Counter()
    for one in listed:
        row = found.get(one.assignment_id)
        refused = _refusal(actor, None if row is None else (row["freelancer_id"], row["state"]))
        outcomes.append(Outcome(one.assignment_id, None if refused else "accepted" if one.accept else "rejected", refused))
        if refused is not None or row is None:
            continue
        grades.verdicts.append(
            Verdict(one.assignment_id, WHOLE, Basis.CURATOR, actor=actor)
            if one.accept
            else Verdict(one.assignment_id, 0, Basis.CURATOR, BY_CURATOR, one.reason, actor)
        )
        if not one.accept and tasks[row["task_id"]]["state"] == "open":
            rejected[row["task_id"]] += 1
            grades.more.append((row["task_id"], tasks[row["task_id"]]["overlap"] + rejected[row["task_id"]]))
    await grades.write()
    for one, outcome in zip(listed, outcomes, strict=True):
        if outcome.state is not None:
            await trail.record(actor, f"answer.{outcome.state}", "assignment", one.assignment_id, reason=one.reason)
    return outcomes


def _refusal(actor: UUID, found: tuple[UUID, str] | None) -> Problem | None:
    if found is None:
        return NotFound()
    freelancer_id, state = found
    if freelancer_id == actor:
        return OwnWork()
    return None if state == "submitted" else NotAwaitingReview(f"It is {state}.")
