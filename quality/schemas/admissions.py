"""Shapes of the way in: applications, interviews, candidacies, what is published about them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from piecework.platform.identity.schemas import Email, Name, Password
from piecework.platform.web.operation import ForPages, Moment, Query, Shape
from piecework.platform.web.paging import PageQuery
from piecework.quality.admissions.specs import Document, Form, Guide, InterviewBar, Stage, Title, WayIn, Words
from piecework.tasks.fields import Answer
from piecework.tasks.workflows import Code

Reason = Annotated[str, StringConstraints(min_length=10, max_length=2000, strip_whitespace=True)]
State = Literal["open", "admitted", "refused", "lapsed", "withdrawn"]


class FurtherApplicationIn(Shape):
    """An application to a direction: answers to its form (its published page has it), and the language that it asked them in."""

    direction: Code
    language: Literal["ru", "en"] = "ru"
    answers: Answer


class ApplicationIn(FurtherApplicationIn):
    """A stranger's application; an account is made with it. The e-mail is where to reach them, and not what they sign in with."""

    email: Email
    name: Name
    password: Password


class Received(Shape):
    """Whether the e-mail is known is not told. `sign_in` is to be kept: it is what the applicant signs in with, in the place of an e-mail."""

    received: Literal[True] = True
    sign_in: str
    words: str


class Asked(Shape):
    """A question of the form with its answer; `chosen`: the titles of the options that the answer names."""

    name: str
    question: str
    answer: Any
    chosen: list[str]


class CandidateAnswer(Shape):
    """A question of the form with its answer as curators read them; `chosen`: the titles of the options that the answer names."""

    name: str
    question: Title
    answer: Any
    chosen: list[Title]


class StageState(Shape):
    """A stage of the way: passed, current or ahead, or how it ended. `due_at` is the current one's deadline, `days` what each has."""

    stage: str
    days: int
    state: str
    due_at: datetime | None
    passed_at: datetime | None


class Happened(Shape):
    """Something that happened, with its reason. A refusal or lapse can be appealed until `appeal_by` (subject candidacy, this id)."""

    id: UUID
    at: datetime
    stage: str
    outcome: str
    reason: str
    said: ForPages = None
    detail: dict[str, Any]
    due_at: datetime | None
    objection: str | None
    appeal_by: datetime | None


class SlotOut(Shape):
    """A time proposed for the interview."""

    id: UUID
    starts_at: datetime
    minutes: int
    place: str
    chosen: bool


class MyApplication(Shape):
    """Where I am on my way into a direction: the stage, whose turn it is, what is asked next and by when, and all that was decided.

    What is asked next, and reasons that no person wrote, are in English; the application is in its own language.
    """

    id: UUID
    direction: str
    direction_name: str
    language: str
    state: str
    stage: str
    whose_turn: Literal["yours", "ours"] | None
    next: str | None
    next_said: ForPages = None
    due_at: datetime | None
    late: bool
    opened_at: datetime
    ended_at: datetime | None
    stages: list[StageState]
    history: list[Happened]
    answers: list[Asked]
    slots: list[SlotOut]


class MyApplications(Shape):
    """My applications, newest first."""

    applications: list[MyApplication]


class SlotChoice(Shape):
    """One of the proposed times."""

    slot_id: UUID


class WhyIn(Shape):
    """A reason."""

    reason: Reason


class CandidacyQuery(PageQuery):
    """Which candidacies; the open ones if nothing is said."""

    state: State = "open"
    stage: Stage | None = None
    direction: Code | None = None
    turn: Literal["us", "candidate"] | None = None


class CandidacyRow(Shape):
    """A candidacy. `turn`: for whom it waits until `due_at`."""

    id: UUID
    freelancer_id: UUID
    name: str
    direction: str
    state: str
    stage: str
    turn: str
    turn_at: datetime
    due_at: datetime
    overdue: bool
    opened_at: datetime
    ended_at: datetime | None


class Event(Happened):
    """Something that happened, with who did it (null: a rule or the clock)."""

    actor: UUID | None


class Fact(Shape):
    """What another part of the way in told about the person."""

    kind: str
    source: str
    code: str
    passed: bool
    at: datetime


class ScoreOut(Shape):
    """A score of one question with its note."""

    score: int
    note: str


class SeatOut(Shape):
    """A reviewer's seat; scores and comment once all wanted reviews are in."""

    id: UUID
    reviewer_id: UUID
    reviewer: str
    asked_at: datetime
    declined_at: datetime | None
    decline_reason: str | None
    submitted_at: datetime | None
    scores: dict[str, ScoreOut] | None
    comment: str


class GroupOut(Shape):
    """A competency group: each reviewer's mean in the order of the reviews, their mean, and whether it reaches the bar."""

    group: str
    by_reviewer: list[float]
    mean: float
    reached: bool


class InterviewResult(Shape):
    """What the rule says, and how far the reviewers agree: quadratically weighted kappa, and the span of scores by question."""

    passed: bool
    overall: float
    groups: list[GroupOut]
    kappa: float | None
    agreement: str
    differences: dict[str, int]


class InterviewOut(Shape):
    """An interview: the times proposed for it, the guide that it is scored by, the bar of the rule.

    `proposed`: a decision against the rule that waits for a second curator.
    """

    id: UUID
    opened_at: datetime
    starts_at: datetime | None
    reviews_wanted: int
    scored_at: datetime | None
    proposed: str | None
    proposed_by: UUID | None
    proposed_reason: str | None
    outcome: str | None
    decided_at: datetime | None
    decided_by: UUID | None
    ended_at: datetime | None
    slots: list[SlotOut]
    guide: Guide
    bar: InterviewBar
    reviews: list[SeatOut]
    result: InterviewResult | None


