"""My contract: what holds, what was offered, accepting it as it was read, declining it, ending it."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call, Shape
from piecework.platform.web.paging import PageQuery
from piecework.tasks import policy
from piecework.tasks.api import contracts as api
from piecework.tasks.contracts import offers
from piecework.tasks.errors import NothingInForce
from piecework.tasks.schemas.contracts import AcceptIn, EndOwnIn, OfferOut, Remark
from piecework.tasks.schemas.load import Day
from piecework.tasks.schemas.work import ReasonIn

CONTRACT = "/me/contract"
OFFER = "/me/offers/{offer_id}"
END = f"{CONTRACT}/end"
PLENTY = 50


class EndForm(Shape):
    """From which day on there is no contract, by its own calendar (left out: at once), and why, if one likes."""

    day: Day | None = None
    reason: Remark = ""


async def contract_page(call: Call) -> Shown:
    """What holds, what comes next, what was offered, and how it came to be."""
    found = await api.my_contract(call)
    listed = await api.my_offers(call, PageQuery(limit=PLENTY))
    return {
        "contract": found,
        "waiting": [one for one in listed.items if one.state == "open"],
        "answered": [one for one in listed.items if one.state != "open"],
    }


async def offer_page(call: Call) -> Shown:
    """An offer in full, to be accepted as it stands or declined."""
    row = await offers.one(call.id("offer_id"), call.principal.account_id)
    return {"offer": OfferOut(**{name: row[name] for name in OfferOut.model_fields})}


async def accept(call: Call, form: AcceptIn) -> Go:
    """Accept the text that was shown."""
    made = await api.accept_offer(call, form)
    now = datetime.now(made.starts_at.tzinfo)
    said = N_("You have accepted the contract. It holds.") if made.starts_at <= now else N_("You have accepted the new terms.")
    return Go(CONTRACT, said)


async def decline(call: Call, form: ReasonIn) -> Go:
    """Decline an offer with a reason."""
    await api.decline_offer(call, form)
    return Go(CONTRACT, N_("You have declined the offer. Those who made it read your reason."))


async def end_page(call: Call) -> Shown:
    """What it means to end the contract, and the form."""
    return {"contract": await api.my_contract(call)}


async def end(call: Call, form: EndForm) -> Go:
    """End my contract, at once or from a day on."""
    found = await api.my_contract(call)
    if found.in_force is None:
        raise NothingInForce
    at = None if form.day is None else datetime.combine(form.day, time.min, ZoneInfo(found.in_force.zone))
    await api.end_my_contract(call, EndOwnIn(ends_at=at, reason=form.reason))
    return Go(CONTRACT, N_("The end of your contract is announced."))


OWN = policy.CONTRACTS_OWN
VIEWS = (
    View("GET", CONTRACT, contract_page, OWN, N_("My contract"), "me_contract.html"),
    View("GET", OFFER, offer_page, OWN, N_("An offer to you"), "me_offer.html"),
    View("POST", f"{OFFER}/accept", accept, OWN, form=AcceptIn, again=OFFER, changes_identity=True),
    View("POST", f"{OFFER}/decline", decline, OWN, form=ReasonIn, again=OFFER),
    View("GET", END, end_page, OWN, N_("End my contract"), "me_contract_end.html"),
    View("POST", END, end, OWN, form=EndForm, again=END),
)
MENU = (Entry(N_("My work"), N_("My contract"), CONTRACT, OWN),)
