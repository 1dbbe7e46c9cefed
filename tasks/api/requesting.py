"""Operations of requesters on files of tickets, tickets at risk and results. They parse, call a use case and render."""

import asyncio
from typing import IO

from starlette.responses import Response

from piecework.platform.errors import Invalid, NotFound
from piecework.platform.web import downloads
from piecework.platform.web.operation import Call, Operation
from piecework.platform.web.paging import LAST, PageQuery, cursor
from piecework.tasks import policy, results
from piecework.tasks.errors import NoWorkflow, ProjectArchived, TooManyBadRows, TooManyResults
from piecework.tasks.importing import sending
from piecework.tasks.importing.csv_file import Column
from piecework.tasks.importing.values import MOST_SHOWN
from piecework.tasks.models import Project
from piecework.tasks.projects import project_by_code, visible
from piecework.tasks.schemas import requesting as s

FIRST_ROWS = 5
WRITERS = {"csv": results.write_csv, "jsonl": results.write_jsonl}


async def _project_of(call: Call) -> Project:
    return await project_by_code(call.principal, call.request.path_params["code"])


async def _looked(project: Project, body: s.TicketFileIn) -> sending.Looked:
    given: dict[str, Column] | None = None
    if body.columns is not None:
        given = {field: Column(one.name, one.value, one.values) for field, one in body.columns.items()}
    return await asyncio.to_thread(sending.look, body.rows, given, await sending.former_layout(project.id))


def _values(looked: sending.Looked) -> dict[str, s.ValuesOut]:
    return {
        field: s.ValuesOut(
            shown=[s.ValueOut(value=one.value[:200], rows=one.rows, code=one.code) for one in found[:MOST_SHOWN]],
            more=max(0, len(found) - MOST_SHOWN),
        )
        for field, found in looked.values.understood().items()
    }


async def preview_import(call: Call, body: s.TicketFileIn) -> s.TicketFilePreview:
    """Look at a file of tickets; nothing is stored."""
    looked = await _looked(await _project_of(call), body)
    return s.TicketFilePreview(
        names=list(looked.names),
        columns={
            field: s.LaidColumn(name=one.name, value=one.value, values=dict(one.values)) for field, one in looked.layout.items()
        },
        values=_values(looked),
        stopped_at=looked.stopped_at,
        good=len(looked.tickets),
        rejected=looked.rejected,
        first=list(looked.tickets[:FIRST_ROWS]),
        bad=[s.BadRowOut(line=one.line, external_id=one.external_id, faults=list(one.faults)) for one in looked.bad],
    )


async def start_import(call: Call, body: s.TicketFileIn) -> s.TicketImportOut:
    """Have the good rows of a file taken in; the reply tells where to look how far that is."""
    project = await _project_of(call)
    looked = await _looked(project, body)
    import_id = await sending.send(call.principal.account_id, project, body.source, body.file_name, looked)
    return s.TicketImportOut.model_validate(await sending.show(import_id), strict=False)


async def list_imports(call: Call, query: PageQuery) -> s.TicketImports:
    """A project's imports, newest first."""
    project = await _project_of(call)
    found = await sending.listed(project.id, query.after(LAST), query.limit + 1)
    items = [s.TicketImportOut.model_validate(one, strict=False) for one in found[: query.limit]]
    return s.TicketImports(items=items, next_cursor=cursor(items[-1].id) if len(found) > query.limit else None)


async def show_import(call: Call) -> s.TicketImportOut:
    """One import: how far it is, and the rows that were not taken."""
    found = await sending.show(call.id("import_id"))
    if not await visible(call.principal).filter(code=found["project"]).exists():
        raise NotFound
    return s.TicketImportOut.model_validate(found, strict=False)


async def tickets_at_risk(call: Call, query: s.AtRiskQuery) -> s.AtRisk:
    """Open tickets that are overdue or due soon, with what they wait for."""
    project = await _project_of(call)
    found = await results.at_risk(project.id, query.within_minutes, query.channel, query.after(), query.limit + 1)
    items = [s.AtRiskOut(**{name: one[name] for name in s.AtRiskOut.model_fields}) for one in found[: query.limit]]
    return s.AtRisk(items=items, next_cursor=cursor(items[-1].id) if len(found) > query.limit else None)


async def project_results(call: Call, query: s.ResultsQuery) -> Response:
    """What came of a project's resolved tickets, as a file."""
    project = await _project_of(call)
    form = call.request.path_params["format"]
    writer = WRITERS.get(form)
    if writer is None:
        raise NotFound

    async def write(file: IO[bytes]) -> None:
        await writer(project.id, query.since, query.until, file)

    return await downloads.download(write, f"{project.code}-results", form)


# fmt: off
OPERATIONS = (
    Operation("POST", "/projects/{code}/imports/preview", preview_import, policy.TICKETS_WRITE, "Look at a file of tickets before it is sent",
              body=s.TicketFileIn, reply=s.TicketFilePreview, errors=(Invalid,)),
    Operation("POST", "/projects/{code}/imports", start_import, policy.TICKETS_WRITE, "Send a file of tickets", body=s.TicketFileIn,
              reply=s.TicketImportOut, status=202, errors=(Invalid, NoWorkflow, ProjectArchived, TooManyBadRows)),
    Operation("GET", "/projects/{code}/imports", list_imports, policy.TICKETS_WRITE, "Files of tickets that were sent, newest first",
              query=PageQuery, reply=s.TicketImports),
    Operation("GET", "/imports/{import_id}", show_import, policy.TICKETS_WRITE, "How far a file of tickets is", reply=s.TicketImportOut),
    Operation("GET", "/projects/{code}/tickets-at-risk", tickets_at_risk, policy.TICKETS_READ, "Open tickets that are overdue or due soon",
              query=s.AtRiskQuery, reply=s.AtRisk, errors=(Invalid,)),
    Operation("GET", "/projects/{code}/results.{format}", project_results, policy.TICKETS_READ, "What came of the resolved tickets: results.csv "
              "or results.jsonl, up to 100,000", query=s.ResultsQuery, media_type="application/octet-stream", errors=(TooManyResults,),
              transaction=False),
)
# fmt: on
