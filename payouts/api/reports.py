"""Reports for finance: what there is, downloads while one waits, exports in the background."""

from functools import partial
from typing import IO

from starlette.responses import Response, StreamingResponse

from piecework.payouts.errors import ExportNotReady, ReportTooLong, TooManyExports
from piecework.payouts.reports import beancount, engine, exports
from piecework.payouts.reports.filters import Filters
from piecework.payouts.schemas import reports as s
from piecework.platform.errors import NotFound
from piecework.platform.said import Said
from piecework.platform.web import downloads
from piecework.platform.web.operation import Call, Operation
from piecework.platform.web.paging import LAST, Page, PageQuery, cursor

AT_MOST = 100_000
"""More rows than this are not written while somebody waits."""


async def list_reports(_call: Call) -> s.ReportsOut:
    """What there is, with columns and filters."""
    found = [
        s.ReportOut(
            name=report.name,
            title=report.title,
            says=report.says,
            formats=list(engine.formats(report.name)),
            filters=list(report.conditions),
            required=sorted(report.required),
            columns=[s.ColumnOut(name=c.name, kind=c.kind.value, says=c.says, summed=c.summed) for c in report.columns],
        )
        for report in engine.REPORTS.values()
    ]
    ledger = s.ReportOut(
        name=beancount.NAME,
        title="The ledger for beancount",
        says="Every entry as a transaction, with the balance that each account must come to: for bean-check.",
        formats=list(beancount.FORMATS),
        filters=list(beancount.CONDITIONS),
        required=[],
        columns=[],
    )
    return s.ReportsOut(reports=[*found, ledger])


async def report_file(call: Call, query: Filters) -> Response:
    """A report in one of its formats, as the last part of the path asks for it."""
    name, _, form = call.request.path_params["file"].rpartition(".")
    if not engine.known(name, form):
        raise NotFound

    async def write(file: IO[bytes]) -> None:
        async with engine.snapshot():
            await engine.write(name, form, query, file, at_most=AT_MOST)

    return await downloads.download(write, name, form)


async def ask_export(call: Call, body: s.AskExport) -> s.ExportOut:
    """Ask for a report."""
    who = call.principal.account_id
    export_id = await exports.ask(who, body.name, body.format, body.filters)
    return s.ExportOut(**await exports.show(who, export_id))


async def list_exports(call: Call, query: PageQuery) -> Page[s.ExportOut]:
    """The caller's, newest first."""
    found = await exports.listed(call.principal.account_id, query.after(LAST), query.limit + 1)
    items = [s.ExportOut(**one) for one in found[: query.limit]]
    return Page[s.ExportOut](items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


async def show_export(call: Call) -> s.ExportOut:
    """One of the caller's."""
    return s.ExportOut(**await exports.show(call.principal.account_id, call.id("export_id")))


STATES = {"waiting": Said("waiting"), "running": Said("running"), "failed": Said("failed")}
"""An export without a file."""


async def export_file(call: Call) -> Response:
    """Its file, in pieces."""
    export_id = call.id("export_id")
    found = await exports.show(call.principal.account_id, export_id)
    if found["state"] != "done":
        raise ExportNotReady(Said("It is in the state: %(state)s.", state=STATES[found["state"]]))
    named = downloads.headers(f"{found['name']}-{export_id}.{found['format']}", found["size"])
    return StreamingResponse(exports.chunks(export_id), headers=named, media_type=downloads.MEDIA_TYPES[found["format"]])


READ = "payouts.read"
_operation = partial(Operation, permission=READ, tag="reports")

# fmt: off
OPERATIONS = (
    _operation("GET", "/reports", list_reports, summary="The reports that there are, with their columns and filters", reply=s.ReportsOut),
    _operation("GET", "/reports/{file}", report_file, summary="A report as a file: name.csv, name.jsonl, name.xlsx or ledger.beancount; "
               "up to 100,000 rows, 20,000 in a workbook", query=Filters, media_type="application/octet-stream", errors=(ReportTooLong,),
               transaction=False),
    _operation("POST", "/report-exports", ask_export, summary="Have a report written in the background", body=s.AskExport,
               reply=s.ExportOut, status=202, errors=(NotFound, TooManyExports)),
    _operation("GET", "/report-exports", list_exports, summary="The exports that I asked for, newest first", query=PageQuery,
               reply=Page[s.ExportOut]),
    _operation("GET", "/report-exports/{export_id}", show_export, summary="One export: state, progress, totals, checksum",
               reply=s.ExportOut),
    _operation("GET", "/report-exports/{export_id}/file", export_file, summary="The file of an export", media_type="application/octet-stream",
               errors=(ExportNotReady,)),
)
# fmt: on
