"""Tariffs: what each project pays, the next version, its effect on last week, the second person's approval."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from piecework.payouts.api import tariffs as api
from piecework.payouts.books import pay_policy
from piecework.payouts.pages.pieces import Typed, amount, fitted, given, in_zone_of_pay, names
from piecework.payouts.schemas.tariffs import WithdrawTariffIn
from piecework.payouts.tariffs.terms import TariffTerms
from piecework.platform.money import AmountIn
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call, Shape
from piecework.platform.web.paging import FIRST, PageQuery
from piecework.tasks import projects
from piecework.tasks.errors import NoWorkflow

PROJECT = "/money/prices/{code}"
ONE = "/money/tariffs/{tariff_id}"
MOST_PROJECTS = 200
Price = Annotated[AmountIn, Field(ge=0)] | None


class PriceRow(Shape):
    """The price of a step as the form has it; without a price the step keeps its own."""

    step: str
    level: int = 1
    language: Annotated[str, StringConstraints(max_length=2)] = ""
    price: Price = None
    weight: int | None = None


class TariffForm(Shape):
    """The next version of a project's prices. A moment is on the clock of the zone of pay."""

    kind: Literal["per_step", "per_ticket"]
    rows: list[PriceRow] = Field(default_factory=list, max_length=500)
    ticket_price: Price = None
    ticket_budget: Price = None
    hold_until: Literal["accepted", "resolved"] = "accepted"
    hold_days: int = 0
    hold_most_days: int = 14
    starts_at: Typed | None = None
    ends_at: Typed | None = None
    reason: str


async def prices_page(call: Call) -> Shown:
    """The projects whose prices can be looked at."""
    return {"projects": await projects.page(call.principal, FIRST, MOST_PROJECTS)}


async def project_page(call: Call, query: PageQuery) -> Shown:
    """What a project pays now and will pay, its versions, and a form for the next one."""
    project = await projects.project_by_code(call.principal, call.request.path_params["code"])
    try:
        now = await api.project_tariff(call)
    except NoWorkflow:
        now = None
    versions = await api.list_tariffs(call, query)
    people = await names(person for one in versions.items for person in (one.author_id, one.approver_id))
    shown = {"project": project, "now": now, "versions": versions, "names": people, "amount": amount}
    return {**shown, "title": project.name, "zone": await pay_policy.zone()}


async def draft(call: Call, form: TariffForm) -> Go:
    """Draft the next version."""
    rows = [row for row in form.rows if row.step]
    terms = fitted(
        TariffTerms,
        **given(form, "rows", "starts_at", "ends_at", "ticket_price", "ticket_budget"),
        items=[
            {"step": row.step, "level": row.level, "language": row.language, "price": amount(row.price)}
            for row in rows
            if row.price is not None and form.kind == "per_step"
        ],
        weights={row.step: row.weight for row in rows if row.weight is not None} if form.kind == "per_ticket" else None,
        ticket_price=amount(form.ticket_price) if form.kind == "per_ticket" else None,
        ticket_budget=amount(form.ticket_budget),
        starts_at=await in_zone_of_pay(form.starts_at),
        ends_at=await in_zone_of_pay(form.ends_at),
    )
    made = await api.draft_tariff(call, terms)
    return Go(f"/money/tariffs/{made.id}", N_("The draft is kept. Look at its effect; somebody else approves it."))


async def tariff_page(call: Call) -> Shown:
    """One version, and what last week would have cost under it."""
    found = await api.show_tariff(call)
    people = await names([found.author_id, found.approver_id, found.withdrawn_by])
    return {"found": found, "preview": await api.preview_tariff(call), "names": people, "amount": amount}


async def approve(call: Call) -> Go:
    """Approve somebody else's draft."""
    found = await api.approve_tariff(call)
    return Go(f"/money/tariffs/{found.id}", N_("Approved and announced. Answers claimed before its start keep their price."))


async def withdraw(call: Call, form: WithdrawTariffIn) -> Go:
    """Take a draft, or a tariff before its start, back."""
    found = await api.withdraw_tariff(call, form)
    return Go(f"/money/tariffs/{found.id}", N_("Taken back."))


VIEWS = (
    View("GET", "/money/prices", prices_page, api.WRITE, N_("Prices"), "money_prices.html"),
    View("GET", PROJECT, project_page, api.WRITE, N_("Prices"), "money_project.html", query=PageQuery),
    View("POST", f"{PROJECT}/tariffs", draft, api.WRITE, form=TariffForm, again=PROJECT),
    View("GET", ONE, tariff_page, api.READ, N_("Tariff"), "money_tariff.html"),
    View("POST", f"{ONE}/approve", approve, api.WRITE, again=ONE),
    View("POST", f"{ONE}/withdraw", withdraw, api.WRITE, form=WithdrawTariffIn, again=ONE),
)
MENU = (Entry(N_("Money"), N_("Prices"), "/money/prices", api.WRITE),)
