"""Shapes of cases of suspected cheating and of restrictions."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from piecework.platform.said import Said
from piecework.platform.web.operation import Shape
from piecework.platform.web.paging import PageQuery
from piecework.tasks.workflows import Code

Reason = Annotated[str, StringConstraints(min_length=10, max_length=2000)]


class RestrictionIn(Shape):
    """What a person may not do, for how many days and why; they read the reason. Only the kind "project" names a project."""

    kind: Literal["audits", "project", "pay", "block"]
    project: Code | None = None
    days: Annotated[int, Field(ge=1, le=365)]
    reason: Reason

    @model_validator(mode="after")
    def _project_where_it_belongs(self) -> "RestrictionIn":
        if (self.kind == "project") != (self.project is not None):
            msg = Said("the kind project names a project, and no other does")
            raise ValueError(msg)
        return self


class LiftIn(Shape):
    """Why a restriction ends early."""

    reason: Reason


class OwnRestriction(Shape):
    """A restriction as its person sees it. `appeal_by`: until when it can be appealed, null if it cannot; `appeal`: the state of theirs."""

    id: UUID
    kind: str
    project: str | None
    reason: str
    starts_at: datetime
    ends_at: datetime
    lifted_at: datetime | None
    lift_reason: str | None
    active: bool
    appeal: str | None
    appeal_by: datetime | None


class OwnRestrictions(Shape):
    """My restrictions, newest first."""

    restrictions: list[OwnRestriction]


class RestrictionOut(OwnRestriction):
    """A restriction with who imposed and who lifted it (null: the system, as an appeal was not answered in time)."""

    freelancer_id: UUID
    imposed_by: UUID
    lifted_by: UUID | None


class Restrictions(Shape):
    """A person's restrictions, newest first."""

    restrictions: list[RestrictionOut]


class CaseQuery(PageQuery):
    """Which cases."""

    state: Literal["open", "confirmed", "dismissed"] | None = None
    kind: Literal["speed", "flat", "pairs", "copies", "links", "accuracy"] | None = None


class CaseRow(Shape):
    """A suspicion. `strength` is the base-10 logarithm of how much likelier the evidence is if it is right."""

    id: UUID
    kind: str
    people: list[UUID]
    step_id: str | None
    step: str | None
    project: str | None
    strength: float
    words: str
    state: str
    opened_at: datetime
    seen_at: datetime
    decided_at: datetime | None
    decided_by: UUID | None
    reason: str | None


class Proposal(Shape):
    """For one person of a case: the steps taken since it was opened, and the next one. Graver ones need a confirmed case."""

    freelancer_id: UUID
    taken: list[str]
    next: str | None


class CaseOut(CaseRow):
    """A case with its evidence."""

    evidence: dict[str, Any]
    proposals: list[Proposal]


class CaseDecisionIn(Shape):
    """A curator's decision on a case."""

    decision: Literal["confirm", "dismiss"]
    reason: Reason
