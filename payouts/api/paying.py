"""Operations on payouts: finance drafts, approves and sends them and takes the bank's answers; freelancers see their own payments."""

import base64
from typing import Any
from uuid import UUID

from piecework.payouts.errors import (
    BankLineDecided,
    BankLineDiffers,
    FourEyes,
    LineNotOnItsWay,
    NoDetailsKept,
    NoPayer,
    NothingToPay,
    OwnPayout,
    PayoutChanged,
    PayoutNotApproved,
    PayoutNotDraft,
    PayoutSettled,
)
from piecework.payouts.formats.bank_lines import BrokenFile
from piecework.payouts.paying import approving, bank, files, runs, settling, shown
from piecework.payouts.paying.matching import Outcome
from piecework.payouts.paying.standing import WORDS, Reason
from piecework.payouts.schemas import paying as s
from piecework.platform import db
from piecework.platform.errors import Invalid
from piecework.platform.identity.models import Role
from piecework.platform.web.operation import Call, Operation, Raw
from piecework.platform.web.paging import LAST, Page, PageQuery, cursor

READ = "payouts.read"
PAY = "payouts.pay"
OWN = "payouts.own"

PERMISSIONS: dict[str, frozenset[str]] = {
    OWN: frozenset({Role.FREELANCER}),
}

FILES = ("application/octet-stream", "application/xml", "text/xml", "text/plain")
"""As what a bank statement may be sent; what it is, is seen from its first bytes."""


async def draft_payout(call: Call, body: s.PayoutIn) -> s.PayoutDetail:
    """Draft a payout of all that is due."""
    return await _detail(await runs.draft(call.principal.account_id, body.currency, body.execution_on, body.note))


