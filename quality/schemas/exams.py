"""Shapes of exams."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, JsonValue, StringConstraints

from piecework.platform.web.operation import Shape
from piecework.platform.web.paging import Page, PageQuery
from piecework.quality.exams.definition import Bilingual, ExamSpec, Level
from piecework.quality.exams.questions import Imported, Stored
from piecework.quality.golden.golden import Difficulty
from piecework.quality.schemas.golden import Answers, Reason, Shown
from piecework.quality.schemas.publishing import VersionDrafted, VersionOut
from piecework.tasks.fields import Answer, Key
from piecework.tasks.workflows import Code

Ids = Annotated[list[Annotated[UUID, Field(strict=False)]], Field(min_length=1, max_length=1000)]


class ExamIn(Shape):
    """The next version of an exam, as a draft."""

    code: Code
    spec: ExamSpec


class ShippedOut(VersionDrafted):
    """The draft, and the questions that came with it, by pool. Those that were there already are not listed."""

    questions: dict[str, list[UUID]]


class ExamOut(VersionOut):
    """A version of an exam."""

    spec: ExamSpec


class ExamsOut(Shape):
    """Exams by code, the newest version first."""

    items: list[ExamOut]


class ExamQuestionIn(Shape):
    """A question to be brought in."""

    question: Imported
    difficulty: Level = Difficulty.MEDIUM


class ExamQuestionsIn(Shape):
    """Questions for a pool."""

    pool: Code
    questions: Annotated[list[ExamQuestionIn], Field(min_length=1, max_length=500)]


class GoldenQuestionIn(Shape):
    """A task with known answers that is kept for exams."""

    input: Annotated[dict[Key, Shown | bool], Field(min_length=1, max_length=20)]
    answers: Answers
    difficulty: Level = Difficulty.MEDIUM


class GoldenQuestionsIn(Shape):
    """Tasks of one step of the project's active workflow, all or none."""

    pool: Code
    step: Key
    items: Annotated[list[GoldenQuestionIn], Field(min_length=1, max_length=500)]


class MoveGoldenIn(Shape):
    """Golden tasks of the project that nobody was handed."""

    pool: Code
    task_ids: Ids


class QuestionsAdded(Shape):
    """The new questions. Those that were in the pool already are not listed."""

    question_ids: list[UUID]


class ApproveQuestionsIn(Shape):
    """Questions of a pool that wait for a second curator."""

    pool: Code
    question_ids: Ids


class QuestionsApproved(Shape):
    """Those that can be drawn from now on. One's own, and what is approved or retired already, are not among them."""

    approved: list[UUID]


class ExamQuestionQuery(PageQuery):
    """Which questions."""

    pool: Annotated[str, StringConstraints(max_length=40)] | None = None
    state: Literal["waiting", "live", "retired"] | None = None


class ExamQuestionOut(Shape):
    """A question with its key. `exposed`: how many attempts it was in."""

    id: UUID
    pool: str
    difficulty: Difficulty
    question: Stored
    author: UUID
    created_at: datetime
    approved_by: UUID | None
    retired_at: datetime | None
    retired_for: str | None
    exposed: int


class ExamQuestionPage(Page[ExamQuestionOut]):
    """A page of questions."""


class PoolOut(Shape):
    """A pool: how many of its questions wait for a second curator, can be drawn, are retired."""

    pool: str
    waiting: int
    live: int
    retired: int


class PoolsOut(Shape):
    """The pools by name."""

    items: list[PoolOut]


class AttemptRow(Shape):
    """An attempt in a list. `passed` null: it runs, or is not decided yet. `to_mark`: an appeal was upheld, so it is to be marked again."""

    id: UUID
    version: int
    freelancer_id: UUID
    name: str
    started_at: datetime
    ends_at: datetime
    finished_at: datetime | None
    passed: bool | None
    share: float | None
    appeal: str | None
    to_mark: bool


class AttemptPage(Page[AttemptRow]):
    """Attempts at an exam, newest first."""


class VersionFigures(Shape):
    """Attempts at one version. `pass_rate` of those that are decided."""

    version: int
    attempts: int
    decided: int
    passed: int
    pass_rate: float | None
    mean_share: float | None


