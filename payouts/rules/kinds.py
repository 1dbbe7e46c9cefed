"""The kinds of pay rules: what each may be set to. Shares are in 1/100 % (100 = 1 %), amounts in 1/100 kopeck.

A premium adds to one accepted answer, a bonus to a person's span of time, a deduction takes. `Spec` is any of them, by its `kind`.
"""

from datetime import time
from itertools import pairwise
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, TypeAdapter, model_validator

from piecework.platform.money import UNIT, AmountIn
from piecework.platform.said import Said
from piecework.platform.web.operation import Shape

WHOLE = 10_000
"""100 % in 1/100 %; also a share, an accuracy or a score of 1, which are in 1/10,000."""

Percent = Annotated[int, Field(ge=1, le=3 * WHOLE)]
"""From 0.01 % to 300 %."""
Share = Annotated[int, Field(ge=1, le=WHOLE)]
"""From 0.01 % to 100 %."""
Fixed = Annotated[AmountIn, Field(ge=1, le=10_000 * UNIT)]
Accuracy = Annotated[int, Field(ge=0, le=WHOLE)]
Group = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Marked = Literal["statutory", "moved", "custom"]


class Rule(Shape):
    """What all kinds have in common."""

    RAISED_BY: ClassVar[frozenset[str]] = frozenset()
    """Fields of which more is never less pay for anybody, all else being equal."""


def pays_no_less(old: Rule, new: Rule) -> bool:
    """Whether nobody can earn less by `new` than by `old`.

    True only where it is plain: the same kind with the same settings, but for amounts or percentages, none of which is smaller.
    """
    if type(old) is not type(new):
        return False
    before, after = ({name: getattr(one, name) for name in type(one).model_fields} for one in (old, new))
    for name in old.RAISED_BY:
        was, now = before.pop(name), after.pop(name)
        if (was is None) != (now is None) or (was is not None and now < was):
            return False
    return before == after


# --- premiums: for one accepted answer ---------------------------------------------------------------------------------------


class Premium(Rule):
    """Adds to each answer that meets its condition: a percentage of what the answer earned, or a fixed amount.

    The fixed amount is for an answer accepted in full, in the currency of its project; of one accepted in part it is that part. Of
    rules of one `group` only the greatest counts.
    """

    RAISED_BY: ClassVar = frozenset({"percent", "fixed"})

    group: Group
    percent: Percent | None = None
    fixed: Fixed | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.percent is None) == (self.fixed is None):
            msg = Said("a premium is either a percentage or a fixed amount")
            raise ValueError(msg)
        return self


class Night(Premium):
    """Submitted at night by the person's clock: from `since` on, before `until`; past midnight where `until` is the earlier."""

    kind: Literal["night"]
    group: Group = "hours"
    since: Clock = "22:00"
    until: Clock = "06:00"

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if self.since == self.until:
            msg = Said("the night has no length")
            raise ValueError(msg)
        return self

    @property
    def window(self) -> tuple[time, time]:
        """Since and until."""
        return time.fromisoformat(self.since), time.fromisoformat(self.until)


class Weekend(Premium):
    """Submitted on one of these days of the week by the person's clock: 1 is Monday, 7 Sunday."""

    kind: Literal["weekend"]
    group: Group = "days"
    days: list[Annotated[int, Field(ge=1, le=7)]] = Field(default_factory=lambda: [6, 7], min_length=1, max_length=6)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if sorted(set(self.days)) != self.days:
            msg = Said("days come in order, each once")
            raise ValueError(msg)
        return self


def _counted() -> list[Marked]:
    return ["statutory", "custom"]


class Holiday(Premium):
    """Submitted on a day, by the person's clock, that the country's calendar marks as one of the kinds that count."""

    kind: Literal["holiday"]
    group: Group = "days"
    country: Country = "RU"
    counts: list[Marked] = Field(default_factory=_counted, min_length=1, max_length=3)