async def list_payouts(_call: Call, query: s.PayoutQuery) -> Page[s.PayoutOut]:
    """Newest first."""
    found = await shown.runs(query.after(LAST), query.limit + 1, query.state, query.currency)
    items = [s.PayoutOut(**row) for row in found[: query.limit]]
    return Page[s.PayoutOut](items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


async def show_payout(call: Call) -> s.PayoutDetail:
    """One payout."""
    return await _detail(call.id("payout_id"))


async def payout_lines(call: Call, query: s.PayoutLineQuery) -> Page[s.PayoutLineOut]:
    """Whom a payout pays."""
    found = await shown.lines(call.id("payout_id"), query.after(), query.limit + 1, query.state)
    items = [s.PayoutLineOut(**row) for row in found[: query.limit]]
    return Page[s.PayoutLineOut](items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


async def payout_left_out(call: Call, query: PageQuery) -> Page[s.PayoutLeftOut]:
    """Whom a payout does not pay."""
    found = await shown.left_out(call.id("payout_id"), query.after(), query.limit + 1)
    items = [s.PayoutLeftOut(**row, words=WORDS[Reason(row["reason"])]) for row in found[: query.limit]]
    return Page[s.PayoutLeftOut](items=items, next_cursor=cursor(items[-1].freelancer_id if len(found) > query.limit else None))


async def remove_payout_line(call: Call, body: s.PayoutReasonIn) -> s.PayoutDetail:
    """Take somebody out of a draft."""
    payout_id = call.id("payout_id")
    await runs.drop(call.principal.account_id, payout_id, call.id("line_id"), body.reason)
    return await _detail(payout_id)


async def cancel_payout(call: Call, body: s.PayoutReasonIn) -> s.PayoutDetail:
    """Give a draft up."""
    payout_id = call.id("payout_id")
    await runs.cancel(call.principal.account_id, payout_id, body.reason)
    return await _detail(payout_id)


async def approve_payout(call: Call) -> s.PayoutDetail:
    """Approve a draft."""
    payout_id = call.id("payout_id")
    await approving.approve(call.principal.account_id, payout_id)
    return await _detail(payout_id)


async def payout_file(call: Call) -> Raw:
    """A payout's file: made when first asked for, and kept."""
    found = await files.file(call.principal.account_id, call.id("payout_id"), call.request.path_params["format"])
    headers = {
        "content-disposition": f'attachment; filename="{found.name}"',
        "repr-digest": f"sha-256=:{base64.b64encode(found.sha256).decode()}:",
    }
    return Raw(found.content, media_type=found.media_type, headers=headers)


async def confirm_payout(call: Call, body: s.ConfirmPayout) -> s.PayoutDetail:
    """The bank paid all that is still on its way."""
    payout_id = call.id("payout_id")
    await settling.confirm_all(call.principal.account_id, payout_id, body.bank_reference)
    return await _detail(payout_id)


async def return_payout_line(call: Call, body: s.PayoutReasonIn) -> s.PayoutDetail:
    """The bank sent one payment back."""
    payout_id = call.id("payout_id")
    await settling.return_one(call.principal.account_id, payout_id, call.id("line_id"), body.reason)
    return await _detail(payout_id)


async def send_bank_statement(call: Call, query: s.BankStatementQuery, file: bytes) -> s.BankStatementOut:
    """Take what the bank says."""
    received = await bank.receive(call.principal.account_id, file, query.currency)
    counts = await shown.outcomes(received.id)
    return s.BankStatementOut(
        id=received.id, added=received.added, **{outcome.value: counts.get(outcome.value, 0) for outcome in Outcome}
    )


async def list_bank_statements(_call: Call, query: PageQuery) -> Page[s.BankStatementListed]:
    """Newest first."""
    found = await shown.statements(query.after(LAST), query.limit + 1)
    items = [s.BankStatementListed(**row) for row in found[: query.limit]]
    return Page[s.BankStatementListed](items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


async def list_bank_lines(_call: Call, query: s.BankLineQuery) -> Page[s.BankLineOut]:
    """Oldest first."""
    found = await shown.bank_lines(query.after(), query.limit + 1, query.outcome, query.statement_id)
    items = [s.BankLineOut(**row) for row in found[: query.limit]]
    return Page[s.BankLineOut](items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


async def match_bank_line(call: Call, body: s.MatchIn) -> None:
    """Say which payment a movement is about."""
    await bank.match(call.principal.account_id, call.id("bank_line_id"), body.line_id, body.reason)


async def set_bank_line_aside(call: Call, body: s.PayoutReasonIn) -> None:
    """Say that a movement is none of payouts'."""
    await bank.set_aside(call.principal.account_id, call.id("bank_line_id"), body.reason)


async def my_payouts(call: Call, query: PageQuery) -> s.MyPayouts:
    """The caller's payments."""
    me = call.principal.account_id
    found = await shown.mine(me, query.after(LAST), query.limit + 1, db.FREELANCER)
    items = [s.MyPayout(**row) for row in found[: query.limit]]
    left = [s.MyLeftOut(**row, words=WORDS[Reason(row["reason"])]) for row in await shown.mine_left(me, db.FREELANCER)]
    return s.MyPayouts(items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None), left_out=left)


async def _detail(payout_id: UUID) -> s.PayoutDetail:
    found: dict[str, Any] = await shown.run(payout_id)
    made = [
        s.PayoutFileOut(format=one.format, sha256=one.sha256.hex(), bytes=one.bytes, made_at=one.made_at)
        for one in await files.made(payout_id)
    ]
    return s.PayoutDetail(**found, files=made)


OPERATIONS = (
    Operation("POST", "/payouts", draft_payout, PAY, "Draft a payout of all that is due in a currency", body=s.PayoutIn,
              reply=s.PayoutDetail, status=201, errors=(NothingToPay,)),
    Operation("GET", "/payouts", list_payouts, READ, "List payouts, newest first", query=s.PayoutQuery, reply=Page[s.PayoutOut]),
    Operation("GET", "/payouts/{payout_id}", show_payout, READ, "A payout, and what became of its money", reply=s.PayoutDetail),
    Operation("GET", "/payouts/{payout_id}/lines", payout_lines, READ, "Whom a payout pays", query=s.PayoutLineQuery, reply=Page[s.PayoutLineOut]),
    Operation("GET", "/payouts/{payout_id}/left-out", payout_left_out, READ, "Whom a payout does not pay, and why", query=PageQuery,
              reply=Page[s.PayoutLeftOut]),
    Operation("POST", "/payouts/{payout_id}/lines/{line_id}/remove", remove_payout_line, PAY, "Take somebody out of a draft",
              body=s.PayoutReasonIn, reply=s.PayoutDetail, errors=(PayoutNotDraft, NothingToPay, OwnPayout)),
    Operation("POST", "/payouts/{payout_id}/cancel", cancel_payout, PAY, "Give a draft up", body=s.PayoutReasonIn, reply=s.PayoutDetail,
              errors=(PayoutNotDraft,)),
    Operation("POST", "/payouts/{payout_id}/approve", approve_payout, PAY, "Approve a draft: its money is on its way",
              reply=s.PayoutDetail, errors=(PayoutNotDraft, OwnPayout, FourEyes, NoPayer, PayoutChanged, Invalid)),
    Operation("GET", "/payouts/{payout_id}/files/{format}", payout_file, PAY, "A payout's file: csv, xlsx, jsonl, pain001 or 1c",
              errors=(PayoutNotApproved, NoDetailsKept, Invalid), media_type="*/*"),
    Operation("POST", "/payouts/{payout_id}/confirm", confirm_payout, PAY, "The bank paid all that is still on its way",
              body=s.ConfirmPayout, reply=s.PayoutDetail, errors=(PayoutNotApproved, PayoutSettled, OwnPayout)),
    Operation("POST", "/payouts/{payout_id}/lines/{line_id}/return", return_payout_line, PAY, "The bank sent one payment back",
              body=s.PayoutReasonIn, reply=s.PayoutDetail, errors=(LineNotOnItsWay, OwnPayout)),
    Operation("POST", "/bank-statements", send_bank_statement, PAY, "Take a bank statement: camt.053 or 1CClientBankExchange",
              query=s.BankStatementQuery, file=FILES, reply=s.BankStatementOut, errors=(BrokenFile, OwnPayout), tag="payouts"),
    Operation("GET", "/bank-statements", list_bank_statements, PAY, "List bank statements, newest first", query=PageQuery,
              reply=Page[s.BankStatementListed], tag="payouts"),
    Operation("GET", "/bank-lines", list_bank_lines, PAY, "What bank statements told, by outcome", query=s.BankLineQuery,
              reply=Page[s.BankLineOut], tag="payouts"),
    Operation("POST", "/bank-lines/{bank_line_id}/match", match_bank_line, PAY, "Say which payment a movement is about",
              body=s.MatchIn, errors=(BankLineDecided, BankLineDiffers, OwnPayout), tag="payouts"),
    Operation("POST", "/bank-lines/{bank_line_id}/set-aside", set_bank_line_aside, PAY, "Say that a movement is none of payouts'",
              body=s.PayoutReasonIn, errors=(BankLineDecided,), tag="payouts"),
    Operation("GET", "/me/payouts", my_payouts, OWN, "My payments, and why the last payout left me out", query=PageQuery,
              reply=s.MyPayouts, transaction=False),
)  # fmt: skip
