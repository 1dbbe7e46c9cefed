"""What may be appealed, until when, and who had a hand in it.

Answers, restrictions and revoked qualifications speak for themselves; what other parts decide about people they have noted with
tasks.objections.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from piecework.platform import db
from piecework.platform.said import Said
from piecework.tasks import objections


class Subject(StrEnum):
    """What an appeal is about."""

    ANSWER = "answer"
    RESTRICTION = "restriction"
    QUALIFICATION = "qualification"
    DEDUCTION = "deduction"
    CLAWBACK = "clawback"
    EXAM = "exam"
    ADMISSION = "admission"
    CONTRACT = "contract"
    LEAVE = "leave"
    WEEK = "week"
    CANDIDACY = "candidacy"


@dataclass(frozen=True, slots=True)
class Objectionable:
    """Something that was decided about a person. `why_not` says why there is nothing to object to, if so; `late`: the time is over."""

    why_not: str | None
    late: bool


WHY_NOT = (
    Said("Nobody has decided on this answer yet."),
    Said("This answer is accepted in full."),
    Said("This restriction was lifted."),
    Said("This qualification was not revoked."),
    Said("You have this qualification."),
    Said("This decision was withdrawn."),
)
"""What the statements below say, so that it is translated."""

ABOUT = {
    Subject.ANSWER: """
        SELECT a.decided_at,
               CASE WHEN a.state NOT IN ('accepted', 'rejected') THEN 'Nobody has decided on this answer yet.'
                    WHEN a.share = 10000 THEN 'This answer is accepted in full.' END AS why_not
        FROM assignment a WHERE a.id = $1 AND a.freelancer_id = $2""",
    Subject.RESTRICTION: """
        SELECT r.starts_at AS decided_at, CASE WHEN r.lifted_at IS NOT NULL THEN 'This restriction was lifted.' END AS why_not
        FROM restriction r WHERE r.id = $1 AND r.freelancer_id = $2""",
    Subject.QUALIFICATION: """
        SELECT q.revoked_at AS decided_at,
               CASE WHEN q.revoked_at IS NULL THEN 'This qualification was not revoked.'
                    WHEN EXISTS (SELECT FROM qualification n WHERE n.freelancer_id = q.freelancer_id AND n.code = q.code
                                 AND n.revoked_at IS NULL AND n.level >= q.level) THEN 'You have this qualification.' END AS why_not
        FROM qualification q WHERE q.id = $1 AND q.freelancer_id = $2""",
}

# Of an answer: whoever decided or audited it, said what is right of its task, reviewed a case about its author, or worked on the
# same task or ticket themselves.
INVOLVED = {
    Subject.ANSWER: """
        WITH its AS (SELECT a.id, a.task_id, t.ticket_id, t.author FROM assignment a JOIN task t ON t.id = a.task_id WHERE a.id = $1)
        SELECT d.actor AS person FROM decision d WHERE d.assignment_id = $1
        UNION SELECT u.auditor_id FROM audit u JOIN its ON u.task_id = its.task_id
        UNION SELECT r.actor FROM truth r JOIN its ON r.task_id = its.task_id
        UNION SELECT g.created_by FROM golden g JOIN its ON g.task_id = its.task_id
        UNION SELECT its.author FROM its
        UNION SELECT o.freelancer_id FROM its JOIN task t ON t.id = its.task_id OR t.ticket_id = its.ticket_id
              JOIN assignment o ON o.task_id = t.id""",
    Subject.RESTRICTION: """
        SELECT r.imposed_by AS person FROM restriction r WHERE r.id = $1
        UNION SELECT c.decided_by FROM suspicion c JOIN restriction r ON r.id = $1 AND r.freelancer_id = ANY (c.people)
              WHERE c.state = 'confirmed' AND c.decided_at <= r.starts_at""",
    Subject.QUALIFICATION: """
        SELECT q.granted_by AS person FROM qualification q WHERE q.id = $1
        UNION SELECT l.actor FROM qualification q JOIN trail l ON l.subject = 'account' AND l.subject_id = q.freelancer_id::text
              AND l.action LIKE 'qualification.%' AND l.detail ->> 'code' = q.code WHERE q.id = $1""",
}


NOTED = frozenset(Subject) - ABOUT.keys()
"""What other parts have noted."""


async def find(subject: Subject, subject_id: UUID, freelancer_id: UUID, within: timedelta) -> Objectionable | None:
    """What was decided about this person, or None if there is no such thing of theirs.

    They may object `within` this time of it, or as long as they were told when it was noted. What was noted is held.
    """
    if subject in NOTED:
        noted = await objections.hold(subject, subject_id, freelancer_id)
        gone = "This decision was withdrawn."
        return None if noted is None else Objectionable(gone if noted.state == objections.State.WITHDRAWN else None, noted.late)
    row = await db.row(
        f"SELECT why_not, decided_at + $3::interval < now() AS late FROM ({ABOUT[subject]}) about",
        subject_id,
        freelancer_id,
        within,
    )
    return None if row is None else Objectionable(row["why_not"], bool(row["late"]))


async def involved(subject: Subject, subject_id: UUID) -> set[UUID]:
    """Who had a hand in the decision, and so does not answer an appeal against it."""
    if subject in NOTED:
        noted = await objections.noted(subject, subject_id)
        return set() if noted is None else set(noted.involved)
    return {row["person"] for row in await db.rows(INVOLVED[subject], subject_id) if row["person"] is not None}
