"""Who may begin a course, and with which tasks of its trial: only those that they have not met."""

import secrets
from collections.abc import Sequence
from uuid import UUID

from piecework.platform import db, notices, trail
from piecework.platform.errors import NotFound
from piecework.quality.training import enrolments, publishing
from piecework.quality.training.definition import CourseSpec, Trial, read_course
from piecework.quality.training.enrolments import Enrolment
from piecework.quality.training.errors import (
    CourseFinished,
    EnrolledAlready,
    NoFreshTasks,
    NotAtThisCourse,
    TrialTooEarly,
    WroteTheCourse,
)

# One person's enrolments begin one after the other, so that each sees those before it.
HOLD_PERSON = "SELECT pg_advisory_xact_lock(hashtextextended('enrolments of ' || $1::uuid::text, 0))"
AT_THE_STAGE = """
SELECT 'freelancer' = ANY (a.roles) OR EXISTS (
    SELECT FROM candidacy c JOIN admission_document w ON w.id = c.way_in_id
    WHERE c.freelancer_id = a.id AND c.state = 'open' AND c.stage IN ('training', 'trial')
      AND w.spec ->> CASE c.stage WHEN 'training' THEN 'course' ELSE 'trial' END = $2)
FROM account a WHERE a.id = $1
"""
EXISTS = "SELECT EXISTS (SELECT FROM course WHERE code = $1)"
KNOWS = "SELECT EXISTS (SELECT FROM course WHERE code = $2 AND $1 IN (author, published_by))"
BEGIN = """
INSERT INTO enrolment (course_id, course_code, freelancer_id, sent_by, reason, trial_order, enrolled_at, due_at)
SELECT $1, $2, $3, $4, $5, $6, at, at + make_interval(days => $7) FROM clock_timestamp() AS at RETURNING id
"""
FRESH = """
SELECT t.item FROM course_task t WHERE t.course_id = $1 AND t.unit = $2 AND NOT EXISTS (
    SELECT FROM training_answer a JOIN enrolment e ON e.id = a.enrolment_id
    JOIN course_task o ON o.course_id = e.course_id AND o.unit = a.unit AND o.item = a.item
    WHERE e.freelancer_id = $3 AND o.fingerprint = t.fingerprint)
"""
CARRY = """
INSERT INTO unit_done (enrolment_id, unit, first_tries, first_right, carried)
SELECT $1, d.unit, d.first_tries, d.first_right, true FROM unit_done d WHERE d.enrolment_id = $2 AND d.unit = ANY ($3) RETURNING unit
"""


async def ask(me: UUID, code: str) -> UUID:
    """Begin a course oneself.

    Raises:
        NotFound: no such course. NotAtThisCourse: an applicant whose stage asks for another. TrialTooEarly: the delay after a trial has not gone by.
        Else see `_begin`.
    """
    if not await db.scalar(EXISTS, code):
        raise NotFound
    if not await db.scalar(AT_THE_STAGE, me, code):
        raise NotAtThisCourse
    return await _begin(me, me, code, "")


async def send(actor: UUID, person: UUID, code: str, reason: str) -> UUID:
    """Send somebody to a course, who is told; also to a newer version of one that they finished, and before a delay has gone by.

    Raises:
        NotFound: there is no such freelancer or applicant. Else see `_begin`.
    """
    if not await db.scalar("SELECT roles && '{freelancer,applicant}' FROM account WHERE id = $1", person):
        raise NotFound
    made = await _begin(actor, person, code, reason)
    await notices.send([person], "training.sent", f"A course for you: {code}", reason, link="/me/courses", key=str(made))
    return made


async def _begin(actor: UUID, person: UUID, code: str, reason: str) -> UUID:
    """Enrol a person in the published version. What they did before of units that have not changed stays done.

    Raises:
        NotFound: no such course is published. WroteTheCourse, EnrolledAlready, CourseFinished, NoFreshTasks: see there.
    """
    await db.execute(HOLD_PERSON, person)
    course = await publishing.published(code)
    spec = read_course(course["spec"])
    if await db.scalar(KNOWS, person, code):
        raise WroteTheCourse
    last = await enrolments.newest(person, code)
    if last is not None:
        await _check_again(last, course["version"], by_self=actor == person)
    unchanged = [] if last is None else _unchanged(last.spec, spec)
    order = await _order(course["id"], spec.trial, person)
    made: UUID = await db.scalar(BEGIN, course["id"], code, person, actor, reason, order, spec.days)
    carried = [] if last is None else await db.rows(CARRY, made, last.id, unchanged)
    lasting = {unit.key for unit in spec.units if not isinstance(unit, Trial)}
    if lasting and lasting == {row["unit"] for row in carried}:
        if spec.trial is None:
            raise CourseFinished
        await db.execute("UPDATE enrolment SET trained_at = enrolled_at WHERE id = $1", made)
    await trail.record(actor, "training.enrolled", "enrolment", made, reason=reason, code=code, version=course["version"])
    return made


async def _check_again(last: Enrolment, version: int, *, by_self: bool) -> None:
    if last.row["ended_at"] is None:
        raise EnrolledAlready
    if last.row["ending"] == "finished" and (by_self or last.row["version"] == version):
        raise CourseFinished
    if last.row["ending"] == "not_passed" and by_self and last.spec.trial is not None:
        from_ = await db.scalar(
            "SELECT at FROM (SELECT $1::timestamptz + make_interval(days => $2) AS at) d WHERE at > clock_timestamp()",
            last.row["ended_at"],
            last.spec.trial.again_after_days,
        )
        if from_ is not None:
            raise TrialTooEarly(not_before=from_.isoformat())


def _unchanged(before: CourseSpec, now: CourseSpec) -> list[str]:
    return [unit.key for unit in now.units if not isinstance(unit, Trial) and before.unit(unit.key) == unit]


async def _order(course_id: UUID, trial: Trial | None, person: UUID) -> Sequence[int]:
    """The numbers of the trial's tasks that are new to a person, in an order of chance."""
    if trial is None:
        return []
    fresh = [int(row["item"]) for row in await db.rows(FRESH, course_id, trial.key, person)]
    if len(fresh) < trial.least:
        raise NoFreshTasks
    secrets.SystemRandom().shuffle(fresh)
    return fresh
