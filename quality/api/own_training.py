"""Operations of those who take courses."""

import orjson

from piecework.platform.errors import NotFound
from piecework.platform.web.operation import Call, Operation
from piecework.platform.web.paging import LAST
from piecework.quality import policy
from piecework.quality.api.publishing import code_of
from piecework.quality.api.training import TAG, progress, rule
from piecework.quality.publishing import theirs, versions
from piecework.quality.schemas import training as s
from piecework.quality.training import answering, enrolling, enrolments
from piecework.quality.training.definition import (
    AnyUnit,
    Item,
    Lesson,
    TaskItem,
    Tasks,
    Trial,
    fields_of,
    items_of,
)
from piecework.quality.training.enrolments import ItemStanding, Row, UnitStanding
from piecework.quality.training.errors import (
    AnsweredOtherwise,
    CourseEnded,
    CourseFinished,
    EnrolledAlready,
    NoFreshTasks,
    NotAtThisCourse,
    NotNext,
    TrialTooEarly,
    UnitLocked,
    WroteTheCourse,
)
from piecework.quality.training.publishing import COURSES
from piecework.tasks.fields import AnswerSchema

MOST_COURSES = 200


async def my_courses(call: Call) -> s.MyCourses:
    """My courses with where I am, and what is published."""
    found = await enrolments.listed(person=call.principal.account_id, before=LAST, limit=MOST_COURSES)
    units = await enrolments.standings(found)
    offered = await versions(COURSES, published=True)
    for_me = await theirs(COURSES, call.principal.account_id)
    return s.MyCourses(
        items=[s.CourseProgress(**progress(one, units[one.id])) for one in found],
        offered=[
            s.CourseOffered(
                code=one.code,
                title=one.spec.title,
                language=one.spec.language,
                direction=one.spec.direction,
                days=one.spec.days,
                for_me=for_me(one.code),
                trial=rule(one.spec.trial),
            )
            for one in offered
        ],
    )


async def begin_course(call: Call) -> s.Enrolled:
    """Begin a course."""
    code = code_of(call)
    return s.Enrolled(enrolment_id=await enrolling.ask(call.principal.account_id, code), code=code)


async def my_course_unit(call: Call) -> s.CourseUnitOut:
    """A unit of my course: its text, my tries with what I was told, and what can be answered now."""
    mine = await enrolments.mine(call.principal.account_id, code_of(call))
    key = call.request.path_params["unit"]
    here = next((one for one in (await enrolments.standings([mine]))[mine.id] if one.unit.key == key), None)
    if here is None:
        raise NotFound
    if here.state == "locked":
        raise UnitLocked
    unit = here.unit
    lesson = unit if isinstance(unit, Lesson) else None
    return s.CourseUnitOut(
        key=unit.key,
        kind=unit.kind,
        title=unit.title,
        state=here.state,
        text=None if lesson is None else lesson.text,
        video_url=None if lesson is None else lesson.video_url,
        items=[_item(here, one) for one in here.items if lesson is not None or one.tries or one.number in here.to_answer],
    )


async def my_next_task(call: Call) -> s.NextInCourse:
    """What is next in my course."""
    mine = await enrolments.mine(call.principal.account_id, code_of(call))
    units = (await enrolments.standings([mine]))[mine.id]
    here = next((one for one in units if one.state in ("open", "waiting")), None)
    if here is None:
        return s.NextInCourse(unit=None, task=None)
    item = next((one for one in here.items if one.number in here.to_answer[:1]), None)
    return s.NextInCourse(unit=here.unit.key, task=None if item is None else _item(here, item))


async def answer_in_course(call: Call, body: s.CourseAnswerIn) -> s.CourseFeedback:
    """Answer a question, homework or a task of my course; the first try counts."""
    me, code = call.principal.account_id, code_of(call)
    told, units = await answering.answer(me, code, body.unit, body.item, body.try_, body.answer)
    (now,) = await enrolments.listed(person=me, code=code, before=LAST, limit=1)
    return s.CourseFeedback(
        correct=told.correct,
        wrong=list(told.wrong),
        hint=told.hint,
        explanation=told.explanation,
        accepted=told.accepted,
        check_by=told.check_by,
        progress=s.CourseProgress(**progress(now, units)),
    )


def _item(here: UnitStanding, one: ItemStanding) -> s.CourseTaskOut:
    unit = here.unit
    item = items_of(unit)[one.number - 1]
    shown: list[s.CourseField] = []
    if isinstance(item, TaskItem):
        assert isinstance(unit, Tasks | Trial)
        shown = [s.CourseField(name=field.name, title=field.title, value=item.input[field.name]) for field in unit.asks.input]
        prompt = unit.asks.instruction
    else:
        prompt = item.prompt
    return s.CourseTaskOut(
        item=one.number,
        state=one.state,
        kind="task" if isinstance(item, TaskItem) else item.kind,
        prompt=prompt,
        input=shown,
        answer_schema=AnswerSchema(fields_of(unit, item)).json_schema,
        tries=[_try(unit, item, row) for row in one.tries],
        next_try=len(one.tries) + 1,
    )


def _try(unit: AnyUnit, item: Item, row: Row) -> s.CourseTry:
    given = orjson.loads(row["body"])
    told = answering.feedback(unit, item, given, row["correct"], row["check_by"])
    return s.CourseTry(
        number=row["try"],
        answer=given,
        answered_at=row["answered_at"],
        correct=told.correct,
        wrong=list(told.wrong),
        hint=told.hint,
        explanation=told.explanation,
        accepted=told.accepted,
        check_by=row["check_by"],
        feedback=row["feedback"],
    )


OPERATIONS = (
    Operation("GET", "/me/courses", my_courses, policy.TRAINING_TAKE, "My courses, and what is published", reply=s.MyCourses, tag=TAG),
    Operation("POST", "/me/courses/{code}/enrolments", begin_course, policy.TRAINING_TAKE, "Begin a course", reply=s.Enrolled, status=201,
              errors=(NotAtThisCourse, EnrolledAlready, CourseFinished, WroteTheCourse, TrialTooEarly, NoFreshTasks), tag=TAG),
    Operation("GET", "/me/courses/{code}/next", my_next_task, policy.TRAINING_TAKE, "What is next in my course", reply=s.NextInCourse,
              tag=TAG),
    Operation("GET", "/me/courses/{code}/units/{unit}", my_course_unit, policy.TRAINING_TAKE, "A unit of my course",
              reply=s.CourseUnitOut, errors=(UnitLocked,), tag=TAG),
    Operation("POST", "/me/courses/{code}/answers", answer_in_course, policy.TRAINING_TAKE, "Answer something of my course",
              body=s.CourseAnswerIn, reply=s.CourseFeedback, errors=(AnsweredOtherwise, CourseEnded, UnitLocked, NotNext), tag=TAG),
)  # fmt: skip
