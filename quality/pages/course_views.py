"""Courses, for curators: versions as people read them, drafts and their publication, who is where, mentors, homework to be judged."""

from uuid import UUID

from pydantic import Field

from piecework.platform import db
from piecework.platform.identity.models import Account
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call, Shape
from piecework.platform.web.paging import PageQuery
from piecework.quality import policy
from piecework.quality.admitting import mentors
from piecework.quality.api import admitting
from piecework.quality.api import training as api
from piecework.quality.api.publishing import sees_keys
from piecework.quality.pages.course_writing import COURSE as WRITTEN
from piecework.quality.pages.exam_views import SECTION
from piecework.quality.pages.pieces import fitted
from piecework.quality.pages.version_views import by_code, decided, listed, version_shown
from piecework.quality.schemas.admitting import MentorIn
from piecework.quality.schemas.publishing import VersionReasonIn
from piecework.quality.schemas.training import EnrolIn, HomeworkCheckIn
from piecework.quality.training import checking
from piecework.quality.training.publishing import COURSES
from piecework.tasks.pages.markdown import blocks
from piecework.tasks.policy import QUALIFICATIONS_WRITE

COURSE = "/courses/{code}"
VERSION = f"{COURSE}/versions/{{version}}"
HOMEWORK = "/homework"
TRAINING = "/training/{freelancer_id}"
FIND = """
SELECT id, name FROM account WHERE roles && '{freelancer,applicant}' AND state = 'active' AND erased_at IS NULL
  AND ($1 = '' OR strpos(lower(name), lower($1)) > 0 OR email = lower($1)) ORDER BY name, id LIMIT 50
"""


class PeopleQuery(PageQuery):
    """Who is looked for, to be sent to the course: a part of the name, or the whole e-mail."""

    q: str = Field(default="", max_length=200)


class MentorForm(Shape):
    """Who mentors; nobody, if left out."""

    mentor_id: UUID | None = None
    reason: str = ""


async def courses_page(call: Call) -> Shown:
    """Every course with its newest version, the one that is taught, and drafts that wait for somebody else."""
    return {"listed": by_code((await api.list_courses(call)).items), "subject": WRITTEN}


async def course_page(call: Call, query: PeopleQuery | None = None) -> Shown:
    """A course: its versions, who is where, and sending somebody there."""
    asked = query or PeopleQuery()
    found = await api.course_progress(call, PageQuery(limit=asked.limit, cursor=asked.cursor))
    shown = await listed(call, COURSES)
    return {
        **shown,
        "found": found,
        "query": asked,
        "can_send": any(each.state == "published" for each in shown["listed"]),
        "people": await db.rows(FIND, asked.q.strip()) if asked.q.strip() else [],
    }


async def version_page(call: Call) -> Shown:
    """A version as people read it, with its answers."""
    sees_keys(call)
    return {**await version_shown(call, COURSES, WRITTEN), "blocks": blocks}


async def bring_in(call: Call) -> Go:
    """Draft the courses that come with the product."""
    await api.bring_in_shipped_courses(call)
    return Go("/courses", N_("The shipped courses are drafts now; another curator publishes them."))


async def publish(call: Call) -> Go:
    """Let people enrol in a version from now on."""
    return await decided("/courses", api.publish_course(call), N_("Published: people begin with it from now on."))


async def retire(call: Call, form: VersionReasonIn) -> Go:
    """Let nobody enrol in a version any more."""
    return await decided("/courses", api.retire_course(call, form), N_("Nobody begins this version any more."))


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
    View("GET", "/courses", courses_page, WRITE, N_("Courses"), "versions.html"),
    View("POST", "/courses/shipped", bring_in, WRITE, again="/courses"),
    View("GET", COURSE, course_page, WRITE, N_("Course"), "course.html", query=PeopleQuery),
    View("POST", f"{COURSE}/people", send, WRITE, form=EnrolIn, again=COURSE),
    View("GET", VERSION, version_page, WRITE, N_("Version of a course"), "version.html"),
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
