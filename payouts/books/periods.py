"""Pay periods: weeks, Monday to Monday in a zone, half-open; made on demand, closed once, after which their sums never change.

Rounding happens at one point only. When a period closes, each person's payable of that period is rounded to whole kopecks, half a
kopeck and more upwards; the difference is posted between the person's payable and the account `rounding`, so nothing is lost.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from piecework.payouts import ledger, queries
from piecework.payouts.errors import PeriodClosed, PeriodNotEnded
from piecework.payouts.ledger import Entry, LedgerAccount, move
from piecework.platform import db, trail
from piecework.platform.errors import NotFound, Unavailable

ZONE = "Europe/Moscow"
CURRENCY = "RUB"
TRIES = 5
ROUNDING = LedgerAccount("rounding")

Moment = tuple[str, datetime]
"""A currency and the time of a fact in it."""


async def current(currency: str = CURRENCY, zone: str = ZONE) -> UUID:
    """The period that takes what happens now, made if this is the first to ask. The caller's transaction makes it."""
    found: UUID = await db.scalar("SELECT period_for($1, clock_timestamp(), $2)", currency, zone)
    return found


async def hold(facts: Iterable[Moment], zone: str = ZONE) -> dict[Moment, UUID]:
    """For each fact the open period that takes it, held open (FOR SHARE) until the current transaction ends.

    That is the period around the fact's time; if that one is closed, the earliest open one after it: a late fact keeps its true
    time and lands in the next period. A period that closes while we look is looked for again.

    Raises:
        Unavailable: periods kept closing under us; trying again later will do.
    """
    moments = sorted(set(facts))
    if not moments:
        return {}
    for _ in range(TRIES):
        found = await db.rows(queries.PERIODS_FOR, [c for c, _ in moments], [at for _, at in moments], zone)
        chosen: dict[Moment, UUID] = {(r["currency"], r["fact_at"]): r["period_id"] for r in found}
        wanted = sorted(set(chosen.values()))
        if len(await db.rows(queries.HOLD_OPEN, wanted)) == len(wanted):
            return chosen
    raise Unavailable


async def now_in(currency: str) -> tuple[datetime, UUID]:
    """The database's time and the period that takes it, held open."""
    at: datetime = await db.scalar("SELECT clock_timestamp()")
    return at, (await hold([(currency, at)]))[currency, at]


async def close(period_id: UUID, actor: UUID | None, *, cut_off: bool = False) -> dict[str, Any]:
    """Close a period: round each person's payable, store total and number of entries. In the caller's one transaction.

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
            raise PeriodNotEnded(f"It ends at {period['ends_at'].isoformat()}.")
        await _cut(period, now)
    await db.execute("UPDATE period SET state = 'closing' WHERE id = $1", period_id)
    rounded = await _round(period_id, period["currency"], min(now, period["ends_at"]), actor)
    sealed = await db.row(queries.SEAL_PERIOD, period_id, actor)
    assert sealed is not None
    facts = {"total": sealed["total"], "entries": sealed["entries"], "rounded": rounded, "cut_off": now < period["ends_at"]}
    await trail.record(actor, "period.close", "period", period_id, **facts)
    return facts


async def _cut(period: Any, now: datetime) -> None:
    await db.execute("UPDATE period SET ends_at = $2 WHERE id = $1", period["id"], now)
    await db.execute(
        "INSERT INTO period (currency, starts_at, ends_at, zone) VALUES ($1, $2, $3, $4)",
        period["currency"],
        now,
        period["ends_at"],
        period["zone"],
    )


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
