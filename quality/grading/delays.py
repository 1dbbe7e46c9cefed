"""Verdicts on control tasks that must wait, because the same answers to an ordinary task would have.

Where answers do not agree, an ordinary task asks more people or a curator, and its verdicts come minutes or days later. A control task
knows at once; a verdict at once would tell that it was one. So its verdicts come after a wait that a recent ordinary answer of the step
had to bear too.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from piecework.platform import db, jobs

CHANCE = random.SystemRandom()
SAMPLE = 200

# How long the newest decided answers of ordinary tasks waited, of those that were not decided by the first look at them all.
WAITS = """
SELECT a.decided_at - a.ended_at AS waited FROM (
    SELECT a.decided_at, a.ended_at FROM assignment a JOIN task t ON t.id = a.task_id
    WHERE a.step_id = $1 AND a.revision = 1 AND t.ticket_id IS NOT NULL AND t.overlap > $2
    ORDER BY a.id DESC LIMIT $3) a
UNION ALL
SELECT d.decided_at - a.ended_at FROM (
    SELECT * FROM audit u WHERE u.step_id = $1 AND u.plan = 'acceptance' AND u.done_at IS NOT NULL ORDER BY u.id DESC LIMIT $3) u
JOIN assignment a ON a.id = u.assignment_id JOIN decision d ON d.assignment_id = a.id AND d.revision = 1
"""


async def put_off(answers: Sequence[tuple[UUID, int, timedelta]]) -> None:
    """Let a job decide these answers (with step and review period) later: after a wait drawn from those of ordinary answers.

    Without any to draw from: a random part of the review period. Never beyond it, when the answer would be accepted anyway.
    """
    now: datetime = await db.scalar("SELECT now()")
    for step_id in sorted({step_id for _, step_id, _ in answers}):
        overlap = await db.scalar("SELECT (spec->>'overlap')::int FROM step WHERE id = $1", step_id)
        waits = [row["waited"] for row in await db.rows(WAITS, step_id, overlap, SAMPLE) if row["waited"] is not None]
        for assignment_id, its_step, period in answers:
            if its_step == step_id:
                wait = CHANCE.choice(waits) if waits else period * CHANCE.random()
                await jobs.enqueue("quality.verdict", [(str(assignment_id), {})], run_at=now + min(wait, period * 0.95))
