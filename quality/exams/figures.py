"""How an exam and its questions fare, and one attempt as curators see it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from piecework.platform import db
from piecework.platform.errors import NotFound
from piecework.quality.exams import attempts

TOTALS = """
SELECT e.version, count(t.id) AS attempts, count(r.attempt_id) AS decided, count(*) FILTER (WHERE r.passed) AS passed,
       avg(r.scored / r.possible::float) AS mean_share
FROM exam e LEFT JOIN exam_attempt t ON t.exam_id = e.id LEFT JOIN exam_result_now r ON r.attempt_id = t.id
WHERE e.code = $1 GROUP BY e.version ORDER BY e.version DESC
"""

# The discrimination is the correlation of what a question brought with what all the others of the attempt did: for questions that are
# right or wrong the point-biserial one, corrected for the question itself (Lord and Novick 1968, chapter 15). The rest of an attempt of
# one question says nothing.
QUESTIONS = """
WITH scored AS (
    SELECT a.question_id, s.share / 10000.0 AS share,
           (r.scored - a.points * s.share) / nullif(r.possible - a.points * 10000, 0)::float AS rest
    FROM exam_attempt t JOIN exam_result_now r ON r.attempt_id = t.id
    JOIN exam_score s ON s.attempt_id = r.attempt_id AND s.revision = r.revision
    JOIN exam_attempt_question a ON a.attempt_id = s.attempt_id AND a.n = s.n
    WHERE t.exam_code = $1),
known AS (
    SELECT question_id, count(*) AS answered, avg(share)::float AS mean_share, corr(share, rest) AS discrimination
    FROM scored GROUP BY question_id)
SELECT q.id AS question_id, q.pool, q.kind, q.difficulty, q.retired_at IS NOT NULL AS retired, x.exposed, coalesce(k.answered, 0) AS answered,
       k.mean_share, k.discrimination, x.exposed > $2 AND q.retired_at IS NULL AS retire
FROM (SELECT a.question_id, count(*) AS exposed FROM exam_attempt_question a
      WHERE a.question_id IN (SELECT o.question_id FROM exam_attempt_question o JOIN exam_attempt t ON t.id = o.attempt_id WHERE t.exam_code = $1)
      GROUP BY a.question_id) x
JOIN exam_question q ON q.id = x.question_id LEFT JOIN known k ON k.question_id = q.id
ORDER BY retire DESC, k.discrimination NULLS LAST, q.id
"""

ATTEMPT = """
SELECT t.*, e.version, e.spec, n.state AS appeal FROM exam_attempt t JOIN exam e ON e.id = t.exam_id
LEFT JOIN appealable n ON n.subject = 'exam' AND n.subject_id = t.id WHERE t.id = $1
"""

# `to_mark`: an appeal was upheld, and nobody has marked it again since.
ATTEMPTS = """
SELECT t.id, e.version, t.freelancer_id, f.name, t.started_at, t.ends_at,
       coalesce(t.finished_at, CASE WHEN t.ends_at <= clock_timestamp() THEN t.ends_at END) AS finished_at,
       r.passed, r.scored / r.possible::float AS share, n.state AS appeal, coalesce(n.state = 'upheld' AND r.revision = 1, false) AS to_mark
FROM exam_attempt t JOIN exam e ON e.id = t.exam_id JOIN account f ON f.id = t.freelancer_id
LEFT JOIN exam_result_now r ON r.attempt_id = t.id LEFT JOIN appealable n ON n.subject = 'exam' AND n.subject_id = t.id
WHERE e.code = $1 AND t.id < $2 ORDER BY t.id DESC LIMIT $3
"""

Row = Mapping[str, Any]


async def totals(code: str) -> Sequence[Row]:
    """Attempts and passes by version, the newest first.

    Raises:
        NotFound: there is no such exam.
    """
    found = await db.rows(TOTALS, code)
    if not found:
        raise NotFound
    return found


async def attempts_at(code: str, before: UUID, limit: int) -> Sequence[Row]:
    """Attempts at an exam with names and results, newest first."""
    return await db.rows(ATTEMPTS, code, before, limit)


async def questions(code: str, most_exposed: int) -> Sequence[Row]:
    """Every question ever drawn for an exam, those to retire first, then those that tell the least.

    `exposed` counts attempts at any exam, `mean_share` is how easy it turned out.
    """
    return await db.rows(QUESTIONS, code, most_exposed)


async def attempt(attempt_id: UUID) -> tuple[Row, Sequence[Row], Sequence[Row], Sequence[Row]]:
    """An attempt, its questions with the answers, every revision of its result, and of each what the questions were marked with.

    Raises:
        NotFound: there is none.
    """
    row = await db.row(ATTEMPT, attempt_id)
    if row is None:
        raise NotFound
    results = await db.rows("SELECT * FROM exam_result WHERE attempt_id = $1 ORDER BY revision", attempt_id)
    scores = await db.rows("SELECT * FROM exam_score WHERE attempt_id = $1 ORDER BY revision, n", attempt_id)
    return row, await attempts.asked(attempt_id), results, scores
