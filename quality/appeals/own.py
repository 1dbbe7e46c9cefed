"""What somebody reads again before they object to it: the decision about them, as they were told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from piecework.platform import db
from piecework.quality.appeals.subjects import NOTED, Subject
from piecework.tasks import decisions, objections

ANSWER = """
SELECT a.decided_at, p.name || ', ' || (s.spec ->> 'title') AS about,
       (SELECT d.explanation FROM decision d WHERE d.assignment_id = a.id ORDER BY d.revision DESC LIMIT 1) AS words
FROM assignment a JOIN step s ON s.id = a.step_id JOIN project p ON p.id = a.project_id WHERE a.id = $1 AND a.freelancer_id = $2
"""
RESTRICTION = """
SELECT r.starts_at AS decided_at, coalesce((SELECT p.name FROM project p WHERE p.id = r.project_id), '') AS about, r.reason AS words
FROM restriction r WHERE r.id = $1 AND r.freelancer_id = $2
"""
QUALIFICATION = """
SELECT q.revoked_at AS decided_at, q.code AS about,
       (SELECT l.reason FROM trail l WHERE l.subject = 'account' AND l.subject_id = q.freelancer_id::text
        AND l.action LIKE 'qualification.%' AND l.detail ->> 'code' = q.code AND l.at >= q.revoked_at ORDER BY l.id LIMIT 1) AS words
FROM qualification q WHERE q.id = $1 AND q.freelancer_id = $2 AND q.revoked_at IS NOT NULL
"""
STATEMENTS = {Subject.ANSWER: ANSWER, Subject.RESTRICTION: RESTRICTION, Subject.QUALIFICATION: QUALIFICATION}


@dataclass(frozen=True, slots=True)
class Told:
    """A decision about a person as they were told. `said`: its words for every language, None for those in a person's own words."""

    decided_at: datetime | None
    about: str
    words: str
    said: Any


async def decided(subject: Subject, subject_id: UUID, freelancer_id: UUID) -> Told | None:
    """What was decided about this person; None if there is no such thing of theirs."""
    if subject in NOTED:
        noted = await objections.own(subject, subject_id, freelancer_id)
        if noted is None:
            return None
        told: Mapping[str, Any] = (await objections.told(subject, [subject_id])).get(subject_id, {})
        return Told(noted.decided_at, "", noted.words, told.get("words"))
    row = await db.row(STATEMENTS[subject], subject_id, freelancer_id)
    if row is None:
        return None
    words = row["words"] or ""
    said = (await decisions.told([subject_id])).get((subject_id, words)) if subject == Subject.ANSWER else None
    return Told(row["decided_at"], row["about"], words, said)
