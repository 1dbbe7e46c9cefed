"""Statements in figures, newest first."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from piecework.platform import db

LIST = """
SELECT s.id, s.period_id, p.name AS period, p.starts_at AS since, p.ends_at AS until, s.freelancer_id, s.currency,
       s.work, s.premium, s.bonus, s.deduction, s.rounding, s.gross, s.tax, s.net, s.regime
FROM statement s JOIN period p ON p.id = s.period_id
WHERE ($1::uuid IS NULL OR s.freelancer_id = $1) AND ($2::uuid IS NULL OR s.period_id = $2) AND s.id < $3
ORDER BY s.id DESC LIMIT $4"""


async def listed(
    *, freelancer_id: UUID | None = None, period_id: UUID | None = None, before: UUID, limit: int, on: str = db.APP
) -> Sequence[Any]:
    """Statements with ids below `before`: of a person, of a period, or of both."""
    return await db.rows(LIST, freelancer_id, period_id, before, limit, on=on)


async def find(period_id: UUID, freelancer_id: UUID) -> UUID | None:
    """The statement of a person in a period, if there is one."""
    found: UUID | None = await db.scalar(
        "SELECT id FROM statement WHERE period_id = $1 AND freelancer_id = $2", period_id, freelancer_id
    )
    return found
