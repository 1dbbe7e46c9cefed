"""Shapes of training."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from piecework.platform.web.operation import Shape
from piecework.platform.web.paging import Page
from piecework.quality.exams.definition import Passing
from piecework.quality.schemas.golden import Reason
from piecework.quality.schemas.publishing import VersionOut
from piecework.quality.training.definition import CourseSpec
from piecework.tasks.fields import Answer
from piecework.tasks.workflows import Code


class CourseIn(Shape):
    """The next version of a course, as a draft."""

    code: Code
    spec: CourseSpec


class ShippedCoursesOut(Shape):
    """The drafts' versions by code."""

    courses: dict[str, int]


class CourseOut(VersionOut):
    """A version of a course, with the answers of its tasks."""

    spec: CourseSpec


class CoursesOut(Shape):
    """Courses by code, the newest version first."""

    items: list[CourseOut]


class EnrolIn(Shape):
    """Who is sent to the course, and why; they read it."""

    freelancer_id: Annotated[UUID, Field(strict=False)]
    reason: Reason


class Enrolled(Shape):
    """An enrolment has begun."""

    enrolment_id: UUID
    code: str


class CourseMentorOut(Shape):
    """Who helps."""

    id: UUID
    name: str


class MentorRow(Shape):
    """Who may mentor, and how many they mentor now."""

    id: UUID
    name: str
    mentees: int


class Mentors(Shape):
    """Those of the second line and seniors, by name."""

    items: list[MentorRow]


class UnitProgress(Shape):
    """Where a person is with a unit.

    waiting: homework waits for a check. `right` of `items` are answered right by now; of `first_tries` that a key decides, `first_right`.
    """

    key: str
    kind: Literal["lesson", "tasks", "trial"]
    title: str
    state: Literal["locked", "open", "waiting", "done"]
    items: int
    right: int
    first_tries: int
    first_right: int
    done_at: datetime | None


class TrialRule(Shape):
    """When a trial is passed: of how many tasks, and by what share of first tries right, or its lower bound at `level`."""

    draw: int
    passing: Passing
    again_after_days: int


class CourseProgress(Shape):
    """Where a person is in a course. `next`: the unit that is under way. `first_tries` are those of lessons and tasks, not of the trial."""

    enrolment_id: UUID
    code: str
    version: int
    title: str
    language: str
    enrolled_at: datetime
    due_at: datetime
    trained_at: datetime | None
    ended_at: datetime | None
    ending: Literal["finished", "not_passed", "replaced"] | None
    reason: str
    mentor: CourseMentorOut | None
    lessons: int
    lessons_done: int
    first_tries: int
    first_right: int
    next: str | None
    units: list[UnitProgress]
    trial: TrialRule | None


class CourseOffered(Shape):
    """A course that is published. `for_me`: false for applicants while their stage does not ask for it.

    What is asked of its trial is public.
    """

    code: str
    title: str
    language: str
    direction: str | None
    days: int
    for_me: bool
    trial: TrialRule | None


class MyCourses(Shape):
    """My courses, newest first, and what is published."""

    items: list[CourseProgress]
    offered: list[CourseOffered]


class CourseTry(Shape):
    """A try of mine and what I was told about it. `correct` null: it waits for a check."""

    number: int
    answer: Answer
    answered_at: datetime
    correct: bool | None
    wrong: list[str]
    hint: str | None
    explanation: str | None
    accepted: Answer | None
    check_by: datetime | None
    feedback: str | None


class CourseField(Shape):
    """A field of what a task shows."""

    name: str
    title: str
    value: str | bool | None


class CourseTaskOut(Shape):
    """Something to answer. `next_try` is the number to send with the answer."""

    item: int
    state: Literal["open", "again", "waiting", "right", "wrong"]
    kind: Literal["question", "essay", "task"]
    prompt: str
    input: list[CourseField]
    answer_schema: dict[str, Any]
    tries: list[CourseTry]
    next_try: int


class CourseUnitOut(Shape):
    """A unit with its text, and of its items those that are answered or can be answered now."""

    key: str
    kind: Literal["lesson", "tasks", "trial"]
    title: str
    state: Literal["locked", "open", "waiting", "done"]
    text: str | None
    video_url: str | None
    items: list[CourseTaskOut]


class NextInCourse(Shape):
    """What is next. `task` null: homework waits for a check (`unit` says which); both null: the course has ended."""

    unit: str | None
    task: CourseTaskOut | None


class CourseAnswerIn(Shape):
    """An answer to an item, for the `try`-th time. The same sent again gets the same reply."""

    unit: Code
    item: Annotated[int, Field(ge=1, le=200)]
    try_: Annotated[int, Field(alias="try", ge=1, le=30_000)]
    answer: Answer


class CourseFeedback(Shape):
    """What is said of an answer, and where I am now.

    `correct` null: somebody checks it until `check_by`. `wrong`: titles of the fields that are not right. `hint`: try again with it.
    """

    correct: bool | None
    wrong: list[str]
    hint: str | None
    explanation: str | None
    accepted: Answer | None
    check_by: datetime | None
    progress: CourseProgress


class PersonProgress(CourseProgress):
    """The same for curators and mentors, with whose it is."""

    freelancer_id: UUID
    name: str


class CourseProgressPage(Page[PersonProgress]):
    """Who is where, newest enrolments first."""


class HomeworkOut(Shape):
    """Homework that waits for a check. `good` says what to look for."""

    id: UUID
    freelancer_id: UUID
    name: str
    course: str
    version: int
    unit: str
    item: int
    number: int
    prompt: str
    good: str
    text: str
    answered_at: datetime
    check_by: datetime
    late: bool


class HomeworkPage(Page[HomeworkOut]):
    """Homework, the oldest first."""


class HomeworkCheckIn(Shape):
    """Accepted, or to be done again; in either case with words to its author."""

    accepted: bool
    feedback: Annotated[str, StringConstraints(min_length=1, max_length=4000)]
