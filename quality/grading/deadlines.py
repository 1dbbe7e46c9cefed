"""The review deadline: an answer that nobody has decided in time is accepted and paid."""

from piecework.platform import db
from piecework.quality.grading.grades import Grades
from piecework.tasks.decisions import WHOLE, Basis, Verdict

BATCH = 500

OVERDUE = """
SELECT a.id FROM assignment a JOIN step s ON s.id = a.step_id
WHERE a.state = 'submitted' AND a.ended_at <= now() - make_interval(days => coalesce((s.spec->'checking'->>'review_days')::int, 7))
ORDER BY a.ended_at LIMIT $1
"""


async def accept_overdue() -> int:
    """Accept answers whose review deadline has passed; returns how many. The audits that they waited for end with it."""
    overdue = [row["id"] for row in await db.rows(OVERDUE, BATCH)]
    if not overdue:
        return 0
    # The rows of the tasks first, as in grading: a verdict that is under way is waited for, and then stands.
    await db.execute(
        "SELECT FROM task WHERE id IN (SELECT task_id FROM assignment WHERE id = ANY ($1)) ORDER BY id FOR UPDATE", overdue
    )
    await Grades(verdicts=[Verdict(one, WHOLE, Basis.DEADLINE) for one in overdue]).write()
    return len(overdue)
