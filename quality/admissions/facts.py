"""What the other parts of the way in told about people, each fact once. It counts for stages that come later too."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from piecework.platform import db
from piecework.quality.admissions.specs import Stage, WayIn
from piecework.quality.exams.definition import ExamSpec, read_exam

EXAM, CONTRACT, TRAINING, TRIAL, ADMISSION = "exam", "contract", "training", "trial", "admission"
JOBS = {kind: f"quality.candidacy_{kind}" for kind in (EXAM, CONTRACT, TRAINING, TRIAL, ADMISSION)}
"""The kinds of jobs that bring facts: one for each, as events of different kinds may have the same key."""
NOTE = """
INSERT INTO milestone (kind, source, freelancer_id, code, passed) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT ON CONSTRAINT milestone_pkey DO NOTHING"""
PASSED = """
SELECT EXISTS (SELECT FROM milestone WHERE freelancer_id = $1 AND kind = $2 AND code = $3 AND passed
               AND ($4::int IS NULL OR at > clock_timestamp() - make_interval(days => $4)))"""
AGREED = """
SELECT (contract_at($1, clock_timestamp())).freelancer_id IS NOT NULL
    OR EXISTS (SELECT FROM milestone m JOIN candidacy c ON c.id = $2 AND m.freelancer_id = c.freelancer_id
               WHERE m.kind = 'contract' AND m.at >= c.opened_at)"""
# The source of an exam's fact is attempt:revision; an attempt counts by its newest revision.
FAILED = """
SELECT count(*) FROM (
    SELECT DISTINCT ON (split_part(source, ':', 1)) passed FROM milestone
    WHERE freelancer_id = $1 AND kind = 'exam' AND code = $2 AND at > clock_timestamp() - make_interval(days => $3)
    ORDER BY split_part(source, ':', 1), at DESC) attempt
WHERE NOT passed"""
REVISED = """
SELECT EXISTS (SELECT FROM milestone WHERE kind = 'exam' AND split_part(source, ':', 1) = split_part($1, ':', 1) AND NOT passed
               AND at >= $2)"""
IN_FORCE = "SELECT spec FROM exam WHERE code = $1 AND published_at IS NOT NULL ORDER BY version DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that was decided about a person elsewhere. `source` is unique within the kind; `code` names the exam, course or qualification."""

    kind: str
    source: str
    freelancer_id: UUID
    code: str
    passed: bool


def read(kind: str, source: str, payload: Mapping[str, Any]) -> Fact:
    """A fact from the event that tells it."""
    name = {EXAM: "exam_code", TRAINING: "course_code", TRIAL: "course_code", ADMISSION: "code"}.get(kind)
    passed = {EXAM: payload.get("passed"), ADMISSION: payload.get("outcome") == "granted"}.get(kind, True)
    return Fact(kind, source, UUID(payload["freelancer_id"]), payload[name] if name else "", bool(passed))


async def note(fact: Fact) -> bool:
    """Keep a fact. False if it was told before."""
    return bool(await db.execute(NOTE, fact.kind, fact.source, fact.freelancer_id, fact.code, fact.passed))


async def satisfy(stage: Stage, candidacy_id: UUID, freelancer_id: UUID, way_in: WayIn) -> bool:
    """True if what is known of the person passes a stage already."""
    code = exam_of(stage, way_in)
    if code is not None:
        exam = await published_exam(code)
        return bool(await db.scalar(PASSED, freelancer_id, EXAM, code, exam.valid_days if exam is not None else None))
    match stage:
        case Stage.CONTRACT:
            return bool(await db.scalar(AGREED, freelancer_id, candidacy_id))
        case Stage.TRAINING:
            return bool(await db.scalar(PASSED, freelancer_id, TRAINING, way_in.course, None))
        case Stage.TRIAL:
            return bool(await db.scalar(PASSED, freelancer_id, TRIAL, way_in.trial, None))
        case _:
            return False


async def attempts(freelancer_id: UUID, code: str) -> tuple[int, int | None]:
    """How many attempts at an exam failed of late, and how many there are (None: as many as one likes)."""
    exam = await published_exam(code)
    if exam is None:
        return 0, None
    return int(await db.scalar(FAILED, freelancer_id, code, exam.tries.days)), exam.tries.most


async def overrules(source: str, since: datetime) -> bool:
    """True if an exam's fact revises one of the same attempt that had failed, told after a moment."""
    return bool(await db.scalar(REVISED, source, since))


async def published_exam(code: str) -> ExamSpec | None:
    """The newest published version of an exam."""
    spec = await db.scalar(IN_FORCE, code)
    return None if spec is None else read_exam(spec)


def exam_of(stage: Stage, way_in: WayIn) -> str | None:
    """The exam that decides a stage, None if no exam does."""
    return {Stage.LANGUAGE_EXAM: way_in.language_exam, Stage.DIRECTION_EXAM: way_in.direction_exam}.get(stage)
