"""The state of tasks and of assignments after the answer: one function per transition, each an event for the parts above."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from piecework.platform import db, jobs
from piecework.tasks import splitting
from piecework.tasks.fields import Answer


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why an answer is not accepted: a stable reason code and the words for its author, with the evidence in them."""

    assignment_id: UUID
    reason: str
    explanation: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """A task's consensus. `result` None: the answers never agreed, the task is undecided."""

    task_id: UUID
    result: Answer | None
    confidence: float


async def accept(assignment_ids: Sequence[UUID]) -> int:
    """submitted -> accepted; records `assignment.accepted`. What is not `submitted` any more is left alone; returns how many were."""
    done = await db.rows(
        """UPDATE assignment SET state = 'accepted', decided_at = now() WHERE id = ANY ($1) AND state = 'submitted' RETURNING id""",
        list(assignment_ids),
    )
    await jobs.record("assignment.accepted", [(str(row["id"]), {}) for row in done])
    return len(done)


async def reject(rejections: Sequence[Rejection]) -> int:
    """submitted -> rejected, with reason and explanation; records `assignment.rejected`."""
    done = await db.rows(
        """UPDATE assignment a SET state = 'rejected', decided_at = now(), reason = n.reason, explanation = n.explanation
           FROM unnest($1::uuid[], $2::text[], $3::text[]) AS n (id, reason, explanation)
           WHERE a.id = n.id AND a.state = 'submitted' RETURNING a.id""",
        [r.assignment_id for r in rejections],
        [r.reason for r in rejections],
        [r.explanation for r in rejections],
    )
    await jobs.record("assignment.rejected", [(str(row["id"]), {}) for row in done])
    return len(done)


async def resolve(resolutions: Sequence[Resolution]) -> None:
    """open -> resolved | undecided; the ticket's next steps are opened by a job (`tasks.advance`) in its own transaction."""
    done = await db.rows(
        """UPDATE task t SET state = CASE WHEN n.result IS NULL THEN 'undecided' ELSE 'resolved' END,
                  result = n.result::jsonb, confidence = n.confidence, resolved_at = now()
           FROM unnest($1::uuid[], $2::text[], $3::float8[]) AS n (id, result, confidence)
           WHERE t.id = n.id AND t.state = 'open' RETURNING t.id, t.ticket_id""",
        [r.task_id for r in resolutions],
        [None if r.result is None else orjson.dumps(r.result).decode() for r in resolutions],
        [r.confidence for r in resolutions],
    )
    await jobs.enqueue("tasks.advance", [(str(r["id"]), {"ticket": str(r["ticket_id"])}) for r in done if r["ticket_id"]])


async def want_one_more(task_id: UUID, overlap: int) -> None:
    """Raise an open task's overlap to `overlap` and open the slot for the added answer."""
    await db.execute("UPDATE task SET overlap = $2 WHERE id = $1 AND state = 'open'", task_id, overlap)
    await splitting.open_slots([task_id], rounds=(overlap, overlap))
