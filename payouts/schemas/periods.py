"""Bodies and replies of the payouts operations."""

from datetime import datetime
from uuid import UUID

from piecework.platform.money import Amount
from piecework.platform.web.operation import Shape


class PeriodOut(Shape):
    """A pay period. `total` and `entries` are null until it is closed; then they never change."""

    id: UUID
    currency: str
    cadence: str
    name: str
    """2026-W47, 2026-11-H1 or 2026-11; what is left after a cut-off is called 2026-W47.2."""
    starts_at: datetime
    ends_at: datetime
    """Not included: the next period starts here."""
    zone: str
    state: str
    closed_at: datetime | None
    closed_by: UUID | None
    total: Amount | None
    entries: int | None


class ClosePeriod(Shape):
    """How to close: with `cut_off` a period that still runs ends now."""

    cut_off: bool = False


class Finding(Shape):
    """Something to look at before closing. `code` is stable; `people` are the first of those it is about."""

    code: str
    words: str
    cases: int
    amount: Amount
    people: list[UUID]


class PeriodCheck(Shape):
    """What would be wrong, or wait longer, if the period were closed now; the worst first."""

    findings: list[Finding]
