"""Remitting: withheld tax is paid to the state by whole closed periods, each period's once, and the ledger follows person by person."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from piecework.payouts.books import ledger, periods
from piecework.payouts.books.ledger import Entry, LedgerAccount, move
from piecework.payouts.errors import PeriodNotClosed, TaxRemitted
from piecework.payouts.taxes.days import must_have_come
from piecework.platform import db, trail
from piecework.platform.errors import Invalid
from piecework.platform.money import text
from piecework.platform.said import Said

BANK = LedgerAccount("bank")

BY_PERIOD = """
SELECT p.id, p.name, p.currency, p.cadence, p.ends_at, s.people, s.withheld, r.remittance_id
FROM period p JOIN LATERAL (SELECT count(*) AS people, sum(tax)::bigint AS withheld FROM statement
                            WHERE period_id = p.id AND tax <> 0) s ON s.people > 0
LEFT JOIN tax_remittance_period r ON r.period_id = p.id
WHERE ($1::uuid IS NULL OR p.id < $1) AND (NOT $2 OR r.remittance_id IS NULL)
ORDER BY p.id DESC LIMIT $3"""

BY_PERSON = """
SELECT s.id, s.period_id, p.name AS period, s.currency, s.freelancer_id, s.regime, (s.tax_basis ->> 'year')::int AS year, s.gross, s.tax,
       r.remittance_id
FROM statement s JOIN period p ON p.id = s.period_id LEFT JOIN tax_remittance_period r ON r.period_id = s.period_id
WHERE s.tax <> 0 AND s.id < $1 AND ($2::uuid IS NULL OR s.period_id = $2) AND ($3::uuid IS NULL OR s.freelancer_id = $3)
  AND ($4::int IS NULL OR (s.tax_basis ->> 'year')::int = $4)
ORDER BY s.id DESC LIMIT $5"""

REMITTANCES = """
SELECT r.id, r.currency, r.amount, r.reference, r.paid_on, r.recorded_by, r.recorded_at,
       (SELECT array_agg(period_id ORDER BY period_id) FROM tax_remittance_period WHERE remittance_id = r.id) AS period_ids
FROM tax_remittance r WHERE r.id < $1 ORDER BY r.id DESC LIMIT $2"""


async def remit(
    actor: UUID | None, *, currency: str, amount: int, reference: str, paid_on: date, period_ids: Sequence[UUID]
) -> UUID:
    """Record that the withheld tax of these periods was paid to the state: Dr tax of each person, Cr bank.

    Who got more back than was withheld of them in these periods is posted the other way round, so the sum is what was paid.

    Raises:
        Invalid: a period that is not there, twice, or of another currency; the amount is not what they withheld together; paid in
            the future.
        PeriodNotClosed: a period may still change.
        TaxRemitted: a period's tax was remitted before.
    """
    withheld = await _withheld(currency, period_ids)
    if amount != sum(withheld.values()) or amount <= 0:
        raise _wrong(
            "amount",
            "amount_differs",
            Said("These periods withheld %(amount)s, to be paid as one sum.", amount=text(sum(withheld.values()))),
        )
    await must_have_come("paid_on", paid_on)
    remittance: UUID = await db.scalar(
        "INSERT INTO tax_remittance (currency, amount, reference, paid_on, recorded_by) VALUES ($1, $2, $3, $4, $5) RETURNING id",
        currency,
        amount,
        reference,
        paid_on,
        actor,
    )
    taken = await db.execute(
        """INSERT INTO tax_remittance_period (period_id, remittance_id, amount)
           SELECT id, $1, withheld FROM unnest($2::uuid[], $3::bigint[]) AS of (id, withheld) ORDER BY id
           ON CONFLICT DO NOTHING""",
        remittance,
        list(withheld),
        list(withheld.values()),
    )
    if taken != len(withheld):
        raise TaxRemitted
    await _post(actor, remittance, currency, reference, list(withheld))
    await trail.record(actor, "tax.remitted", "tax_remittance", remittance, amount=amount, periods=len(withheld))
    return remittance


async def _withheld(currency: str, period_ids: Sequence[UUID]) -> dict[UUID, int]:
    """What each of these periods withheld."""
    found = await db.rows(
        """SELECT p.id, p.currency, p.state, (SELECT coalesce(sum(tax), 0)::bigint FROM statement WHERE period_id = p.id) AS withheld
           FROM period p WHERE p.id = ANY ($1::uuid[]) ORDER BY p.id""",
        list(period_ids),
    )
    if len(found) != len(period_ids):
        raise _wrong("period_ids", "unknown_period", Said("A period is not there, or is named twice."))
    if any(r["currency"] != currency for r in found):
        raise _wrong("period_ids", "other_currency", Said("A period is of another currency."))
    if any(r["state"] != "closed" for r in found):
        raise PeriodNotClosed
    return {r["id"]: r["withheld"] for r in found}


async def _post(actor: UUID | None, remittance: UUID, currency: str, reference: str, period_ids: list[UUID]) -> None:
    people = await db.rows(
        """SELECT freelancer_id, sum(tax)::bigint AS tax FROM statement WHERE period_id = ANY ($1::uuid[])
           GROUP BY freelancer_id HAVING sum(tax) <> 0 ORDER BY freelancer_id""",
        period_ids,
    )
    at, period_id = await periods.now_in(currency)
    await ledger.post(
        [
            Entry(
                business_key=f"remit:{remittance}:{r['freelancer_id']}",
                kind="remit",
                period_id=period_id,
                effective_at=at,
                currency=currency,
                legs=move(r["tax"], LedgerAccount("tax", str(r["freelancer_id"])), BANK),
                actor=actor,
                reason=f"tax paid to the state: {reference}",
                source_id=remittance,
            )
            for r in people
        ]
    )


async def by_period(before: UUID | None, limit: int, *, unremitted: bool) -> list[dict[str, Any]]:
    """What each closed period withheld, and by which remittance it was paid; newest first."""
    return [dict(r) for r in await db.rows(BY_PERIOD, before, unremitted, limit)]


async def by_person(
    before: UUID, limit: int, *, period_id: UUID | None = None, freelancer_id: UUID | None = None, year: int | None = None
) -> list[dict[str, Any]]:
    """What each statement withheld; newest first."""
    return [dict(r) for r in await db.rows(BY_PERSON, before, period_id, freelancer_id, year, limit)]


async def remittances(before: UUID, limit: int) -> list[dict[str, Any]]:
    """What was paid to the state, newest first."""
    return [dict(r) for r in await db.rows(REMITTANCES, before, limit)]


def _wrong(field: str, code: str, message: str | Said) -> Invalid:
    return Invalid(errors=[{"field": field, "code": code, "message": message}])
