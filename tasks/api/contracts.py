"""Operations on contracts: offers, their acceptance, versions and ends."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from piecework.platform.identity import devices
from piecework.platform.web.operation import Call, Operation
from piecework.platform.web.paging import LAST, PageQuery, cursor
from piecework.tasks import policy
from piecework.tasks.contracts import accepting, ending, offers, standing, versions
from piecework.tasks.contracts.terms import Terms
from piecework.tasks.errors import EndsAlready, NotAFreelancer, NothingInForce, OfferClosed, OtherText, OwnContract
from piecework.tasks.schemas import contracts as s
from piecework.tasks.schemas.work import ReasonIn


def _offer(row: Mapping[str, Any]) -> s.OfferOut:
    return s.OfferOut(**{name: row[name] for name in s.OfferOut.model_fields})


def _version(row: Mapping[str, Any]) -> s.VersionOut:
    return s.VersionOut(**{name: row[name] for name in s.VersionOut.model_fields})


async def _contract(person: UUID) -> s.ContractOut:
    listed = await versions.versions(person)
    in_force = next((one for one in listed if one["in_force"]), None)
    following = next((one for one in reversed(listed) if one["to_come"]), None)
    return s.ContractOut(
        in_force=None if in_force is None else _version(in_force),
        next=None if following is None else _version(following),
        versions=[_version(one) for one in listed],
        ends=[s.AnnouncedEnd(**one) for one in await ending.ends(person)],
    )


async def make_offer(call: Call, body: s.OfferIn) -> s.OfferOut:
    """Offer a contract, or other terms."""
    terms = Terms.of(body.model_dump())
    made = await offers.make(
        call.principal.account_id, call.id("freelancer_id"), terms, starts_at=body.starts_at, on_request=body.on_request
    )
    return _offer(made)


async def preview_offer(call: Call, body: s.OfferIn) -> s.OfferPreview:
    """Show an offer as it would be made; nothing is stored."""
    drafted = await offers.draft(
        call.principal.account_id,
        call.id("freelancer_id"),
        Terms.of(body.model_dump()),
        starts_at=body.starts_at,
        on_request=body.on_request,
    )
    return s.OfferPreview(text=drafted.text, starts_at=drafted.starts_at, worse=drafted.worse)


async def list_contracts(_call: Call, query: s.ContractQuery) -> s.Contracts:
    """Where everybody's contract stands."""
    found = await standing.page(query.after(LAST), query.limit + 1, words=query.q, state=query.state)
    items = [s.ContractRow(**one) for one in found[: query.limit]]
    return s.Contracts(items=items, next_cursor=cursor(items[-1].freelancer_id if len(found) > query.limit else None))


async def offers_of(call: Call, query: PageQuery) -> s.Offers:
    """What a person was offered."""
    await versions.check_known(call.id("freelancer_id"))
    found = await offers.page(call.id("freelancer_id"), query.after(LAST), query.limit + 1)
    return _offers(found, query.limit)


async def my_offers(call: Call, query: PageQuery) -> s.Offers:
    """What I was offered."""
    found = await offers.page(call.principal.account_id, query.after(LAST), query.limit + 1)
    return _offers(found, query.limit)


def _offers(found: list[dict[str, Any]], limit: int) -> s.Offers:
    items = [_offer(one) for one in found[:limit]]
    return s.Offers(items=items, next_cursor=cursor(items[-1].id if len(found) > limit else None))


async def withdraw_offer(call: Call, body: ReasonIn) -> None:
    """Take an offer back."""
    await offers.withdraw(call.principal.account_id, call.id("offer_id"), body.reason)


async def accept_offer(call: Call, body: s.AcceptIn) -> s.VersionOut:
    """Accept an offer as it was read."""
    agent = call.request.headers.get("user-agent", "") if call.principal.by_cookie else ""
    device = devices.fingerprint(agent) if agent else None
    made = await accepting.accept(call.principal.account_id, call.id("offer_id"), body.sha256, device=device)
    return _version(made)


