"""What a simulation is given: a policy, and the people and tasks it is tried on."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from piecework.quality.statistics.drift import DriftChart
from piecework.quality.statistics.rate import Rates, Watching
from piecework.quality.statistics.sequential import ERROR, GOOD_ACCURACY, SequentialTest, bad_accuracy
from piecework.quality.statistics.stopping import Overlap

Share = Annotated[float, Field(ge=0, le=1)]
Chance = Annotated[float, Field(gt=0, lt=1)]
Money = Annotated[float, Field(ge=0, le=1e6)]


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Method(StrEnum):
    """How answers become a consensus.

    `vote` and `majority` decide as answers come in, with the accuracies known so far or with all alike. All others vote in the
    meantime and fit all answers together at the end (`statistics.methods`).
    """

    VOTE = "vote"
    MAJORITY = "majority"
    ONE_COIN = "one-coin"
    DAWID_SKENE = "dawid-skene"
    EBCC = "ebcc"
    GLAD = "glad"
    AUTO = "auto"


class Policy(_Given):
    """How quality is kept. Money is in any one unit, for instance roubles."""

    name: str = Field(default="policy", min_length=1, max_length=40)
    overlap_min: int = Field(default=1, ge=1, le=50)
    overlap_max: int = Field(default=5, ge=1, le=50)
    target: Chance = 0.9
    """Asking stops at this confidence; a fixed overlap has the same minimum and maximum."""
    consensus: Method = Method.VOTE
    curator_when_unsure: bool = False
    """A curator decides what stays below the target; otherwise the leading answer is taken."""
    golden_high: Share = 0.2
    golden_low: Share = 0.03
    exposure_cap: int | None = Field(default=5, ge=1)
    """How many people see one golden task before it is retired; null: the `golden_pool` is fixed and never retired."""
    matched_exposures: bool = True
    """A golden task is retired after as many people as one of the last finished ordinary tasks had, if that is fewer."""
    golden_pool: int = Field(default=100, ge=1, le=100_000)
    """Used only without an exposure cap; with one, golden tasks are made as they are needed."""
    audit_high: Share = 0.05
    audit_low: Share = 0.01
    good_accuracy: Chance = GOOD_ACCURACY
    bad_accuracy: Chance | None = None
    """null: from the number of classes."""
    false_bad: Annotated[float, Field(gt=0, lt=0.5)] = ERROR
    false_good: Annotated[float, Field(gt=0, lt=0.5)] = ERROR
    false_alarms: Annotated[float, Field(gt=0, lt=1000)] = DriftChart().false_alarms
    price: Money = 3.0
    """Of one answer, golden or not."""
    audit_price: Money = 15.0
    """Of one curator's decision: an audit, an unsure task, or making a golden task."""
    ceiling: Money | None = None
    """What the answers to one task may cost at most."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.overlap_min > self.overlap_max:
            raise ValueError("overlap_min is larger than overlap_max")
        if self.golden_low > self.golden_high or self.audit_low > self.audit_high:
            raise ValueError("a low rate is above its high rate")
        if self.bad_accuracy is not None and self.bad_accuracy >= self.good_accuracy:
            raise ValueError("bad_accuracy is not below good_accuracy")
        return self

    def overlap(self) -> Overlap:
        """The stopping rule."""
        ceiling = float("inf") if self.ceiling is None else self.ceiling
        return Overlap(self.overlap_min, self.overlap_max, self.target, self.price, ceiling)

    def watching(self, classes: int) -> Watching:
        """The rules by which people are watched."""
        bad = bad_accuracy(classes) if self.bad_accuracy is None else self.bad_accuracy
        if bad >= self.good_accuracy:
            raise ValueError(f"good_accuracy must be above {bad:.2f}, which counts as bad with {classes} classes")
        return Watching(
            SequentialTest(self.good_accuracy, bad, self.false_bad, self.false_good),
            DriftChart(self.good_accuracy, bad, self.false_alarms),
        )

    def golden_rates(self) -> Rates:
        """The shares of golden tasks."""
        return Rates(self.golden_high, self.golden_low)

    def audit_rates(self) -> Rates:
        """The shares of audited answers."""
        return Rates(self.audit_high, self.audit_low)


class Kind(StrEnum):
    """How people behave."""

    STEADY = "steady"
    """Right with their accuracy."""
    CHANGING = "changing"
    """Right with `accuracy` for `change_after` answers, then with `later`: newcomers who learn, people who let go."""
    RANDOM = "random"
    """Clicks at random."""
    CONSTANT = "constant"
    """Always the first class."""
    COLLUDING = "colluding"
    """Copies the group's shared list; solves with care what the list marks as golden; clicks at random otherwise."""


CHEATS = frozenset({Kind.RANDOM, Kind.CONSTANT, Kind.COLLUDING})


class Group(_Given):
    """Some people who behave alike."""

    name: str = Field(min_length=1, max_length=40)
    kind: Kind = Kind.STEADY
    people: int = Field(ge=1, le=10_000)
    accuracy: Chance = 0.9
    """Mean over the people; of colluding people on what they recognise as golden."""
    spread: Annotated[float, Field(ge=0, le=0.3)] = 0.04
    """Standard deviation over the people."""
    later: Chance | None = None
    change_after: int | None = Field(default=None, ge=1)
    recognise_after: int = Field(default=2, ge=1)
    """Colluding people take a task for golden once so many of them have seen it."""
    shares: bool = True
    """False: colluding people without their list, for comparison."""
    honest: bool | None = None
    """Counted as honest people or as cheats in the report; null: by the kind."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        given = {self.later is not None, self.change_after is not None}
        if given != {self.kind == Kind.CHANGING}:
            raise ValueError("later and change_after belong to changing people, both of them")
        return self

    @property
    def is_honest(self) -> bool:
        """Whether a sanction on them would be a mistake."""
        return self.kind not in CHEATS if self.honest is None else self.honest


class Population(_Given):
    """The people, and the tasks they work on."""

    classes: int = Field(default=5, ge=2, le=100)
    tasks: int = Field(default=2000, ge=1, le=1_000_000)
    hard: Share = 0.1
    """The share of hard tasks, on which people lose half of what they are above chance."""
    lure: Share = 0.2
    """The chance that a wrong answer is the task's one tempting wrong class instead of any wrong class."""
    curator_accuracy: Share = 0.98
    groups: tuple[Group, ...] = (
        Group(name="honest", people=36, accuracy=0.9),
        Group(name="newcomers", kind=Kind.CHANGING, people=6, accuracy=0.8, later=0.9, change_after=30),
        Group(name="careless", people=6, accuracy=0.65, honest=False),
        Group(name="drifting", kind=Kind.CHANGING, people=4, accuracy=0.92, later=0.4, change_after=60, honest=False),
        Group(name="random", kind=Kind.RANDOM, people=4),
        Group(name="one class", kind=Kind.CONSTANT, people=2),
        Group(name="colluding", kind=Kind.COLLUDING, people=4),
    )

    @model_validator(mode="after")
    def _named_apart(self) -> Self:
        if not self.groups:
            raise ValueError("there are no groups")
        if len({group.name for group in self.groups}) != len(self.groups):
            raise ValueError("two groups have the same name")
        return self
