"""Drawing answers for audits: at random, where a mistake is likely, of one person, of one class.

The value of an audit is the chance that it changes the decision: that an accepted answer is wrong, or a rejected one right, by the
other people's answers (or, without any, by the task's confidence). By risk the answers are drawn by that chance times how uncertain
their author's accuracy is, as the standard deviation of its Beta posterior: there an audit tells most, of the answer and of the
person. A plan at random is uniform over the answers it may draw, so that the share of mistakes found in it estimates the share in all.
"""

from datetime import timedelta
from uuid import UUID

import orjson

from piecework.platform import db, trail
from piecework.platform.errors import NotFound
from piecework.platform.said import Said
from piecework.quality.grading import audits
from piecework.quality.grading.audits import Plan, Request
from piecework.quality.schemas.audits import ClassOf
from piecework.quality.statistics import ACCURACY_PRIOR

DRAW = """
WITH candidate AS (
    SELECT a.id, a.freelancer_id, a.task_id, a.step_id, a.project_id,
           CASE a.state WHEN 'accepted' THEN 1 - right_chance ELSE right_chance END AS value
    FROM assignment a JOIN task t ON t.id = a.task_id JOIN step s ON s.id = a.step_id
    LEFT JOIN evidence e ON e.assignment_id = a.id AND e.kind = 'overlap'
          AND NOT EXISTS (SELECT FROM evidence later WHERE later.assignment_id = e.assignment_id AND later.revision > e.revision)
    CROSS JOIN LATERAL (SELECT coalesce(e.probability, t.confidence, 0.5) AS right_chance) chance
    WHERE a.project_id = $1 AND a.state IN ('accepted', 'rejected') AND t.ticket_id IS NOT NULL
      AND ($2::text IS NULL OR s.key = $2) AND ($3::uuid IS NULL OR a.freelancer_id = $3)
      AND ($4::interval IS NULL OR a.decided_at >= now() - $4::interval)
      AND ($5::text IS NULL OR a.id IN (SELECT n.assignment_id FROM answer n WHERE n.body -> $5 = $6::jsonb))
      AND a.id NOT IN (SELECT u.assignment_id FROM audit u WHERE u.lapsed_at IS NULL)
      AND ($7 IS FALSE OR a.task_id NOT IN (SELECT r.task_id FROM truth r))),
person AS (
    SELECT freelancer_id, step_id, $8 + greatest(sum(right_count), 0) AS alpha, $9 + greatest(sum(wrong_count), 0) AS beta
    FROM accuracy GROUP BY freelancer_id, step_id)
SELECT c.id, c.freelancer_id, c.task_id, c.step_id, c.project_id, c.value
FROM candidate c LEFT JOIN person ON $7 AND person.freelancer_id = c.freelancer_id AND person.step_id = c.step_id
CROSS JOIN LATERAL (SELECT coalesce(person.alpha, $8) AS alpha, coalesce(person.beta, $9) AS beta) p
ORDER BY CASE WHEN $7 THEN c.value * sqrt(p.alpha * p.beta / (p.alpha + p.beta + 1)) / (p.alpha + p.beta) END DESC, gen_random_uuid()
LIMIT $10
"""


async def draw(
    actor: UUID,
    project_id: UUID,
    plan: Plan,
    count: int,
    *,
    step: str | None = None,
    freelancer_id: UUID | None = None,
    said: ClassOf | None = None,
    since: timedelta | None = None,
) -> int:
    """Ask for audits of up to `count` decided answers of a project that have had none; returns how many.

    Narrowed to one step, one person, answers that say a value in a field, or decisions `since` that long ago. By risk those whose
    right answer a curator has said are left out: there is nothing more to learn.

    Raises:
        NotFound: the project never had such a step.
    """
    if step is not None and not await db.scalar(
        "SELECT EXISTS (SELECT FROM step WHERE project_id = $1 AND key = $2)", project_id, step
    ):
        raise NotFound(Said("The project has no such step."))
    drawn = await db.rows(
        DRAW,
        project_id,
        step,
        freelancer_id,
        since,
        None if said is None else said.field,
        orjson.dumps(None if said is None else said.value).decode(),
        plan is Plan.RISK,
        ACCURACY_PRIOR.alpha,
        ACCURACY_PRIOR.beta,
        count,
    )
    new = await audits.request(
        [
            Request(
                r["id"], r["freelancer_id"], r["task_id"], r["step_id"], r["project_id"], plan, min(max(r["value"], 0.0), 1.0)
            )
            for r in drawn
        ],
        actor,
    )
    await trail.record(actor, "audits.planned", "project", project_id, plan=str(plan), wanted=count, drawn=new)
    return new
