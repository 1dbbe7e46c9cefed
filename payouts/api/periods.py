"""Pay periods: the list, closing, their two reports."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import partial
from typing import IO
from uuid import UUID

from starlette.responses import Response

from piecework.payouts.closing import checks, closing, queries
from piecework.payouts.errors import PeriodClosed, PeriodNotEnded
from piecework.payouts.models import Period
from piecework.payouts.reports import reports
from piecework.payouts.schemas.periods import ClosePeriod, Finding, PeriodCheck, PeriodOut
from piecework.platform import db
from piecework.platform.errors import NotFound
from piecework.platform.web import downloads
from piecework.platform.web.operation import Call, Operation
from piecework.platform.web.paging import Page, PageQuery, cursor

CSV = "text/csv"


async def list_periods(_call: Call, query: PageQuery) -> Page[PeriodOut]:
    """Newest first."""
    start = None if query.cursor is None else query.after()
    found = await db.rows(queries.LIST_PERIODS, start, query.limit + 1)
    items = [PeriodOut(**dict(r)) for r in found[: query.limit]]
    return Page[PeriodOut](items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


async def show_period(call: Call) -> PeriodOut:
    """One period."""
    return await _period(call.id("period_id"))


async def check_period(call: Call) -> PeriodCheck:
    """What there is to look at before closing."""
    return PeriodCheck(findings=[Finding(**asdict(one)) for one in await checks.check(call.id("period_id"))])


async def close_period(call: Call, body: ClosePeriod) -> PeriodOut:
    """Close it, once."""
    period_id = call.id("period_id")
    await closing.close(period_id, call.principal.account_id, cut_off=body.cut_off)
    return await _period(period_id)


async def period_people(call: Call) -> Response:
    """The report per person."""
    return await _download(reports.people, call.id("period_id"), "people")


async def period_tickets(call: Call) -> Response:
    """The report per ticket."""
    return await _download(reports.tickets, call.id("period_id"), "tickets")


async def _period(period_id: UUID) -> PeriodOut:
    period = await Period.get_or_none(id=period_id)
    if period is None:
        raise NotFound
    fields = {name: getattr(period, name) for name in PeriodOut.model_fields}
    return PeriodOut(**fields)


async def _download(report: Callable[[UUID, IO[bytes]], Awaitable[reports.Written]], period_id: UUID, name: str) -> Response:
    return await downloads.download(partial(report, period_id), f"{name}-{period_id}", "csv")


OPERATIONS = (
    Operation(
        "GET", "/periods", list_periods, "payouts.read", "List pay periods, newest first", query=PageQuery, reply=Page[PeriodOut]
    ),
    Operation("GET", "/periods/{period_id}", show_period, "payouts.read", "One pay period", reply=PeriodOut),
    Operation(
        "GET",
        "/periods/{period_id}/check",
        check_period,
        "payouts.read",
        "What would be wrong if this period were closed now",
        reply=PeriodCheck,
    ),
    Operation(
        "POST",
        "/periods/{period_id}/close",
        close_period,
        "payouts.close",
        "Close a pay period: round, store its total, take no more entries",
        body=ClosePeriod,
        reply=PeriodOut,
        errors=(PeriodClosed, PeriodNotEnded),
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
)
