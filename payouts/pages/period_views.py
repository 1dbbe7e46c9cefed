"""Pay periods: the list, the check before closing, closing, who earned what."""

from datetime import UTC, datetime

from starlette.responses import Response

from piecework.payouts.api import periods as api
from piecework.payouts.api import statements
from piecework.payouts.pages.pieces import amount, names, say, units
from piecework.payouts.pages.reading import read
from piecework.payouts.reports.filters import Filters
from piecework.payouts.reports.standing import SO_FAR
from piecework.payouts.schemas.periods import ClosePeriod
from piecework.payouts.schemas.statements import StatementsOf
from piecework.platform.pages import charts
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call
from piecework.platform.web.paging import PageQuery

READ, CLOSE = "payouts.read", "payouts.close"
ONE = "/money/periods/{period_id}"
WHERE = {
    "deductions_undecided": "/money/deductions?state=proposed",
    "deductions_wait": "/money/deductions?state=approved",
    "deductions_appealed": "/money/deductions?state=approved",
    "on_hold": "/money/reports/liabilities",
    "undecided": "/money/reports/liabilities",
}
"""Where a finding is looked at; the others by their people."""


async def periods_page(call: Call, query: PageQuery) -> Shown:
    """Pay periods, newest first."""
    found = await api.list_periods(call, query)
    closed = [one for one in reversed(found.items) if one.total is not None]
    totals = [units(one.total or 0) for one in closed]
    return {"found": found, "amount": amount, "closed": closed, "totals": totals, "charts": charts, "say": say}


async def period_page(call: Call, query: PageQuery) -> Shown:
    """A period: while it is open its check and provisional sums, then its statements."""
    period = await api.show_period(call)
    told = await names([period.closed_by])
    shown: dict[str, object] = {"period": period, "amount": amount, "where": WHERE}
    if period.state == "closed":
        found = await statements.period_statements(call, StatementsOf(limit=query.limit, cursor=query.cursor))
        people = await names(one.freelancer_id for one in found.items)
        return {**shown, "statements": found, "names": told | people}
    findings = (await api.check_period(call)).findings
    people = await names(person for one in findings for person in one.people)
    start = int(query.cursor) if query.cursor and query.cursor.isascii() and query.cursor.isdigit() else 0
    rows = await read(SO_FAR, Filters(period=str(period.id)), start)
    runs = datetime.now(UTC) < period.ends_at
    return {**shown, "runs": runs, "findings": findings, "names": told | people, "rows": rows}


async def close(call: Call, form: ClosePeriod) -> Go:
    """Close it, once."""
    period = await api.close_period(call, form)
    return Go(f"/money/periods/{period.id}", N_("The period is closed. Its sums will never change."))


async def people_file(call: Call) -> Response:
    """What each person is owed."""
    return await api.period_people(call)


async def tickets_file(call: Call) -> Response:
    """What each ticket cost."""
    return await api.period_tickets(call)


VIEWS = (
    View("GET", "/money/periods", periods_page, READ, N_("Pay periods"), "money_periods.html", query=PageQuery),
    View("GET", ONE, period_page, READ, N_("Pay period"), "money_period.html", query=PageQuery),
    View("POST", f"{ONE}/close", close, CLOSE, form=ClosePeriod, again=ONE),
    View("GET", f"{ONE}/people.csv", people_file, READ),
    View("GET", f"{ONE}/tickets.csv", tickets_file, READ),
)
MENU = (Entry(N_("Money"), N_("Periods"), "/money/periods", READ),)
