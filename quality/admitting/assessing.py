"""Whether a person meets what is asked: criterion by criterion, under the version that is easiest for them of those that count.

Those are the version in force when they began, and every newer one, so that nobody is held to criteria made stricter on their way.
They began with their candidacy for a direction that needs the code, when they first asked, or when they were first admitted, whichever
was first. A qualification that the clock ended is regained by its exams alone, taken after that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from piecework.platform import db
from piecework.platform.errors import NotFound
from piecework.quality.admitting import criteria, evidence
from piecework.quality.admitting.criteria import Version
from piecework.quality.admitting.evidence import Finding, Person
from piecework.quality.admitting.kinds import Criterion, ExamPassed

# `lapsed_at`: the last end of the code, if the clock made it and nothing was granted since.
PAST = """
SELECT least((SELECT min(granted_at) FROM qualification WHERE freelancer_id = $1 AND code = w.code),
             (SELECT min(asked_at) FROM admission_request WHERE freelancer_id = $1 AND code = w.code),
             (SELECT min(c.opened_at) FROM candidacy c JOIN project p ON p.code = c.direction
              JOIN queue q ON q.project_id = p.id AND q.qualification = w.code
              WHERE c.freelancer_id = $1 AND c.state IN ('open', 'admitted'))) AS began,
       (SELECT l.lapsed_at FROM (
            SELECT id, level, line, revoked_at FROM qualification WHERE freelancer_id = $1 AND code = w.code
            ORDER BY granted_at DESC, id DESC LIMIT 1) q
        JOIN lapse l ON l.qualification_id = q.id WHERE q.revoked_at IS NOT NULL AND q.level >= w.level AND q.line >= w.line) AS lapsed_at
FROM unnest($2::text[], $3::int[], $4::int[]) WITH ORDINALITY w(code, level, line, place) ORDER BY w.place
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
    (found,) = await assess_under(freelancer_id, {wanted: listed})
    return found


async def assess_under(freelancer_id: UUID, published: Mapping[Wanted, Sequence[Version]]) -> list[Assessment]:
    """The same for several at once, each with what was published for it, newest first; what the person did before is asked once."""
    wanted = list(published)
    parts = [one.code for one in wanted], [one.level for one in wanted], [one.line for one in wanted]
    past = await db.rows(PAST, freelancer_id, *parts) if wanted else []
    return [
        await _easiest(Person(freelancer_id, one.code, row["lapsed_at"]), criteria.counting(published[one], row["began"]))
        for one, row in zip(wanted, past, strict=True)
    ]


async def _easiest(person: Person, versions: Sequence[Version]) -> Assessment:
    """The person under that of these versions with the fewest criteria not met."""
    found: dict[str, Finding] = {}
    assessed = []
    for version in versions:
        exams = [item for item in version.items if isinstance(item, ExamPassed)]
        refresher = person.since is not None and bool(exams)
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