class SecondLanguage(Premium):
    """The ticket is in one of these languages."""

    kind: Literal["language"]
    group: Group = "language"
    languages: Annotated[list[Language], Field(min_length=1, max_length=50)]


class SecondLine(Premium):
    """It is work of this line of support, or a higher one: the step's line, or the one that the task was escalated to."""

    kind: Literal["line"]
    group: Group = "line"
    from_line: Annotated[int, Field(ge=2, le=3)] = 2


class Level(Premium):
    """The person claimed at this level of the step's qualification, or a higher one."""

    kind: Literal["level"]
    group: Group = "level"
    from_level: Annotated[int, Field(ge=2, le=9)]


# --- bonuses: for a person's span of time ------------------------------------------------------------------------------------


class Bonus(Rule):
    """Adds to a person's week, month or quarter, `settle_hours` after its end."""

    span: Literal["week", "month", "quarter"]
    settle_hours: Annotated[int, Field(ge=0, le=720)] = 48


class Band(Shape):
    """From this lower bound of accuracy on, this percentage of the span's earned work."""

    accuracy: Accuracy
    percent: Share


class QualityBand(Bonus):
    """A percentage of the span's earned work by the lower bound of the person's accuracy: the highest band reached counts."""

    kind: Literal["quality_band"]
    span: Literal["week", "month", "quarter"] = "month"
    bands: Annotated[list[Band], Field(min_length=1, max_length=20)]
    minimum_answers: Annotated[int, Field(ge=1, le=1_000_000)] = 20
    """Fewer judged answers than this give no bonus."""

    @model_validator(mode="after")
    def _rising(self) -> Self:
        pairs = [(one.accuracy, one.percent) for one in self.bands]
        if any(low[0] >= high[0] or low[1] >= high[1] for low, high in pairwise(pairs)):
            msg = Said("bands rise, in accuracy and in percent")
            raise ValueError(msg)
        return self


class AboveNorm(Bonus):
    """For each accepted answer of a week above the contract's weekly norm: a fixed amount, or a percentage of the week's mean pay."""

    RAISED_BY: ClassVar = frozenset({"percent", "fixed"})

    kind: Literal["above_norm"]
    span: Literal["week"] = "week"
    currency: Currency = "RUB"
    """Of the fixed amount."""
    percent: Percent | None = None
    fixed: Fixed | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.percent is None) == (self.fixed is None):
            msg = Said("it is either a percentage or a fixed amount")
            raise ValueError(msg)
        return self


class Scale(Shape):
    """How much a measure weighs, and between which values it scores from 0 (`floor`) to 1 (`target`), linearly."""

    weight: Annotated[int, Field(ge=1, le=100)]
    floor: Annotated[int, Field(ge=0, le=10**9)]
    target: Annotated[int, Field(ge=0, le=10**9)]

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.floor == self.target:
            msg = Said("floor and target are apart")
            raise ValueError(msg)
        return self


class Kpi(Bonus):
    """A percentage of the span's earned work times a weighted score. What could not be measured is left out, its weight shared.

    Volume is in answers; speed is the time taken relative to what is usual, in 1/10,000, so that its target lies below its floor;
    quality is the lower bound of the accuracy in 1/10,000; satisfaction is the customers' mean mark from 1 to 5, in 1/10,000.
    """

    RAISED_BY: ClassVar = frozenset({"percent"})

    kind: Literal["kpi"]
    span: Literal["month", "quarter"] = "month"
    percent: Share
    """At a score of 1."""
    minimum_volume: Annotated[int, Field(ge=1, le=1_000_000)]
    volume: Scale | None = None
    speed: Scale | None = None
    quality: Scale | None = None
    satisfaction: Scale | None = None

    @property
    def scales(self) -> dict[str, Scale]:
        """The measures that count."""
        named = {"volume": self.volume, "speed": self.speed, "quality": self.quality, "satisfaction": self.satisfaction}
        return {name: scale for name, scale in named.items() if scale is not None}

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if sum(scale.weight for scale in self.scales.values()) != 100:
            msg = Said("the weights sum to 100")
            raise ValueError(msg)
        rising = [scale for name, scale in self.scales.items() if name != "speed"]
        if any(scale.target < scale.floor for scale in rising) or (self.speed and self.speed.target > self.speed.floor):
            msg = Said("the target is better than the floor: less for speed, more for the others")
            raise ValueError(msg)
        return self


