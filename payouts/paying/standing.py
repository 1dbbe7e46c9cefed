"""May a person be paid now, and if not, why? The same question when a run is drafted and again when it is approved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from piecework.payouts.payees import self_employed
from piecework.platform import db


class Reason(StrEnum):
    """Why somebody is left out of a run. Stable: programs decide by them."""

    NOT_POSITIVE = "not_positive"
    BELOW_MINIMUM = "below_minimum"
    PAY_HELD = "pay_held"
    NO_DETAILS = "no_details"
    DETAILS_RETURNED = "details_returned"
    DETAILS_CHANGED = "details_changed"
    STATUS_UNCHECKED = "status_unchecked"
    STATUS_STALE = "status_stale"
    STATUS_LOST = "status_lost"
    NOT_COVERED = "not_covered"
    REMOVED = "removed"


WORDS = {
    Reason.NOT_POSITIVE: "What is to be set off is as much as what is to be paid, or more.",
    Reason.BELOW_MINIMUM: "It is less than the smallest payout, and is carried over to the next one.",
    Reason.PAY_HELD: "Payouts to this person are held back by a restriction.",
    Reason.NO_DETAILS: "There are no payment details of this currency.",
    Reason.DETAILS_RETURNED: "The bank returned the last payment: the payment details have to be changed, or confirmed.",
    Reason.DETAILS_CHANGED: "The payment details are too new: nothing is paid to them for some days.",
    Reason.STATUS_UNCHECKED: "It has never been checked that this person is self-employed.",
    Reason.STATUS_STALE: "It was checked too long ago whether this person is still self-employed.",
    Reason.STATUS_LOST: "This person is not self-employed any more.",
    Reason.NOT_COVERED: "Later corrections took part of what was due; the next closing sets it off.",
    Reason.REMOVED: "Whoever prepared the payout removed it from there; the next one takes it along.",
}
"""The reasons in words, for the person and for finance."""

STANDING = """
SELECT person.id AS freelancer_id, d.details_id, d.usable_at, d.doubted, coalesce(b.amount, 0) AS payable,
       (SELECT max(r.ends_at) FROM restriction_now r WHERE r.freelancer_id = person.id AND r.kind = 'pay') AS held_until
FROM unnest($1::uuid[]) AS person (id)
LEFT JOIN payee_details d ON d.freelancer_id = person.id AND d.currency = $2
LEFT JOIN ledger_account l ON l.kind = 'payable' AND l.owner = person.id::text AND l.currency = $2
LEFT JOIN balance b ON b.account_id = l.id"""


@dataclass(frozen=True, slots=True)
class Standing:
    """What matters of a person when they are to be paid in one currency."""

    freelancer_id: UUID
    details_id: UUID | None
    usable_at: datetime | None
    doubted: bool | None
    payable: int
    """All that they are owed, also by periods that are still open."""
    held_until: datetime | None
    now: datetime
    status: str | None = None
    """Why the tax status forbids it, if it does (payees.self_employed)."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why not, and until when, where that is known."""

    reason: Reason
    until: datetime | None = None


async def of(people: Sequence[UUID], currency: str) -> dict[UUID, Standing]:
    """How these people stand now."""
    at = await db.scalar("SELECT clock_timestamp()")
    refused = await self_employed.refusals(people, at)
    rows = await db.rows(STANDING, list(people), currency)
    return {row["freelancer_id"]: Standing(**row, now=at, status=refused.get(row["freelancer_id"])) for row in rows}


def obstacle(one: Standing, amount: int, minimum: int) -> Obstacle | None:
    """What keeps this amount from being paid now, the gravest first; None if nothing does."""
    waits = one.usable_at is not None and one.usable_at > one.now
    found = (
        (amount <= 0, Reason.NOT_POSITIVE, None),
        (one.held_until is not None, Reason.PAY_HELD, one.held_until),
        (amount < minimum, Reason.BELOW_MINIMUM, None),
        (one.details_id is None, Reason.NO_DETAILS, None),
        (one.doubted, Reason.DETAILS_RETURNED, None),
        (waits, Reason.DETAILS_CHANGED, one.usable_at),
        (one.status is not None, one.status and Reason(one.status), None),
        (one.payable < amount, Reason.NOT_COVERED, None),
    )
    return next((Obstacle(reason, until) for stands, reason, until in found if stands and reason), None)


async def obstacles(amounts: Mapping[UUID, int], currency: str, minimum: int) -> dict[UUID, Obstacle]:
    """Of these people, who cannot be paid these amounts now, and why."""
    standings = await of(sorted(amounts), currency)
    found = {person: obstacle(standings[person], amount, minimum) for person, amount in amounts.items()}
    return {person: one for person, one in found.items() if one is not None}
