"""A freelancer's own money: earned today, this week and in all, down to the answer; statements; details; deductions; payments."""

from starlette.responses import Response

from piecework.payouts.api import deductions, me, pay_terms, paying, payment_details, rules, statements, tariffs
from piecework.payouts.pages.pieces import amount
from piecework.payouts.pages.trace_views import loaded, statement_file
from piecework.payouts.schemas import paying as s
from piecework.payouts.schemas.rules import RuleQuery
from piecework.platform import db
from piecework.platform.errors import NotFound
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call
from piecework.platform.web.paging import PageQuery

EARN = "earnings.read"
DETAILS = "/me/payment-details"
LATELY = 20
STEPS = "SELECT id::text, coalesce(spec ->> 'title', key) AS title FROM step WHERE id = ANY ($1)"
NAMES = "SELECT code, name FROM project WHERE code = ANY ($1)"


async def earnings_page(call: Call, query: PageQuery) -> Shown:
    """My money by where it is, and each of my assignments."""
    found = await me.my_assignments(call, PageQuery(limit=min(query.limit, LATELY), cursor=query.cursor))
    steps = {row["id"]: row["title"] for row in await db.rows(STEPS, sorted({int(one.step_id) for one in found.items}))}
    projects = {row["code"]: row["name"] for row in await db.rows(NAMES, sorted({one.project for one in found.items}))}
    shown = {"found": found, "steps": steps, "projects": projects, "amount": amount}
    if query.cursor:
        return {**shown, "earnings": [], "payouts": None}
    return {
        **shown,
        "earnings": (await me.my_earnings(call)).earnings,
        "payouts": await paying.my_payouts(call, PageQuery(limit=5)),
    }


async def statements_page(call: Call, query: PageQuery) -> Shown:
    """My statements, newest first."""
    return {"found": await statements.my_statements(call, query), "amount": amount}


async def statement_page(call: Call) -> Shown:
    """One of my statements down to each answer."""
    page, of = await loaded(call)
    if of["freelancer_id"] != call.principal.account_id:
        raise NotFound
    return {"page": page, "amount": amount, "own": True, "statement_id": call.id("statement_id"), **of}


async def pdf(call: Call) -> Response:
    """The same as PDF."""
    return await statement_file(call)


async def payouts_page(call: Call, query: PageQuery) -> Shown:
    """My payments, and why the last payout left me out."""
    return {"found": await paying.my_payouts(call, query), "amount": amount}


async def deductions_page(call: Call, query: PageQuery) -> Shown:
    """Deductions from my pay, with evidence and how to object."""
    return {"found": await deductions.my_deductions(call, query), "amount": amount}


async def bonuses_page(call: Call, query: PageQuery) -> Shown:
    """What bonus rules gave me, with all that it follows from."""
    return {"found": await rules.my_awards(call, query), "amount": amount}


async def prices_page(call: Call) -> Shown:
    """What everything that I am qualified for pays, and the rules of pay in force."""
    found = await tariffs.my_tariffs(call)
    known = [one for one in (await rules.list_rules(call, RuleQuery(limit=100))).items if one.in_force]
    return {"found": found, "rules": known, "amount": amount}


async def details_page(call: Call) -> Shown:
    """Where I am paid, and how I am paid and taxed."""
    found = await payment_details.my_payment_details(call)
    return {"found": found, "terms": await pay_terms.my_pay_terms(call)}


async def change_details(call: Call, form: s.DetailsIn) -> Go:
    """Give or change my details."""
    await payment_details.change_my_payment_details(call, form)
    return Go(DETAILS, N_("Your payment details are kept."))


async def confirm_details(call: Call, form: s.DetailsConfirmIn) -> Go:
    """Say that my details are right."""
    await payment_details.confirm_my_payment_details(call, form)
    return Go(DETAILS, N_("Thank you: we will pay there again."))


VIEWS = (
    View("GET", "/me/earnings", earnings_page, EARN, N_("My earnings"), "me_earnings.html", query=PageQuery),
    View("GET", "/me/statements", statements_page, EARN, N_("My statements"), "me_statements.html", query=PageQuery),
    View("GET", "/me/statements/{statement_id}", statement_page, EARN, N_("Statement"), "money_statement.html"),
    View("GET", "/me/statements/{statement_id}/file.pdf", pdf, EARN),
    View("GET", "/me/payouts", payouts_page, paying.OWN, N_("My payments"), "me_payouts.html", query=PageQuery),
    View("GET", "/me/deductions", deductions_page, deductions.READ_OWN, N_("Deductions from my pay"), "me_deductions.html",
         query=PageQuery),
    View("GET", "/me/bonuses", bonuses_page, rules.AWARDS, N_("My bonuses"), "me_bonuses.html", query=PageQuery),
    View("GET", "/me/prices", prices_page, tariffs.OWN, N_("What work pays"), "me_prices.html"),
    View("GET", DETAILS, details_page, payment_details.OWN, N_("Payment details"), "me_details.html"),
    View("POST", DETAILS, change_details, payment_details.OWN, form=s.DetailsIn, again=DETAILS),
    View("POST", f"{DETAILS}/confirm", confirm_details, payment_details.OWN, form=s.DetailsConfirmIn, again=DETAILS),
)  # fmt: skip
MENU = (
    Entry(N_("My work"), N_("My earnings"), "/me/earnings", EARN),
    Entry(N_("My work"), N_("My statements"), "/me/statements", EARN),
    Entry(N_("My work"), N_("Payment details"), DETAILS, payment_details.OWN),
    Entry(N_("My work"), N_("What work pays"), "/me/prices", tariffs.OWN),
)
