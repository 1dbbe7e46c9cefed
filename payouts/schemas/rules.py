"""Shapes of pay rules, the calendar, measures and awards."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from piecework.payouts.rules.calendar import YEARS
from piecework.payouts.rules.kinds import Spec
from piecework.platform.money import Amount
from piecework.platform.said import Said
from piecework.platform.web.operation import Shape
from piecework.platform.web.paging import PageQuery
from piecework.tasks.workflows import Code

Reason = Annotated[str, StringConstraints(min_length=3, max_length=1000)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Words = Annotated[str, StringConstraints(min_length=20, max_length=4000)]


def _with_offset(moment: datetime) -> datetime:
    if moment.tzinfo is None or moment.year not in YEARS:
        msg = Said(
            "a moment names its offset from UTC, and is of the years %(first)s to %(last)s", first=YEARS[0], last=YEARS[-1]
        )
        raise ValueError(msg)
    return moment


Moment = Annotated[datetime, Field(strict=False), AfterValidator(_with_offset)]
Day = Annotated[date, Field(strict=False, ge=date(YEARS[0], 1, 1), le=date(YEARS[-1], 12, 31))]
RuleKind = Literal[
    "night",
    "weekend",
    "holiday",
    "language",
    "line",
    "level",
    "quality_band",
    "above_norm",
    "kpi",
    "mentor",
    "training",
    "review",
    "deduction",
]
DayKind = Literal["statutory", "moved", "working", "custom", "ordinary"]


class RuleIn(Shape):
    """A version of a rule, the first or the next of its code. `words` explain it to freelancers, with worked numbers.

    No `project_id`: for all projects. No `starts_at`: as soon as it may be after its approval. No `ends_at`: until the next version.
    """

    code: Code
    title: Title
    words: Words
    project_id: UUID | None = None
    spec: Spec
    starts_at: Moment | None = None
    ends_at: Moment | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "RuleIn":
        if self.starts_at is not None and self.ends_at is not None and self.ends_at <= self.starts_at:
            msg = Said("it ends after it starts")
            raise ValueError(msg)
        return self


class RuleQuery(PageQuery):
    """Which rules."""

    code: Code | None = None
    kind: RuleKind | None = None


class RuleOut(Shape):
    """A version of a rule. It counts for work claimed from `starts_at` on and before `until` (null: open).

    What follows `state` is null for who may not make rules.
    """

    id: UUID
    code: str
    version: int
    kind: str
    title: str
    words: str
    project_id: UUID | None
    project: str | None
    spec: Spec
    starts_at: datetime | None
    until: datetime | None
    in_force: bool
    announced_at: datetime | None
    state: str
    author_id: UUID | None
    drafted_at: datetime | None
    approver_id: UUID | None
    approved_at: datetime | None
    end_reason: str | None


class RuleEndIn(Shape):
    """When a rule ends and why; without a time, as soon as it may. A draft is withdrawn."""

    at: Moment | None = None
    reason: Reason


class DayEffect(Shape):
    """What a rule would have added on one day."""

    day: date
    amount: Amount


class EffectOut(Shape):
    """What a rule would have given in one currency, to how many people.

    Of a premium also for how many answers and by day; `more` is what people would have had beyond what they got, because other rules
    may have given them some of it already.
    """

    currency: str
    amount: Amount
    people: int
    answers: int | None
    more: Amount | None
    days: list[DayEffect]


class RulePreview(Shape):
    """The effect of a rule on the last seven days, or, of a bonus, on the newest span that is over.

    `waiting`: of so many people the accuracy is not told yet.
    """

    rule_id: UUID
    span: str
    effects: list[EffectOut]
    waiting: int


class RuleEffect(Shape):
    """The effect of a rule as it was reckoned in the background, at `reckoned_at`; none until it was asked for and reckoned.

    `waits`: it was asked for after that, and is being reckoned.
    """

    rule_id: UUID
    asked_at: datetime | None
    reckoned_at: datetime | None
    waits: bool
    preview: RulePreview | None


class CalendarDay(Shape):
    """A day of the calendar, by whom and when it was marked so."""

    country: str
    day: date
    kind: str
    name: str
    note: str
    author_id: UUID | None
    recorded_at: datetime


class CalendarDays(Shape):
    """Days of a year."""

    days: list[CalendarDay]


class DayIn(Shape):
    """What kind of day it is from now on: `ordinary` takes a mark away."""

    kind: DayKind
    name: Title
    reason: Reason


class CalendarImportOut(Shape):
    """Days added, days that were marked before, and those on which the calendar differs from what was imported: these stay."""

    added: int
    known: int
    differing: list[date]


class MentoringIn(Shape):
    """A week in which somebody mentored somebody."""

    kind: Literal["mentoring"]
    mentee_id: UUID
    week: Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-W[0-9]{2}$")]


class TrainingIn(Shape):
    """A unit of training done on a day."""

    kind: Literal["training"]
    unit: Code
    day: Day


class MeasureIn(Shape):
    """What is confirmed (1) of a freelancer, or with `replace` taken back (0) or confirmed again, with its evidence."""

    freelancer_id: UUID
    of: Annotated[MentoringIn | TrainingIn, Field(discriminator="kind")]
    value: Annotated[int, Field(ge=0, le=1)] = 1
    evidence: Annotated[str, StringConstraints(min_length=3, max_length=1000)]
    reason: Reason
    replace: bool = False


class AwardOut(Shape):
    """What a rule gave me for a span of time, and all that the amount follows from. 0: the evidence says why not."""

    id: UUID
    rule: str
    version: int
    title: str
    words: str
    span: str
    currency: str
    amount: Amount
    evidence: dict[str, Any]
    made_at: datetime