class Mentor(Bonus):
    """A fixed amount for each week of a mentee that was recorded within the span: counted from their training, or confirmed by a curator."""

    RAISED_BY: ClassVar = frozenset({"amount", "most"})

    kind: Literal["mentor"]
    span: Literal["week", "month", "quarter"] = "week"
    currency: Currency = "RUB"
    amount: Fixed
    most: Annotated[int, Field(ge=1, le=1000)] = 20
    """So many count in a span, whatever was confirmed."""


class Training(Bonus):
    """A fixed amount for each unit of training that was recorded as done within the span, by its course or by a curator."""

    RAISED_BY: ClassVar = frozenset({"amount", "most"})

    kind: Literal["training"]
    span: Literal["week", "month", "quarter"] = "week"
    currency: Currency = "RUB"
    amount: Fixed
    most: Annotated[int, Field(ge=1, le=1000)] = 20
    """So many count in a span, whatever was confirmed."""


# --- deductions: for a case -------------------------------------------------------------------------------------------------


class Deduction(Rule):
    """Takes from a person's pay in a case with evidence that finance has approved: at most so much per case, and of a period's pay."""

    kind: Literal["deduction"]
    currency: Currency = "RUB"
    """Of the fixed amount, and of a case that is about no project."""
    case_percent: Annotated[int, Field(ge=1, le=WHOLE)] | None = None
    """At most this percentage of the price of the assignment that the case is about."""
    case_fixed: Fixed | None = None
    """Or at most this amount."""
    period_percent: Annotated[int, Field(ge=1, le=WHOLE)] = 2_000
    """All that the rule takes of a person in one period is at most this percentage of what they earned in it."""
    evidence_wanted: Annotated[str, StringConstraints(min_length=10, max_length=2000)]

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.case_percent is None) == (self.case_fixed is None):
            msg = Said("a case is bounded either by a percentage or by a fixed amount")
            raise ValueError(msg)
        return self


class Review(Bonus):
    """A fixed amount for each review that a person of the second line did within the span: audits, and disputes that they settled."""

    RAISED_BY: ClassVar = frozenset({"amount", "most"})

    kind: Literal["review"]
    span: Literal["week", "month", "quarter"] = "week"
    currency: Currency = "RUB"
    amount: Fixed
    most: Annotated[int, Field(ge=1, le=10_000)] = 500
    """So many count in a span, whatever was done."""


PremiumSpec = Night | Weekend | Holiday | SecondLanguage | SecondLine | Level
BonusSpec = QualityBand | AboveNorm | Kpi | Mentor | Training | Review

Spec = Annotated[PremiumSpec | BonusSpec | Deduction, Field(discriminator="kind")]

SPEC: TypeAdapter[PremiumSpec | BonusSpec | Deduction] = TypeAdapter(Spec)
"""Reads a rule's spec from its JSON; the next two read those of premiums and of bonuses."""
PREMIUM_SPEC: TypeAdapter[PremiumSpec] = TypeAdapter(Annotated[PremiumSpec, Field(discriminator="kind")])
BONUS_SPEC: TypeAdapter[BonusSpec] = TypeAdapter(Annotated[BonusSpec, Field(discriminator="kind")])
PREMIUM_KINDS = ("night", "weekend", "holiday", "language", "line", "level")
BONUS_KINDS = ("quality_band", "above_norm", "kpi", "mentor", "training", "review")
