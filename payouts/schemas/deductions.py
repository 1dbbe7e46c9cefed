"""Shapes of deductions."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from piecework.platform.money import LIMIT, Amount, AmountIn
from piecework.platform.web.operation import Moment, Shape
from piecework.platform.web.paging import PageQuery

Reason = Annotated[str, StringConstraints(min_length=3, max_length=2000)]
State = Literal["proposed", "dismissed", "approved", "taken", "cancelled", "given_back"]


class DeductionIn(Shape):
    """What is to be taken, from whom, by which rule and on what evidence.

    `currency` may be left out: it is that of the project, or else the rule's. `evidence` is read by the person.
    """

    freelancer_id: UUID
    rule_code: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    amount: Annotated[AmountIn, Field(ge=1, le=LIMIT)]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    fact_at: Moment
    assignment_id: UUID | None = None
    project_id: UUID | None = None
    evidence: Annotated[str, StringConstraints(strip_whitespace=True, min_length=20, max_length=4000)]


class DeductionDecisionIn(Shape):
    """Whether it shall be taken, and why."""

    decision: Literal["approve", "dismiss"]
    reason: Reason


class DeductionEndIn(Shape):
    """Why it is not taken after all, or given back. The person reads it."""

    reason: Reason


class PartOut(Shape):
    """What the closing of one period took: of `earned` in it, `keeps` (in 1/10,000) was the person's whatever was due."""

    period_id: UUID
    period: str
    amount: Amount
    earned: Amount
    keeps: int
    entry_id: int | None


class DeductionRow(Shape):
    """A deduction in the list. `taken` is what periods took of it so far, also where it was given back.

    `appeal` tells where the person's objection stands: open (until `appeal_by`), appealed, upheld, denied, lapsed (nobody objected
    in time), withdrawn; null before it is approved.
    """

    id: UUID
    freelancer_id: UUID
    rule_id: UUID
    rule_code: str
    rule_version: int
    rule_title: str
    amount: Amount
    currency: str
    taken: Amount
    fact_at: datetime
    assignment_id: UUID | None
    project_id: UUID | None
    evidence: str
    state: State
    proposed_by: UUID
    proposed_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    decision_reason: str | None
    ended_by: UUID | None
    ended_at: datetime | None
    end_reason: str | None
    appeal: str | None
    appeal_by: datetime | None


class DeductionOut(DeductionRow):
    """A deduction with its rule in words and what each period took of it."""

    rule_words: str
    parts: list[PartOut]


class DeductionQuery(PageQuery):
    """Which deductions, newest first."""

    state: State | None = None
    freelancer_id: UUID | None = None


class MyDeduction(Shape):
    """A deduction from my pay: by which published rule, on what evidence, who approved it, and until when I may object.

    Nothing is taken before `appeal_by`, nor while an appeal is open: POST /appeals with the subject `deduction`. `appeal_by` is null
    where there is nothing to object to any more; `appeal` says how it stands.
    """

    id: UUID
    rule_code: str
    rule_title: str
    rule_words: str
    amount: Amount
    currency: str
    taken: Amount
    fact_at: datetime
    assignment_id: UUID | None
    project: str | None
    evidence: str
    state: State
    approved_by: str
    approved_at: datetime
    appeal: str
    appeal_by: datetime | None
    ended_at: datetime | None
    end_reason: str | None
