"""What a freelancer sees of their money."""

from datetime import datetime
from uuid import UUID

from piecework.platform.money import Amount
from piecework.platform.web.operation import Shape


class CurrencyEarnings(Shape):
    """Money of one currency by where it is now: submitted, accepted but on hold, owed, on its way, withheld as tax, paid."""

    currency: str
    pending: Amount
    held: Amount
    payable: Amount
    clearing: Amount
    tax: Amount
    paid: Amount
    today: Amount
    """Earned by accepted work with its premiums since midnight by the person's clock; `week` since Monday."""
    week: Amount
    week_forecast: Amount
    """What the week will come to if it goes on as the last four did; for a newcomer, at this week's pace."""


class Earnings(Shape):
    """What the caller earned, per currency; empty before the first submitted answer."""

    earnings: list[CurrencyEarnings]


class AssignmentEarning(Shape):
    """One assignment of the caller and its accrual, if it has one.

    `earned` is what was accepted of the price. While nobody has decided, `decided_by` says until when: then it is accepted and paid.
    What is not accepted in full may be objected to until `appeal_by`, with `POST /appeals`. Accepted money may be `held`, with its
    premiums, until `held_until` at the latest. What was `clawed_back` of it is told with its grounds in `claw_back`, and may be
    objected to (subject `clawback`) until `claw_back_appeal_by`. `explanation` and `claw_back` are in English, but for what people wrote.
    """

    id: UUID
    project: str
    step_id: str
    price: Amount
    earned: Amount
    currency: str
    state: str
    reason: str | None
    explanation: str | None
    decided_by: datetime | None
    appeal_by: datetime | None
    claimed_at: datetime
    ended_at: datetime | None
    decided_at: datetime | None
    accrual_entry_id: int | None
    held: Amount
    held_until: datetime | None
    clawed_back: Amount
    claw_back: str | None
    claw_back_appeal_by: datetime | None
