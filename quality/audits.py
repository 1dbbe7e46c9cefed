"""Audits: a curator's second look at an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from piecework.platform import db


class Plan(StrEnum):
    """Why an answer is looked at: acceptance (before it is decided) · random · risk (where a mistake is likely) · person · class ·
    second and third (another curator repeats an audit)."""

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
