"""Mentors: who helps a newcomer. Curators assign them; the weeks in which a mentee was at their training are measures, for pay."""

from datetime import datetime
from typing import Any
from uuid import UUID

from piecework.platform import db, notices, trail
from piecework.platform.errors import NotFound
from piecework.platform.said import Said
from piecework.quality.admitting.requests import LOCK
from piecework.quality.errors import NotAMentor
from piecework.tasks import measures, qualifications
from piecework.tasks.measures import Measure

ABLE = "(q.line >= 2 OR q.level >= 3) AND q.revoked_at IS NULL AND (q.expires_at IS NULL OR q.expires_at > now())"
MAY = f"SELECT EXISTS (SELECT FROM qualification q WHERE q.freelancer_id = $1 AND {ABLE})"
POSSIBLE = f"""
SELECT a.id, a.name, (SELECT count(*) FROM mentorship m WHERE m.mentor_id = a.id AND m.ends_at IS NULL) AS mentees FROM account a
WHERE a.state = 'active' AND EXISTS (SELECT FROM qualification q WHERE q.freelancer_id = a.id AND {ABLE}) ORDER BY a.name, a.id LIMIT 500
"""
MENTORS = "SELECT EXISTS (SELECT FROM mentorship WHERE mentor_id = $1 AND ends_at IS NULL)"
MINE = """
SELECT m.freelancer_id, f.name, m.mentor_id, t.name AS mentor_name, m.starts_at
FROM mentorship m JOIN account f ON f.id = m.freelancer_id JOIN account t ON t.id = m.mentor_id
WHERE m.ends_at IS NULL AND (m.freelancer_id = $1 OR m.mentor_id = $1) ORDER BY m.starts_at, m.id LIMIT 200
"""

# A mentee who answered in a course in [$1, $2) while they had a mentor: one week, of the mentor at the last of these answers.
WEEKS = """
SELECT DISTINCT ON (e.freelancer_id) e.freelancer_id AS mentee_id, m.mentor_id, e.course_code AS course
FROM training_answer a JOIN enrolment e ON e.id = a.enrolment_id
JOIN mentorship m ON m.freelancer_id = e.freelancer_id AND m.starts_at <= a.answered_at AND (m.ends_at IS NULL OR m.ends_at > a.answered_at)
WHERE a.answered_at >= $1 AND a.answered_at < $2 ORDER BY e.freelancer_id, a.answered_at DESC, m.id
"""


async def count(week: str, since: datetime, until: datetime) -> None:
    """Record a mentee's week for the mentor of each person who was at their training in a week that is over.

    What a curator has confirmed of the same week and mentee stands: it is the same measure.
    """
    counted = []
    for row in await db.rows(WEEKS, since, until):
        told = {"week": week, "mentee": str(row["mentee_id"]), "course": row["course"]}
        counted.append(Measure(row["mentor_id"], "mentoring", since, until, f"mentee:{row['mentee_id']}", 1, told))
    await measures.record(counted, reason="The mentee was at their training in this week.")


async def assign(actor: UUID, freelancer_id: UUID, mentor_id: UUID, reason: str) -> None:
    """Give a freelancer a mentor in the place of the one they have; both are told.

    Raises:
        NotFound, NotAFreelancer, OwnContract: no such account, not a freelancer, oneself.
        NotAMentor: neither of the second line nor a senior, or the freelancer themselves.
    """
    await qualifications.freelancer(actor, freelancer_id)
    await qualifications.freelancer(actor, mentor_id)
    if mentor_id == freelancer_id or not await db.scalar(MAY, mentor_id):
        raise NotAMentor
    await db.execute(LOCK, freelancer_id)
    if await db.scalar(
        "SELECT mentor_id = $2 FROM mentorship WHERE freelancer_id = $1 AND ends_at IS NULL", freelancer_id, mentor_id
    ):
        return
    await db.execute(
        "UPDATE mentorship SET ends_at = clock_timestamp() WHERE freelancer_id = $1 AND ends_at IS NULL", freelancer_id
    )
    made = await db.scalar(
        "INSERT INTO mentorship (freelancer_id, mentor_id, assigned_by, reason) VALUES ($1, $2, $3, $4) RETURNING id",
        freelancer_id,
        mentor_id,
        actor,
        reason,
    )
    await trail.record(actor, "mentor.assigned", "account", freelancer_id, reason=reason, mentor=mentor_id)
    # Without the other one's name: a notice outlives the account of whom it is about.
    for person, title in ((freelancer_id, Said("You have a mentor")), (mentor_id, Said("You are somebody's mentor"))):
        body = Said("Who they are and since when is told there.")
        await notices.send([person], "mentor.assigned", title, body, link="/me/mentoring", key=str(made))


async def end(actor: UUID, freelancer_id: UUID, reason: str) -> None:
    """End a freelancer's mentorship.

    Raises:
        NotFound: they have no mentor.
    """
    ended = await db.scalar(
        "UPDATE mentorship SET ends_at = clock_timestamp() WHERE freelancer_id = $1 AND ends_at IS NULL RETURNING mentor_id",
        freelancer_id,
    )
    if ended is None:
        raise NotFound
    await trail.record(actor, "mentor.ended", "account", freelancer_id, reason=reason, mentor=ended)


async def of(person: UUID) -> tuple[Any | None, list[Any]]:
    """A person's mentor, if they have one, and whom they mentor now."""
    found = await db.rows(MINE, person)
    mentor = next((row for row in found if row["freelancer_id"] == person), None)
    return mentor, [row for row in found if row["mentor_id"] == person]


async def possible() -> list[Any]:
    """Who may mentor, by name, with how many each mentors now."""
    return list(await db.rows(POSSIBLE))


async def is_one(person: UUID) -> bool:
    """Whether a person mentors somebody now."""
    return bool(await db.scalar(MENTORS, person))
