"""Operations on taxes: tables, what was withheld, what was paid to the state."""

from typing import Any
from uuid import UUID

from piecework.payouts.errors import PeriodNotClosed, TaxRemitted
from piecework.payouts.schemas import taxes as s
from piecework.payouts.taxes import remitting, tables
from piecework.platform.identity.models import Role
from piecework.platform.web.operation import Call, Operation
from piecework.platform.web.paging import LAST, Page, PageQuery, cursor

READ = "taxes.read"
CHANGE = "taxes.change"
REMIT = "taxes.remit"

PERMISSIONS = {
    READ: frozenset({Role.FINANCE, Role.ADMINISTRATOR}),
    CHANGE: frozenset({Role.FINANCE}),
    REMIT: frozenset({Role.FINANCE}),
}


async def list_tax_tables(_call: Call) -> s.TaxTables:
    """Every version of every table."""
    return s.TaxTables(tables=[_table(found) for found in await tables.listed()])


async def add_tax_table(call: Call, body: s.AddTaxTable) -> s.Made:
    """A table of a year to come."""
    return s.Made(id=await tables.add(call.principal.account_id, body.regime, body.valid_from, body.spec, body.reason))


async def list_withheld(_call: Call, query: s.WithheldQuery) -> Page[s.WithheldOut]:
    """What statements withheld, newest first."""
    found = await remitting.by_person(
        query.after(LAST), query.limit + 1, period_id=query.period_id, freelancer_id=query.freelancer_id, year=query.year
    )
    items = [s.WithheldOut(**one) for one in found[: query.limit]]
    return Page[s.WithheldOut](items=items, next_cursor=_next(items, len(found)))


async def list_tax_periods(_call: Call, query: s.TaxPeriodsQuery) -> Page[s.TaxPeriodOut]:
    """What closed periods withheld, newest first."""
    found = await remitting.by_period(query.after(LAST), query.limit + 1, unremitted=query.unremitted)
    items = [s.TaxPeriodOut(**one) for one in found[: query.limit]]
    return Page[s.TaxPeriodOut](items=items, next_cursor=_next(items, len(found)))


async def remit_tax(call: Call, body: s.Remit) -> s.Made:
    """The tax of closed periods was paid to the state."""
    made = await remitting.remit(
        call.principal.account_id,
        currency=body.currency,
        amount=body.amount,
        reference=body.reference,
        paid_on=body.paid_on,
        period_ids=body.period_ids,
    )
    return s.Made(id=made)


async def list_remittances(_call: Call, query: PageQuery) -> Page[s.RemittanceOut]:
    """What was paid to the state, newest first."""
    found = await remitting.remittances(query.after(LAST), query.limit + 1)
    items = [s.RemittanceOut(**one) for one in found[: query.limit]]
    return Page[s.RemittanceOut](items=items, next_cursor=_next(items, len(found)))


def _table(found: dict[str, Any]) -> s.TaxTableOut:
    spec: tables.TaxSpec = found["spec"]
    brackets = [s.BracketOut(above=one.above, rate=one.rate) for one in spec.brackets]
    shown = s.TaxSpecOut(currency=spec.currency, brackets=brackets, yearly_limit=spec.yearly_limit, note=spec.note)
    return s.TaxTableOut(**found | {"spec": shown})


def _next(items: list[s.WithheldOut] | list[s.TaxPeriodOut] | list[s.RemittanceOut], found: int) -> str | None:
    last: UUID | None = items[-1].id if found > len(items) else None
    return cursor(last)


OPERATIONS = (
    Operation("GET", "/tax-tables", list_tax_tables, READ, "Tax tables with their versions", reply=s.TaxTables, tag="taxes"),
    Operation("POST", "/tax-tables", add_tax_table, CHANGE, "Add a tax table of a year to come", body=s.AddTaxTable, reply=s.Made,
              status=201, tag="taxes"),
    Operation("GET", "/taxes/withheld", list_withheld, READ, "Tax withheld, by statement", query=s.WithheldQuery,
              reply=Page[s.WithheldOut], tag="taxes"),
    Operation("GET", "/taxes/periods", list_tax_periods, READ, "Tax withheld, by period", query=s.TaxPeriodsQuery,
              reply=Page[s.TaxPeriodOut], tag="taxes"),
    Operation("GET", "/taxes/remittances", list_remittances, READ, "Tax paid to the state", query=PageQuery,
              reply=Page[s.RemittanceOut], tag="taxes"),
    Operation("POST", "/taxes/remittances", remit_tax, REMIT, "Record that withheld tax was paid to the state", body=s.Remit,
              reply=s.Made, status=201, errors=(PeriodNotClosed, TaxRemitted), tag="taxes"),
)  # fmt: skip