async def decline_offer(call: Call, body: ReasonIn) -> None:
    """Decline an offer."""
    await accepting.decline(call.principal.account_id, call.id("offer_id"), body.reason)


async def my_contract(call: Call) -> s.ContractOut:
    """My contract, all versions."""
    return await _contract(call.principal.account_id)


async def contract_of(call: Call) -> s.ContractOut:
    """A person's contract, all versions."""
    await versions.check_known(call.id("freelancer_id"))
    return await _contract(call.id("freelancer_id"))


async def end_contract(call: Call, body: s.ContractEndIn) -> s.EndOut:
    """End a person's contract, with notice."""
    made = await ending.end(call.principal.account_id, call.id("freelancer_id"), ends_at=body.ends_at, reason=body.reason)
    return s.EndOut(id=made)


async def end_my_contract(call: Call, body: s.EndOwnIn) -> s.EndOut:
    """End my own contract."""
    return s.EndOut(id=await ending.end_own(call.principal.account_id, ends_at=body.ends_at, reason=body.reason))


OPERATIONS = (
    Operation("POST", "/freelancers/{freelancer_id}/offers", make_offer, policy.CONTRACTS_WRITE, "Offer a contract, or other terms",
              body=s.OfferIn, reply=s.OfferOut, status=201, errors=(OwnContract, NotAFreelancer), tag="contracts"),
    Operation("POST", "/freelancers/{freelancer_id}/offers/preview", preview_offer, policy.CONTRACTS_WRITE,
              "Show an offer as it would be made", body=s.OfferIn, reply=s.OfferPreview, errors=(OwnContract, NotAFreelancer), tag="contracts"),
    Operation("GET", "/contracts", list_contracts, policy.CONTRACTS_READ, "Where everybody's contract stands", query=s.ContractQuery,
              reply=s.Contracts, tag="contracts"),
    Operation("GET", "/freelancers/{freelancer_id}/offers", offers_of, policy.CONTRACTS_READ, "What a person was offered, newest first",
              query=PageQuery, reply=s.Offers, tag="contracts"),
    Operation("POST", "/offers/{offer_id}/withdraw", withdraw_offer, policy.CONTRACTS_WRITE, "Take an offer back", body=ReasonIn,
              status=204, errors=(OwnContract, OfferClosed), tag="contracts"),
    Operation("GET", "/freelancers/{freelancer_id}/contract", contract_of, policy.CONTRACTS_READ, "A person's contract, all versions",
              reply=s.ContractOut, tag="contracts"),
    Operation("POST", "/freelancers/{freelancer_id}/contract/end", end_contract, policy.CONTRACTS_WRITE, "End a person's contract, with notice",
              body=s.ContractEndIn, reply=s.EndOut, status=201, errors=(OwnContract, NothingInForce, EndsAlready), tag="contracts"),
    Operation("GET", "/me/offers", my_offers, policy.CONTRACTS_OWN, "What I was offered, newest first", query=PageQuery, reply=s.Offers,
              tag="contracts"),
    # Whoever accepts becomes a freelancer.
    Operation("POST", "/me/offers/{offer_id}/accept", accept_offer, policy.CONTRACTS_OWN, "Accept an offer as I have read it",
              body=s.AcceptIn, reply=s.VersionOut, errors=(OfferClosed, OtherText), changes_identity=True, tag="contracts"),
    Operation("POST", "/me/offers/{offer_id}/decline", decline_offer, policy.CONTRACTS_OWN, "Decline an offer", body=ReasonIn,
              status=204, errors=(OfferClosed,), tag="contracts"),
    Operation("GET", "/me/contract", my_contract, policy.CONTRACTS_OWN, "My contract, all versions", reply=s.ContractOut, tag="contracts"),
    Operation("POST", "/me/contract/end", end_my_contract, policy.CONTRACTS_OWN, "End my contract, at once or later", body=s.EndOwnIn,
              reply=s.EndOut, status=201, errors=(NothingInForce, EndsAlready), tag="contracts"),
)  # fmt: skip
