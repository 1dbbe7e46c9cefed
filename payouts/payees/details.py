"""Payment details: where a person's money goes. Versions by currency; the newest counts, from the moment on that it may be used.

Details that replace others, and all that somebody else gives for a person, wait (PayPolicy.details_wait_hours), so that whoever stole
an account, or is trusted with details, cannot lead the next payout to themselves before the owner notices. Only the first details that
their owner gives are usable at once. Details to which the bank would not pay are left
alone until they are replaced or somebody says that they are right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from piecework.payouts.books import pay_policy
from piecework.payouts.errors import DetailsNotDoubted
from piecework.payouts.formats.checks import check_payee
from piecework.payouts.formats.orders import Payee
from piecework.platform import db, trail
from piecework.platform.errors import NotFound

GIVEN = ("name", "bank_name", "account", "bik", "correspondent", "iban", "bic")

NEWEST = """
SELECT d.*, p.doubted FROM payee_details p JOIN payment_details d ON d.id = p.details_id
WHERE p.freelancer_id = $1 ORDER BY d.currency"""

LOCK = "SELECT id FROM account WHERE id = $1 AND 'freelancer' = ANY (roles) FOR NO KEY UPDATE"

ADD = """
INSERT INTO payment_details (freelancer_id, currency, version, name, bank_name, account, bik, correspondent, iban, bic,
                             reason, created_by, usable_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, clock_timestamp() + $13 * interval '1 hour') RETURNING id, masked"""


@dataclass(frozen=True, slots=True)
class Details:
    """A version of somebody's details. `payee` holds the full number: for its owner and finance only; `masked` is for all others."""

    id: UUID
    currency: str
    version: int
    payee: Payee
    masked: str
    usable_at: datetime
    """Before this nothing is paid to them."""
    created_at: datetime
    doubted: bool
    """The bank returned money from there, and nobody has said since that they are right."""


def payee_of(row: Mapping[str, Any]) -> Payee:
    """A row of payment_details as the bank's files need it, without the person's INN (payees.identity)."""
    return Payee(row["freelancer_id"], **{name: row[name] for name in GIVEN})


async def of(freelancer_id: UUID) -> list[Details]:
    """A person's newest details, one for each currency that they gave some for."""
    return [
        Details(payee=payee_of(row), **{name: row[name] for name in Details.__slots__ if name != "payee"})
        for row in await db.rows(NEWEST, freelancer_id)
    ]


async def of_somebody(freelancer_id: UUID) -> list[Details]:
    """The same, for whoever does not know whether there is such a person.

    Raises:
        NotFound: this is no freelancer's account.
    """
    if not await db.scalar("SELECT EXISTS (SELECT FROM account WHERE id = $1 AND 'freelancer' = ANY (roles))", freelancer_id):
        raise NotFound
    return await of(freelancer_id)


async def change(actor: UUID, currency: str, given: Payee, reason: str = "") -> Details:
    """Make the next version of somebody's details; what they have already is left as it is. The trail says which, never the number.

    Raises:
        NotFound: this is no freelancer's account.
        Invalid: nothing could be paid there, or not with each file of a payout (`formats.checks`).
    """
    check_payee(given, currency)
    await _lock(given.person_id)
    before = await _newest(given.person_id, currency)
    if before is not None and before.payee == given:
        return before
    first_of_owner = before is None and actor == given.person_id
    wait = 0 if first_of_owner else (await pay_policy.current()).details_wait_hours
    version = 1 + (before.version if before is not None else 0)
    values = [getattr(given, name) for name in GIVEN]
    made = await db.row(ADD, given.person_id, currency, version, *values, reason, actor, wait)
    assert made is not None
    told = {"currency": currency, "version": version, "details": made["id"], "account": made["masked"]}
    await trail.record(actor, "payment_details.changed", "account", given.person_id, reason=reason, **told)
    after = await _newest(given.person_id, currency)
    assert after is not None
    return after


async def confirm(actor: UUID, freelancer_id: UUID, currency: str, reason: str = "") -> Details:
    """Say that the newest details are right although the bank returned money from there: the next run pays to them again.

    Raises:
        NotFound: there are no details of this currency.
        DetailsNotDoubted: nothing was returned since they were made or confirmed.
    """
    await _lock(freelancer_id)
    found = await _newest(freelancer_id, currency)
    if found is None:
        raise NotFound
    if not found.doubted:
        raise DetailsNotDoubted
    await db.execute(
        "INSERT INTO payment_details_confirmed (details_id, reason, confirmed_by) VALUES ($1, $2, $3)", found.id, reason, actor
    )
    await trail.record(actor, "payment_details.confirmed", "account", freelancer_id, reason=reason, details=found.id)
    return replace(found, doubted=False)


async def same_account(people: Sequence[UUID]) -> list[tuple[UUID, UUID]]:
    """Pairs of these people who at any time gave the same account."""
    found = await db.rows(
        "SELECT freelancer_a, freelancer_b FROM payee_link WHERE freelancer_a = ANY ($1::uuid[]) AND freelancer_b = ANY ($1::uuid[])",
        list(people),
    )
    return [(row["freelancer_a"], row["freelancer_b"]) for row in found]


async def _lock(freelancer_id: UUID) -> None:
    """One change of a person's details after the other."""
    if await db.row(LOCK, freelancer_id) is None:
        raise NotFound


async def _newest(freelancer_id: UUID, currency: str) -> Details | None:
    return next((one for one in await of(freelancer_id) if one.currency == currency), None)
