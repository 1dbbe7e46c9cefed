"""Everybody's contracts, for staff: where each stands, one person's versions and absences, an offer seen before it is made, an end."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from piecework.platform.errors import Invalid
from piecework.platform.identity.models import Account
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.said import Said
from piecework.platform.web.operation import Call, Shape
from piecework.platform.web.paging import FIRST, PageQuery
from piecework.tasks import policy, projects
from piecework.tasks.api import contracts as api
from piecework.tasks.api import leave
from piecework.tasks.contracts.terms import CADENCES, REGIMES
from piecework.tasks.errors import NothingInForce
from piecework.tasks.schemas.contracts import ContractEndIn, ContractQuery, OfferIn
from piecework.tasks.schemas.load import Day
from piecework.tasks.schemas.work import Reason, ReasonIn

CONTRACTS = "/contracts"
PERSON = f"{CONTRACTS}/{{freelancer_id}}"
OFFER = f"{PERSON}/offer"
PLENTY = 50
MOST_PROJECTS = 200
ANEW = {name: field.default for name, field in OfferIn.model_fields.items() if not field.is_required()} | {
    "rate": "",
    "regime": "self_employed",
}
"""What the form begins with for somebody who never had a contract."""


class OfferForm(OfferIn):
    """Terms as they are typed, and whether they are to be looked at first. `day`: by the calendar of the contract's zone."""

    day: Day | None = None
    act: Literal["look", "offer"] = "look"

    def body(self) -> OfferIn:
        """As the API takes it.

        Raises:
            Invalid: there is no such zone.
        """
        given = self.model_dump(exclude={"day", "act"})
        return OfferIn(**given | {"starts_at": None if self.day is None else _midnight(self.day, self.zone, "zone")})


class EndForm(Shape):
    """From which day on there is no contract, by its own calendar (left out: as soon as its notice allows), and why."""

    day: Day | None = None
    reason: Reason


async def contracts_page(call: Call, query: ContractQuery | None = None) -> Shown:
    """Freelancers and applicants, and where the contract of each stands."""
    asked = query or ContractQuery()
    return {"found": await api.list_contracts(call, asked), "query": asked}


async def contract_page(call: Call) -> Shown:
    """A person's contract: what holds, what was offered, how it came to be, when they were away."""
    found = await api.contract_of(call)
    listed = await api.offers_of(call, PageQuery(limit=PLENTY))
    person = await Account.get(id=call.id("freelancer_id"))
    sees_leave = call.principal.may(policy.LEAVE_DECIDE, call.services.permissions)
    return {
        "person": person,
        "title": person.name,
        "contract": found,
        "waiting": [one for one in listed.items if one.state == "open"],
        "answered": [one for one in listed.items if one.state != "open"],
        "away": (await leave.person_leave(call, PageQuery(limit=PLENTY))).items if sees_leave else None,
        "own": person.id == call.principal.account_id,
    }


async def offer_page(call: Call) -> Shown:
    """The form for an offer; it begins with what holds now."""
    found = await api.contract_of(call)
    now = found.next or found.in_force
    held: Mapping[str, Any] = {} if now is None else now.model_dump(include=set(OfferIn.model_fields))
    before = {name: value for name, value in held.items() if value is not None and name != "starts_at"}
    person = await Account.get(id=call.id("freelancer_id"))
    return {
        "person": person,
        "now": now,
        "terms": ANEW | before | {"day": None},
        "preview": None,
        "cadences": CADENCES,
        "regimes": REGIMES,
        "projects": [(one.code, one.name) for one in await projects.page(call.principal, FIRST, MOST_PROJECTS)],
    }


async def offer(call: Call, form: OfferForm) -> Shown | Go:
    """Offer a contract; or show its text as it would be, and keep what was typed."""
    if form.act == "look":
        preview = await api.preview_offer(call, form.body())
        return {**await offer_page(call), "terms": form.model_dump(), "preview": preview}
    await api.make_offer(call, form.body())
    return Go(
        f"{CONTRACTS}/{call.id('freelancer_id')}", N_("The offer is made. The person has been told and reads its whole text.")
    )


async def withdraw(call: Call, form: ReasonIn) -> Go:
    """Take an offer back."""
    await api.withdraw_offer(call, form)
    return Go(f"{CONTRACTS}/{call.id('freelancer_id')}", N_("The offer is withdrawn; the person has been told why."))


async def end(call: Call, form: EndForm) -> Go:
    """Announce the end of a person's contract."""
    found = await api.contract_of(call)
    held = found.in_force or found.next
    if held is None:
        raise NothingInForce
    at = None if form.day is None else _midnight(form.day, held.zone, "day")
    try:
        await api.end_contract(call, ContractEndIn(ends_at=at, reason=form.reason))
    except Invalid as problem:
        for one in problem.extra.get("errors", ()):
            one["field"] = "day" if one["field"] == "ends_at" else one["field"]
        raise
    return Go(f"{CONTRACTS}/{call.id('freelancer_id')}", N_("The end is announced. The person has been told why and may appeal."))


def _midnight(day: Day, zone: str, field: str) -> datetime:
    """When a day begins in a zone."""
    try:
        return datetime.combine(day, time.min, ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(errors=[{"field": field, "code": "unknown_zone", "message": Said("Not an IANA time zone.")}]) from None


READ, WRITE = policy.CONTRACTS_READ, policy.CONTRACTS_WRITE
VIEWS = (
    View("GET", CONTRACTS, contracts_page, READ, N_("Contracts"), "contracts.html", query=ContractQuery),
    View("GET", PERSON, contract_page, READ, N_("Contract"), "contract_person.html"),
    View("GET", OFFER, offer_page, WRITE, N_("An offer of a contract"), "contract_offer.html"),
    View("POST", OFFER, offer, WRITE, N_("An offer of a contract"), "contract_offer.html", form=OfferForm, again=OFFER),
    View("POST", f"{PERSON}/offers/{{offer_id}}/withdraw", withdraw, WRITE, form=ReasonIn, again=PERSON),
    View("POST", f"{PERSON}/end", end, WRITE, form=EndForm, again=PERSON),
)
MENU = (Entry(N_("Contracts and norms"), N_("Contracts"), CONTRACTS, READ),)
