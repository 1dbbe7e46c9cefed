"""What training says of a person: the evidence that admission goes by."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from piecework.platform import db

# Of a course's enrolments the one with the trial passed, then the one that went furthest. The trial's figures are of first tries, and
# there are none before it is decided: whoever could stop when they look best would look better than they are.
BEST = """
SELECT DISTINCT ON (e.course_code) e.course_code AS code, c.version, e.id AS enrolment_id, e.ending,
       (SELECT max(o.trained_at) FROM enrolment o WHERE o.freelancer_id = e.freelancer_id AND o.course_code = e.course_code) AS trained_at,
       CASE WHEN t.answered > 0 AND e.ending = 'finished' THEN e.ended_at END AS tried_at,
       coalesce(d.tries, 0) AS first_tries, coalesce(d.first_right, 0) AS first_right, t.answered AS trial_answered, t.correct AS trial_right
FROM enrolment e JOIN course c ON c.id = e.course_id
CROSS JOIN LATERAL (
    SELECT count(*) AS answered, count(*) FILTER (WHERE a.correct) AS correct FROM training_answer a
    WHERE a.enrolment_id = e.id AND e.ending IN ('finished', 'not_passed') AND c.spec #>> '{units,-1,kind}' = 'trial' AND a.unit = c.spec #>> '{units,-1,key}' AND a.try = 1) t
CROSS JOIN LATERAL (
    SELECT sum(u.first_tries) AS tries, sum(u.first_right) AS first_right FROM unit_done u
    WHERE u.enrolment_id = e.id AND (c.spec #>> '{units,-1,kind}' <> 'trial' OR u.unit <> c.spec #>> '{units,-1,key}')) d
WHERE e.freelancer_id = $1
ORDER BY e.course_code, (t.answered > 0 AND e.ending = 'finished') DESC, t.answered DESC, e.id DESC
"""


@dataclass(frozen=True, slots=True)
class Result:
    """A person's training in a course, and its trial. `trained_at`: all but the trial was done; `tried_at`: the trial was passed."""

    code: str
    version: int
    enrolment_id: UUID
    trained_at: datetime | None
    first_tries: int
    first_right: int
    tried_at: datetime | None
    trial_answered: int
    trial_right: int


async def of(freelancer_id: UUID) -> dict[str, Result]:
    """What a person did in each course that they began, by its code."""
    found = await db.rows(BEST, freelancer_id)
    return {row["code"]: Result(**{name: row[name] for name in Result.__slots__}) for row in found}
