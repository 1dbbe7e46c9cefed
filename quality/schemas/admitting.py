"""Shapes of admission: criteria, evidence, requests, decisions, mentors."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from piecework.platform.said import Said
from piecework.platform.web.operation import Moment, Query, Shape
from piecework.platform.web.paging import Page, PageQuery
from piecework.quality.admitting.kinds import Criterion, Grade, Line
from piecework.tasks.workflows import Code

Reason = Annotated[str, StringConstraints(min_length=3, max_length=1000)]
Written = Annotated[str, StringConstraints(min_length=10, max_length=2000)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]


class CriteriaIn(Shape):
    """What is to be the next version of the criteria for a level and line. An empty list: open to all."""

    level: Grade = 1
    line: Line = 1
    criteria: Annotated[list[Criterion], Field(max_length=30)]
    reason: Reason


class CriteriaDraft(Shape):
    """Criteria that count once somebody other than `drafted_by` publishes them. `words`: each of them in a line."""

    id: UUID
    code: str
    level: int
    grade: str | None
    line: int
    criteria: list[Criterion]
    words: list[str]
    reason: str
    drafted_by: UUID
    drafted_by_name: str
    drafted_at: datetime


class Drafted(Shape):
    """A draft that was made."""

    id: UUID
    code: str
    words: list[str]


class CriteriaDrafts(Page[CriteriaDraft]):
    """Drafts that wait, the oldest first."""


class PublishedFor(Shape):
    """The criteria in force for a level and line of a qualification, and of how many points they consist."""

    level: int
    grade: str | None
    line: int
    version: int
    criteria: int
    published_at: datetime


class QualificationOut(Shape):
    """A qualification: the projects whose steps ask for it now, and what is published for it."""

    code: str
    projects: list[str]
    published: list[PublishedFor]


class Qualifications(Shape):
    """Qualifications that a step asks for or criteria are published for, by their codes."""

    items: list[QualificationOut]


class CriteriaDecision(Shape):
    """What is to come of a draft, and why."""

    decision: Literal["publish", "drop"]
    reason: Reason


class CriteriaOut(Shape):
    """A version of the criteria for a level and line. `words`: each of them in a line."""

    level: int
    grade: str | None
    line: int
    version: int
    in_force: bool
    criteria: list[Criterion]
    words: list[str]
    reason: str
    published_at: datetime


class CriteriaPage(Shape):
    """All versions for a code, by level and line, the newest first.

    Whoever began before a version was published may choose the one that was in force then, or any newer one.
    """

    code: str
    criteria: list[CriteriaOut]


class WantedQuery(Query):
    """At which level and line."""

    level: int = Field(default=1, ge=1, le=9)
    line: int = Field(default=1, ge=1, le=3)


class WantedIn(Shape):
    """At which level and line."""

    level: Grade = 1
    line: Line = 1


class FindingOut(Shape):
    """A criterion with what the facts say of it. `missing`: what is needed still; null if it is met."""

    criterion: Criterion
    words: str
    met: bool
    figures: dict[str, Any]
    missing: str | None


class AssessmentOut(Shape):
    """A person under the version of the criteria that is easiest for them.

    `refresher`: the qualification was held and has lapsed, so that only its exams are asked for. `met_at` is since when they were seen
    to meet all of it, `decide_by` when the decision is late; both null if they have not asked, or do not meet it.
    """

    code: str
    level: int
    grade: str | None
    line: int
    version: int
    refresher: bool
    met: bool
    criteria: list[FindingOut]
    asked_at: datetime | None
    met_at: datetime | None
    decide_by: datetime | None


class AdmitIn(WantedIn):
    """An admission, with the reason that its owner reads. No `languages`: tickets of all.

    `against_evidence`: the criteria do not say so; a second curator must confirm it.
    """

    code: Code
    languages: Annotated[list[Language], Field(max_length=20)] = Field(default_factory=list)
    expires_at: Moment | None = None
    reason: Reason
    against_evidence: bool = False


class RefuseIn(WantedIn):
    """A refusal, with the reason that the person reads."""

    code: Code
    reason: Written
    against_evidence: bool = False


class SecondIn(Shape):
    """Why a proposal is confirmed or dropped."""

    reason: Written


class AdmissionOut(Shape):
    """A decision about a person, with the evidence as it was.

    `state`: granted, refused, proposed (waits for a second curator) or dropped. `basis`: evidence, against (it) or appeal. `evidence`
    is a line for each criterion, `findings` the same with its figures.
    """

    id: UUID
    freelancer_id: UUID
    code: str
    level: int
    grade: str | None
    line: int
    languages: list[str]
    expires_at: datetime | None
    outcome: str
    state: str
    basis: str
    evidence: list[str]
    findings: list[FindingOut]
    reason: str
    decided_by: UUID | None
    decided_at: datetime
    second_by: UUID | None
    second_reason: str | None
    second_at: datetime | None


class MyDecision(Shape):
    """A decision about me, with the evidence as it was: a line for each criterion, `findings` the same with its figures.

    `appeal_by`: until when a refusal can be appealed; null if it cannot.
    """

    id: UUID
    code: str
    level: int
    grade: str | None
    line: int
    outcome: str
    evidence: list[str]
    findings: list[FindingOut]
    reason: str
    second_reason: str | None
    decided_at: datetime
    appeal_by: datetime | None


class MyRequest(Shape):
    """What I asked to be admitted to. `met_at`: since when I was seen to meet all criteria; `decide_by`: when a decision is late."""

    code: str
    level: int
    grade: str | None
    line: int
    asked_at: datetime
    met_at: datetime | None
    decide_by: datetime | None


class MyAdmissions(Shape):
    """What I have asked for and wait for, and what was decided about me, newest first."""

    requests: list[MyRequest]
    decisions: list[MyDecision]


class AdmissionQuery(PageQuery):
    """Which decisions, newest first."""

    state: Literal["granted", "refused", "proposed", "dropped"] | None = None
    freelancer_id: UUID | None = None
    code: str | None = Field(default=None, max_length=80)


class WaitingQuery(PageQuery):
    """Who waits; `request`: only the one of this request."""

    request: UUID | None = None


class WaitingOut(Shape):
    """Somebody who meets all criteria and waits for a decision. `proposal`: one against the evidence that waits for a second curator."""

    id: UUID
    freelancer_id: UUID
    name: str
    code: str
    level: int
    line: int
    asked_at: datetime
    met_at: datetime
    decide_by: datetime
    waits_s: int
    late: bool
    proposal: UUID | None


class WaitingPage(Page[WaitingOut]):
    """Who waits, longest first."""


class StatisticsQuery(Query):
    """Of decisions made in the last so many days."""

    days: int = Field(default=90, ge=1, le=3650)


class StatisticsOut(Shape):
    """How long decisions took from when all criteria were met (null if there are none), and what waits now."""

    decided: int
    decided_late: int
    median_s: int | None
    p90_s: int | None
    waiting: int
    late: int
    waiting_since: datetime | None


class AdmissionPolicy(Shape):
    """In days: until a decision is late, until an unused qualification lapses, how long ahead its end is told."""

    decide_days: Annotated[int, Field(ge=1, le=90)]
    unused_days: Annotated[int, Field(ge=15, le=3650)]
    notice_days: Annotated[int, Field(ge=1, le=90)]


class AdmissionPolicyIn(AdmissionPolicy):
    """A new policy, and why."""

    reason: Reason

    @model_validator(mode="after")
    def _is_told_in_time(self) -> Self:
        if self.notice_days >= self.unused_days:
            msg = Said("notice_days must be less than unused_days")
            raise ValueError(msg)
        return self


class MentorIn(Shape):
    """Who mentors; null ends it."""

    mentor_id: UUID | None
    reason: Reason


class MentorOut(Shape):
    """Somebody's mentor, or mentee."""

    id: UUID
    name: str
    since: datetime


class Mentoring(Shape):
    """My mentor, and whom I mentor."""

    mentor: MentorOut | None
    mentees: list[MentorOut]
