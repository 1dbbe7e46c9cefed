"""The two reports of one period as CSV: who is owed what, and which tickets cost what. Both sum to its total, to the last unit.

The second cell of each line is the period's state; until it is `closed` it says `provisional`: sums may still grow, nothing is rounded
yet. Assignments without a price are not counted.
"""

from dataclasses import dataclass
from typing import IO
from uuid import UUID

from piecework.payouts.reports import engine
from piecework.payouts.reports.filters import Filters
from piecework.platform import db
from piecework.platform.errors import NotFound


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: number of rows (without header and total) and their sum, which is the period's total."""

    rows: int
    total: int
    provisional: bool


async def people(period_id: UUID, out: IO[bytes]) -> Written:
    """Write one row per person with money in the period, then the total. Use inside a transaction.

    Raises:
        NotFound: there is no such period.
    """
    return await _write("people", "payable", period_id, out)


async def tickets(period_id: UUID, out: IO[bytes]) -> Written:
    """Write one row per ticket paid for in the period, one per project for its control tasks, bonuses, deductions, rounding, the total.

    Use inside a transaction.

    Raises:
        NotFound: there is no such period.
    """
    return await _write("tickets", "cost", period_id, out)


async def _write(name: str, column: str, period_id: UUID, out: IO[bytes]) -> Written:
    if not await db.scalar("SELECT EXISTS (SELECT FROM period WHERE id = $1)", period_id):
        raise NotFound
    written = await engine.write(name, "csv", Filters(period=str(period_id)), out)
    (total,) = written.totals
    return Written(written.rows, total[column], total["state"] == "provisional")
