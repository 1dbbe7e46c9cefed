"""Money earned in a period at once, without tasks, and real closings: what tax is withheld of."""

from datetime import UTC, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
import orjson

from piecework.payouts.books import ledger, periods
from piecework.payouts.books.ledger import Entry, LedgerAccount, move
from piecework.payouts.closing import closing
from piecework.payouts.taxes.invariants import INVARIANTS
from piecework.platform import db
from piecework.platform.invariants import check
from piecework.platform.money import KOPECK

MOSCOW = ZoneInfo("Europe/Moscow")
HOUSE = LedgerAccount("bonus_expense", "house")


def moment(year: int, month: int, day: int = 10) -> datetime:
    """Noon of a day in Moscow."""
    return datetime(year, month, day, 12, tzinfo=MOSCOW)


async def terms(person: UUID, regime: str, since: datetime = datetime(2020, 1, 1, tzinfo=UTC), cadence: str = "monthly") -> None:
    """Terms as they were agreed in the past."""
    await db.execute(
        """INSERT INTO pay_terms (freelancer_id, version, cadence, regime, starts_at, reason, created_at)
           SELECT $1, 1 + coalesce(max(version), 0), $2, $3, $4, 'agreed', $4 FROM pay_terms WHERE freelancer_id = $1""",
        person,
        cadence,
        regime,
        since,
    )


async def earn(
    person: UUID, kopecks: int, at: datetime, cadence: str = "monthly", currency: str = "RUB", *, part: int = 0
) -> UUID:
    """Owe a person so many kopecks, and a part of one in hundredths, more or less, from a moment on; returns the period of it."""
    async with db.transaction():
        fact = (currency, cadence, at)
        period_id = (await periods.hold([fact]))[fact]
        legs = move(kopecks * KOPECK + part, HOUSE, LedgerAccount("payable", str(person)))
        await ledger.post([Entry(f"earned:{uuid4()}", "bonus", period_id, at, currency, legs)])
    return period_id


async def close(period_id: UUID, *, cut_off: bool = False) -> None:
    """Close a period in a transaction of its own."""
    async with db.transaction():
        await closing.close(period_id, None, cut_off=cut_off)


async def earn_and_close(person: UUID, kopecks: int, at: datetime, cadence: str = "monthly", currency: str = "RUB") -> UUID:
    """One period with one person's money."""
    period_id = await earn(person, kopecks, at, cadence, currency)
    await close(period_id)
    return period_id


async def statement(period_id: UUID, person: UUID) -> asyncpg.Record:
    """A person's statement of a closed period."""
    found = await db.row("SELECT * FROM statement WHERE period_id = $1 AND freelancer_id = $2", period_id, person)
    assert found is not None
    return found


async def basis(period_id: UUID, person: UUID) -> dict[str, object]:
    """On what a statement's tax rests."""
    found: dict[str, object] = orjson.loads((await statement(period_id, person))["tax_basis"])
    return found


async def broken() -> set[str]:
    """The names of the invariants of taxes that do not hold."""
    return {finding.name for finding in [await check(one) for one in INVARIANTS] if not finding.ok}
