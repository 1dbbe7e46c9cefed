"""Operations on courses: curators write and publish them and send people there; they and mentors follow people and check homework."""

from collections.abc import Mapping, Sequence
from typing import Any

from piecework.platform.errors import NotFound
from piecework.platform.identity.models import Account, Role
from piecework.platform.web.operation import Call, Operation
from piecework.platform.web.paging import LAST, PageQuery, cursor
from piecework.quality import policy
from piecework.quality.admitting import mentors
from piecework.quality.api.publishing import code_of, sees_keys, shown, version_of
from piecework.quality.errors import NotImpartial
from piecework.quality.publishing import NotADraft, OwnDraft, publish, retire, versions
from piecework.quality.schemas import training as s
from piecework.quality.schemas.publishing import VersionDrafted, VersionReasonIn
from piecework.quality.training import checking, enrolling, enrolments, publishing, shipped
from piecework.quality.training.definition import Essay, Lesson, Trial, items_of, read_course
from piecework.quality.training.enrolments import Enrolment, UnitStanding
from piecework.quality.training.errors import (
    CheckedAlready,
    CourseFinished,
    EnrolledAlready,
    NoFreshTasks,
    TaughtLive,
    WroteTheCourse,
)
from piecework.quality.training.publishing import COURSES

TAG = "training"
PROGRESS = ("version", "enrolled_at", "due_at", "trained_at", "ended_at", "ending", "reason")


def _sees_all(call: Call) -> bool:
    return bool(call.principal.roles & {Role.CURATOR, Role.ADMINISTRATOR})


async def draft_course(call: Call, body: s.CourseIn) -> VersionDrafted:
    """Store the next version of a course as a draft."""
    return VersionDrafted(code=body.code, version=await publishing.draft(call.principal.account_id, body.code, body.spec))


async def bring_in_shipped_courses(call: Call) -> s.ShippedCoursesOut:
    """Draft the general course that comes with the product, in Russian and in English."""
    return s.ShippedCoursesOut(courses=await shipped.bring_in(call.principal.account_id))


async def list_courses(call: Call) -> s.CoursesOut:
    """All versions of all courses, with their answers."""
    sees_keys(call)
    return s.CoursesOut(items=[s.CourseOut(**shown(one)) for one in await versions(COURSES)])


async def publish_course(call: Call) -> s.CourseOut:
    """Let people enrol in a version from now on."""
    sees_keys(call)
    return s.CourseOut(**shown(await publish(COURSES, call.principal.account_id, *version_of(call))))


async def retire_course(call: Call, body: VersionReasonIn) -> s.CourseOut:
    """Let nobody enrol in a version any more."""
    sees_keys(call)
    return s.CourseOut(**shown(await retire(COURSES, call.principal.account_id, *version_of(call), body.reason)))


async def send_to_course(call: Call, body: s.EnrolIn) -> s.Enrolled:
    """Send somebody to a course."""
    code = code_of(call)
    made = await enrolling.send(call.principal.account_id, body.freelancer_id, code, body.reason)
    return s.Enrolled(enrolment_id=made, code=code)


async def course_progress(call: Call, query: PageQuery) -> s.CourseProgressPage:
    """Who is where in a course; a mentor sees their mentees."""
    if not await versions(COURSES, code_of(call)):
        raise NotFound
    mentor = None if _sees_all(call) else call.principal.account_id
    found = await enrolments.listed(code=code_of(call), mentor=mentor, before=query.after(LAST), limit=query.limit + 1)
    shown = found[: query.limit]
    return s.CourseProgressPage(
        items=await _people(shown), next_cursor=cursor(shown[-1].id if len(found) > query.limit else None)
    )


async def person_training(call: Call, query: PageQuery) -> s.CourseProgressPage:
    """A person's courses; a mentor sees those of their mentees."""
    person, mentor = call.id("freelancer_id"), None if _sees_all(call) else call.principal.account_id
    theirs = [] if mentor is None else (await mentors.of(mentor))[1]
    if not await Account.exists(id=person) or (mentor is not None and person not in {one["freelancer_id"] for one in theirs}):
        raise NotFound
    found = await enrolments.listed(person=person, mentor=mentor, before=query.after(LAST), limit=query.limit + 1)
    shown = found[: query.limit]
    return s.CourseProgressPage(
        items=await _people(shown), next_cursor=cursor(shown[-1].id if len(found) > query.limit else None)
    )


async def list_mentors(_call: Call) -> s.Mentors:
    """Who may mentor."""
    return s.Mentors(items=[s.MentorRow(**row) for row in await mentors.possible()])


