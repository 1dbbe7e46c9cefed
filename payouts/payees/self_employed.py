"""The self-employed: we withhold nothing from them, so we must know that they still are before we pay, and collect their receipts.

The tax service is asked by finance; here is recorded what it said, for which INN and as of which day. Who lost the status is not paid
as one who has it: the tax would be the payer's to withhold.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from piecework.payouts.books import pay_policy
from piecework.payouts.errors import InnMissing, NoReceiptDue, ReceiptRecorded
from piecework.payouts.taxes import tables
from piecework.payouts.taxes.days import must_have_come, today
from piecework.payouts.taxes.tables import Regime
from piecework.payouts.taxes.withholding import table_for
from piecework.platform import db, trail
from piecework.platform.errors import NotFound
from piecework.platform.identity.models import Account
from piecework.tasks.qualifications import freelancer

NEAR = 80
"""From how many hundredths of the yearly limit on somebody is near it."""

CHECKS = """
SELECT id, freelancer_id, inn, checked_on, active, source, recorded_by, recorded_at FROM status_check
WHERE freelancer_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"""

# The last check of the INN that counts, as of the day of the payment. What was checked later the same day counts more.
REFUSALS = """
SELECT who, CASE WHEN c.checked_on IS NULL THEN 'status_unchecked' WHEN NOT c.active THEN 'status_lost'
                 WHEN c.checked_on < day.of_payment - $4::int THEN 'status_stale' END AS reason
FROM unnest($1::uuid[]) AS who CROSS JOIN (SELECT ($2::timestamptz AT TIME ZONE $3)::date AS of_payment) day
LEFT JOIN LATERAL (SELECT checked_on, active FROM status_check
                   WHERE freelancer_id = who AND inn = inn_of(who) AND checked_on <= day.of_payment
                   ORDER BY checked_on DESC, recorded_at DESC LIMIT 1) c ON true
WHERE regime_of(who, $2) = 'self_employed'"""

# The regime of the day of the payment is asked for last: only of lines without a receipt, and of people who ever were self-employed.
MISSING = """
SELECT l.id AS line_id, l.freelancer_id, a.name, l.currency, l.amount, l.paid_at, due.due_on
FROM (SELECT DISTINCT freelancer_id FROM pay_terms WHERE regime = 'self_employed') who
JOIN payout_line l ON l.freelancer_id = who.freelancer_id JOIN account a ON a.id = l.freelancer_id
CROSS JOIN LATERAL (SELECT regime_of(l.freelancer_id, l.paid_at) AS regime OFFSET 0) that_day
CROSS JOIN LATERAL (SELECT (date_trunc('month', l.paid_at AT TIME ZONE $1) + interval '1 month 8 days')::date AS due_on) due
WHERE l.state = 'paid' AND due.due_on < $2 AND that_day.regime = 'self_employed'
  AND NOT EXISTS (SELECT FROM receipt r WHERE r.line_id = l.id AND r.issued_on <= $2) AND l.id > $3
ORDER BY l.id LIMIT $4"""

# Paid: what reached them in the year. Accrued: what the year's statements say, and what the open periods of the year hold by now.
LIMITS = """
SELECT who.freelancer_id, a.name, paid.amount AS paid, (stated.amount + open.amount)::bigint AS accrued
FROM (SELECT DISTINCT freelancer_id FROM pay_terms
      WHERE regime = 'self_employed' AND starts_at < make_timestamptz($1 + 1, 1, 1, 0, 0, 0, $2) AND freelancer_id > $4) who
JOIN account a ON a.id = who.freelancer_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(l.amount), 0)::bigint AS amount FROM payout_line l
    WHERE l.freelancer_id = who.freelancer_id AND l.currency = $3 AND l.state = 'paid'
      AND extract(year FROM l.paid_at AT TIME ZONE $2) = $1 AND regime_of(l.freelancer_id, l.paid_at) = 'self_employed') paid
CROSS JOIN LATERAL (
    SELECT coalesce(sum(s.gross), 0)::bigint AS amount FROM statement s
    WHERE s.freelancer_id = who.freelancer_id AND s.currency = $3 AND s.regime = 'self_employed'
      AND (s.tax_basis ->> 'year')::int = $1) stated
CROSS JOIN LATERAL (
    SELECT coalesce(sum(s.amount), 0)::bigint AS amount
    FROM ledger_account l JOIN period_sum s ON s.account_id = l.id JOIN period p ON p.id = s.period_id
    WHERE l.kind = 'payable' AND l.owner = who.freelancer_id::text AND l.currency = $3 AND p.state <> 'closed'
      AND s.heading NOT IN ('tax', 'out') AND extract(year FROM p.ends_at AT TIME ZONE p.zone) = $1
      AND regime_of(who.freelancer_id, clock_timestamp()) = 'self_employed') open
