"""What a rule may look at: one accepted answer with the terms frozen at its claim, and nothing else."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

LINE = """(coalesce((s.spec ->> 'line')::int, 1)
        + CASE WHEN t.ticket_id IS NULL THEN 0 ELSE (SELECT count(*) FROM assignment e WHERE e.task_id = t.id AND e.slot_id = a.slot_id
                                                     AND e.state = 'escalated') END)::int"""
"""Of an assignment a of a task t of a step s: the line that it was claimed on, the step's or the one that the task was escalated to.

A slot is escalated before it is claimed by who answers, and ends with the answer: so this never changes. Golden tasks stay on their line.
"""


@dataclass(frozen=True, slots=True)
class Work:
    """One accepted answer. `earned` is the accepted part of `price`; both in 1/100 kopeck. `zone` is the person's at the claim."""

    assignment_id: UUID
    freelancer_id: UUID
    project_id: UUID
    currency: str
    step_key: str
    line: int
    level: int
    language: str
    price: int
    earned: int
    claimed_at: datetime
    submitted_at: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class Premium:
    """What one version of a rule adds to one answer, in 1/100 kopeck; never negative."""

    assignment_id: UUID
    rule_id: UUID
    amount: int