class QuestionFigures(Shape):
    """How a question fares.

    `mean_share` is what it brings on average (how easy it is), `discrimination` the correlation with the rest of the attempt, `exposed`
    how often it was drawn; `retire` if that is too often.
    """

    question_id: UUID
    pool: str
    kind: str
    difficulty: Difficulty
    retired: bool
    exposed: int
    answered: int
    mean_share: float | None
    discrimination: float | None
    retire: bool


class ExamFigures(Shape):
    """How an exam fares: its versions, the newest first; its questions, those to retire first, then those that tell the least."""

    code: str
    versions: list[VersionFigures]
    questions: list[QuestionFigures]


class ExamResultOut(Shape):
    """What an attempt came to, in numbers. `words` says the same to its person."""

    revision: int
    passed: bool
    points: float
    possible: int
    share: float
    low: float
    high: float
    words: str
    reason: str | None
    decided_at: datetime
    valid_until: datetime


class ExamMarkOut(Shape):
    """What a question was marked with in one revision."""

    revision: int
    share: float
    errors: dict[str, int]
    reason: str | None


class AttemptQuestion(Shape):
    """A question of an attempt with its key, the answer and the marks."""

    n: int
    section: str
    points: int
    question: Stored
    answer: Answer | None
    saved_at: datetime | None
    marks: list[ExamMarkOut]


class AttemptDetail(Shape):
    """An attempt as curators see it."""

    id: UUID
    code: str
    version: int
    freelancer_id: UUID
    started_at: datetime
    ends_at: datetime
    finished_at: datetime | None
    ended_by: str | None
    appeal: str | None
    results: list[ExamResultOut]
    questions: list[AttemptQuestion]


class ExamMarkIn(Shape):
    """A question's points now, no fewer than it had, and why."""

    n: Annotated[int, Field(ge=1, le=200)]
    points: Annotated[float, Field(ge=0, le=1_000)]
    reason: Reason


class ExamMarksIn(Shape):
    """Questions marked again, and the reason that the person reads."""

    marks: Annotated[list[ExamMarkIn], Field(max_length=200)]
    reason: Reason


class MarkedAgain(Shape):
    """Whether the exam is passed now."""

    attempt_id: UUID
    passed: bool


class MyExam(Shape):
    """An exam that is published, with its rules.

    `for_me`: false for applicants while their stage does not ask for it. `can_begin_at`: null is now; `begun` attempts count of `tries`
    within `tries_days`.
    """

    code: str
    version: int
    title: Bilingual
    kind: str
    direction: str | None
    time_limit_min: int
    questions: int
    points: int
    rule: Literal["share", "lower_bound"]
    threshold: float
    level: float
    retake_after_h: int
    tries: int
    tries_days: int
    valid_days: int
    begun: int
    for_me: bool
    can_begin_at: datetime | None


class MyExams(Shape):
    """The exams that are published."""

    items: list[MyExam]


class AttemptBegun(Shape):
    """An attempt has begun: its questions are at /me/attempts/{attempt_id} until it ends."""

    attempt_id: UUID
    started_at: datetime
    ends_at: datetime


class AskedOut(Shape):
    """A question as it is asked, and the answer saved last."""

    n: int
    section: str
    points: int
    kind: str
    asked: dict[str, JsonValue]
    answer: Answer | None
    saved_at: datetime | None


class RunningAttempt(Shape):
    """An attempt under way."""

    attempt_id: UUID
    code: str
    title: Bilingual
    sections: dict[str, Bilingual]
    started_at: datetime
    ends_at: datetime
    questions: list[AskedOut]


class ExamAnswerIn(Shape):
    """The answer to a question, as its `answer_schema` says."""

    answer: Answer


class AnswerSaved(Shape):
    """When it was saved."""

    n: int
    saved_at: datetime


class MyAttempt(Shape):
    """An attempt of mine. `result` null: it runs, or is not decided yet. `appeal_by`: until when I may object to the result."""

    attempt_id: UUID
    code: str
    version: int
    started_at: datetime
    ends_at: datetime
    finished_at: datetime | None
    result: ExamResultOut | None
    appeal: str | None
    appeal_by: datetime | None


class MyAttempts(Page[MyAttempt]):
    """My attempts, newest first."""
