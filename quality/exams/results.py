"""What exams say of a person: the evidence that admission goes by."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from piecework.platform import db

# A pass before a failure, then the greater share, then the later one; only what is valid still.
BEST = """
SELECT DISTINCT ON (t.exam_code) t.exam_code AS code, e.version, e.spec ->> 'qualification' AS qualification, t.id AS attempt_id, r.passed,
       r.scored / r.possible::float AS share, r.low, r.high, t.finished_at AS taken_at, r.valid_until
FROM exam_attempt t JOIN exam e ON e.id = t.exam_id JOIN exam_result_now r ON r.attempt_id = t.id
WHERE t.freelancer_id = $1 AND r.valid_until > clock_timestamp() AND ($2::timestamptz IS NULL OR t.finished_at > $2)
ORDER BY t.exam_code, r.passed DESC, r.scored / r.possible::float DESC, t.finished_at DESC
"""


@dataclass(frozen=True, slots=True)
class Result:
    """The best valid result of a person in an exam. `low` and `high` bound their probability of being right."""

    code: str
    version: int
    qualification: str
    attempt_id: UUID
    passed: bool
    share: float
    low: float
    high: float
    taken_at: datetime
    valid_until: datetime


async def of(freelancer_id: UUID, since: datetime | None = None) -> dict[str, Result]:
    """The best valid result in each exam that this person has finished (after `since`), by the exam's code."""
    return {row["code"]: Result(**row) for row in await db.rows(BEST, freelancer_id, since)}
