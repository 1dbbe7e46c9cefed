"""Operations on personal data."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import StringConstraints
from starlette.responses import Response, StreamingResponse

from piecework.platform.errors import Forbidden, NotFound
from piecework.platform.identity.accounts import AccountErased
from piecework.platform.personal import exporting, requests
from piecework.platform.personal.errors import (
    DataRequestEnded,
    DataRequestOpen,
    ErasureHindered,
    ExportFileGone,
    NotForDeciding,
    OwnDataRequest,
)
from piecework.platform.personal.policy import DATA_DECIDE
from piecework.platform.said import Said
from piecework.platform.web.operation import SIGNED_IN, Call, Operation, Shape
from piecework.platform.web.paging import LAST, Page, PageQuery, cursor


class DataRequestIn(Shape):
    """What is asked for: everything that is kept about oneself, or its erasure."""

    kind: Literal["export", "erasure"]
    words: Annotated[str, StringConstraints(max_length=4000, strip_whitespace=True)] = ""


class HindranceOut(Shape):
    """What an erasure has to wait for."""

    code: str
    message: str


class DataRequestOut(Shape):
    """A request; it is answered by `due_at`. The file of an export is there until `file_until`. `hindrances`: of an open erasure."""

    id: UUID
    account_id: UUID
    kind: str
    words: str
    state: str
    asked_at: datetime
    due_at: datetime
    overdue: bool
    reason: str
    ended_at: datetime | None
    file_until: datetime | None
    size: int | None
    sha256: str | None
    hindrances: list[HindranceOut]


class DataRequests(Page[DataRequestOut]):
    """A page of requests."""


class DataDecision(Shape):
    """Erase, or refuse; the reason is told."""

    decision: Literal["erase", "refuse"]
    reason: Annotated[str, StringConstraints(min_length=1, max_length=4000, strip_whitespace=True)]


def _me(call: Call) -> UUID:
    """The caller, signed in or with a token for everything: a narrow token must not read all that there is about its account."""
    if call.principal.scopes is not None and "*" not in call.principal.scopes:
        raise Forbidden(Said("Personal data is for a signed-in person or a token of scope *."))
    return call.principal.account_id


def _page(found: list[dict[str, Any]], query: PageQuery) -> DataRequests:
    shown = [DataRequestOut(**row) for row in found[: query.limit]]
    return DataRequests(items=shown, next_cursor=cursor(shown[-1].id if len(found) > query.limit else None))


async def ask_data(call: Call, body: DataRequestIn) -> DataRequestOut:
    """Ask for one's data or its erasure."""
    me = _me(call)
    return DataRequestOut(**await requests.one_of_mine(me, await requests.ask(me, body.kind, body.words)))


async def my_data_requests(call: Call, query: PageQuery) -> DataRequests:
    """The caller's requests."""
    return _page(await requests.mine(_me(call), query.after(LAST), query.limit + 1), query)


async def withdraw_data_request(call: Call) -> None:
    """Take back one of the caller's requests."""
    await requests.withdraw(_me(call), call.id("request_id"))


async def my_data_file(call: Call) -> Response:
    """The file of one of the caller's requests, in pieces."""
    request_id = call.id("request_id")
    found = await requests.with_file(_me(call), request_id)
    headers = {"content-disposition": f'attachment; filename="piecework-{request_id}.json"', "content-length": str(found["size"])}
    return StreamingResponse(exporting.pieces(request_id), headers=headers, media_type="application/json")


async def open_data_requests(_call: Call, query: PageQuery) -> DataRequests:
    """What waits for an answer, what is overdue first."""
    return _page(await requests.open_ones(query.after(), query.limit + 1), query)


async def decide_data_request(call: Call, body: DataDecision) -> DataRequestOut:
    """Erase the person who asked for it, or refuse to."""
    request_id = call.id("request_id")
    who = await requests.decide(call.principal.account_id, request_id, erased=body.decision == "erase", reason=body.reason)
    return DataRequestOut(**await requests.one_of_mine(who, request_id))


OPERATIONS = (
    Operation("POST", "/me/data-requests", ask_data, SIGNED_IN, "Ask for everything that is kept about me, or for its erasure",
              body=DataRequestIn, reply=DataRequestOut, status=201, errors=(DataRequestOpen,), tag="personal data"),
    Operation("GET", "/me/data-requests", my_data_requests, SIGNED_IN, "My requests about my data, the newest first", query=PageQuery,
              reply=DataRequests, tag="personal data"),
    Operation("POST", "/me/data-requests/{request_id}/withdraw", withdraw_data_request, SIGNED_IN, "Take back a request about my data",
              errors=(DataRequestEnded,), tag="personal data"),
    Operation("GET", "/me/data-requests/{request_id}/file", my_data_file, SIGNED_IN, "The file with everything that is kept about me",
              errors=(NotFound, ExportFileGone), tag="personal data"),
    Operation("GET", "/data-requests", open_data_requests, DATA_DECIDE, "Requests about personal data that wait, overdue ones first",
              query=PageQuery, reply=DataRequests, tag="personal data"),
    Operation("POST", "/data-requests/{request_id}/decide", decide_data_request, DATA_DECIDE, "Erase a person's data, or refuse to",
              body=DataDecision, reply=DataRequestOut,
              errors=(NotForDeciding, DataRequestEnded, OwnDataRequest, AccountErased, ErasureHindered), changes_identity=True,
              tag="personal data"),
)  # fmt: skip
