"""The second line settles disputes beside the curators: people of line 2 or above in the qualification of a task's step.

The same rules hold for them, and what they settle is looked at again by a curator with the probability of the step's second looks.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from piecework.platform import db
from piecework.quality.grading import audits
from piecework.quality.grading.audits import Plan, Request
from piecework.quality.grading.grades import CHANCE
from piecework.tasks.workflows import StepSpec

LINE = 2

MAY = f"""
EXISTS (SELECT FROM queue q JOIN qualification ql ON ql.code = q.qualification AND ql.level >= q.level
        WHERE q.step_id = t.step_id AND q.requester_id <> $1 AND ql.freelancer_id = $1 AND ql.line >= {LINE}
          AND ql.revoked_at IS NULL AND (ql.expires_at IS NULL OR ql.expires_at > now())
          AND NOT EXISTS (SELECT FROM restriction_now r WHERE r.freelancer_id = $1
                          AND (r.kind IN ('block', 'audits') OR r.project_id = t.project_id)))
"""
"""Of a task t: person $1 is of the second line for its step, and neither restricted from its project nor watched themselves."""

UNTOUCHED = """
NOT EXISTS (SELECT FROM task k JOIN assignment mine ON mine.task_id = k.id WHERE k.ticket_id = t.ticket_id AND mine.freelancer_id = $1)
"""
"""Of a task t: person $1 has worked on nothing of its ticket."""

SETTLED = """
SELECT a.id, a.name, count(*) AS settled,
       count(*) FILTER (WHERE EXISTS (SELECT FROM audit u WHERE u.task_id = t.task_id AND u.done_at > t.created_at)) AS checked,
       count(*) FILTER (WHERE n.answers <> t.answers) AS overturned
FROM truth t JOIN truth_now n ON n.task_id = t.task_id JOIN account a ON a.id = t.actor
WHERE t.source = 'dispute' AND a.id > $1 GROUP BY a.id, a.name ORDER BY a.id LIMIT $2
"""


async def sample(step: StepSpec, given: Sequence[Any]) -> None:
    """With the step's probability, ask a curator for a look at one of the answers of a task that the second line has settled."""
    if given and CHANCE.random() < step.checking.second_rate:
        one = CHANCE.choice(given)
        asked = (one["id"], one["freelancer_id"], one["task_id"], one["step_id"], one["project_id"])
        await audits.request([Request(*asked, plan=Plan.RANDOM, value=0.5)])


async def settled(after: UUID, limit: int) -> Sequence[Any]:
    """Who settles disputes: how many, how many of these an audit looked at since, and how many tasks have another truth now."""
    return await db.rows(SETTLED, after, limit)
