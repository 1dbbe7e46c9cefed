"""Statements: for their people, and for finance."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from uuid import UUID

from piecework.payouts.models import Period
from piecework.payouts.schemas.statements import InLanguage, StatementFigures, StatementPageOut, StatementsOf
from piecework.payouts.statements.html import render_html
from piecework.payouts.statements.listing import listed
from piecework.payouts.statements.loading import load
from piecework.payouts.statements.page import StatementPage
from piecework.payouts.statements.pdf import render_pdf
from piecework.payouts.statements.words import Language
from piecework.platform import db
from piecework.platform.errors import NotFound
from piecework.platform.web.operation import Call, Operation, Raw
from piecework.platform.web.paging import LAST, Page, PageQuery, cursor

HTML = "text/html; charset=utf-8"
PDF = "application/pdf"
_ONE = asyncio.Semaphore(1)
ONLY_ITS_OWN_STYLE = "default-src 'none'; style-src 'unsafe-inline'"


async def _page(
    query: PageQuery, freelancer_id: UUID | None = None, period_id: UUID | None = None, on: str = db.APP
) -> Page[StatementFigures]:
    found = await listed(freelancer_id=freelancer_id, period_id=period_id, before=query.after(LAST), limit=query.limit + 1, on=on)
    items = [StatementFigures(**dict(row)) for row in found[: query.limit]]
    return Page[StatementFigures](items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


async def my_statements(call: Call, query: PageQuery) -> Page[StatementFigures]:
    """The caller's, newest first."""
    return await _page(query, freelancer_id=call.principal.account_id, on=db.FREELANCER)


async def period_statements(call: Call, query: StatementsOf) -> Page[StatementFigures]:
    """Everybody's in a period, or one person's."""
    if not await Period.exists(id=call.id("period_id")):
        raise NotFound
    return await _page(query, freelancer_id=query.freelancer_id, period_id=call.id("period_id"))


async def statement(call: Call, query: InLanguage) -> StatementPageOut:
    """The whole of one."""
    found = asdict(await load(call.id("statement_id"), query.language, of=_whose(call)))
    return StatementPageOut.model_validate(found, strict=False)  # tuples become lists


async def statement_html(call: Call, query: InLanguage) -> Raw:
    """The same as a page."""
    page = await load(call.id("statement_id"), query.language, of=_whose(call))
    return Raw(
        await _rendered(render_html, page, query.language),
        media_type=HTML,
        headers={"content-security-policy": ONLY_ITS_OWN_STYLE},
    )


async def statement_pdf(call: Call, query: InLanguage) -> Raw:
    """The same as a document."""
    page = await load(call.id("statement_id"), query.language, of=_whose(call))
    name = f'attachment; filename="statement-{page.period}.pdf"'
    return Raw(await _rendered(render_pdf, page, query.language), media_type=PDF, headers={"content-disposition": name})


async def _rendered(render: Callable[[StatementPage, Language], bytes], page: StatementPage, language: Language) -> bytes:
    """Beside the event loop, one at a time: thousands of answers take seconds."""
    async with _ONE:
        return await asyncio.to_thread(render, page, language)


def _whose(call: Call) -> UUID | None:
    """Finance may read everybody's; anybody else their own."""
    return None if call.principal.roles & {"finance", "administrator"} else call.principal.account_id


PERMISSIONS: dict[str, frozenset[str]] = {"statements.read": frozenset({"freelancer", "finance", "administrator"})}

OPERATIONS = (
    Operation("GET", "/me/statements", my_statements, "earnings.read", "My statements, newest first", query=PageQuery, reply=Page[StatementFigures], transaction=False),
    Operation("GET", "/periods/{period_id}/statements", period_statements, "payouts.read", "The statements of a closed period", query=StatementsOf, reply=Page[StatementFigures]),
    Operation("GET", "/statements/{statement_id}", statement, "statements.read", "A statement, down to each answer", query=InLanguage, reply=StatementPageOut),
    Operation("GET", "/statements/{statement_id}/page.html", statement_html, "statements.read", "A statement as a page that prints well", query=InLanguage, media_type="text/html"),
    Operation("GET", "/statements/{statement_id}/page.pdf", statement_pdf, "statements.read", "A statement as PDF", query=InLanguage, media_type=PDF),
)  # fmt: skip
