"""What a tariff says, as it is sent in, and what becomes of it: prices by step, level and language."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from piecework.payouts.tariffs.prices import ALL_LANGUAGES, Hold, OwnPrice, Place
from piecework.payouts.tariffs.split import split
from piecework.platform.errors import Invalid
from piecework.platform.money import AmountIn
from piecework.platform.said import Said
from piecework.platform.web.operation import Moment, Shape
from piecework.tasks.coherence import MOST_ANSWERS
from piecework.tasks.fields import Key
from piecework.tasks.workflows import HIGHEST_PRICE, WorkflowSpec

Reason = Annotated[str, StringConstraints(min_length=3, max_length=1000)]


class TariffPrice(Shape):
    """One price: for a step by its key, from a level of its qualification on, for tickets of a language ("": all others)."""

    step: Key
    level: Annotated[int, Field(ge=1, le=9)] = 1
    language: Annotated[str, StringConstraints(pattern=r"^([a-z]{2})?$")] = ALL_LANGUAGES
    price: Annotated[AmountIn, Field(ge=0, le=HIGHEST_PRICE)]


class TariffTerms(Shape):
    """A tariff: prices per step, or a price of the whole ticket that is split over its steps by weights.

    A step that it does not name keeps its own price. Money for accepted answers is held `hold_days` from the moment `hold_until`
    names, never longer than `hold_most_days` after the acceptance. Without `starts_at` it starts as soon as it may once approved.
    `reason` is read by the freelancers whose prices change.
    """

    kind: Literal["per_step", "per_ticket"]
    items: Annotated[list[TariffPrice], Field(max_length=2000)] = Field(default_factory=list)
    ticket_price: Annotated[AmountIn, Field(gt=0, le=HIGHEST_PRICE)] | None = None
    weights: Annotated[dict[Key, Annotated[int, Field(ge=1, le=1_000_000)]], Field(min_length=1, max_length=20)] | None = None
    ticket_budget: Annotated[AmountIn, Field(gt=0, le=HIGHEST_PRICE * MOST_ANSWERS)] | None = None
    hold_until: Literal["accepted", "resolved"] = "accepted"
    hold_days: Annotated[int, Field(ge=0, le=365)] = 0
    hold_most_days: Annotated[int, Field(ge=0, le=365)] = 14
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    reason: Reason

    @property
    def hold(self) -> Hold:
        """How long accepted money is held."""
        return Hold(self.hold_until, self.hold_days, self.hold_most_days)

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        whole = self.ticket_price is not None and self.weights is not None
        if self.kind == "per_step" and (not self.items or self.ticket_price is not None or self.weights is not None):
            msg = Said("a tariff per step has items, and neither ticket_price nor weights")
            raise ValueError(msg)
        if self.kind == "per_ticket" and (self.items or not whole):
            msg = Said("a tariff per ticket has ticket_price and weights, and no items")
            raise ValueError(msg)
        if self.hold_days > self.hold_most_days:
            msg = Said("hold_days must not be more than hold_most_days")
            raise ValueError(msg)
        if self.starts_at is not None and self.ends_at is not None and self.ends_at <= self.starts_at:
            msg = Said("ends_at must be after starts_at")
            raise ValueError(msg)
        return self


@dataclass(frozen=True, slots=True)
class Priced:
    """A price that a tariff came to; `answers` is how many the ticket's price was split over, of a tariff per ticket."""

    step: str
    level: int
    language: str
    price: int
    answers: int | None = None

    @property
    def place(self) -> Place:
        """What it is for."""
        return Place(self.step, self.level, self.language)


def own_prices(spec: WorkflowSpec) -> list[OwnPrice]:
    """The steps of a workflow with their own prices."""
    return [OwnPrice(step.key, step.level, step.price) for step in spec.steps]


def priced(terms: TariffTerms, spec: WorkflowSpec) -> list[Priced]:
    """The prices that the terms come to in this workflow.

    Raises:
        Invalid: unknown_step, duplicate (two prices for the same), budget_below_price (see `planned_cost`).
    """
    errors = [*_unknown(terms, spec), *_duplicates(terms.items)]
    if errors:
        raise Invalid(errors=errors)
    if terms.ticket_price is None or terms.weights is None:
        found = [Priced(item.step, item.level, item.language, item.price) for item in terms.items]
    else:
        # In the workflow's order, so that the same terms always come to the same prices.
        weights = {step.key: terms.weights[step.key] for step in spec.steps if step.key in terms.weights}
        parts = split(terms.ticket_price, weights, {step.key: step.overlap for step in spec.steps}).parts
        found = [Priced(part.step_key, 1, ALL_LANGUAGES, part.price, part.answers) for part in parts]
    cost = planned_cost(found, spec, terms.ticket_price)
    if terms.ticket_budget is not None and terms.ticket_budget < cost:
        raise Invalid(errors=[_error("ticket_budget", "budget_below_price", Said("One pass of a ticket costs more than this."))])
    return found


def planned_cost(found: Sequence[Priced], spec: WorkflowSpec, ticket_price: int | None) -> int:
    """The most that one pass of a ticket costs: the planned answers of every step that no condition skips, at the dearest price.

    Of a ticket priced as a whole at least that price.
    """
    dearest: dict[str, int] = {}
    for one in found:
        dearest[one.step] = max(one.price, dearest.get(one.step, 0))
    cost = sum(step.overlap * dearest.get(step.key, step.price) for step in spec.steps if not step.when)
    return max(cost, ticket_price or 0)


def unassigned(ticket_price: int | None, found: Sequence[Priced]) -> int | None:
    """What a ticket's price has left when its planned answers are paid; None of a tariff per step."""
    return None if ticket_price is None else ticket_price - sum(one.price * (one.answers or 0) for one in found)


def _unknown(terms: TariffTerms, spec: WorkflowSpec) -> list[dict[str, Any]]:
    keys = {step.key for step in spec.steps}
    named = {f"items.{i}.step": item.step for i, item in enumerate(terms.items)} | {
        f"weights.{key}": key for key in terms.weights or {}
    }
    return [
        _error(field, "unknown_step", Said("The project's workflow has no such step."))
        for field, key in named.items()
        if key not in keys
    ]


def _duplicates(items: Sequence[TariffPrice]) -> list[dict[str, Any]]:
    places = [Place(item.step, item.level, item.language) for item in items]
    first = {place: i for i, place in reversed(list(enumerate(places)))}
    return [
        _error(f"items.{i}", "duplicate", Said("The same step, level and language as items.%(place)s.", place=first[place]))
        for i, place in enumerate(places)
        if first[place] != i
    ]


def _error(field: str, code: str, message: str | Said) -> dict[str, Any]:
    return {"field": field, "code": code, "message": message}
