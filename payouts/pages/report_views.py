"""Reports on the screen by any dimension, files at once, exports that are written while one is away."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints
from starlette.responses import Response

from piecework.payouts.api import reports as api
from piecework.payouts.pages.pieces import amount, fitted, names, say, units
from piecework.payouts.pages.reading import Read, address, charted, is_long, known, read, short
from piecework.payouts.pages.written import READABLE, written
from piecework.payouts.reports import engine
from piecework.payouts.reports.filters import Filters
from piecework.payouts.schemas.reports import AskExport
from piecework.payouts.taxes.days import today
from piecework.platform.pages import charts
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call, Query, Shape
from piecework.platform.web.paging import PageQuery

ONE = "/money/reports/{name}"
EXPORT = "/money/exports/{export_id}"
LATELY = timedelta(days=30)
SHORTER = (1, 7)
"""Spans in days that are offered where the one asked for is too long."""


class ReportQuery(Filters):
    """The filters, and from which row on."""

    cursor: str | None = Field(default=None, pattern=r"^[0-9]{1,9}$")


class WrittenQuery(Query):
    """From which byte of a written report on."""

    cursor: str | None = Field(default=None, pattern=r"^[0-9]{1,15}$")


class ExportForm(Shape):
    """Which report in which format, under the page's filters."""

    name: str = Field(min_length=1, max_length=60)
    format: str = Field(min_length=1, max_length=20)
    filters: dict[str, Annotated[str, StringConstraints(max_length=60)]] = Field(default_factory=dict)


async def reports_page(call: Call) -> Shown:
    """What there is."""
    return {"found": await api.list_reports(call)}


async def report_page(call: Call, query: ReportQuery) -> Shown:
    """A report: its chart, its rows, and from each figure the way to what made it. Without filters, of the last thirty days."""
    name = call.request.path_params["name"]
    given = Filters.model_validate({key: value for key, value in query.stored().items() if key != "cursor"})
    report = known(name)
    now = await today()
    if not given.given() and "since" in report.conditions:
        given = Filters(since=(now - LATELY).isoformat())
    if report.required - given.given().keys():
        return {"report": report, "read": None, "long": False, "given": given.stored(), "names": {}}
    long = await is_long(report, given)
    found = None if long else await read(report, given, int(query.cursor or 0))
    shown = {"report": report, "read": found, "long": long, "given": given.stored(), "formats": engine.formats(name)}
    told = await names([given.freelancer, given.requester])
    if found is None:
        spans = [
            (days, address(name, given, since=now - timedelta(days=days))) for days in SHORTER if "since" in report.conditions
        ]
        return {**shown, "names": told, "spans": spans}
    tools = {"amount": amount, **drawing(found), "names": told}
    others = [(one, address(one, given)) for one in engine.REPORTS if one.startswith("by-") or one in ("assignments", "entries")]
    return {**shown, **tools, "others": others}


def drawing(found: Read) -> Shown:
    """What a report's chart and table need."""
    return {"charts": charts, "say": say, "units": units, "chart_data": charted(found), "short": short}


async def file(call: Call, query: Filters) -> Response:
    """A report as a file."""
    return await api.report_file(call, query)


async def ask(call: Call, form: ExportForm) -> Go:
    """Have a report written in the background."""
    filters = fitted(Filters, **form.filters)
    made = await api.ask_export(call, AskExport(name=form.name, format=form.format, filters=filters))
    return Go(f"/money/exports/{made.id}")  # which says by itself how far it is


async def exports_page(call: Call, query: PageQuery) -> Shown:
    """The exports that I asked for."""
    return {"found": await api.list_exports(call, query)}


async def export_page(call: Call, query: WrittenQuery) -> Shown:
    """One export: how far it is; its file; and its rows, if it was written to be read here."""
    found = await api.show_export(call)
    read = await written(found, int(query.cursor or 0)) if found.state == "done" and found.format == READABLE else None
    asked = [UUID(found.filters[name]) for name in ("freelancer", "requester") if found.filters.get(name)]
    shown = {"found": found, "read": read, "people": {str(one): name for one, name in (await names(asked)).items()}}
    return shown if read is None else {**shown, "report": read.report, "amount": amount, **drawing(read)}


async def export_file(call: Call) -> Response:
    """The file of an export."""
    return await api.export_file(call)


VIEWS = (
    View("GET", "/money/reports", reports_page, api.READ, N_("Reports"), "money_reports.html"),
    View("GET", ONE, report_page, api.READ, N_("Report"), "money_report.html", query=ReportQuery),
    View("GET", "/money/reports/files/{file}", file, api.READ, query=Filters, transaction=False),
    View("GET", "/money/exports", exports_page, api.READ, N_("Exports"), "money_exports.html", query=PageQuery),
    View("POST", "/money/exports", ask, api.READ, form=ExportForm, again="/money/exports"),
    View(
        "GET",
        EXPORT,
        export_page,
        api.READ,
        N_("Export"),
        "money_export.html",
        query=WrittenQuery,
        live="money_progress.html",
        live_s=1.0,
    ),
    View("GET", f"{EXPORT}/file", export_file, api.READ),
)
MENU = (
    Entry(N_("Money"), N_("Reports"), "/money/reports", api.READ),
    Entry(N_("Money"), N_("Exports"), "/money/exports", api.READ),
)
