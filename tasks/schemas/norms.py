"""Shapes of norms: a week's standing and results, cases, the policy, outages, how fairly work is spread."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from piecework.platform.web.operation import Moment, Shape
from piecework.platform.web.paging import Page, PageQuery
from piecework.tasks.norms.policy import NormPolicy

Reason = Annotated[str, StringConstraints(min_length=3, max_length=2000, strip_whitespace=True)]
WrittenReason = Annotated[str, StringConstraints(min_length=10, max_length=2000, strip_whitespace=True)]
Result = Literal["met", "excused", "missed"]


class WeekLineOut(Shape):
    """Minutes of a week that took something off its norm, or why they did not."""

    kind: Literal["leave", "illness", "pause", "outage", "gap"]
    starts: datetime
    ends: datetime
    seconds: int
    """How much of it counts."""
    tasks: float
    """What it took off, before whole tasks are made of all of its kind."""
    note: str


class OwnPaceOut(Shape):
    """My own pace: the median time for an answer. `seconds` null: fewer than ten answers in 28 days."""

    seconds: float | None
    answers: int


class WeekCapOut(Shape):
    """The week's cap, and what is left of it."""

    cap: int
    claimed: int
    left: int


class NormOut(Shape):
    """My week as it stands."""

    week_starts: datetime
    week_ends: datetime
    zone: str
    norm: int
    leave: int
    outages: int
    gaps: int
    effective: int
    done: int
    accepted: int
    awaiting: int
    rejected: int
    forecast: int
    pace: OwnPaceOut
    take_up: float
    """In which share gaps count: of the tasks handed out this week, those that were submitted."""
    cap: WeekCapOut
    lines: list[WeekLineOut]


class WeekOut(Shape):
    """What came of a week, with every line of its reckoning."""

    id: UUID
    freelancer_id: UUID
    week_starts: datetime
    week_ends: datetime
    zone: str
    revision: int
    result: Result
    basis: Literal["closed", "known_later", "appeal"]
    norm: int
    leave: int
    outages: int
    gaps: int
    effective: int
    done: int
    accepted: int
    awaiting: int
    rejected: int
    handed_out: int
    take_up: float
    second_chance: bool
    policy: int
    pace: OwnPaceOut
    lines: list[WeekLineOut]
    words: str
    """Notes of lines, explained."""
    closed_at: datetime
    appeal_by: datetime | None
    appeal_state: str | None


Weeks = Page[WeekOut]


class WeekTaskOut(Shape):
    """A task of a week as its result counts it: submitted in it, or handed out in it. `id` is that of the assignment."""

    id: UUID
    project: str
    step_id: str
    step: str
    claimed_at: datetime
    ended_at: datetime | None
    """When it was submitted or given back; null: after the week, or not yet."""
    state: Literal["accepted", "awaiting", "rejected", "expired", "skipped", "released", "escalated", "in_hand"]
    counts: bool
    """Toward the norm, as one that was done."""
    handed_out: bool
    """Among those handed out in the week."""
    why: str
    """Why it does not count; empty if it does."""
    reason: str | None
    explanation: str | None
    """Of a rejected one: what its author was told."""


WeekTasks = Page[WeekTaskOut]


class WeekQuery(PageQuery):
    """Whose weeks, and which."""

    freelancer_id: UUID | None = None
    result: Result | None = None


class NormCaseQuery(PageQuery):
    """Which cases."""

    state: Literal["proposed", "decided", "dropped"] | None = None


class NormCaseOut(Shape):
    """Repeatedly missed weeks, and what was decided about them. `waits`: they may still be appealed, or are."""

    id: UUID
    freelancer_id: UUID
    week_ids: list[UUID]
    weeks: list[datetime]
    state: Literal["proposed", "decided", "dropped"]
    waits: bool
    appeal_by: datetime | None
    decision: Literal["nothing", "offer", "end"] | None
    decided_by: UUID | None
    reason: str | None
    decided_at: datetime | None
    created_at: datetime


NormCases = Page[NormCaseOut]


class NormCaseDetail(NormCaseOut):
    """A case with the evidence: the newest reckoning of each of its weeks."""

    evidence: list[WeekOut]


class NormCaseDecisionIn(Shape):
    """What comes of a case, and why."""

    decision: Literal["nothing", "offer", "end"]
    reason: WrittenReason


class NormPolicyIn(Shape):
    """The next version of the policy: all of it."""

    policy: NormPolicy
    reason: Reason


class NormPolicyVersion(Shape):
    """A version; it counts for the weeks that begin after it was set. 0 are the defaults."""

    version: int
    policy: NormPolicy
    reason: str
    set_by: UUID | None
    set_at: datetime | None


class NormPolicyOut(Shape):
    """What holds for everybody's norms from each person's next week on, and what did before."""

    current: NormPolicyVersion
    versions: list[NormPolicyVersion]


class OutageIn(Shape):
    """An outage that is over."""

    starts_at: Moment
    ends_at: Moment
    reason: Reason


class OutageOut(Shape):
    """An outage as it was recorded."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    reason: str
    recorded_by: UUID
    recorded_at: datetime


Outages = Page[OutageOut]


class Spread(Shape):
    """How work was spread in a week over people with a norm: 0 is even, towards 1 one person had it all."""

    monday: date
    people: int
    gini: float
    could_have_met: float


class FairnessOut(Shape):
    """The newest twelve weeks, newest first."""

    weeks: list[Spread]
