"""Where a figure comes from: a person's money, their statement, a ticket with its answers, an entry with its postings."""

from typing import Any

from starlette.responses import Response

from piecework.payouts.adjusting import awards
from piecework.payouts.api import deductions, pay_terms, payment_details, statements, tickets
from piecework.payouts.pages import reasons
from piecework.payouts.pages.pieces import amount, sent
from piecework.payouts.pages.reading import rows_of
from piecework.payouts.reports.filters import Filters
from piecework.payouts.reports.standing import STAGES
from piecework.payouts.schemas import pay_terms as terms_shapes
from piecework.payouts.schemas import paying as paying_shapes
from piecework.payouts.schemas.deductions import DeductionQuery
from piecework.payouts.schemas.statements import InLanguage, StatementPageOut
from piecework.payouts.statements.listing import listed
from piecework.payouts.statements.words import Language
from piecework.payouts.taxes.tables import Regime
from piecework.platform import db
from piecework.platform.errors import NotFound
from piecework.platform.pages import texts
from piecework.platform.pages.view import N_, Go, Shown, View
from piecework.platform.web.operation import Call
from piecework.platform.web.paging import LAST, PageQuery
from piecework.tasks.pages.labels import step_titles

READ = "payouts.read"
PERSON = "/money/people/{freelancer_id}"
LATELY = 12


async def person_page(call: Call) -> Shown:
    """A person's money: where it stands, statements, terms, details, deductions and bonuses."""
    person_id = call.id("freelancer_id")
    name = await db.scalar("SELECT name FROM account WHERE id = $1", person_id)
    if name is None:
        raise NotFound
    finance = call.principal.may(payment_details.CHANGE, call.services.permissions)
    found = {
        "terms": (await pay_terms.pay_terms_of(call)).versions,
        "identity": (await pay_terms.identity_of(call)).versions,
        "checks": (await pay_terms.status_checks_of(call, PageQuery(limit=5))).items,
        "details": (await payment_details.payment_details_of(call)).details if finance else None,
        "stages": await rows_of(STAGES, Filters(freelancer=person_id)),
        "statements": await listed(freelancer_id=person_id, before=LAST, limit=LATELY),
        "deductions": (await deductions.list_deductions(call, DeductionQuery(freelancer_id=person_id, limit=LATELY))).items,
        "awards": await awards.page(person_id, LAST, LATELY),
    }
    return {**found, "title": name, "person_id": person_id, "amount": amount, "regimes": list(Regime)}


async def agree_terms(call: Call, form: terms_shapes.AgreePayTerms) -> Go:
    """The next version of a person's terms."""
    await pay_terms.agree_pay_terms(call, form)
    return Go(f"/money/people/{call.id('freelancer_id')}", N_("The terms are kept."))


async def keep_identity(call: Call, form: terms_shapes.RecordIdentity) -> Go:
    """Who the state knows a person as."""
    await pay_terms.record_identity(call, form)
    return Go(f"/money/people/{call.id('freelancer_id')}", N_("The identity is kept."))


async def keep_check(call: Call, form: terms_shapes.RecordStatusCheck) -> Go:
    """What the tax service said."""
    await pay_terms.record_status_check(call, form)
    return Go(f"/money/people/{call.id('freelancer_id')}", N_("The answer of the tax service is kept."))


async def change_details(call: Call, form: paying_shapes.DetailsChangeIn) -> Go:
    """Give or change somebody's payment details."""
    await payment_details.change_payment_details(call, form)
    return Go(
        f"/money/people/{call.id('freelancer_id')}", N_("The payment details are kept; new ones wait before they are paid to.")
    )


async def confirm_details(call: Call, form: paying_shapes.DetailsConfirmForIn) -> Go:
    """Somebody's details are right although the bank returned money."""
    await payment_details.confirm_payment_details(call, form)
    return Go(f"/money/people/{call.id('freelancer_id')}", N_("The payment details are confirmed."))


async def loaded(call: Call) -> tuple[StatementPageOut, dict[str, Any]]:
    """A statement in the reader's language, whose it is and of which period."""
    page = await statements.statement(call, InLanguage(language=language_of(call)))
    row = await db.row("SELECT freelancer_id, period_id FROM statement WHERE id = $1", call.id("statement_id"))
    return page, dict(row or {})


def language_of(call: Call) -> Language:
    """The reader's language."""
    return "ru" if texts.language(call.request) == "ru" else "en"


async def statement_page(call: Call) -> Shown:
    """A statement down to each answer and its entry."""
    page, of = await loaded(call)
    return {"page": page, "amount": amount, "own": False, "statement_id": call.id("statement_id"), **of}


async def statement_file(call: Call) -> Response:
    """The same as PDF, in the reader's language."""
    return sent(await statements.statement_pdf(call, InLanguage(language=language_of(call))))


async def ticket_page(call: Call) -> Shown:
    """Who did what for a ticket, and what that came to."""
    found = await tickets.ticket_statement(call)
    titles = await step_titles(found.ticket_id)
    steps = [(key, titles.get(key, key)) for key in dict.fromkeys(one.step for one in found.lines)]
    return {"found": found, "amount": amount, "steps": steps, "titles": titles}


async def entry_page(call: Call) -> Shown:
    """An entry with its postings and all that it stands on."""
    found = await tickets.show_entry(call)
    owners = await db.rows(
        """SELECT id::text, name FROM account WHERE id::text = ANY ($1)
           UNION ALL SELECT id::text, code FROM project WHERE id::text = ANY ($1)""",
        [one.owner for one in found.postings if one.owner],
    )
    why = reasons.told(found.kind, found.reason or "")
    return {"found": found, "why": why, "amount": amount, "owners": {row["id"]: row["name"] for row in owners}}


VIEWS = (
    View("GET", PERSON, person_page, READ, N_("A person’s money"), "money_person.html"),
    View("POST", f"{PERSON}/terms", agree_terms, pay_terms.CHANGE, form=terms_shapes.AgreePayTerms, again=PERSON),
    View("POST", f"{PERSON}/identity", keep_identity, pay_terms.CHANGE, form=terms_shapes.RecordIdentity, again=PERSON),
    View("POST", f"{PERSON}/checks", keep_check, pay_terms.CHANGE, form=terms_shapes.RecordStatusCheck, again=PERSON),
    View("POST", f"{PERSON}/details", change_details, payment_details.CHANGE, form=paying_shapes.DetailsChangeIn, again=PERSON),
    View("POST", f"{PERSON}/details/confirm", confirm_details, payment_details.CHANGE, form=paying_shapes.DetailsConfirmForIn,
         again=PERSON),
    View("GET", "/money/statements/{statement_id}", statement_page, READ, N_("Statement"), "money_statement.html"),
    View("GET", "/money/statements/{statement_id}/file.pdf", statement_file, READ),
    View("GET", "/money/tickets/{ticket_id}", ticket_page, tickets.STATEMENT, N_("What a ticket cost"), "money_ticket.html"),
    View("GET", "/money/entries/{entry_id}", entry_page, READ, N_("Entry"), "money_entry.html"),
)  # fmt: skip