async def list_homework(call: Call, query: PageQuery) -> s.HomeworkPage:
    """Homework that waits for a check; a mentor sees that of their mentees."""
    found = await checking.waiting(
        call.principal.account_id, curator=Role.CURATOR in call.principal.roles, after=query.after(), limit=query.limit + 1
    )
    items = [_homework(row) for row in found[: query.limit]]
    return s.HomeworkPage(items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


async def check_homework(call: Call, body: s.HomeworkCheckIn) -> None:
    """Accept homework, or send it back for another try."""
    await checking.check(
        call.principal.account_id,
        call.id("answer_id"),
        curator=Role.CURATOR in call.principal.roles,
        accepted=body.accepted,
        feedback=body.feedback,
    )


def progress(one: Enrolment, units: Sequence[UnitStanding]) -> dict[str, Any]:
    """Where a person is, as it is shown."""
    lessons = [unit for unit in units if isinstance(unit.unit, Lesson)]
    taught = [unit for unit in units if not isinstance(unit.unit, Trial)]
    row = one.row
    return {
        **{name: row[name] for name in PROGRESS},
        "enrolment_id": one.id,
        "code": one.code,
        "title": one.spec.title,
        "language": one.spec.language,
        "mentor": None if row.get("mentor_id") is None else s.CourseMentorOut(id=row["mentor_id"], name=row["mentor_name"]),
        "lessons": len(lessons),
        "lessons_done": sum(unit.state == "done" for unit in lessons),
        "first_tries": sum(unit.first_tries for unit in taught),
        "first_right": sum(unit.first_right for unit in taught),
        "next": next((unit.unit.key for unit in units if unit.state in ("open", "waiting")), None),
        "units": [_unit(unit) for unit in units],
        "trial": rule(one.spec.trial),
    }


def rule(trial: Trial | None) -> s.TrialRule | None:
    """A trial's rule as it is published."""
    if trial is None:
        return None
    return s.TrialRule(draw=trial.draw, passing=trial.passing, again_after_days=trial.again_after_days)


def _unit(one: UnitStanding) -> s.UnitProgress:
    carried = one.done is not None and one.done["carried"]
    return s.UnitProgress(
        key=one.unit.key,
        kind=one.unit.kind,
        title=one.unit.title,
        state=one.state,
        items=len(one.items),
        right=len(one.items) if carried else sum(item.state == "right" for item in one.items),
        first_tries=one.first_tries,
        first_right=one.first_right,
        done_at=None if one.done is None else one.done["done_at"],
    )


async def _people(found: Sequence[Enrolment]) -> list[s.PersonProgress]:
    units = await enrolments.standings(found)
    return [s.PersonProgress(**progress(one, units[one.id]), freelancer_id=one.person, name=one.row["name"]) for one in found]


def _homework(row: Mapping[str, Any]) -> s.HomeworkOut:
    unit = read_course(row["spec"]).unit(row["unit"])
    assert unit is not None
    item = items_of(unit)[row["item"] - 1]
    assert isinstance(item, Essay)
    names = ("id", "freelancer_id", "name", "version", "unit", "item", "answered_at", "check_by", "late", "text")
    return s.HomeworkOut(
        **{name: row[name] for name in names}, course=row["course_code"], number=row["try"], prompt=item.prompt, good=item.good
    )


OPERATIONS = (
    Operation("POST", "/courses", draft_course, policy.TRAINING_WRITE, "Draft a version of a course", body=s.CourseIn,
              reply=VersionDrafted, status=201, errors=(TaughtLive,), tag=TAG),
    Operation("POST", "/courses/shipped", bring_in_shipped_courses, policy.TRAINING_WRITE, "Draft the course that comes with the product",
              reply=s.ShippedCoursesOut, status=201, tag=TAG),
    Operation("GET", "/courses", list_courses, policy.TRAINING_WRITE, "All versions of all courses", reply=s.CoursesOut, tag=TAG),
    Operation("POST", "/courses/{code}/versions/{version}/publish", publish_course, policy.TRAINING_WRITE, "Publish a version of a course",
              reply=s.CourseOut, errors=(NotADraft, OwnDraft), tag=TAG),
    Operation("POST", "/courses/{code}/versions/{version}/retire", retire_course, policy.TRAINING_WRITE, "Retire a version of a course",
              body=VersionReasonIn, reply=s.CourseOut, tag=TAG),
    Operation("POST", "/courses/{code}/enrolments", send_to_course, policy.TRAINING_WRITE, "Send somebody to a course", body=s.EnrolIn,
              reply=s.Enrolled, status=201, errors=(EnrolledAlready, CourseFinished, WroteTheCourse, NoFreshTasks), tag=TAG),
    Operation("GET", "/courses/{code}/progress", course_progress, policy.TRAINING_READ, "Who is where in a course", query=PageQuery,
              reply=s.CourseProgressPage, tag=TAG),
    Operation("GET", "/freelancers/{freelancer_id}/training", person_training, policy.TRAINING_READ, "A person's courses",
              query=PageQuery, reply=s.CourseProgressPage, tag=TAG),
    Operation("GET", "/mentors", list_mentors, policy.TRAINING_WRITE, "Who may mentor", reply=s.Mentors, tag=TAG),
    Operation("GET", "/homework", list_homework, policy.HOMEWORK_CHECK, "Homework that waits for a check", query=PageQuery,
              reply=s.HomeworkPage, tag=TAG),
    Operation("POST", "/homework/{answer_id}/check", check_homework, policy.HOMEWORK_CHECK, "Check homework", body=s.HomeworkCheckIn,
              status=204, errors=(CheckedAlready, NotImpartial), tag=TAG),
)  # fmt: skip