class CandidacyOut(Shape):
    """Everything that is known of a candidacy. `email`: where the person wants to be reached; `email_known`: another account has it.

    `qualification` is what the last stage admits to.
    """

    id: UUID
    freelancer_id: UUID
    name: str
    email: str
    email_known: bool
    sign_in: str
    direction: str
    direction_name: str
    qualification: str
    language: str
    state: str
    stage: str
    turn: str
    turn_at: datetime
    due_at: datetime
    overdue: bool
    late: bool
    opened_at: datetime
    ended_at: datetime | None
    answers: list[CandidateAnswer]
    history: list[Event]
    facts: list[Fact]
    interviews: list[InterviewOut]


class DecisionIn(Shape):
    """A curator's decision; the candidate reads the reason."""

    decision: Literal["accept", "refuse"]
    reason: Reason


class ExtensionIn(Shape):
    """So many days more than there were."""

    days: Annotated[int, Field(ge=1, le=90)]
    reason: Reason


class SlotsIn(Shape):
    """Times for the interview, of which the candidate chooses one; where it takes place (a link, say)."""

    starts: Annotated[list[Moment], Field(min_length=1, max_length=20)]
    minutes: Annotated[int, Field(ge=10, le=240)] = 60
    place: Annotated[str, StringConstraints(max_length=500)] = ""


class ReviewerIn(Shape):
    """A curator to be asked for a review."""

    reviewer_id: UUID


class ReviewAsked(Shape):
    """The review that was asked for."""

    review_id: UUID


class MyReviewRow(Shape):
    """An interview that I am asked to review."""

    id: UUID
    candidacy_id: UUID
    candidate: str
    direction: str
    asked_at: datetime
    declined_at: datetime | None
    submitted_at: datetime | None
    starts_at: datetime | None
    minutes: int | None
    place: str | None


class MyReview(MyReviewRow):
    """An interview that I am asked to review: the guide, the candidate's application, my own scores once they are in."""

    language: str
    answers: list[CandidateAnswer]
    guide: Guide
    scores: dict[str, ScoreOut] | None
    comment: str


class ScoreIn(Shape):
    """The score of one question, from 1 (what the guide says to avoid) to 5 (all that a good answer shows), and what it rests on."""

    question: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    score: Annotated[int, Field(ge=1, le=5)]
    note: Annotated[str, StringConstraints(max_length=2000)] = ""


class ScoresIn(Shape):
    """A review: each question of the guide, once."""

    scores: Annotated[list[ScoreIn], Field(min_length=1, max_length=360)]
    comment: Annotated[str, StringConstraints(max_length=4000)] = ""


class FiguresQuery(Query):
    """Of one direction or of all; stays at stages that began within so many days."""

    direction: Code | None = None
    days: int = Field(default=90, ge=1, le=3650)


class StageFigures(Shape):
    """A stage: who came, and how their stay ended; its length in hours; who is there now, and whose deadline has passed."""

    stage: str
    entered: int
    passed: int
    refused: int
    lapsed: int
    median_hours: float | None
    p90_hours: float | None
    now: int
    overdue_ours: int
    overdue_theirs: int


class Figures(Shape):
    """Stages in their order."""

    stages: list[StageFigures]


class DocumentIn(Shape):
    """The next version of a form, a guide or a way in: of a direction, or (form and guide) for all that have none of their own."""

    direction: Code | None = None
    document: Document
    reason: Reason


class DocumentOut(Shape):
    """A published version."""

    id: UUID | None
    kind: str
    direction: str | None
    version: int
    document: Form | Guide | WayIn
    published_by: UUID | None
    reason: str
    published_at: datetime | None


class DocumentQuery(PageQuery):
    """Which documents."""

    kind: Literal["form", "guide", "way_in"] | None = None
    direction: Code | None = None


class DirectionOut(Shape):
    """A direction that takes applications."""

    code: str
    name: str
    summary: Words | None


class Directions(Shape):
    """Directions that take applications."""

    directions: list[DirectionOut]


class WayInStage(Shape):
    """A stage, how many days there are for it, and the exam or course that decides it."""

    stage: str
    days: int
    by: str | None


class WayInExam(Shape):
    """An exam's rule as it is published now; only its code while it is not."""

    stage: str
    exam: str
    published: bool
    title_ru: str | None = None
    title_en: str | None = None
    time_limit_min: int | None = None
    passed_by: str | None = None
    threshold: float | None = None
    attempts: int | None = None
    attempts_days: int | None = None
    retake_after_h: int | None = None
    valid_days: int | None = None


class WayInGroup(Shape):
    """A competency group of the interview."""

    code: str
    title: Title
    questions: int


class WayInInterview(Shape):
    """The interview's rule: the mean over the groups, and each group's, from 1 to 5."""

    overall_at_least: float
    group_at_least: float
    groups: list[WayInGroup]


class WayInCriteria(Shape):
    """What is asked of whoever is to be admitted at a level and line."""

    level: int
    line: int
    version: int
    items: list[str]


class WayInOut(Shape):
    """All that is published about the way into a direction."""

    direction: str
    name: str
    version: int
    published_at: datetime
    open: bool
    summary: Words | None
    stages: list[WayInStage]
    exams: list[WayInExam]
    interview: WayInInterview
    qualification: str
    criteria: list[WayInCriteria]
    appeal_days: int
    again_after_days: int
    form: Form
