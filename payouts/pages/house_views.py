"""What holds for everybody: the calendar of holidays, tax, from which account we pay, the settings of pay."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints

from piecework.payouts.api import pay_terms, payment_details, policy, rules, taxes
from piecework.payouts.books.pay_policy import PayPolicy
from piecework.payouts.errors import NoTaxTable
from piecework.payouts.pages.pieces import amount, fitted, names
from piecework.payouts.rules.calendar import YEARS
from piecework.payouts.schemas import paying as paying_shapes
from piecework.payouts.schemas import taxes as tax_shapes
from piecework.payouts.schemas.pay_terms import LimitsQuery, MissingQuery, RecordReceipt
from piecework.payouts.schemas.policy import PolicyIn
from piecework.payouts.schemas.rules import DayIn
from piecework.payouts.taxes.days import today
from piecework.payouts.taxes.tables import Regime
from piecework.platform.errors import Invalid
from piecework.platform.money import AmountIn
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.said import Said
from piecework.platform.web.operation import Call, Query, Shape

YEAR = "/money/calendar/{country}/{year}"
Text = Annotated[str, StringConstraints(max_length=2000)]
BRACKET = re.compile(r"([0-9]{1,11}(?:\.[0-9]{1,4})?)\s+([0-9]{1,2}(?:\.[0-9]{1,2})?)\s*%?")
"""An income and a rate in per cent."""
HUNDREDTHS = 100


class OfYear(Query):
    """Which country's calendar, of which year."""

    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = "RU"
    year: int | None = Field(default=None, ge=YEARS[0], le=YEARS[-1])


class TaxQuery(Query):
    """Of which year the limits are."""

    year: int | None = Field(default=None, ge=2000, le=2199)


class DayForm(DayIn):
    """What kind of day a day is from now on."""

    day: date


class TableForm(Shape):
    """A tax table; `brackets` has a line for each: above which income, which rate in per cent."""

    regime: tax_shapes.RegimeName
    valid_from: date
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "RUB"
    brackets: Text = ""
    yearly_limit: AmountIn | None = None
    note: Text
    reason: Text


class RemitForm(Shape):
    """That the tax of one closed period was paid to the state."""

    currency: str
    amount: AmountIn
    reference: Text
    paid_on: date


async def calendar_page(call: Call, query: OfYear) -> Shown:
    """The calendar of this year, or of another."""
    year = query.year or (await today()).year
    call.request.path_params.update(country=query.country, year=str(year))
    return await year_page(call)


async def year_page(call: Call) -> Shown:
    """The marked days of a year, and all that was ever said of them."""
    country, year = call.request.path_params["country"], call.number("year")
    found, changes = await rules.calendar_year(call), await rules.calendar_changes(call)
    people = await names(one.author_id for one in changes.days)
    return {"found": found, "changes": changes, "country": country, "year": year, "names": people, "years": YEARS}


async def mark_day(call: Call, form: DayForm) -> Go:
    """Say what kind of day it is."""
    call.request.path_params["day"] = form.day.isoformat()
    await rules.mark_day(call, DayIn(kind=form.kind, name=form.name, reason=form.reason))
    return _to_year(call, N_("The day is marked. It counts for answers claimed from now on."))


async def import_year(call: Call) -> Go:
    """Mark the public holidays of a year."""
    made = await rules.import_calendar(call)
    if made.differing:
        return _to_year(call, N_("Imported. Some days were marked otherwise before and stay so: compare them."))
    return _to_year(call, N_("The public holidays are imported."))


def _to_year(call: Call, said: str) -> Go:
    return Go(f"/money/calendar/{call.request.path_params['country']}/{call.number('year')}", said)


async def taxes_page(call: Call, query: TaxQuery) -> Shown:
    """Tax to be paid to the state, the tables, what is watched of the self-employed."""
    day = await today()
    year = query.year or day.year
    periods = await taxes.list_tax_periods(call, tax_shapes.TaxPeriodsQuery(limit=24))
    try:
        limits = await pay_terms.self_employed_limits(call, LimitsQuery(year=year, limit=100))
    except NoTaxTable:
        limits = None
    missing = await pay_terms.missing_receipts(call, MissingQuery(on=date(day.year + 1, 12, 31), limit=100))
    tables = (await taxes.list_tax_tables(call)).tables
    shown = {"periods": periods, "limits": limits, "missing": missing, "tables": tables, "year": year, "today": day}
    return {**shown, "amount": amount, "regimes": [one.value for one in Regime]}


