"""Who may begin an attempt now, and if not, why not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from piecework.platform import db
from piecework.quality.exams.definition import ExamSpec
from piecework.quality.exams.errors import AttemptsUsedUp, KnowsTheKeys, NotAtThisStage, PassedAlready, RetakeTooEarly
from piecework.quality.exams.publishing import EXAMS
from piecework.quality.publishing import Version, had_a_hand, theirs

RENEW_DAYS = 30
"""A pass that is valid for longer needs no other: each attempt shows questions to somebody."""

# `freed`: an appeal against it was upheld, so it neither counts nor delays another attempt. `lapsed`: a qualification that asks for this
# exam has ended by the clock since, so it is to be passed anew.
HISTORY = """
SELECT h.*, clock_timestamp() AS now
FROM unnest($2::text[], $3::int[], $4::int[]) WITH ORDINALITY w(code, rest_h, days, place), LATERAL (
SELECT count(*) FILTER (WHERE NOT a.freed AND a.started_at > clock_timestamp() - make_interval(days => w.days)) AS begun,
       min(a.started_at) FILTER (WHERE NOT a.freed AND a.started_at > clock_timestamp() - make_interval(days => w.days))
           + make_interval(days => w.days) AS oldest_ends,
       max(a.finished_at) FILTER (WHERE NOT a.freed) + make_interval(hours => w.rest_h) AS rested_at,
       max(a.valid_until) FILTER (WHERE a.passed AND NOT a.lapsed) - make_interval(days => $5) AS renew_from
FROM (SELECT t.started_at, t.finished_at, r.passed, r.valid_until,
             EXISTS (SELECT FROM appealable n WHERE n.subject = 'exam' AND n.subject_id = t.id AND n.state = 'upheld') AS freed,
             EXISTS (SELECT FROM lapse l JOIN qualification q ON q.id = l.qualification_id JOIN criteria c ON c.code = q.code
                     WHERE q.freelancer_id = $1 AND l.lapsed_at > t.finished_at
                       AND c.items @> jsonb_build_array(jsonb_build_object('kind', 'exam', 'exam', w.code))) AS lapsed
      FROM exam_attempt t LEFT JOIN exam_result_now r ON r.attempt_id = t.id WHERE t.freelancer_id = $1 AND t.exam_code = w.code) a) h
ORDER BY w.place
"""

KNOWS = "SELECT EXISTS (SELECT FROM exam_question WHERE pool = ANY ($2) AND $1 IN (author, approved_by))"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person stands with an exam. `begun` attempts count within the span; the times are null where nothing is in the way."""

    begun: int
    rested_at: datetime | None
    """The delay after the last attempt ends then."""
    frees_at: datetime | None
    """All attempts are used up until then."""
    renew_from: datetime | None
    """A pass is valid; another attempt makes sense from then on."""

    @property
    def from_(self) -> datetime | None:
        """When the next attempt can begin; None: now."""
        return max((at for at in (self.rested_at, self.frees_at, self.renew_from) if at is not None), default=None)


async def standing(person: UUID, code: str, spec: ExamSpec) -> Standing:
    """Where a person stands, by the database's clock."""
    (found,) = await standings(person, {code: spec})
    return found


async def standings(person: UUID, exams: Mapping[str, ExamSpec]) -> list[Standing]:
    """Where a person stands with each of these exams, by the database's clock, in one question."""
    specs = exams.values()
    rests, days = [one.retake_after_h for one in specs], [one.tries.days for one in specs]
    rows = await db.rows(HISTORY, person, list(exams), rests, days, RENEW_DAYS)
    return [_standing(row, spec) for row, spec in zip(rows, specs, strict=True)]


def _standing(row: Any, spec: ExamSpec) -> Standing:
    def ahead(at: datetime | None) -> datetime | None:
        return at if at is not None and at > row["now"] else None

    used_up = row["begun"] >= spec.tries.most
    return Standing(
        row["begun"],
        ahead(row["rested_at"]),
        ahead(row["oldest_ends"]) if used_up else None,
        ahead(row["renew_from"]),
    )


async def check(person: UUID, exam: Version[ExamSpec]) -> None:
    """Refuse if this person may not begin an attempt now. The caller holds the person's attempts.

    Raises:
        KnowsTheKeys, NotAtThisStage, PassedAlready, RetakeTooEarly, AttemptsUsedUp: see there; the last three with `not_before`.
    """
    pools = [section.pool for section in exam.spec.sections]
    if await had_a_hand(EXAMS, person, exam.code) or await db.scalar(KNOWS, person, pools):
        raise KnowsTheKeys
    if not (await theirs(EXAMS, person))(exam.code):
        raise NotAtThisStage
    found = await standing(person, exam.code, exam.spec)
    for refusal, at in (
        (PassedAlready, found.renew_from),
        (AttemptsUsedUp, found.frees_at),
        (RetakeTooEarly, found.rested_at),
    ):
        if at is not None:
            raise refusal(not_before=at.isoformat())
