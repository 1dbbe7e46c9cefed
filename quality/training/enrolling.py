"""Who may begin a course, and with which tasks of its trial: only those that they have not met."""

import secrets
from collections.abc import Sequence
from uuid import UUID

from piecework.platform import db, notices, trail
from piecework.platform.errors import NotFound
from piecework.platform.said import Said
from piecework.quality.publishing import had_a_hand, published, theirs
from piecework.quality.training import enrolments
from piecework.quality.training.definition import CourseSpec, Trial
from piecework.quality.training.enrolments import Enrolment
from piecework.quality.training.errors import (
    CourseFinished,
    EnrolledAlready,
    NoFreshTasks,
    NotAtThisCourse,
    TrialTooEarly,
    WroteTheCourse,
)
from piecework.quality.training.publishing import COURSES

# One person's enrolments begin one after the other, so that each sees those before it.
HOLD_PERSON = "SELECT pg_advisory_xact_lock(hashtextextended('enrolments of ' || $1::uuid::text, 0))"
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


# Of units that have not changed but are not done: what a key decides, so that the first try stays the first.
CARRY_TRIES = """
INSERT INTO training_answer (enrolment_id, unit, item, try, body, correct, answered_at)
SELECT $1, a.unit, a.item, a.try, a.body, a.correct, a.answered_at FROM training_answer a
WHERE a.enrolment_id = $2 AND a.unit = ANY ($3) AND a.correct IS NOT NULL
"""
REPLACE = "UPDATE enrolment SET ended_at = clock_timestamp(), ending = 'replaced' WHERE id = $1"


async def ask(me: UUID, code: str) -> UUID:
    """Begin a course oneself.

    Raises:
        NotAtThisCourse: an applicant whose stage asks for another. TrialTooEarly: the delay after a trial has not gone by.
        Else see `_begin`.
    """
    await published(COURSES, code)
    if not (await theirs(COURSES, me))(code):
        raise NotAtThisCourse
    return await _begin(me, me, code, "")


async def send(actor: UUID, person: UUID, code: str, reason: str) -> UUID:
    """Send somebody to a course, who is told; also before a delay has gone by, and to a newer version of what they finished or are at.

    Raises:
        NotFound: there is no such freelancer or applicant. Else see `_begin`.
    """
    if not await db.scalar("SELECT roles && '{freelancer,applicant}' FROM account WHERE id = $1", person):
        raise NotFound
    made = await _begin(actor, person, code, reason)
    await notices.send(
        [person], "training.sent", Said("A course for you: %(course)s", course=code), reason, link="/me/courses", key=str(made)
    )
    return made


async def _begin(actor: UUID, person: UUID, code: str, reason: str) -> UUID:
    """Enrol a person in the published version. What they did before of units that have not changed stays done.

    Raises:
        NotFound: no such course is published. WroteTheCourse, EnrolledAlready, CourseFinished, NoFreshTasks: see there.
    """
    await db.execute(HOLD_PERSON, person)
    course = await published(COURSES, code)
    spec = course.spec
    if await had_a_hand(COURSES, person, code):
        raise WroteTheCourse
    last = await enrolments.newest(person, code, hold=True)
    if last is not None:
        await _check_again(last, course.version, by_self=actor == person)
        if last.row["ended_at"] is None:
            await db.execute(REPLACE, last.id)
            await trail.record(actor, "training.ended", "enrolment", last.id, reason=reason, ending="replaced")
    order = await _order(course.id, spec.trial, person)
    made: UUID = await db.scalar(BEGIN, course.id, code, person, actor, reason, order, spec.days)
    done = set() if last is None else await _carry(last, made, spec)
    lasting = {unit.key for unit in spec.units if not isinstance(unit, Trial)}
    if lasting and lasting == done:
        if spec.trial is None:
            raise CourseFinished
        await db.execute("UPDATE enrolment SET trained_at = enrolled_at WHERE id = $1", made)
    await trail.record(actor, "training.enrolled", "enrolment", made, reason=reason, code=code, version=course.version)
    return made


async def _check_again(last: Enrolment, version: int, *, by_self: bool) -> None:
    if last.row["ended_at"] is None and (by_self or last.row["version"] == version):
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


async def _carry(last: Enrolment, made: UUID, spec: CourseSpec) -> set[str]:
    """Take over what was done of units that have not changed; returns those that are done."""
    unchanged = _unchanged(last.spec, spec)
    done = {row["unit"] for row in await db.rows(CARRY, made, last.id, unchanged)}
    await db.execute(CARRY_TRIES, made, last.id, [key for key in unchanged if key not in done])
    return done


def _unchanged(before: CourseSpec, now: CourseSpec) -> list[str]:
    return [unit.key for unit in now.units if not isinstance(unit, Trial) and before.unit(unit.key) == unit]


async def _order(course_id: UUID, trial: Trial | None, person: UUID) -> Sequence[int]:
    """The numbers of the trial's tasks that a person gets: drawn by chance of those that are new to them."""
    if trial is None:
        return []
    fresh = [int(row["item"]) for row in await db.rows(FRESH, course_id, trial.key, person)]
    if len(fresh) < trial.draw:
        raise NoFreshTasks
    return secrets.SystemRandom().sample(fresh, trial.draw)
