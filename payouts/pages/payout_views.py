"""Payout runs: draft, the second person's approval, files for the bank, what became of each payment."""

from datetime import timedelta

from starlette.responses import Response

from piecework.payouts.api import paying as api
from piecework.payouts.pages.pieces import amount, names, sent
from piecework.payouts.pages.reasons import of_bank
from piecework.payouts.paying import payer
from piecework.payouts.schemas import paying as s
from piecework.payouts.taxes.days import today
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call
from piecework.platform.web.paging import PageQuery

ONE = "/money/payouts/{payout_id}"
LINE = f"{ONE}/lines/{{line_id}}"
FORMATS = ("1c", "pain001", "csv", "xlsx", "jsonl")


async def payouts_page(call: Call, query: s.PayoutQuery) -> Shown:
    """Payouts, newest first, and a form to draft one."""
    found = await api.list_payouts(call, query)
    people = await names(person for one in found.items for person in (one.author_id, one.approver_id))
    day = (await today()) + timedelta(days=1)
    payers = [row["currency"] for row in await payer.newest()]
    return {"found": found, "query": query, "names": people, "amount": amount, "tomorrow": day, "payers": payers}


async def draft(call: Call, form: s.PayoutIn) -> Go:
    """Draft a payout of all that is due."""
    made = await api.draft_payout(call, form)
    return Go(f"/money/payouts/{made.id}", N_("The draft is made. Look at whom it pays and whom not."))


async def payout_page(call: Call, query: PageQuery) -> Shown:
    """A payout: whom it pays, whom not and why, its files."""
    found = await api.show_payout(call)
    lines = await api.payout_lines(call, s.PayoutLineQuery(limit=query.limit, cursor=query.cursor))
    left_out = await api.payout_left_out(call, PageQuery(limit=200)) if found.left_out else None
    people = await names([found.author_id, found.approver_id])
    shown = {"found": found, "lines": lines, "left_out": left_out, "names": people, "amount": amount, "formats": FORMATS}
    return {**shown, "made": {one.format: one for one in found.files}, "of_bank": of_bank}


async def approve(call: Call) -> Go:
    """Approve a draft."""
    found = await api.approve_payout(call)
    return Go(f"/money/payouts/{found.id}", N_("Approved. The files for the bank can be downloaded now."))


async def cancel(call: Call, form: s.PayoutReasonIn) -> Go:
    """Give a draft up."""
    found = await api.cancel_payout(call, form)
    return Go(f"/money/payouts/{found.id}", N_("The draft is given up. Its money is due as before."))


async def remove_line(call: Call, form: s.PayoutReasonIn) -> Go:
    """Take somebody out of a draft."""
    found = await api.remove_payout_line(call, form)
    return Go(f"/money/payouts/{found.id}", N_("Taken out; the next payout takes it along."))


async def confirm(call: Call, form: s.ConfirmPayout) -> Go:
    """The bank paid all that is still on its way."""
    found = await api.confirm_payout(call, form)
    return Go(f"/money/payouts/{found.id}", N_("All that was on its way is paid."))


async def return_line(call: Call, form: s.PayoutReasonIn) -> Go:
    """The bank sent one payment back."""
    found = await api.return_payout_line(call, form)
    return Go(f"/money/payouts/{found.id}", N_("The return is kept; the money is due again."))


async def file(call: Call) -> Response:
    """A payout's file."""
    return sent(await api.payout_file(call))


VIEWS = (
    View("GET", "/money/payouts", payouts_page, api.READ, N_("Payouts"), "money_payouts.html", query=s.PayoutQuery),
    View("POST", "/money/payouts", draft, api.PAY, form=s.PayoutIn, again="/money/payouts"),
    View("GET", ONE, payout_page, api.READ, N_("Payout"), "money_payout.html", query=PageQuery),
    View("POST", f"{ONE}/approve", approve, api.PAY, again=ONE),
    View("POST", f"{ONE}/cancel", cancel, api.PAY, form=s.PayoutReasonIn, again=ONE),
    View("POST", f"{ONE}/confirm", confirm, api.PAY, form=s.ConfirmPayout, again=ONE),
    View("POST", f"{LINE}/remove", remove_line, api.PAY, form=s.PayoutReasonIn, again=ONE),
    View("POST", f"{LINE}/return", return_line, api.PAY, form=s.PayoutReasonIn, again=ONE),
    View("GET", f"{ONE}/files/{{format}}", file, api.PAY),
)
MENU = (Entry(N_("Money"), N_("Payouts"), "/money/payouts", api.READ),)
