"""Homework in words: checked by the mentor or a curator, with feedback, in time."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from piecework.platform import db, notices, trail
from piecework.platform.errors import NotFound
from piecework.platform.said import Said
from piecework.quality.errors import NotImpartial
from piecework.quality.training import enrolments, finishing
from piecework.quality.training.errors import CheckedAlready

# Without what was erased, and what was written in a version that is replaced.
UNCHECKED = """
a.correct IS NULL AND a.body ? 'text' AND e.ended_at IS NULL AND NOT EXISTS (SELECT FROM training_check k WHERE k.answer_id = a.id)
"""
FOR_ME = f"{UNCHECKED} AND e.freelancer_id <> $1 AND ($2 OR m.mentor_id = $1)"
WAITING = f"""
SELECT a.id, e.freelancer_id, f.name, e.course_code, c.version, c.spec, a.unit, a.item, a.try, a.body ->> 'text' AS text, a.answered_at, a.check_by,
       a.check_by < clock_timestamp() AS late
FROM training_answer a JOIN enrolment e ON e.id = a.enrolment_id JOIN course c ON c.id = e.course_id
JOIN account f ON f.id = e.freelancer_id
LEFT JOIN mentorship m ON m.freelancer_id = e.freelancer_id AND m.ends_at IS NULL
WHERE {FOR_ME} AND a.id > $3
ORDER BY a.id LIMIT $4
"""
COUNT = f"""
SELECT count(*) FROM training_answer a JOIN enrolment e ON e.id = a.enrolment_id
LEFT JOIN mentorship m ON m.freelancer_id = e.freelancer_id AND m.ends_at IS NULL WHERE {FOR_ME}
"""
FOUND = """
SELECT a.enrolment_id, a.unit, a.item, e.freelancer_id, c.spec ->> 'title' AS title,
       $3 OR EXISTS (SELECT FROM mentorship m WHERE m.freelancer_id = e.freelancer_id AND m.ends_at IS NULL AND m.mentor_id = $2) AS may
FROM training_answer a JOIN enrolment e ON e.id = a.enrolment_id JOIN course c ON c.id = e.course_id
WHERE a.id = $1 AND a.correct IS NULL AND a.body ? 'text' AND e.ended_at IS NULL
"""
STORE = """
INSERT INTO training_check (answer_id, accepted, feedback, checked_by) VALUES ($1, $2, $3, $4)
ON CONFLICT ON CONSTRAINT training_check_pkey DO NOTHING
"""

Row = Mapping[str, Any]


async def waiting(actor: UUID, *, curator: bool, after: UUID, limit: int) -> Sequence[Row]:
    """Homework that waits for a check, the oldest first: a curator sees all, a mentor that of their mentees, nobody their own."""
    return await db.rows(WAITING, actor, curator, after, limit)


async def count(actor: UUID, *, curator: bool) -> int:
    """How much of it there is."""
    return int(await db.scalar(COUNT, actor, curator))


async def check(actor: UUID, answer_id: UUID, *, curator: bool, accepted: bool, feedback: str) -> None:
    """Accept homework, or send it back for another try; its author is told.

    Raises:
        NotFound: there is none that this person may check. NotImpartial: it is their own. CheckedAlready: see there.
    """
    found = await db.row(FOUND, answer_id, actor, curator)
    if found is None or not (found["may"] or found["freelancer_id"] == actor):
        raise NotFound
    if found["freelancer_id"] == actor:
        raise NotImpartial
    held = await enrolments.held(found["enrolment_id"])
    if not await db.execute(STORE, answer_id, accepted, feedback, actor):
        raise CheckedAlready
    await trail.record(actor, "homework.checked", "training_answer", answer_id, accepted=accepted)
    course = found["title"]
    title = (
        Said("Homework accepted: %(course)s", course=course)
        if accepted
        else Said("Homework to be done again: %(course)s", course=course)
    )
    await notices.send([held.person], "homework.checked", title, feedback, link="/me/courses", key=str(answer_id))
    await finishing.settle(held)
