"""Deductions with their evidence: propose, decide, give up, give back."""

from uuid import UUID

from piecework.payouts.api import deductions as api
from piecework.payouts.api import rules
from piecework.payouts.books import pay_policy
from piecework.payouts.pages.pieces import Typed, amount, fitted, given, in_zone_of_pay, names
from piecework.payouts.schemas import deductions as s
from piecework.payouts.schemas.rules import RuleQuery
from piecework.platform.errors import NotFound
from piecework.platform.money import AmountIn
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call, Query, Shape
from piecework.tasks.api import contracts
from piecework.tasks.schemas.contracts import ContractQuery

ONE = "/money/deductions/{deduction_id}"
WHOM = "/money/deductions/new"
NEW = f"{WHOM}/{{freelancer_id}}"


class About(Query):
    """Which answer a proposal is about."""

    assignment: UUID | None = None


class ProposalForm(Shape):
    """A proposal as it is typed: the moment is on the clock of the zone of pay."""

    rule_code: str
    amount: AmountIn
    fact_at: Typed
    assignment_id: UUID | None = None
    evidence: str


async def deductions_page(call: Call, query: s.DeductionQuery) -> Shown:
    """Deductions, newest first."""
    found = await api.list_deductions(call, query)
    people = [person for one in found.items for person in (one.freelancer_id, one.proposed_by, one.decided_by)]
    return {"found": found, "query": query, "names": await names(people), "amount": amount}


async def whom_page(call: Call, query: ContractQuery) -> Shown:
    """Whom a proposal is about: people found by name."""
    return {"found": await contracts.list_contracts(call, query), "query": query}


async def new_page(call: Call, query: About) -> Shown:
    """A proposal: by which published rule, on what evidence."""
    person = call.id("freelancer_id")
    known = await names([person])
    if not known:
        raise NotFound
    published = [one for one in (await rules.list_rules(call, RuleQuery(kind="deduction", limit=200))).items if one.in_force]
    shown = {"person_id": person, "person": known[person], "about": query, "rules": published, "amount": amount}
    return {**shown, "zone": await pay_policy.zone()}


async def propose(call: Call, form: ProposalForm) -> Go:
    """Open a case."""
    proposal = fitted(
        s.DeductionIn,
        freelancer_id=call.id("freelancer_id"),
        **given(form, "fact_at", "amount"),
        amount=amount(form.amount),
        fact_at=await in_zone_of_pay(form.fact_at),
    )
    made = await api.propose_deduction(call, proposal)
    return Go(f"/money/deductions/{made.id}", N_("Proposed. Somebody else decides."))


async def deduction_page(call: Call) -> Shown:
    """One deduction: its rule, its evidence, who decided it, what each period took."""
    found = await api.show_deduction(call)
    people = [found.freelancer_id, found.proposed_by, found.decided_by, found.ended_by]
    return {"found": found, "names": await names(people), "amount": amount}


async def decide(call: Call, form: s.DeductionDecisionIn) -> Go:
    """Approve or dismiss."""
    found = await api.decide_deduction(call, form)
    return Go(f"/money/deductions/{found.id}", N_("Decided. The person may object to what is approved."))


async def cancel(call: Call, form: s.DeductionEndIn) -> Go:
    """Give it up before anything is taken."""
    found = await api.cancel_deduction(call, form)
    return Go(f"/money/deductions/{found.id}", N_("Given up; nothing is taken."))


async def give_back(call: Call, form: s.DeductionEndIn) -> Go:
    """Give back all that was taken."""
    found = await api.give_back_deduction(call, form)
    return Go(f"/money/deductions/{found.id}", N_("Given back in the open period."))


VIEWS = (
    View(
        "GET", "/money/deductions", deductions_page, api.READ, N_("Deductions"), "money_deductions.html", query=s.DeductionQuery
    ),
    View("GET", WHOM, whom_page, api.PROPOSE, N_("Whose pay is it about?"), "money_deduction_whom.html", query=ContractQuery),
    View("GET", NEW, new_page, api.PROPOSE, N_("Propose a deduction"), "money_deduction_new.html", query=About),
    View("POST", NEW, propose, api.PROPOSE, form=ProposalForm, again=NEW),
    View("GET", ONE, deduction_page, api.READ, N_("Deduction"), "money_deduction.html"),
    View("POST", f"{ONE}/decision", decide, api.DECIDE, form=s.DeductionDecisionIn, again=ONE),
    View("POST", f"{ONE}/cancel", cancel, api.END, form=s.DeductionEndIn, again=ONE),
    View("POST", f"{ONE}/give-back", give_back, api.END, form=s.DeductionEndIn, again=ONE),
)
MENU = (Entry(N_("Money"), N_("Deductions"), "/money/deductions", api.READ),)
