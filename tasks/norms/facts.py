"""What is known of a person's week, as plain values: all that its reckoning reads. Kept with the result, so that anybody can reckon again."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pydantic import TypeAdapter

from piecework.tasks.norms.policy import NormPolicy
from piecework.tasks.norms.spans import Span


class Result(StrEnum):
    """What comes of a week."""

    MET = "met"
    EXCUSED = "excused"
    MISSED = "missed"


class Ending(StrEnum):
    """How a gap ended: in work, by leaving, by not taking work that was shown, or with the week, under way."""

    WORK = "work"
    LEFT = "left"
    REFUSED = "refused"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class Terms:
    """A contract's version while it was in force within the week."""

    version: int
    weekly_norm: int
    starts: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Away:
    """Leave, illness or a pause."""

    kind: str
    starts: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Outage:
    """Time in which the platform did not work. `active`: this person was at work around it; `answers`: what they submitted in it."""

    starts: datetime
    ends: datetime
    active: bool = False
    answers: int = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """Time in which the person asked for work and there was none for them, cut at the week's bounds.

    `free`: its parts in which they held no task. `work_came`: work they may take came within ten minutes after they had stopped
    asking. `let_expire`: what ended it was left to expire. `step_ms`: the usual pace of the step of the work that ended it.
    """

    starts: datetime
    ends: datetime
    ending: Ending
    free: tuple[Span, ...]
    work_came: bool = False
    let_expire: bool = False
    step_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """The person's own time for an answer, in milliseconds, and of how many answers it is the median; None: too few."""

    ms: int | None = None
    answers: int = 0


@dataclass(frozen=True, slots=True)
class Handed:
    """What became, within the week, of the tasks handed out in it. `refused`: answers that were rejected before its end."""

    submitted: int = 0
    expired: int = 0
    skipped: int = 0
    released: int = 0
    escalated: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """Answers submitted in the week, as they stood when it was reckoned. `rejected`: before the week's end, and not overturned."""

    accepted: int = 0
    awaiting: int = 0
    rejected: int = 0

    @property
    def counted(self) -> int:
        """What counts toward the norm."""
        return self.accepted + self.awaiting


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts of one week of one person. `met_before`: how many weeks right before it were met without a second chance, at most 2."""

    zone: str
    week: Span
    terms: tuple[Terms, ...]
    policy: NormPolicy = field(default_factory=NormPolicy)
    away: tuple[Away, ...] = ()
    outages: tuple[Outage, ...] = ()
    gaps: tuple[Gap, ...] = ()
    pace: Pace = Pace()
    handed: Handed = Handed()
    worked_before: bool = False
    done: Done = Done()
    met_before: int = 0


FACTS = TypeAdapter(Facts)
