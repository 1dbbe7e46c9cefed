"""Offers of contracts: made by staff, shown in full, open for two weeks, one at a time for each person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from piecework.platform import db, jobs, notices, trail
from piecework.platform.errors import Invalid, NotFound
from piecework.platform.identity.models import Account, Role
from piecework.platform.said import Said
from piecework.tasks.contracts import text, versions
from piecework.tasks.contracts.limits import FARTHEST, OFFER_STANDS
from piecework.tasks.contracts.terms import Terms, against
from piecework.tasks.errors import NotAFreelancer, OfferClosed, OwnContract

OFFERED = "contract.offered"

STATE = "coalesce(a.outcome, CASE WHEN o.expires_at <= clock_timestamp() THEN 'expired' ELSE 'open' END)"
SHOWN = f"""
SELECT o.*, {STATE} AS state, a.at AS answered_at, a.reason
FROM contract_offer o LEFT JOIN contract_answer a ON a.offer_id = o.id"""

MAKE = """
INSERT INTO contract_offer (freelancer_id, rate, price_list, weekly_norm, weekly_cap, max_held, zone, cadence, regime, notice_days,
                            clauses, starts_at, on_request, text, sha256, offered_by, offered_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17::timestamptz, $17::timestamptz + $18::interval) RETURNING id"""

# Of two that answer one offer the primary key lets one through.
ANSWER = """
INSERT INTO contract_answer (offer_id, outcome, actor, sha256, device, reason) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING RETURNING at"""
OPEN = f"""
SELECT o.id FROM contract_offer o LEFT JOIN contract_answer a ON a.offer_id = o.id WHERE o.freelancer_id = $1 AND {STATE} = 'open'"""


@dataclass(frozen=True, slots=True)
class Drafted:
    """An offer as it would be made at `at`. `worse`: the changed terms that are not surely in the person's favour."""

    at: datetime
    text: str
    starts_at: datetime | None
    worse: list[str]


async def draft(actor: UUID, freelancer_id: UUID, terms: Terms, *, starts_at: datetime | None, on_request: bool) -> Drafted:
    """What `make` would offer: its whole text, when it begins at the earliest (None: with its acceptance). Nothing is stored.

    Raises:
        OwnContract, NotFound, NotAFreelancer, Invalid: as `make` does.
    """
    await _addressee(actor, freelancer_id)
    await _check_words(terms)
    now = await versions.clock()
    begins, worse = await _beginning(freelancer_id, terms, starts_at, now, on_request=on_request)
    shown = (
        None
        if begins is None
        else await db.scalar("SELECT to_char($1::timestamptz AT TIME ZONE $2, 'YYYY-MM-DD HH24:MI')", begins, terms.zone)
    )
    return Drafted(now, text.render(terms, person=freelancer_id, starts=shown, on_request=on_request), begins, worse)


async def make(actor: UUID, freelancer_id: UUID, terms: Terms, *, starts_at: datetime | None, on_request: bool) -> dict[str, Any]:
    """Offer a person a contract, or other terms; an earlier offer that is still open is superseded. Nothing changes until it is accepted.

    Changed terms begin after the notice of the contract in force, unless all of them are in the person's favour or they asked for it
    (`on_request`, which the text says). With no `starts_at` they begin as soon as that allows, and otherwise once they are accepted.
    Records `contract.offered` {freelancer_id, offer_id}.

    Raises:
        OwnContract, NotFound, NotAFreelancer: oneself; no such account; neither an applicant nor a freelancer.
        Invalid: an unknown zone or price list, or a beginning that is past, sooner than the notice allows, or more than a year ahead.
    """
    drafted = await draft(actor, freelancer_id, terms, starts_at=starts_at, on_request=on_request)
    for open_offer in await db.rows(OPEN, freelancer_id):
        await answer(open_offer["id"], "superseded", actor)
    offer_id: UUID = await db.scalar(
        MAKE,
        freelancer_id,
        terms.rate,
        terms.price_list,
        terms.weekly_norm,
        terms.weekly_cap,
        terms.max_held,
        terms.zone,
        terms.cadence,
        terms.regime,
        terms.notice_days,
        terms.clauses,
        drafted.starts_at,
        on_request,
        drafted.text,
        text.sha256(drafted.text),
        actor,
        drafted.at,
        OFFER_STANDS,
    )
    await jobs.record(OFFERED, [(str(offer_id), {"freelancer_id": str(freelancer_id), "offer_id": str(offer_id)})])
    await trail.record(actor, OFFERED, "account", freelancer_id, offer=offer_id)
    body = Said("Read the whole text; it holds only if you accept it. Until then nothing changes.")
    await notices.send([freelancer_id], OFFERED, Said("You are offered a contract"), body, link="/me/offers", key=str(offer_id))
    return await one(offer_id)


