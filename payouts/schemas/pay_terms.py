"""Bodies and replies of the operations on pay terms, identities and the self-employed."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from piecework.payouts.schemas.taxes import Reason, RegimeName, Year
from piecework.platform.money import Amount
from piecework.platform.web.operation import Moment, Shape
from piecework.platform.web.paging import PageQuery

Cadence = Literal["weekly", "half_monthly", "monthly"]


class AgreePayTerms(Shape):
    """How often a person is paid and how they are taxed, from now on if no moment is named."""

    cadence: Cadence
    regime: RegimeName
    starts_at: Moment | None = None
    reason: Reason


class PayTermsOut(Shape):
    """A version of a person's terms. The version that began last counts."""

    id: UUID
    freelancer_id: UUID
    version: int
    cadence: str
    regime: str
    starts_at: datetime
    reason: str
    created_by: UUID | None
    created_at: datetime


class PayTermsHistory(Shape):
    """All versions, newest first. Who has none is paid weekly and untaxed."""

    versions: list[PayTermsOut]


class OwnPayTerms(Shape):
    """The caller's terms now, and since when they hold (null: there were never others)."""

    cadence: str
    regime: str
    starts_at: datetime | None


class RecordIdentity(Shape):
    """Who the state knows a payee as. `inn`: 12 digits; `residence`: a country's two letters."""

    inn: str | None = Field(default=None, pattern=r"^[0-9]{12}$")
    legal_name: str = Field(min_length=1, max_length=200)
    residence: str = Field(pattern=r"^[A-Z]{2}$")
    reason: Reason


class IdentityOut(Shape):
    """A version of who a payee is."""

    freelancer_id: UUID
    version: int
    inn: str | None
    legal_name: str
    residence: str
    reason: str
    created_by: UUID | None
    created_at: datetime


class IdentityHistory(Shape):
    """All versions, newest first."""

    versions: list[IdentityOut]


class RecordStatusCheck(Shape):
    """What the tax service said of a self-employed person's status, and who asked it how."""

    checked_on: date
    active: bool
    source: str = Field(min_length=1, max_length=200)


class StatusCheckOut(Shape):
    """One answer of the tax service, for the INN that counted then."""

    id: UUID
    freelancer_id: UUID
    inn: str
    checked_on: date
    active: bool
    source: str
    recorded_by: UUID | None
    recorded_at: datetime


class RecordReceipt(Shape):
    """A self-employed person's receipt for one payment."""

    number: str = Field(min_length=1, max_length=64)
    url: str = Field(max_length=500, pattern=r"^https://[^\s/]+/[^\s]+$")
    issued_on: date


class MissingQuery(PageQuery):
    """As of which day; today if none is named."""

    on: date | None = None


class MissingReceipt(Shape):
    """A payment whose receipt was due on `due_on` and has not come."""

    line_id: UUID
    freelancer_id: UUID
    name: str
    currency: str
    amount: Amount
    paid_at: datetime
    due_on: date


class LimitsQuery(PageQuery):
    """Of which calendar year; only those who have used at least `at_least` hundredths of the limit."""

    year: Year
    at_least: int = Field(default=0, ge=0, le=1000)


class LimitUse(Shape):
    """How far a person's year is towards the limit. `used`, in hundredths, is of the larger of `paid` and `accrued`."""

    freelancer_id: UUID
    name: str
    currency: str
    paid: Amount
    accrued: Amount
    limit: Amount
    used: int
    level: Literal["below", "near", "reached"]
