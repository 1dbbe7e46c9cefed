"""What the command line does with payouts: plain functions; the commands themselves are the platform's."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

from piecework.payouts import reports
from piecework.platform import db, money


async def write_reports(period_id: UUID, folder: Path) -> dict[str, Any]:
    """Write people.csv and tickets.csv of a period into a folder (made if missing); says where, how many rows and the sums.

    Both files come from one snapshot. An existing file is replaced only by a complete one. Opens its own transaction.

    Raises:
        NotFound: there is no such period.
    """
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    outcome: dict[str, Any] = {}
    async with db.transaction():
        await db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for name, report in (("people", reports.people), ("tickets", reports.tickets)):
            path, unfinished = folder / f"{name}.csv", folder / f".{name}.csv.part"
            with unfinished.open("wb") as file:
                written = await report(period_id, file)
            unfinished.replace(path)
            outcome[name] = {"path": str(path), "rows": written.rows, "total": money.text(written.total)}
            outcome["provisional"] = written.provisional
    return outcome
