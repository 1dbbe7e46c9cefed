"""What requesters spend: their projects beside each other, one project by day, what a single ticket may cost, and sending one back."""

from datetime import timedelta
from typing import Any

from babel import Locale

from piecework.payouts.api import tickets as api
from piecework.payouts.pages.pieces import amount, fitted, say, units
from piecework.payouts.schemas.tickets import Reason, ReopenIn, SpendDay, SpendQuery, TicketBudgetIn
from piecework.platform import money
from piecework.platform.money import AmountIn
from piecework.platform.pages import charts, texts
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call, Shape
from piecework.tasks import projects

SPANS = (7, 30, 90)
"""The last so many days, to choose from."""
MOST_BARS = 45
"""More days than this are drawn week by week."""
ALL = "/spend"
ONE = "/projects/{code}/spend"
TICKET = "/money/tickets/{ticket_id}"


class BudgetForm(Shape):
    """What a ticket may cost; left empty: what its price list says."""

    budget: AmountIn | None = None
    reason: Reason


async def spend_page(call: Call, query: SpendQuery) -> Shown:
    """What each project spent."""
    found = await api.my_spend(call, query)
    return {"found": found, "amount": amount, "given": query}


async def project_page(call: Call, query: SpendQuery) -> Shown:
    """What one project spent and is committed to, by day."""
    found = await api.project_spend(call, query)
    project = await projects.project_by_code(call.principal, found.project)
    form = texts.Format(Locale.parse(texts.language(call.request)), texts.zone(call.request))
    last = found.days[-1].day
    return {
        "title": project.name,
        "found": found,
        "days": [one for one in reversed(found.days) if _any(one)],
        "amount": amount,
        "code": found.project,
        "drawn": _drawn(found.days),
        "charts": charts,
        "say": say(form, found.currency),
        "spans": [(days, last - timedelta(days=days - 1), last) for days in SPANS],
        "since": found.days[0].day,
        "until": last,
    }


def _any(one: SpendDay) -> bool:
    return any((one.spent, one.pending, one.held, one.reserved, one.budget))


def _drawn(days: list[SpendDay]) -> dict[str, Any]:
    """The bars: by day, or by week where there are many days. Labels are the first days."""
    size = 1 if len(days) <= MOST_BARS else 7
    groups = [days[at : at + size] for at in range(0, len(days), size)]
    return {
        "weekly": size > 1,
        "labels": [group[0].day for group in groups],
        "spent": [units(sum(one.spent for one in group)) for group in groups],
        "pending": [units(sum(one.pending for one in group)) for group in groups],
        "reserved": [units(sum(one.reserved for one in group)) for group in groups],
    }


async def set_budget(call: Call, form: BudgetForm) -> Go:
    """Set what a ticket may cost."""
    await api.set_ticket_budget(
        call, fitted(TicketBudgetIn, budget=None if form.budget is None else money.text(form.budget), reason=form.reason)
    )
    return Go(f"/money/tickets/{call.id('ticket_id')}", N_("The budget is kept."))


async def reopen(call: Call, form: ReopenIn) -> Go:
    """Send a ticket back: the named steps are done anew."""
    made = await api.reopen_ticket(call, form)
    return Go(f"/money/tickets/{made.ticket_id}", N_("The ticket is open again. Its new work is paid anew."))


VIEWS = (
    View("GET", ALL, spend_page, api.SPEND, N_("Spend"), "requester_spend.html", query=SpendQuery),
    View("GET", ONE, project_page, api.SPEND, N_("Spend"), "requester_spend_project.html", query=SpendQuery),
    View("POST", f"{TICKET}/budget", set_budget, api.BUDGET, form=BudgetForm, again=TICKET),
    View("POST", f"{TICKET}/reopen", reopen, api.REOPEN, form=ReopenIn, again=TICKET),
)
MENU = (Entry(N_("Projects"), N_("Spend"), ALL, api.SPEND),)
