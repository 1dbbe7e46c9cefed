"""Courses, for curators: versions as people read them, drafts and their publication, who is where, mentors, homework to be judged."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from piecework.platform import db
from piecework.platform.errors import Invalid
from piecework.platform.identity.models import Account
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call, Query, Shape
from piecework.platform.web.paging import PageQuery
from piecework.quality import policy
from piecework.quality.admitting import mentors
from piecework.quality.api import admitting
from piecework.quality.api import training as api
from piecework.quality.api.publishing import code_of, sees_keys, version_of
from piecework.quality.pages import spec_text
from piecework.quality.pages.exam_views import LONG, SECTION, pretty
from piecework.quality.pages.pieces import fitted, names
from piecework.quality.publishing import one, versions
from piecework.quality.schemas.admitting import MentorIn
from piecework.quality.schemas.publishing import VersionReasonIn
from piecework.quality.schemas.training import CourseIn, CourseOut, EnrolIn, HomeworkCheckIn
from piecework.quality.training import checking
from piecework.quality.training.definition import CourseSpec
from piecework.quality.training.publishing import COURSES
from piecework.tasks.pages.markdown import blocks
from piecework.tasks.policy import QUALIFICATIONS_WRITE

COURSE = "/courses/{code}"
VERSION = f"{COURSE}/versions/{{version}}"
NEW = "/new-course"
HOMEWORK = "/homework"
TRAINING = "/training/{freelancer_id}"
EXAMPLE = {
    "title": "Первые шаги",
    "language": "ru",
    "days": 14,
    "units": [
        {
            "kind": "lesson",
            "key": "start",
            "title": "Как устроена работа",
            "text": "Прочитайте обращение до конца и только потом отвечайте.",
            "homework": [{"kind": "essay", "prompt": "Ответьте клиенту, у которого задержался заказ.", "good": "Назван срок."}],
        }
    ],
}
FIND = """
SELECT id, name FROM account WHERE roles && '{freelancer,applicant}' AND state = 'active' AND erased_at IS NULL
  AND ($1 = '' OR strpos(lower(name), lower($1)) > 0 OR email = lower($1)) ORDER BY name, id LIMIT 50
"""


class Before(Query):
    """Which code the next version is of."""

    of: str | None = Field(default=None, max_length=60)


class PeopleQuery(PageQuery):
    """Who is looked for, to be sent to the course: a part of the name, or the whole e-mail."""

    q: str = Field(default="", max_length=200)


class CourseForm(Shape):
    """A version as it is typed, and whether it is to be looked at first."""

    code: str = ""
    spec: Annotated[str, StringConstraints(max_length=LONG)] = ""
    act: Literal["look", "keep"] = "look"


class MentorForm(Shape):
    """Who mentors; nobody, if left out."""

    mentor_id: UUID | None = None
    reason: str = ""


async def courses_page(call: Call) -> Shown:
    """Every course with its newest version, the one that is taught, and drafts that wait for somebody else."""
    by_code: dict[str, list[CourseOut]] = {}
    for each in (await api.list_courses(call)).items:
        by_code.setdefault(each.code, []).append(each)
    return {"courses": by_code}


async def course_page(call: Call, query: PeopleQuery | None = None) -> Shown:
    """A course: its versions, who is where, and sending somebody there."""
    asked = query or PeopleQuery()
    found = await api.course_progress(call, PageQuery(limit=asked.limit, cursor=asked.cursor))
    listed = await versions(COURSES, code_of(call))
    return {
        "code": code_of(call),
        "found": found,
        "query": asked,
        "listed": listed,
        "newest": listed[0],
        "can_send": any(each.state == "published" for each in listed),
        "names": await names(person for each in listed for person in (each.author, each.published_by)),
        "people": await db.rows(FIND, asked.q.strip()) if asked.q.strip() else [],
    }


async def version_page(call: Call) -> Shown:
    """A version as people read it, with its answers."""
    sees_keys(call)
    found = await one(COURSES, *version_of(call))
    return {
        "found": found,
        "spec": found.spec,
        "blocks": blocks,
        "names": await names([found.author, found.published_by, found.retired_by]),
        "own": found.author == call.principal.account_id,
    }


async def new_page(call: Call, query: Before | None = None) -> Shown:
    """The form for the next version; it begins with the newest one."""
    sees_keys(call)
    of = None if query is None else query.of
    before = await versions(COURSES, of) if of else []
    text = pretty(before[0].spec.model_dump(mode="json", by_alias=True, exclude_defaults=True) if before else EXAMPLE)
    return {"code": of or "", "text": text, "spec": None, "blocks": blocks}


async def draft(call: Call, form: CourseForm, file: bytes = b"") -> Shown | Go:
    """Keep a draft; or show how it would read, from the text or from a file."""
    if form.act == "keep" and not file:
        body = fitted(CourseIn, code=form.code, spec=spec_text.read(CourseSpec, form.spec))
        try:
            made = await api.draft_course(call, body)
        except Invalid as refused:
            raise spec_text.located(refused, form.spec) from None
        return Go(f"/courses/{made.code}/versions/{made.version}", N_("The draft is kept. Another curator publishes it."))
    text = file.decode("utf-8-sig", "replace") if file else form.spec
    shown: dict[str, Any] = {"code": form.code, "text": text, "spec": None, "blocks": blocks}
    try:
        return {**shown, "spec": spec_text.read(CourseSpec, text)}
    except Invalid as refused:
        return {**shown, "problem": refused}


async def bring_in(call: Call) -> Go:
    """Draft the courses that come with the product."""
    await api.bring_in_shipped_courses(call)
    return Go("/courses", N_("The shipped courses are drafts now; another curator publishes them."))


async def publish(call: Call) -> Go:
    """Let people enrol in a version from now on."""
    made = await api.publish_course(call)
    return Go(f"/courses/{made.code}/versions/{made.version}", N_("Published: people begin with it from now on."))


async def retire(call: Call, form: VersionReasonIn) -> Go:
    """Let nobody enrol in a version any more."""
    made = await api.retire_course(call, form)
    return Go(f"/courses/{made.code}/versions/{made.version}", N_("Nobody begins this version any more."))


async def send(call: Call, form: EnrolIn) -> Go:
    """Send somebody to a course."""
    made = await api.send_to_course(call, form)
    return Go(f"/courses/{made.code}", N_("They are at the course now, and have been told why."))


async def training_page(call: Call, query: PageQuery | None = None) -> Shown:
    """A person's courses unit by unit, and their mentor."""
    found = await api.person_training(call, query or PageQuery())
    account = await Account.get(id=call.id("freelancer_id"))
    assigns = call.principal.may(QUALIFICATIONS_WRITE, call.services.permissions)
    mentor, _ = await mentors.of(account.id)
    return {
        "found": found,
        "account": account,
        "title": account.name,
        "mentor": mentor if assigns else None,
        "able": [each for each in (await api.list_mentors(call)).items if each.id != account.id] if assigns else None,
    }