WHERE 100 * greatest(paid.amount, stated.amount + open.amount) >= $5 * $6::numeric
ORDER BY who.freelancer_id LIMIT $7"""


async def record_check(actor: UUID, freelancer_id: UUID, *, checked_on: date, active: bool, source: str) -> UUID:
    """Record what the tax service said of a person's status.

    Raises:
        OwnContract, NotFound, NotAFreelancer: oneself, no such account, not a freelancer.
        InnMissing: there is no INN that could have been asked for.
        Invalid: on a day that has not come.
    """
    await freelancer(actor, freelancer_id)
    inn = await db.scalar("SELECT inn_of($1)", freelancer_id)
    if inn is None:
        raise InnMissing
    await must_have_come("checked_on", checked_on)
    made: UUID = await db.scalar(
        """INSERT INTO status_check (freelancer_id, inn, checked_on, active, source, recorded_by) VALUES ($1, $2, $3, $4, $5, $6)
           RETURNING id""",
        freelancer_id,
        inn,
        checked_on,
        active,
        source,
        actor,
    )
    await trail.record(actor, "status.checked", "account", freelancer_id, check=made, checked_on=checked_on, active=active)
    return made


async def checks(freelancer_id: UUID, before: UUID, limit: int) -> list[dict[str, Any]]:
    """What was recorded of a person's status, newest first.

    Raises:
        NotFound: no such account.
    """
    if not await Account.exists(id=freelancer_id):
        raise NotFound
    return [dict(r) for r in await db.rows(CHECKS, freelancer_id, before, limit)]


async def refusals(people: Sequence[UUID], at: datetime) -> dict[UUID, str]:
    """Who of these may not be paid at a moment, and why; whoever is not in it may.

    Of self-employed people only: `status_unchecked` (never, or not by the INN that counts now), `status_lost`, or `status_stale` (the
    last check is older than PayPolicy.status_check_days).
    """
    policy = await pay_policy.current()
    found = await db.rows(REFUSALS, list(people), at, policy.zone, policy.status_check_days)
    return {r["who"]: r["reason"] for r in found if r["reason"] is not None}


async def record_receipt(actor: UUID, line_id: UUID, *, number: str, url: str, issued_on: date) -> None:
    """Record a self-employed person's receipt for one payment.

    Raises:
        NotFound: no such line.
        NoReceiptDue: it is not paid, or not to a self-employed person.
        ReceiptRecorded: the line has one, or the person gave the same for another line.
        Invalid: on a day that has not come.
    """
    line = await db.row(
        """SELECT freelancer_id, state = 'paid' AND regime_of(freelancer_id, paid_at) = $2 AS due FROM payout_line WHERE id = $1""",
        line_id,
        Regime.SELF_EMPLOYED,
    )
    if line is None:
        raise NotFound
    if not line["due"]:
        raise NoReceiptDue
    await must_have_come("issued_on", issued_on)
    made = await db.execute(
        """INSERT INTO receipt (line_id, freelancer_id, number, url, issued_on, recorded_by) VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT DO NOTHING""",
        line_id,
        line["freelancer_id"],
        number,
        url,
        issued_on,
        actor,
    )
    if not made:
        raise ReceiptRecorded
    await trail.record(actor, "receipt.recorded", "payout_line", line_id, issued_on=issued_on)


async def missing_receipts(on: date | None, after: UUID, limit: int) -> list[dict[str, Any]]:
    """Payments to self-employed people whose receipt was due before a day (today) and had not come by then.

    A receipt is due by the 9th of the month after the payment (Federal Law 422-FZ, article 14, paragraph 3).
    """
    zone = await pay_policy.zone()
    return [dict(r) for r in await db.rows(MISSING, zone, on or await today(), after, limit)]


async def limits(year: int, after: UUID, limit: int, *, at_least: int = 0) -> list[dict[str, Any]]:
    """How far each self-employed person's year is towards the limit: those who have used at least so many hundredths of it.

    `used` is in hundredths, by the larger of what was paid and what accrued; `level` is below, near (80) or reached (100).

    Raises:
        NoTaxTable: there is no table for the year.
    """
    spec = table_for(await tables.of_year(year), Regime.SELF_EMPLOYED, year).spec
    assert spec.yearly_limit is not None
    zone = await pay_policy.zone()
    found = await db.rows(LIMITS, year, zone, spec.currency, after, at_least, spec.yearly_limit, limit)
    return [_usage(dict(r), spec.currency, spec.yearly_limit) for r in found]


def _usage(row: dict[str, Any], currency: str, limit: int) -> dict[str, Any]:
    used = max(row["paid"], row["accrued"]) * 100 // limit
    level = "reached" if used >= 100 else "near" if used >= NEAR else "below"
    return row | {"currency": currency, "limit": limit, "used": used, "level": level}
