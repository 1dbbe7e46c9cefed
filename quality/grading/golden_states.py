"""The life of golden tasks: live, retired after as many showings as an ordinary task gets, quarantined while their key is in doubt."""

from collections.abc import Sequence
from uuid import UUID

from piecework.platform import db, trail
from piecework.platform.said import Said, ours
from piecework.tasks import decisions

DOUBTED = ours(Said("Good people gave another answer than the key."))


async def retire(task_ids: Sequence[UUID]) -> None:
    """live -> retired: they have been shown as often as an ordinary task."""
    await db.execute(
        "UPDATE golden SET state = 'retired', changed_at = now() WHERE task_id = ANY ($1) AND state = 'live'", list(task_ids)
    )


async def quarantine(task_ids: Sequence[UUID]) -> None:
    """live -> quarantined: nobody else gets them, no answer is judged by their key, until a curator has looked at it."""
    if not task_ids:
        return
    found = await db.rows(
        "UPDATE golden SET state = 'quarantined', changed_at = now() WHERE task_id = ANY ($1) AND state = 'live' RETURNING task_id",
        list(task_ids),
    )
    await decisions.withdraw([row["task_id"] for row in found])
    for row in found:
        await trail.record(None, "golden.quarantined", "task", row["task_id"], reason=DOUBTED)


async def end(task_id: UUID) -> None:
    """live | quarantined -> retired: its key was looked at or changed, so nobody else gets it. The caller holds the task's row."""
    ended = await db.execute(
        "UPDATE golden SET state = 'retired', changed_at = now() WHERE task_id = $1 AND state IN ('live', 'quarantined')", task_id
    )
    if ended:
        await decisions.withdraw([task_id])