async def add_table(call: Call, form: TableForm) -> Go:
    """A table of a year to come."""
    spec: dict[str, object] = {"currency": form.currency, "brackets": _brackets(form.brackets), "note": form.note}
    if form.yearly_limit is not None:
        spec["yearly_limit"] = amount(form.yearly_limit)
    body = fitted(tax_shapes.AddTaxTable, regime=form.regime, valid_from=form.valid_from, spec=spec, reason=form.reason)
    await taxes.add_tax_table(call, body)
    return Go("/money/taxes", N_("The table is kept."))


def _brackets(text: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for line in filter(str.strip, text.splitlines()):
        fitting = BRACKET.fullmatch(line.replace(",", ".").strip())
        if fitting is None:
            message = Said("Each line is an amount and a rate in per cent.")
            raise Invalid(errors=[{"field": "brackets", "code": "string_pattern_mismatch", "message": message}])
        found.append({"above": fitting[1], "rate": int(Decimal(fitting[2]) * HUNDREDTHS)})
    return found


async def remit(call: Call, form: RemitForm) -> Go:
    """The tax of a closed period was paid to the state."""
    body = fitted(tax_shapes.Remit, **{**dict(form), "amount": amount(form.amount), "period_ids": [call.id("period_id")]})
    await taxes.remit_tax(call, body)
    return Go("/money/taxes", N_("The payment to the state is kept."))


async def receipt(call: Call, form: RecordReceipt) -> Go:
    """A self-employed person's receipt."""
    await pay_terms.record_receipt(call, form)
    return Go("/money/taxes", N_("The receipt is kept."))


async def payer_page(call: Call) -> Shown:
    """From which accounts payouts are paid."""
    return {"found": await payment_details.show_payer(call)}


async def change_payer(call: Call, form: paying_shapes.PayerIn) -> Go:
    """Pay from another account."""
    await payment_details.change_payer(call, form)
    return Go("/money/payer", N_("Payouts approved from now on are paid from this account."))


async def settings_page(call: Call) -> Shown:
    """The settings of pay, their versions, and a form for the next one."""
    now, versions = await policy.show_policy(call), (await policy.policy_versions(call)).versions
    people = await names(person for one in versions for person in (one.author_id, one.approver_id))
    amounts = {"four_eyes_above", "minimum_payout", "hourly_floor"}
    settings = [(name, name in amounts) for name in PayPolicy.model_fields]
    return {"now": now, "versions": versions, "names": people, "settings": settings, "amount": amount}


async def propose_settings(call: Call, form: PolicyIn) -> Go:
    """Propose the next version, whole."""
    await policy.propose_policy(call, form)
    return Go("/money/settings", N_("Proposed. It counts once somebody else has approved it."))


async def approve_settings(call: Call) -> Go:
    """Approve a version that somebody else proposed."""
    await policy.approve_policy(call)
    return Go("/money/settings", N_("Approved: it counts from now on."))


VIEWS = (
    View("GET", "/money/calendar", calendar_page, rules.APPROVE, N_("Calendar"), "money_calendar.html", query=OfYear),
    View("GET", YEAR, year_page, rules.APPROVE, N_("Calendar"), "money_calendar.html"),
    View("POST", f"{YEAR}/days", mark_day, rules.CALENDAR, form=DayForm, again=YEAR),
    View("POST", f"{YEAR}/import", import_year, rules.CALENDAR, again=YEAR),
    View("GET", "/money/taxes", taxes_page, taxes.READ, N_("Taxes"), "money_taxes.html", query=TaxQuery),
    View("POST", "/money/taxes/tables", add_table, taxes.CHANGE, form=TableForm, again="/money/taxes"),
    View("POST", "/money/taxes/remittances/{period_id}", remit, taxes.REMIT, form=RemitForm, again="/money/taxes"),
    View("POST", "/money/receipts/{line_id}", receipt, pay_terms.CHANGE, form=RecordReceipt, again="/money/taxes"),
    View("GET", "/money/payer", payer_page, payment_details.PAYER, N_("Payer"), "money_payer.html"),
    View("POST", "/money/payer", change_payer, payment_details.PAYER, form=paying_shapes.PayerIn, again="/money/payer"),
    View("GET", "/money/settings", settings_page, policy.READ, N_("Settings of pay"), "money_settings.html"),
    View("POST", "/money/settings", propose_settings, policy.PROPOSE, form=PolicyIn, again="/money/settings"),
    View("POST", "/money/settings/{version}/approve", approve_settings, policy.APPROVE, again="/money/settings"),
)
MENU = (
    Entry(N_("Money"), N_("Calendar"), "/money/calendar", rules.APPROVE),
    Entry(N_("Money"), N_("Taxes"), "/money/taxes", taxes.READ),
    Entry(N_("Money"), N_("Payer"), "/money/payer", payment_details.PAYER),
    Entry(N_("Money"), N_("Settings of pay"), "/money/settings", policy.READ),
)
