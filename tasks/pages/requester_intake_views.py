"""Tickets come in: a file with its columns laid out and looked at before anything is stored, imports under way, one ticket by hand."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationError

from piecework.platform.errors import Invalid
from piecework.platform.pages import texts
from piecework.platform.pages.view import N_, Go, Shown, View
from piecework.platform.web.body import refusal
from piecework.platform.web.operation import Call, Shape
from piecework.platform.web.paging import PageQuery
from piecework.tasks import policy
from piecework.tasks.api import requesting, work
from piecework.tasks.intake import TicketIn
from piecework.tasks.models import Channel
from piecework.tasks.pages.labels import project_names
from piecework.tasks.pages.requester_project_views import ONE, project_of
from piecework.tasks.schemas.requesting import LONGEST, ColumnIn, TicketFileIn
from piecework.tasks.schemas.work import Source, TicketsIn

FEW = 5
FIELDS = tuple(TicketIn.model_fields)
NEEDED = tuple(name for name, info in TicketIn.model_fields.items() if info.is_required())
INTAKE = ONE + "/intake"
IMPORTS = ONE + "/imports"
IMPORT = "/imports/{import_id}"


class OneForm(TicketIn):
    """One ticket, with where it comes from."""

    source: Source = "pages"


class ValueForm(Shape):
    """What a value of a column is said to mean; without a code: what it means by itself."""

    field: Literal["channel", "language", "urgent"]
    value: Annotated[str, StringConstraints(max_length=500)]
    code: Annotated[str, StringConstraints(max_length=20)] = ""


class RowsForm(Shape):
    """Rows of tickets: to be looked at, or to be sent as they were laid out."""

    act: Literal["look", "send"] = "look"
    source: Source = "pages"
    rows: Annotated[str, StringConstraints(max_length=LONGEST)] = ""
    columns: Annotated[dict[str, ColumnIn], Field(default_factory=dict)]
    known: Annotated[list[ValueForm], Field(default_factory=list)]


async def intake_page(call: Call) -> Shown:
    """The forms for tickets, and the newest imports."""
    return {**await _around(call), "seen": None}


async def _around(call: Call) -> dict[str, Any]:
    return {
        "project": await project_of(call),
        "channels": [one.value for one in Channel],
        "fields": FIELDS,
        "needed": NEEDED,
        "language": texts.language(call.request),
        "imports": (await requesting.list_imports(call, PageQuery(limit=FEW))).items,
    }


async def send_one(call: Call, form: OneForm) -> Go:
    """Send one ticket, and go on to it."""
    ticket = TicketIn.model_validate(form.model_dump(exclude={"source"}))
    reply = await work.send_tickets(call, TicketsIn(source=form.source, tickets=[ticket]))
    return Go(
        f"/tickets/{reply.tickets[0].ticket_id}",
        N_("The ticket is sent.") if reply.added else N_("This ticket was known already."),
    )


async def look_or_send(call: Call, form: RowsForm, file: bytes) -> Shown | Go:
    """Show what the rows hold and how their columns are laid out; or have the good ones taken in."""
    text = _text(file) if file else form.rows
    chosen = _chosen(form) if form.columns and not file else None
    try:
        body = TicketFileIn.model_validate({"source": form.source, "rows": text, "columns": chosen})
    except ValidationError as error:
        raise refusal(error) from None
    if form.act == "send":
        made = await requesting.start_import(call, body)
        return Go(f"/imports/{made.id}", N_("The tickets are being taken in. You may leave this page and come back."))
    try:
        seen = await requesting.preview_import(call, body)
    except Invalid as problem:
        if chosen is None or problem.extra["errors"][0]["code"] != "other_columns":
            raise
        # Other rows were typed over those whose columns were laid out: they are laid out anew.
        seen = await requesting.preview_import(call, body.model_copy(update={"columns": None}))
    return {**await _around(call), "seen": seen, "source": form.source, "rows": text}


def _text(file: bytes) -> str:
    """A file as text.

    Raises:
        Invalid: it is not UTF-8; guessing what else it may be would spoil customers' words.
    """
    try:
        return file.decode("utf-8-sig").replace("\x00", "\ufffd")
    except UnicodeDecodeError:
        message = "The file is not UTF-8. Save it as “CSV UTF-8”."
        raise Invalid(errors=[{"field": "file", "code": "not_utf8", "message": message}]) from None


def _chosen(form: RowsForm) -> dict[str, ColumnIn]:
    said: dict[str, dict[str, str]] = {}
    for one in form.known:
        said.setdefault(one.field, {})[one.value] = one.code.strip().lower()
    return {name: ColumnIn(**dict(form.columns.get(name, ColumnIn())) | {"values": said.get(name, {})}) for name in FIELDS}


async def imports_page(call: Call, query: PageQuery) -> Shown:
    """Files that were sent."""
    return {"project": await project_of(call), "found": await requesting.list_imports(call, query)}


async def import_page(call: Call) -> Shown:
    """One import: how far it is, and the rows that were not taken."""
    found = await requesting.show_import(call)
    return {"found": found, "title": found.file_name or found.source, "names": await project_names([found.project])}


VIEWS = (
    View("GET", INTAKE, intake_page, policy.TICKETS_WRITE, N_("Send tickets"), "requester_intake.html"),
    View("POST", ONE + "/tickets", send_one, policy.TICKETS_WRITE, form=OneForm, again=INTAKE),
    View("POST", INTAKE, look_or_send, policy.TICKETS_WRITE, N_("Send tickets"), "requester_intake.html", form=RowsForm, file=True,
         again=INTAKE, body_limit_bytes=4 * 1024 * 1024),
    View("GET", IMPORTS, imports_page, policy.TICKETS_WRITE, N_("Files that were sent"), "requester_imports.html", query=PageQuery),
    View("GET", IMPORT, import_page, policy.TICKETS_WRITE, N_("A file of tickets"), "requester_import.html",
         live="requester_import_progress.html", live_s=1.0),
)  # fmt: skip
