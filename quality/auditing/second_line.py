"""The second line settles disputes and audits answers beside the curators: people of line 2 or above in the qualification of a task's step.

The same rules hold for them, and what they say is looked at again by a curator with the probability of the step's second looks. They
are paid for it by what they did: each dispute and each audit is a measure of the kind `review`, recorded with it.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from piecework.platform import db
from piecework.quality.grading import audits
from piecework.quality.grading.audits import Plan, Request
from piecework.quality.grading.grades import CHANCE
from piecework.tasks import measures
from piecework.tasks.measures import Measure
from piecework.tasks.workflows import StepSpec

LINE = 2

MAY = f"""
EXISTS (SELECT FROM queue q JOIN qualification ql ON ql.code = q.qualification AND ql.level >= q.level
        WHERE q.step_id = t.step_id AND q.requester_id <> $1 AND ql.freelancer_id = $1 AND ql.line >= {LINE}
          AND ql.revoked_at IS NULL AND (ql.expires_at IS NULL OR ql.expires_at > now())
          AND (contract_at($1, now())).freelancer_id IS NOT NULL
          AND NOT EXISTS (SELECT FROM restriction_now r WHERE r.freelancer_id = $1
                          AND (r.kind IN ('block', 'audits') OR r.project_id = t.project_id)))
"""
"""Of a task t: person $1 is of the second line for its step, under contract, and neither restricted from its project nor watched."""

UNTOUCHED = """
NOT EXISTS (SELECT FROM task k JOIN assignment mine ON mine.task_id = k.id WHERE k.ticket_id = t.ticket_id AND mine.freelancer_id = $1)
"""
"""Of a task t: person $1 has worked on nothing of its ticket."""

AUDITS = f"""
u.plan IN ('random', 'risk', 'person', 'class') AND t.state = 'resolved' AND t.ticket_id IS NOT NULL
AND NOT EXISTS (SELECT FROM truth r WHERE r.task_id = t.id) AND {UNTOUCHED} AND {MAY}
"""
"""Of an audit u of a task t: it is left to the second line too, and person $1 may take it.

Not left to them is what an answer waits for (whoever refuses it could be handed the task), what repeats another's look, and tasks of
which somebody has said what is right: golden ones, and disputes that the second line settled.
"""

DONE = """
SELECT p.id AS project_id, p.code AS project, q.key AS step, q.qualification, t.created_at AS since, clock_timestamp() AS until
FROM task t JOIN queue q ON q.step_id = t.step_id JOIN project p ON p.id = t.project_id WHERE t.id = $1
"""

SETTLED = """
SELECT a.id, a.name, count(*) AS settled,
       count(*) FILTER (WHERE EXISTS (SELECT FROM audit u WHERE u.task_id = t.task_id AND u.done_at > t.created_at)) AS checked,
       count(*) FILTER (WHERE n.answers <> t.answers) AS overturned
FROM truth t JOIN truth_now n ON n.task_id = t.task_id JOIN account a ON a.id = t.actor
WHERE t.source = 'dispute' AND a.id > $1 GROUP BY a.id, a.name ORDER BY a.id LIMIT $2
"""


async def belongs(me: UUID) -> bool:
    """Whether somebody is of the second line anywhere."""
    return bool(
        await db.scalar(
            """SELECT EXISTS (SELECT FROM qualification WHERE freelancer_id = $1 AND line >= $2 AND revoked_at IS NULL
                              AND (expires_at IS NULL OR expires_at > now()))""",
            me,
            LINE,
        )
    )


async def sample(step: StepSpec, given: Sequence[Any]) -> None:
    """With the step's probability, ask a curator for a look at one of the answers of a task that the second line has settled."""
    if given and CHANCE.random() < step.checking.second_rate:
        one = CHANCE.choice(given)
        asked = (one["id"], one["freelancer_id"], one["task_id"], one["step_id"], one["project_id"])
        await audits.request([Request(*asked, plan=Plan.RANDOM, value=0.5)])


async def credit(me: UUID, task_id: UUID, source: str) -> None:
    """Record a review that one of the second line has done (`source` names it) as a measure that pay rules may pay for."""
    row = await db.row(DONE, task_id)
    assert row is not None
    evidence = {name: row[name] for name in ("project", "step", "qualification")}
    done = Measure(me, "review", row["since"], row["until"], source, 1, evidence, row["project_id"])
    await measures.record([done], reason="Done as the second line.")


async def settled(after: UUID, limit: int) -> Sequence[Any]:
    """Who settles disputes: how many, how many of these an audit looked at since, and how many tasks have another truth now."""
    return await db.rows(SETTLED, after, limit)
