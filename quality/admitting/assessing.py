"""Whether a person meets what is asked: criterion by criterion, under the version that is easiest for them of those that count.

Those are the version in force when they began, and every newer one, so that nobody is held to criteria made stricter on their way.
They began with their candidacy for a direction that needs the code, when they first asked, or when they were first admitted, whichever
was first. A qualification that the clock ended is regained by its exams alone, taken after that.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from piecework.platform import db
from piecework.platform.errors import NotFound
from piecework.quality.admitting import criteria, evidence
from piecework.quality.admitting.criteria import Version
from piecework.quality.admitting.evidence import Finding, Person
from piecework.quality.admitting.kinds import Criterion, ExamPassed

BEGAN = """
SELECT least((SELECT min(granted_at) FROM qualification WHERE freelancer_id = $1 AND code = $2),
             (SELECT min(asked_at) FROM admission_request WHERE freelancer_id = $1 AND code = $2),
             (SELECT min(c.opened_at) FROM candidacy c JOIN project p ON p.code = c.direction
              JOIN queue q ON q.project_id = p.id AND q.qualification = $2
              WHERE c.freelancer_id = $1 AND c.state IN ('open', 'admitted')))
"""

# The last end of the code, if the clock made it and nothing was granted since.
LAPSED = """
SELECT l.lapsed_at FROM (
    SELECT id, level, line, revoked_at FROM qualification WHERE freelancer_id = $1 AND code = $2 ORDER BY granted_at DESC, id DESC LIMIT 1) q
JOIN lapse l ON l.qualification_id = q.id WHERE q.revoked_at IS NOT NULL AND q.level >= $3 AND q.line >= $4
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A qualification at a level and line."""

    code: str
    level: int = 1
    line: int = 1


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the facts say of a person under one version of the criteria. `refresher`: only its exams are asked for, taken anew."""

    version: Version
    findings: list[tuple[Criterion, Finding]]
    refresher: bool

    @property
    def missing(self) -> int:
        """How many criteria are not met."""
        return sum(not found.met for _, found in self.findings)

    @property
    def met(self) -> bool:
        """True if all criteria are met."""
        return self.missing == 0

    def kept(self) -> dict[str, Any]:
        """All of it as it is stored with a decision."""
        return {
            "version": self.version.version,
            "refresher": self.refresher,
            "findings": [
                {
                    "criterion": asked.model_dump(mode="json"),
                    "met": found.met,
                    "figures": dict(found.figures),
                    "missing": None if found.missing is None else str(found.missing),
                    "said": None if found.missing is None else found.missing.packed(),
                }
                for asked, found in self.findings
            ],
        }


async def assess(freelancer_id: UUID, wanted: Wanted) -> Assessment | None:
    """The person under the version that is easiest for them: with the fewest criteria not met, of several the newest.

    None: nothing is published for this code, level and line.
    """
    listed = await criteria.versions(wanted.code, wanted.level, wanted.line)
    if not listed:
        return None
    lapsed_at: datetime | None = await db.scalar(LAPSED, freelancer_id, wanted.code, wanted.level, wanted.line)
    person = Person(freelancer_id, wanted.code, lapsed_at)
    found: dict[str, Finding] = {}
    assessed = []
    for version in criteria.counting(listed, await db.scalar(BEGAN, freelancer_id, wanted.code)):
        exams = [item for item in version.items if isinstance(item, ExamPassed)]
        refresher = lapsed_at is not None and bool(exams)
        asked = exams if refresher else version.items
        for item in asked:
            if (key := item.model_dump_json()) not in found:
                found[key] = await evidence.look(person, item)
        assessed.append(Assessment(version, [(item, found[item.model_dump_json()]) for item in asked], refresher))
    return min(assessed, key=lambda one: one.missing)


async def published(freelancer_id: UUID, wanted: Wanted) -> Assessment:
    """The same where it must be there.

    Raises:
        NotFound: nothing is published for this code, level and line.
    """
    found = await assess(freelancer_id, wanted)
    if found is None:
        raise NotFound
    return found
