"""Shapes of appeals."""

import re
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, StringConstraints

from piecework.platform.said import Said
from piecework.platform.web.operation import Shape
from piecework.platform.web.paging import PageQuery
from piecework.quality.schemas.admitting import FindingOut
from piecework.quality.schemas.golden import Answers
from piecework.tasks.fields import Answer

TELLS = re.compile(
    r"\b(gold(en)?|control)[ -](task|set|question|answer|key|standard)|honeypot"
    r"|(контрольн|золот|эталонн)\w+ (задани|задач|вопрос|ответ|набор|стандарт)",
    re.IGNORECASE,
)
"""What a reply must not say. It catches a slip of the keyboard, not somebody who means to tell."""


def _tells_nothing(text: str) -> str:
    if TELLS.search(text):
        msg = Said("the freelancer reads this: it must not say what kind of task it was")
        raise ValueError(msg)
    return text


Words = Annotated[str, StringConstraints(min_length=10, max_length=4000)]
Reply = Annotated[str, StringConstraints(min_length=10, max_length=4000), AfterValidator(_tells_nothing)]
SubjectIn = Literal[
    "answer",
    "restriction",
    "qualification",
    "deduction",
    "clawback",
    "contract",
    "leave",
    "exam",
    "admission",
    "candidacy",
    "week",
]


class AppealIn(Shape):
    """An objection to a decision: on my answer (its assignment), a restriction, a revoked qualification, a refused admission, what was taken of my pay."""

    subject: SubjectIn
    id: UUID
    words: Words


class AppealOut(Shape):
    """An appeal as its author sees it."""

    id: UUID
    subject: str
    subject_id: UUID
    words: str
    state: str
    opened_at: datetime
    answer_by: datetime
    decided_at: datetime | None
    reply: str | None


class NextGrade(Shape):
    """What leads on from a qualification: the next published level or line, its criteria, and what I lack of them."""

    level: int
    grade: str | None
    line: int
    met: bool
    missing: list[str]
    criteria: list[FindingOut]


class MyQualification(Shape):
    """A qualification of mine, now or once. No `languages`: tickets of all. `next`: what leads on from one that holds.

    `appeal_by`: until when its end can be appealed; null if it cannot.
    """

    id: UUID
    code: str
    level: int
    grade: str | None
    line: int
    languages: list[str]
    expires_at: datetime | None
    next: list[NextGrade]
    granted_at: datetime
    revoked_at: datetime | None
    appeal_by: datetime | None


class MyQualifications(Shape):
    """My qualifications, newest first."""

    qualifications: list[MyQualification]


class AppealRow(AppealOut):
    """An appeal in the curators' list. `decided_by` null once decided: nobody answered in time."""

    freelancer_id: UUID
    decided_by: UUID | None


class AppealQuery(PageQuery):
    """Which appeals: open ones first to be answered first, decided ones in the order of their deadlines."""

    state: Literal["open", "upheld", "denied"] = "open"
    subject: SubjectIn | None = None


class DecisionOut(Shape):
    """One decision on an answer, by whom and what it rests on. For curators only. `explanation` is in English, but for what people wrote."""

    revision: int
    state: str
    share: int
    basis: str
    reason: str | None
    explanation: str | None
    actor: UUID | None
    decided_at: datetime


class VoteOut(Shape):
    """Another person's answer to the same task, without their name."""

    answer: Answer
    state: str
    share: int


class AcceptableOut(Shape):
    """An answer that is known to be right, and what giving it counts as."""

    answer: Answer
    weight: float


class LookOut(Shape):
    """A curator's audit of the answer."""

    plan: str
    auditor_id: UUID
    answer: Answer | None
    passed: dict[str, bool]
    reason: str | None
    done_at: datetime


class AnswerEvidence(Shape):
    """What an appeal about an answer is judged by."""

    project: str
    step: str
    title: str
    instruction: str
    input: Answer
    answer: Answer
    state: str
    share: int
    result: Answer | None
    known: list[AcceptableOut]
    votes: list[VoteOut]
    audits: list[LookOut]
    decisions: list[DecisionOut]


class RestrictionEvidence(Shape):
    """What an appeal about a restriction is judged by: the restriction and the cases against the person before it."""

    kind: str
    project: str | None
    reason: str
    imposed_by: UUID
    starts_at: datetime
    ends_at: datetime
    cases: list[UUID]


class QualificationEvidence(Shape):
    """What an appeal about a qualification is judged by: who granted and revoked it, and why."""

    code: str
    level: int
    granted_by: UUID
    granted_for: str
    revoked_by: UUID | None
    revoked_for: str | None


class NotedEvidence(Shape):
    """What an appeal about a decision on pay is judged by: what the person was told, the evidence by name, who decided.

    All of it is in English, but for what people wrote.
    """

    words: str
    evidence: dict[str, str]
    involved: list[UUID]
    decided_at: datetime


class AppealDetail(AppealRow):
    """An appeal with its evidence. `may_decide`: the caller had no hand in what is appealed."""

    may_decide: bool
    about_answer: AnswerEvidence | None = None
    about_restriction: RestrictionEvidence | None = None
    about_qualification: QualificationEvidence | None = None
    about_decision: NotedEvidence | None = None


class AppealDecisionIn(Shape):
    """The arbiter's decision; the freelancer reads the reply. `answers`: what is right of the task, where that must be set right."""

    decision: Literal["uphold", "deny"]
    reply: Reply
    answers: Answers | None = None