async def withdraw(actor: UUID, offer_id: UUID, reason: str) -> None:
    """Take back an offer that is still open.

    Raises:
        NotFound, OwnContract, OfferClosed: see there.
    """
    freelancer_id = await db.scalar("SELECT freelancer_id FROM contract_offer WHERE id = $1", offer_id)
    if freelancer_id is None:
        raise NotFound
    if actor == freelancer_id:
        raise OwnContract
    await db.execute(versions.LOCK, freelancer_id)
    check_open(await one(offer_id))
    await answer(offer_id, "withdrawn", actor, reason=reason)
    await trail.record(actor, "contract.offer_withdrawn", "account", freelancer_id, reason=reason, offer=offer_id)
    await notices.send(
        [freelancer_id], "contract.withdrawn", Said("An offer was withdrawn"), reason, link="/me/offers", key=str(offer_id)
    )


async def close_all(actor: UUID | None, freelancer_id: UUID, outcome: str, reason: str) -> None:
    """Nothing that is on offer to a person may be accepted any more."""
    for open_offer in await db.rows(OPEN, freelancer_id):
        await answer(open_offer["id"], outcome, actor, reason=reason)


async def answer(
    offer_id: UUID, outcome: str, actor: UUID | None, *, sha256: str | None = None, device: bytes | None = None, reason: str = ""
) -> datetime:
    """Write down what came of an offer, once; returns when.

    Raises:
        OfferClosed: something else came of it first.
    """
    at: datetime | None = await db.scalar(ANSWER, offer_id, outcome, actor, sha256, device, reason)
    if at is None:
        raise OfferClosed(state=(await one(offer_id))["state"])
    return at


def check_open(offer: dict[str, Any]) -> None:
    """Raises OfferClosed unless the offer can still be answered."""
    if offer["state"] != "open":
        raise OfferClosed(state=offer["state"])


async def one(offer_id: UUID, freelancer_id: UUID | None = None) -> dict[str, Any]:
    """An offer with its state: of this person only, if one is named.

    Raises:
        NotFound: there is none.
    """
    row = await db.row(f"{SHOWN} WHERE o.id = $1 AND ($2::uuid IS NULL OR o.freelancer_id = $2)", offer_id, freelancer_id)
    if row is None:
        raise NotFound
    return dict(row)


async def page(freelancer_id: UUID, before: UUID, limit: int) -> list[dict[str, Any]]:
    """A person's offers older than one, newest first."""
    found = await db.rows(
        f"{SHOWN} WHERE o.freelancer_id = $1 AND o.id < $2 ORDER BY o.id DESC LIMIT $3", freelancer_id, before, limit
    )
    return [dict(row) for row in found]


async def _addressee(actor: UUID, freelancer_id: UUID) -> None:
    """Make sure that the account may be offered a contract by the actor, and lock it."""
    if actor == freelancer_id:
        raise OwnContract
    await db.execute(versions.LOCK, freelancer_id)
    account = await Account.get_or_none(id=freelancer_id)
    if account is None:
        raise NotFound
    if not {Role.APPLICANT, Role.FREELANCER} & set(account.roles):
        raise NotAFreelancer


async def _check_words(terms: Terms) -> None:
    # The database reckons the weeks, and its zones are not quite those of this machine ("localtime", "posixrules").
    if not await db.scalar("SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1)", terms.zone):
        raise Invalid(errors=[{"field": "zone", "code": "unknown_zone", "message": Said("Not an IANA time zone.")}])
    known = "SELECT EXISTS (SELECT FROM project WHERE code = $1)"
    if terms.price_list is not None and not await db.scalar(known, terms.price_list):
        raise Invalid(errors=[{"field": "price_list", "code": "unknown_project", "message": Said("There is no such project.")}])


async def _beginning(
    freelancer_id: UUID, terms: Terms, starts_at: datetime | None, now: datetime, *, on_request: bool
) -> tuple[datetime | None, list[str]]:
    """When the offered terms begin at the earliest (None: with their acceptance), and which of them are worse."""
    if starts_at is not None and not now <= starts_at <= now + FARTHEST:
        raise Invalid(errors=[{"field": "starts_at", "code": "out_of_range", "message": Said("From now on, and within a year.")}])
    held = await versions.standing(freelancer_id)
    worse = [] if held is None else against(terms, Terms.of(held))
    if not worse or on_request:
        return starts_at, worse
    earliest = now + await versions.notice(freelancer_id)
    if starts_at is not None and starts_at < earliest:
        message = Said(
            "%(fields)s: not surely in the person's favour, so not before %(earliest)s.",
            fields=", ".join(worse),
            earliest=earliest,
        )
        raise Invalid(errors=[{"field": "starts_at", "code": "notice_too_short", "message": message}])
    return starts_at or earliest, worse
