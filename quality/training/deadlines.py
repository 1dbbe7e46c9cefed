"""What training must not let wait: people are reminded of their courses, curators of homework that nobody checked."""

from piecework.platform import db, notices
from piecework.platform.said import Said

# Looked back far enough for jobs that were missed; everybody is told once, and nobody while their homework waits for us.
DUE = """
SELECT e.id, e.freelancer_id, c.spec ->> 'title' AS title, e.due_at, e.due_at < clock_timestamp() AS late
FROM enrolment e JOIN course c ON c.id = e.course_id
WHERE e.ended_at IS NULL AND e.due_at BETWEEN clock_timestamp() - interval '30 days' AND clock_timestamp() + interval '3 days'
  AND NOT EXISTS (SELECT FROM training_answer a WHERE a.enrolment_id = e.id AND a.correct IS NULL
                  AND NOT EXISTS (SELECT FROM training_check k WHERE k.answer_id = a.id))
"""
UNCHECKED = """
SELECT a.id, c.spec ->> 'title' AS title, a.unit, a.check_by, m.mentor_id
FROM training_answer a JOIN enrolment e ON e.id = a.enrolment_id JOIN course c ON c.id = e.course_id
LEFT JOIN mentorship m ON m.freelancer_id = e.freelancer_id AND m.ends_at IS NULL
WHERE a.correct IS NULL AND a.body ? 'text' AND e.ended_at IS NULL AND a.check_by BETWEEN clock_timestamp() - interval '30 days' AND clock_timestamp()
  AND NOT EXISTS (SELECT FROM training_check k WHERE k.answer_id = a.id)
"""
CURATORS = "SELECT id FROM account WHERE 'curator' = ANY (roles) AND state = 'active'"


async def remind() -> None:
    """Remind people three days before their course is due and when it is late; tell curators and mentors of homework past its time."""
    for row in await db.rows(DUE):
        course, due_at = row["title"], row["due_at"]
        title = (
            Said("Your course was due: %(course)s", course=course)
            if row["late"]
            else Said("Your course is due soon: %(course)s", course=course)
        )
        words = (
            Said("It was to be finished until %(until)s; you can go on.", until=due_at)
            if row["late"]
            else Said("It is to be finished until %(until)s.", until=due_at)
        )
        kind = "training.late" if row["late"] else "training.due"
        await notices.send([row["freelancer_id"]], kind, title, words, link="/me/courses", key=str(row["id"]))
    unchecked = await db.rows(UNCHECKED)
    curators = [row["id"] for row in await db.rows(CURATORS)] if unchecked else []
    for row in unchecked:
        words = Said(
            "%(course)s, %(unit)s: it was to be checked until %(until)s.",
            course=row["title"],
            unit=row["unit"],
            until=row["check_by"],
        )
        people = [*curators, *([row["mentor_id"]] if row["mentor_id"] is not None else [])]
        await notices.send(people, "homework.late", Said("Homework waits too long"), words, link="/homework", key=str(row["id"]))
