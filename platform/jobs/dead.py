"""Dead jobs: those that failed at every attempt and wait for a person to look at them."""

from collections.abc import Sequence
from typing import Any

from piecework.platform import db


async def summary() -> Sequence[Any]:
    """Of each kind: how many jobs are due, waiting and dead, and since when the oldest one is due."""
    return await db.rows(
        """SELECT kind, count(*) FILTER (WHERE dead_at IS NULL AND run_at <= now()) AS due,
                  count(*) FILTER (WHERE dead_at IS NULL AND run_at > now()) AS waiting,
                  count(*) FILTER (WHERE dead_at IS NOT NULL) AS dead,
                  min(run_at) FILTER (WHERE dead_at IS NULL AND run_at <= now()) AS oldest_due
           FROM job GROUP BY kind ORDER BY (count(*) FILTER (WHERE dead_at IS NOT NULL) > 0) DESC, kind"""
    )


async def page(after: tuple[str, str], limit: int) -> Sequence[Any]:
    """Dead jobs after one (kind, key), in that order."""
    return await db.rows(
        """SELECT kind, key, attempt, last_error, created_at, dead_at FROM job
           WHERE dead_at IS NOT NULL AND (kind, key) > ($1, $2) ORDER BY kind, key LIMIT $3""",
        *after,
        limit,
    )


async def retry(kind: str, key: str | None) -> int:
    """Have a dead job tried again from its first attempt, or with no key all dead jobs of a kind; returns how many."""
    return await db.execute(
        """UPDATE job SET dead_at = NULL, attempt = 0, run_at = now()
           WHERE dead_at IS NOT NULL AND kind = $1 AND ($2::text IS NULL OR key = $2)""",
        kind,
        key,
    )
