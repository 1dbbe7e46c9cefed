"""Shapes of tariffs."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from piecework.payouts.tariffs.terms import Reason
from piecework.platform.money import Amount
from piecework.platform.web.operation import Shape
from piecework.platform.web.paging import Page


class WithdrawTariffIn(Shape):
    """Why a tariff is withdrawn."""

    reason: Reason


class TariffItem(Shape):
    """A price: for a step, from a level on, for a language ("": all others).

    Of a tariff per ticket it is what each of the step's planned `answers` gets of the ticket's price.
    """

    step: str
    level: int
    language: str
    price: Amount
    answers: int | None


class FloorWarning(Shape):
    """A price at which an hour is expected to earn less than the floor that finance has set."""

    code: Literal["below_floor"] = "below_floor"
    step: str
    level: int
    language: str
    price: Amount
    estimated_per_hour: Amount
    hourly_floor: Amount
    message: str


class TariffOut(Shape):
    """A version of a project's prices.

    `unassigned` is what is left of a ticket's price after its planned answers, because it cannot be split evenly. Of a draft,
    `earliest_start` says when it could start if it were approved now. `warnings` are by the pace that the steps have now.
    """

    id: UUID
    project: str
    currency: str
    version: int
    kind: str
    items: list[TariffItem]
    ticket_price: Amount | None
    weights: dict[str, int] | None
    unassigned: Amount | None
    ticket_budget: Amount | None
    hold_until: str
    hold_days: int
    hold_most_days: int
    starts_at: datetime | None
    ends_at: datetime | None
    earliest_start: datetime | None
    state: str
    reason: str
    author_id: UUID
    created_at: datetime
    approver_id: UUID | None
    approved_at: datetime | None
    withdrawn_by: UUID | None
    withdrawn_at: datetime | None
    withdrawn_reason: str | None
    warnings: list[FloorWarning]


class Tariffs(Page[TariffOut]):
    """A page of a project's versions, newest first."""


class HourlyPrice(Shape):
    """A price and what an hour of it is expected to earn (null: too few answers are known)."""

    level: int
    language: str
    price: Amount
    estimated_per_hour: Amount | None
    below_floor: bool


class StepPay(Shape):
    """What a step pays now; `median_seconds` is from claim to submit, of the newest `answers` accepted of the last 30 days."""

    step: str
    title: str
    answers: int
    median_seconds: float | None
    prices: list[HourlyPrice]


class ProjectTariff(Shape):
    """What a project pays: the tariff in force (null: the steps' own prices), those announced, and each step's prices now."""

    project: str
    currency: str
    hourly_floor: Amount
    in_force: TariffOut | None
    announced: list[TariffOut]
    steps: list[StepPay]
    warnings: list[FloorWarning]


class TariffPreviewStep(Shape):
    """A step's accepted answers, what they cost and what they would have cost."""

    step: str
    answers: int
    cost: Amount
    cost_under: Amount
    difference: Amount


class TariffPreview(Shape):
    """What the last seven days' accepted work cost, without premiums, and would have cost under the tariff."""

    tariff_id: UUID
    project: str
    currency: str
    since: datetime
    until: datetime
    steps: list[TariffPreviewStep]
    answers: int
    cost: Amount
    cost_under: Amount
    difference: Amount


class OwnLanguagePrice(Shape):
    """The price for tickets of one language, and what an hour of them is expected to earn."""

    language: str
    price: Amount
    estimated_per_hour: Amount | None


class OwnTariffTerms(Shape):
    """What a step pays at one's level, from when on and why. Without a version it is the step's own price.

    Money for accepted answers is held until `hold_until` and `hold_days` more, at most `hold_most_days` after the acceptance.
    """

    version: int | None
    since: datetime | None
    announced_at: datetime | None
    why: str | None
    price: Amount
    by_language: list[OwnLanguagePrice]
    estimated_per_hour: Amount | None
    hold_until: str
    hold_days: int
    hold_most_days: int


class OwnTariff(Shape):
    """A step that one may do: what it pays now, and what is announced, in the order in which it comes."""

    project: str
    currency: str
    step: str
    title: str
    level: int
    now: OwnTariffTerms
    announced: list[OwnTariffTerms]


class OwnTariffs(Shape):
    """The prices of everything that one is qualified for."""

    items: list[OwnTariff]
