"""One entry of the ledger with all that it stands on: the second step from any figure to what made it."""

from typing import Any

from piecework.payouts.tickets import queries
from piecework.platform import db
from piecework.platform.errors import NotFound


async def entry(entry_id: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The entry, and its postings, debits first.

    Raises:
        NotFound: there is none.
    """
    found = await db.row(queries.ENTRY, entry_id)
    if found is None:
        raise NotFound
    return dict(found), [dict(row) for row in await db.rows(queries.POSTINGS, entry_id)]
