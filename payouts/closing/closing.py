"""Closing a period, once: deductions, rounding, tax, a statement for each person, the total. After it the period's sums never change.

Rounding happens at one point only: each person's sum of the period is rounded to whole kopecks, half a kopeck and more upwards; the
difference is posted between the person's payable and the account `rounding`, so nothing is lost. Tax is withheld of the rounded sum.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from piecework.payouts.adjusting import deductions
from piecework.payouts.books import ledger
from piecework.payouts.books.ledger import Entry, LedgerAccount, move
from piecework.payouts.closing import queries
from piecework.payouts.errors import PeriodClosed, PeriodNotEnded
from piecework.payouts.taxes import withholding
from piecework.payouts.taxes.withholding import Withheld
from piecework.platform import db, trail
from piecework.platform.errors import NotFound
from piecework.platform.said import Said

ROUNDING = LedgerAccount("rounding")


async def close(period_id: UUID, actor: UUID | None, *, cut_off: bool = False) -> dict[str, Any]:
    """Close a period in the caller's one transaction: post what closing posts, make its statements, store its total.

    With `cut_off` a period that still runs ends now, by the database's clock, and the rest of its time becomes a new open period.
    Waits for accruals into it that are under way; none is lost, none comes later. It happens once: of two at the same time one
    closes, the other is told so.

    Raises:
        NotFound: there is no such period.
        PeriodClosed: it is closed already.
        PeriodNotEnded: it still runs and no cut-off was asked for, or it has not begun.
    """
    if cut_off:
        await db.execute("SELECT lock_periods()")  # before the row: makers of periods take the two in this order
    period = await db.row(queries.LOCK_PERIOD, period_id)
    if period is None:
        raise NotFound
    if period["state"] != "open":
        raise PeriodClosed
    now = await db.scalar("SELECT clock_timestamp()")  # after the lock: everything recorded in the period happened before
    if now < period["ends_at"]:
        if not cut_off or now <= period["starts_at"]:
            raise PeriodNotEnded(Said("It ends at %(at)s.", at=period["ends_at"]))
        await _cut(period, now)
    at, currency = min(now, period["ends_at"]), period["currency"]
    await withholding.one_at_a_time(currency)  # before anything is posted: see there
    await db.execute("UPDATE period SET state = 'closing' WHERE id = $1", period_id)
    deducted = await deductions.apply(period_id, currency, at, await _earned(period_id))
    rounded = await _round(period_id, currency, at, actor)
    withheld = await withholding.withhold(currency, at, await _earned(period_id), period_id)
    await _tax(period_id, currency, at, actor, withheld)
    await db.execute(
        queries.STATE,
        period_id,
        [str(person) for person in withheld],
        [one.regime for one in withheld.values()],
        [orjson.dumps(one.basis).decode() for one in withheld.values()],
    )
    await db.execute(queries.DUE, period_id)
    sealed = await db.row(queries.SEAL_PERIOD, period_id, actor)
    assert sealed is not None
    facts = {"total": sealed["total"], "entries": sealed["entries"], "rounded": rounded, "deducted": deducted}
    await trail.record(actor, "period.close", "period", period_id, cut_off=now < period["ends_at"], **facts)
    return facts


async def _cut(period: Any, now: datetime) -> None:
    await db.execute("UPDATE period SET ends_at = $2 WHERE id = $1", period["id"], now)
    await db.execute(
        "INSERT INTO period (currency, cadence, starts_at, ends_at, zone) VALUES ($1, $2, $3, $4, $5)",
        period["currency"],
        period["cadence"],
        now,
        period["ends_at"],
        period["zone"],
    )


async def _earned(period_id: UUID) -> dict[UUID, int]:
    """What each person was owed by the period so far, before tax."""
    return {UUID(row["owner"]): row["amount"] for row in await db.rows(queries.EARNED, period_id)}


async def _round(period_id: UUID, currency: str, at: datetime, actor: UUID | None) -> int:
    roundings = await db.rows(queries.ROUNDINGS, period_id)
    entries = [
        Entry(
            business_key=f"round:{period_id}:{r['owner']}",
            kind="round",
            period_id=period_id,
            effective_at=at,
            currency=currency,
            legs=move(r["residue"], ROUNDING, LedgerAccount("payable", r["owner"])),
            actor=actor,
            reason="rounded to whole kopecks",
        )
        for r in roundings
    ]
    return len(await ledger.post(entries))


async def _tax(period_id: UUID, currency: str, at: datetime, actor: UUID | None, withheld: dict[UUID, Withheld]) -> None:
    """Dr payable, Cr tax of the person; the other way round where tax comes back."""
    entries = [
        Entry(
            business_key=f"tax:{period_id}:{person}",
            kind="tax",
            period_id=period_id,
            effective_at=at,
            currency=currency,
            legs=move(one.amount, LedgerAccount("payable", str(person)), LedgerAccount("tax", str(person))),
            actor=actor,
            reason=f"tax regime {one.regime}",
        )
        for person, one in sorted(withheld.items())
        if one.amount
    ]
    await ledger.post(entries)
