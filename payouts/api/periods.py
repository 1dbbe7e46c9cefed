"""Operations of payouts: periods, their reports and payouts for finance; earnings for freelancers."""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import IO
from uuid import UUID

from starlette.responses import Response, StreamingResponse

from piecework.payouts import earnings, payout, periods, queries, reports
from piecework.payouts.errors import PayoutConfirmed, PeriodClosed, PeriodExported, PeriodNotClosed, PeriodNotEnded
from piecework.payouts.models import Payout, Period
from piecework.payouts.schemas import (
    AssignmentEarning,
    ClosePeriod,
    ConfirmPayout,
    CurrencyEarnings,
    Earnings,
    PayoutOut,
    PeriodDetail,
    PeriodOut,
)
from piecework.platform import db
from piecework.platform.csv_out import Out
from piecework.platform.errors import NotFound
from piecework.platform.web.operation import Call, Operation
from piecework.platform.web.paging import LAST, Page, PageQuery, cursor

CSV = "text/csv"
IN_MEMORY = 1024 * 1024
CHUNK = 64 * 1024


async def list_periods(_call: Call, query: PageQuery) -> Page[PeriodOut]:
    """Newest first."""
    start = None if query.cursor is None else query.after()
    found = await db.rows(queries.LIST_PERIODS, start, query.limit + 1)
    items = [PeriodOut(**dict(r)) for r in found[: query.limit]]
    return Page[PeriodOut](items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


async def show_period(call: Call) -> PeriodDetail:
    """One period."""
    return await _period(call.id("period_id"))


async def close_period(call: Call, body: ClosePeriod) -> PeriodDetail:
    """Close it, once."""
    period_id = call.id("period_id")
    await periods.close(period_id, call.principal.account_id, cut_off=body.cut_off)
    return await _period(period_id)


async def period_people(call: Call) -> Response:
    """The report per person."""
    return await _download(reports.people, call.id("period_id"), "people")


async def period_tickets(call: Call) -> Response:
    """The report per ticket."""
    return await _download(reports.tickets, call.id("period_id"), "tickets")


async def export_payout(call: Call) -> PayoutOut:
    """Start the payout of a closed period, once."""
    return await _payout(await payout.export(call.id("period_id"), call.principal.account_id))


async def confirm_payout(call: Call, body: ConfirmPayout) -> PayoutOut:
    """Record the bank's confirmation, once."""
    payout_id = call.id("payout_id")
    await payout.confirm(payout_id, body.bank_reference, call.principal.account_id)
    return await _payout(payout_id)


async def my_earnings(call: Call) -> Earnings:
    """The caller's money by where it is."""
    found = await earnings.earnings(call.principal.account_id, on=db.FREELANCER)
    return Earnings(earnings=[CurrencyEarnings(**r) for r in found])


async def my_assignments(call: Call, query: PageQuery) -> Page[AssignmentEarning]:
    """The caller's assignments, newest first."""
    found = await earnings.assignments(
        call.principal.account_id,
        query.after(LAST),
        query.limit + 1,
        appeal_within=timedelta(days=call.services.settings.appeal_days),
        on=db.FREELANCER,
    )
    items = [AssignmentEarning(**r) for r in found[: query.limit]]
    return Page[AssignmentEarning](items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


async def _period(period_id: UUID) -> PeriodDetail:
    period = await Period.get_or_none(id=period_id)
    if period is None:
        raise NotFound
    paid = await Payout.get_or_none(period_id=period_id)
    fields = {name: getattr(period, name) for name in PeriodOut.model_fields}
    return PeriodDetail(**fields, payout=None if paid is None else _payout_out(paid))


async def _payout(payout_id: UUID) -> PayoutOut:
    return _payout_out(await Payout.get(id=payout_id))


def _payout_out(found: Payout) -> PayoutOut:
    return PayoutOut(**{name: getattr(found, name) for name in PayoutOut.model_fields})


async def _download(report: Callable[[UUID, Out], Awaitable[reports.Written]], period_id: UUID, name: str) -> Response:
    """The report through a temporary file: the reply is whole or a problem, and a slow reader holds no database connection."""
    # Large ones go to disk, so memory stays bounded; the file ends with the response.
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - it outlives this function
    try:
        await report(period_id, file)
        size = file.tell()
        file.seek(0)
    except BaseException:  # cancelled or failed: nobody will read the file, and it is raised again
        file.close()
        raise
    headers = {"content-length": str(size), "content-disposition": f'attachment; filename="{name}-{period_id}.csv"'}
    return StreamingResponse(_chunks(file), headers=headers, media_type=CSV)


async def _chunks(file: "IO[bytes] | tempfile.SpooledTemporaryFile[bytes]") -> AsyncIterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk


OPERATIONS = (
    Operation(
        "GET", "/periods", list_periods, "payouts.read", "List pay periods, newest first", query=PageQuery, reply=Page[PeriodOut]
    ),
    Operation("GET", "/periods/{period_id}", show_period, "payouts.read", "One pay period and its payout", reply=PeriodDetail),
    Operation(
        "POST",
        "/periods/{period_id}/close",
        close_period,
        "payouts.close",
        "Close a pay period: round, store its total, take no more entries",
        body=ClosePeriod,
        reply=PeriodDetail,
        errors=(PeriodClosed, PeriodNotEnded),
        idempotent=True,
    ),
    Operation(
        "GET",
        "/periods/{period_id}/people.csv",
        period_people,
        "payouts.read",
        "What each person is owed, as CSV",
        media_type=CSV,
    ),
    Operation(
        "GET", "/periods/{period_id}/tickets.csv", period_tickets, "payouts.read", "What each ticket cost, as CSV", media_type=CSV
    ),
    Operation(
        "POST",
        "/periods/{period_id}/payout",
        export_payout,
        "payouts.pay",
        "Start the payout of a closed period",
        reply=PayoutOut,
        status=201,
        errors=(PeriodNotClosed, PeriodExported),
        idempotent=True,
    ),
    Operation(
        "POST",
        "/payouts/{payout_id}/confirm",
        confirm_payout,
        "payouts.pay",
        "Record that the bank paid a payout",
        body=ConfirmPayout,
        reply=PayoutOut,
        errors=(PayoutConfirmed,),
        idempotent=True,
    ),
    # One statement each, on the freelancer-facing role's own connections: no transaction of the application's role around them.
    Operation("GET", "/me/earnings", my_earnings, "earnings.read", "My money by where it is", reply=Earnings, transaction=False),
    Operation(
        "GET",
        "/me/assignments",
        my_assignments,
        "earnings.read",
        "My assignments, newest first",
        query=PageQuery,
        reply=Page[AssignmentEarning],
        transaction=False,
    ),
)
