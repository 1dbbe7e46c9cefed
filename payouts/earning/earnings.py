"""What a person earned and where it is now, and their assignments one by one. Read as the freelancer-facing database role."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from piecework.payouts.earning import queries
from piecework.platform import db


async def earnings(freelancer_id: UUID, on: str = db.APP) -> list[dict[str, Any]]:
    """Per currency, from the ledger: pending (submitted), held, payable (accepted), clearing (ordered), tax withheld, paid (confirmed)."""
    return [dict(r) for r in await db.rows(queries.EARNINGS, str(freelancer_id), on=on)]


async def assignments(
    freelancer_id: UUID, before: UUID, limit: int, *, appeal_within: timedelta, on: str = db.APP
) -> list[dict[str, Any]]:
    """A person's assignments with ids below `before`, newest first, at most `limit`. Nothing tells of ticket or control."""
    return [dict(r) for r in await db.rows(queries.ASSIGNMENTS, freelancer_id, before, limit, appeal_within, on=on)]
