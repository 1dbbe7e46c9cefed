"""Bodies and replies of the payouts operations."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from piecework.platform.money import Amount
from piecework.platform.web.operation import Shape


class PeriodOut(Shape):
    """A pay period. `total` and `entries` are null until it is closed; then they never change."""

    id: UUID
    currency: str
    starts_at: datetime
    ends_at: datetime
    """Not included: the next period starts here."""
    zone: str
    state: str
    closed_at: datetime | None
    closed_by: UUID | None
    total: Amount | None
    entries: int | None


class PayoutOut(Shape):
    """The money of one closed period on its way out: exported, then confirmed by the bank."""

    id: UUID
    period_id: UUID
    state: str
    exported_by: UUID | None
    exported_at: datetime
    confirmed_by: UUID | None
    confirmed_at: datetime | None
    bank_reference: str | None
    total: Amount


class PeriodDetail(PeriodOut):
    """A pay period with its payout, if it has one."""

    payout: PayoutOut | None


class ClosePeriod(Shape):
    """How to close: with `cut_off` a period that still runs ends now."""

    cut_off: bool = False


class ConfirmPayout(Shape):
    """The bank's own reference of the payment."""

    bank_reference: str = Field(min_length=1, max_length=200)


class CurrencyEarnings(Shape):
    """Money of one currency by where it is now."""

    currency: str
    pending: Amount
    payable: Amount
    clearing: Amount
    paid: Amount


class Earnings(Shape):
    """What the caller earned, per currency; empty before the first submitted answer."""

    earnings: list[CurrencyEarnings]


class AssignmentEarning(Shape):
    """One assignment of the caller and its accrual, if it has one.

    `earned` is what was accepted of the price. While nobody has decided, `decided_by` says until when: then it is accepted and paid.
    What is not accepted in full may be objected to until `appeal_by`, with `POST /appeals`.
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