async def assign(call: Call, form: MentorForm) -> Go:
    """Give a person a mentor, or end it."""
    await admitting.assign_mentor(call, fitted(MentorIn, mentor_id=form.mentor_id, reason=form.reason))
    said = N_("They have no mentor any more.") if form.mentor_id is None else N_("Both have been told of each other.")
    return Go(f"/training/{call.id('freelancer_id')}", said)


async def homework_page(call: Call, query: PageQuery | None = None) -> Shown:
    """Homework that waits for a check; for a mentor, whom they mentor."""
    _, mentees = await mentors.of(call.principal.account_id)
    return {"found": await api.list_homework(call, query or PageQuery()), "mentees": mentees}


async def check(call: Call, form: HomeworkCheckIn) -> Go:
    """Accept homework, or send it back."""
    await api.check_homework(call, form)
    said = N_("Accepted.") if form.accepted else N_("Sent back for another try.")
    return Go(HOMEWORK, said)


async def waiting(account_id: UUID) -> int:
    """How much homework waits for a curator."""
    return await checking.count(account_id, curator=True)


async def waiting_for_mentor(account_id: UUID) -> int:
    """How much homework of their mentees waits for somebody."""
    return await checking.count(account_id, curator=False)


WRITE, CHECK = policy.TRAINING_WRITE, policy.HOMEWORK_CHECK
VIEWS = (
    View("GET", "/courses", courses_page, WRITE, N_("Courses"), "courses.html"),
    View("POST", "/courses/shipped", bring_in, WRITE, again="/courses"),
    View("GET", NEW, new_page, WRITE, N_("The next version of a course"), "course_new.html", query=Before),
    View("POST", NEW, draft, WRITE, N_("The next version of a course"), "course_new.html", form=CourseForm, file=True, again=NEW),
    View("GET", COURSE, course_page, WRITE, N_("Course"), "course.html", query=PeopleQuery),
    View("POST", f"{COURSE}/people", send, WRITE, form=EnrolIn, again=COURSE),
    View("GET", VERSION, version_page, WRITE, N_("Version of a course"), "course_version.html"),
    View("POST", f"{VERSION}/publish", publish, WRITE, again=VERSION),
    View("POST", f"{VERSION}/retire", retire, WRITE, form=VersionReasonIn, again=VERSION),
    View("GET", TRAINING, training_page, policy.TRAINING_READ, N_("Training"), "training_person.html", query=PageQuery),
    View("POST", f"{TRAINING}/mentor", assign, QUALIFICATIONS_WRITE, form=MentorForm, again=TRAINING),
    View("GET", HOMEWORK, homework_page, CHECK, N_("Homework"), "homework.html", query=PageQuery),
    View("POST", f"{HOMEWORK}/{{answer_id}}/check", check, CHECK, form=HomeworkCheckIn, again=HOMEWORK),
)
MENU = (
    Entry(N_("My work"), N_("Homework of those I mentor"), HOMEWORK, CHECK, only=mentors.is_one, badge=waiting_for_mentor),
    Entry(SECTION, N_("Courses"), "/courses", WRITE),
    Entry(SECTION, N_("Homework"), HOMEWORK, WRITE, badge=waiting),
)
