"""Shapes of the reports for curators."""

from datetime import datetime
from uuid import UUID

from piecework.platform.money import Amount
from piecework.platform.web.operation import Shape
from piecework.platform.web.paging import Page
from piecework.quality.schemas.accuracy import AccuracyDetail


class StepQuality(Shape):
    """What the answers to one step of one workflow version are worth. The batch estimate's figures are null before its first run."""

    step_id: str
    step: str
    version: int
    answers: int
    accepted: int
    accepted_in_part: int
    rejected: int
    decided: int
    disputed: int
    mean_confidence: float | None
    method: str | None
    alpha: float | None
    """Krippendorff's alpha: agreement beyond chance."""
    typical_seconds: float | None
    golden_live: int
    golden_quarantined: int
    golden_retired: int
    audits: int
    audits_found_wrong: int
    appeals: int
    appeals_upheld: int
    cost: Amount
    cost_per_right_answer: Amount | None
    estimated_at: datetime | None


class QualityOut(Shape):
    """A project's steps, newest workflow version first."""

    project: str
    currency: str
    steps: list[StepQuality]


class MemberStep(AccuracyDetail):
    """A person in one step. `standing` is what the sequential test says: good, bad or unknown."""

    standing: str
    alarm: bool
    median_seconds: float | None
    speed_percentile: float | None
    """The share of people in the step whose median time is shorter."""


class MemberOut(Shape):
    """A person with evidence in the project."""

    freelancer_id: UUID
    name: str
    steps: list[MemberStep]


class Members(Page[MemberOut]):
    """A page of people."""


class ConfusionOut(Shape):
    """How often a person said an option (column) of a task that is another (row), tasks counted by how sure their result is."""

    project: str
    step_id: str
    step: str
    field: str | None
    options: list[str]
    confusion: list[list[float]] | None
    mean: float
    low: float
    high: float
    answers: int
    method: str
    estimated_at: datetime


class Confusions(Shape):
    """One matrix per step."""

    freelancer_id: UUID
    steps: list[ConfusionOut]
