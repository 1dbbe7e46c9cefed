"""Audits: a curator's second look at an answer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from piecework.platform import db, jobs


class Plan(StrEnum):
    """Why an answer is looked at.

    acceptance: before it is decided · random · risk: where a mistake is likely · person · class · second, third: another curator
    repeats an audit.
    """

    ACCEPTANCE = "acceptance"
    RANDOM = "random"
    RISK = "risk"
    PERSON = "person"
    CLASS = "class"
    SECOND = "second"
    THIRD = "third"


@dataclass(frozen=True, slots=True)
class Request:
    """An audit asked for. `value` is the chance that it changes the decision; `due_at` is when the answer is accepted without it."""

    assignment_id: UUID
    freelancer_id: UUID
    task_id: UUID
    step_id: int
    project_id: UUID
    plan: Plan
    value: float
    due_at: datetime | None = None


async def request(requests: Sequence[Request], actor: UUID | None = None) -> int:
    """Ask for audits; an answer that has its first look, or waits for it, is passed over. Returns how many are new."""
    if not requests:
        return 0
    return await db.execute(
        """INSERT INTO audit (assignment_id, freelancer_id, task_id, step_id, project_id, plan, value, due_at, requested_by)
           SELECT n.*, $9 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::uuid[], $6::text[], $7::float8[],
                                      $8::timestamptz[]) AS n
           ON CONFLICT DO NOTHING""",
        [r.assignment_id for r in requests],
        [r.freelancer_id for r in requests],
        [r.task_id for r in requests],
        [r.step_id for r in requests],
        [r.project_id for r in requests],
        [str(r.plan) for r in requests],
        [r.value for r in requests],
        [r.due_at for r in requests],
        actor,
    )


async def lapse(assignment_ids: Collection[UUID]) -> None:
    """End the audits that these answers waited for: they were decided without. Tasks that waited with them are graded."""
    if not assignment_ids:
        return
    ended = await db.rows(
        """UPDATE audit SET lapsed_at = now() WHERE assignment_id = ANY ($1) AND plan = 'acceptance' AND done_at IS NULL
           AND lapsed_at IS NULL RETURNING assignment_id""",
        sorted(assignment_ids),
    )
    await jobs.enqueue("quality.grade", [(str(row["assignment_id"]), {}) for row in ended])


def majority(looks: Sequence[Mapping[str, bool]]) -> dict[str, bool]:
    """Field by field what most of an answer's audits say of it. Of two that differ the first holds, until there is a third."""
    if len(looks) < 3:
        return dict(looks[0]) if looks else {}
    return {name: sum(one.get(name, True) for one in looks) * 2 > len(looks) for name in looks[0]}
