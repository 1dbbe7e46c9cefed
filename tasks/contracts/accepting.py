"""What a person does with an offer: accept exactly what they were shown, which makes the next version of their contract, or decline it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from piecework.platform import db, jobs, notices, trail
from piecework.platform.identity import accounts
from piecework.platform.identity.models import Role
from piecework.platform.said import Said
from piecework.tasks.contracts import offers, versions
from piecework.tasks.errors import OtherText

ACCEPTED = "contract.accepted"

# Never in the past, nor before what the offer says, nor before the version before it: versions begin in their order.
AGREE = """
INSERT INTO contract (freelancer_id, version, zone, weekly_norm, weekly_cap, max_held, starts_at, accepted_at, offer_id)
SELECT o.freelancer_id, 1 + coalesce(max(c.version), 0), o.zone, o.weekly_norm, o.weekly_cap, o.max_held,
       greatest($2::timestamptz, o.starts_at, max(c.starts_at)), $2, o.id
FROM contract_offer o LEFT JOIN contract c ON c.freelancer_id = o.freelancer_id WHERE o.id = $1 GROUP BY o.id
RETURNING version, starts_at"""


async def accept(me: UUID, offer_id: UUID, sha256: str, *, device: bytes | None = None) -> dict[str, Any]:
    """Accept an offer as it was read: the next version of one's contract, in force from now or the offer's beginning. Returns the version.

    Who has accepted may work: the account gets the role freelancer. Records `contract.accepted` {freelancer_id, offer_id}. `device` is
    the fingerprint of the browser, if it was one.

    Raises:
        NotFound: there is no such offer to this person.
        OfferClosed: it was answered, withdrawn or superseded, or its time is over.
        OtherText: the hash is not that of the offer's text.
    """
    await db.execute(versions.LOCK, me)
    offer = await offers.one(offer_id, me)
    offers.check_open(offer)
    if sha256 != offer["sha256"]:
        raise OtherText
    at = await offers.answer(offer_id, "accepted", me, sha256=sha256, device=device)
    made = await db.row(AGREE, offer_id, at)
    assert made is not None
    await versions.refresh_load(me)
    await accounts.add_role(me, me, Role.FREELANCER)
    await jobs.record(ACCEPTED, [(str(offer_id), {"freelancer_id": str(me), "offer_id": str(offer_id)})])
    await trail.record(me, "contract.accepted", "account", me, offer=offer_id, version=made["version"], sha256=sha256)
    await _tell_author(offer, "contract.accepted", Said("An offer was accepted"), _from(made["starts_at"]))
    return next(one for one in await versions.versions(me) if one["version"] == made["version"])


async def decline(me: UUID, offer_id: UUID, reason: str) -> None:
    """Decline an offer; what was agreed before stays as it is.

    Raises:
        NotFound, OfferClosed: see `accept`.
    """
    await db.execute(versions.LOCK, me)
    offer = await offers.one(offer_id, me)
    offers.check_open(offer)
    await offers.answer(offer_id, "declined", me, reason=reason)
    await trail.record(me, "contract.declined", "account", me, reason=reason, offer=offer_id)
    await _tell_author(
        offer, "contract.declined", Said("An offer was declined"), Said("The reason, if there is one, is with the offer.")
    )


def _from(starts_at: datetime) -> Said:
    return Said("The contract is in force from %(at)s on.", at=starts_at)


async def _tell_author(offer: dict[str, Any], kind: str, title: Said, body: Said) -> None:
    link = f"/freelancers/{offer['freelancer_id']}/offers"
    await notices.send([offer["offered_by"]], kind, title, body, link=link, key=str(offer["id"]))
