"""Pay periods: weeks, half months or months of a zone, half-open, one row of them per currency and cadence; made on demand.

Which cadence a fact belongs to is said by the terms of the person it is about, at the time of the fact. Closing them is closing's.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from piecework.payouts.books import pay_policy, queries
from piecework.platform import db
from piecework.platform.errors import Unavailable

CURRENCY = "RUB"
WEEKLY = "weekly"
TRIES = 5

Moment = tuple[str, str, datetime]
"""A currency, a cadence, and the time of a fact."""


async def current(currency: str = CURRENCY, cadence: str = WEEKLY) -> UUID:
    """The period that takes what happens now, made if this is the first to ask. The caller's transaction makes it."""
    zone = await pay_policy.zone()
    found: UUID = await db.scalar("SELECT period_for($1, $2, clock_timestamp(), $3)", currency, cadence, zone)
    return found


async def hold(facts: Iterable[Moment]) -> dict[Moment, UUID]:
    """For each fact the open period that takes it, held open (FOR SHARE) until the current transaction ends.

    That is the period around the fact's time; if that one is closed, the earliest open one after it: a late fact keeps its true
    time and lands in the next period. A period that closes while we look is looked for again.

    Raises:
        Unavailable: periods kept closing under us; trying again later will do.
    """
    moments = sorted(set(facts))
    if not moments:
        return {}
    zone = await pay_policy.zone()
    for _ in range(TRIES):
        found = await db.rows(
            queries.PERIODS_FOR,
            [c for c, _, _ in moments],
            [every for _, every, _ in moments],
            [at for _, _, at in moments],
            zone,
        )
        chosen: dict[Moment, UUID] = {(r["currency"], r["cadence"], r["fact_at"]): r["period_id"] for r in found}
        wanted = sorted(set(chosen.values()))
        if len(await db.rows(queries.HOLD_OPEN, wanted)) == len(wanted):
            return chosen
    raise Unavailable


async def now_in(currency: str, cadence: str = WEEKLY) -> tuple[datetime, UUID]:
    """The database's time and the period that takes it, held open."""
    at: datetime = await db.scalar("SELECT clock_timestamp()")
    return at, (await hold([(currency, cadence, at)]))[currency, cadence, at]
