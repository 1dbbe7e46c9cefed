"""Bodies and replies of the operations on taxes."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from piecework.payouts.taxes.tables import WHOLE, Regime, TaxSpec
from piecework.platform.money import Amount, AmountIn
from piecework.platform.web.operation import Shape
from piecework.platform.web.paging import PageQuery

RegimeName = Annotated[Regime, Field(strict=False)]
Reason = Annotated[str, Field(min_length=1, max_length=2000)]
Year = Annotated[int, Field(ge=1900, le=9000)]


class AddTaxTable(Shape):
    """A table that will be valid from a 1 January to come. Rates are in 1/10,000: 13 % is 1300."""

    regime: RegimeName
    valid_from: date
    spec: TaxSpec
    reason: Reason


class BracketOut(Shape):
    """A year's income above `above`, up to the next bracket, is taxed at `rate` 1/10,000."""

    above: Amount
    rate: int = Field(ge=0, le=WHOLE)


class TaxSpecOut(Shape):
    """What a table says."""

    currency: str
    brackets: list[BracketOut]
    yearly_limit: Amount | None
    note: str


class TaxTableOut(Shape):
    """A version of a regime's table. Of several with one `valid_from` the highest version counts."""

    id: UUID
    regime: RegimeName
    valid_from: date
    version: int
    spec: TaxSpecOut
    reason: str
    author_id: UUID | None
    created_at: datetime


class TaxTables(Shape):
    """Every version of every table, newest first within a regime."""

    tables: list[TaxTableOut]


class WithheldQuery(PageQuery):
    """Whose, of which period, of which tax year."""

    period_id: UUID | None = None
    freelancer_id: UUID | None = None
    year: Year | None = None


class WithheldOut(Shape):
    """What one statement withheld; `remittance_id` is null until it is paid to the state."""

    id: UUID
    period_id: UUID
    period: str
    currency: str
    freelancer_id: UUID
    regime: str
    year: int
    gross: Amount
    tax: Amount
    remittance_id: UUID | None


class TaxPeriodsQuery(PageQuery):
    """With `unremitted`, only periods whose tax is still to be paid to the state."""

    unremitted: bool = False


class TaxPeriodOut(Shape):
    """What a closed period withheld, of how many people, and by which remittance it was paid."""

    id: UUID
    name: str
    currency: str
    cadence: str
    ends_at: datetime
    people: int
    withheld: Amount
    remittance_id: UUID | None


class Remit(Shape):
    """That the tax of these closed periods was paid to the state, as one sum."""

    currency: str = Field(pattern=r"^[A-Z]{3}$")
    amount: AmountIn = Field(gt=0)
    reference: str = Field(min_length=1, max_length=200)
    paid_on: date
    period_ids: list[UUID] = Field(min_length=1, max_length=400)


class RemittanceOut(Shape):
    """A payment of withheld tax to the state."""

    id: UUID
    currency: str
    amount: Amount
    reference: str
    paid_on: date
    recorded_by: UUID | None
    recorded_at: datetime
    period_ids: list[UUID]


class Made(Shape):
    """The id of what was made."""

    id: UUID
