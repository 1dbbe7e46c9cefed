"""Forecasts of tickets by hour, channel and project, made daily from what was counted and kept with their errors."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from piecework.platform import db
from piecework.tasks.load import seasonal
from piecework.tasks.load.seasonal import ENOUGH_WEEKS, WEEK, Forecast, Method

MOST_WEEKS = 12
"""Older weeks say little of the next one."""
HOURS = 8 * 24
"""So far is forecast: always a week, however late the next run."""

SERIES = """
SELECT a.project_id, a.channel, min(a.hour) AS first FROM arrival_hour a JOIN project p ON p.id = a.project_id AND p.state = 'active'
GROUP BY a.project_id, a.channel ORDER BY a.project_id, a.channel
"""

COUNTS = """
SELECT project_id, channel, array_agg(hour) AS hours, array_agg(tickets) AS tickets FROM arrival_hour
WHERE hour >= $1 AND hour < $2 GROUP BY project_id, channel
"""

KEEP = """
INSERT INTO forecast (project_id, channel, starts_at, weeks, method, reason, error_seasonal_naive, error_holt_winters, expected, low, high)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (project_id, channel) DO UPDATE SET made_at = clock_timestamp(), starts_at = excluded.starts_at, weeks = excluded.weeks,
    method = excluded.method, reason = excluded.reason, error_seasonal_naive = excluded.error_seasonal_naive,
    error_holt_winters = excluded.error_holt_winters, expected = excluded.expected, low = excluded.low, high = excluded.high
"""

OF = """
SELECT project_id, channel, made_at, starts_at, weeks, method, reason, error_seasonal_naive, error_holt_winters, expected, low, high
FROM forecast WHERE project_id = ANY ($1) ORDER BY project_id, channel
"""

Key = tuple[UUID, str]
Counts = NDArray[np.float64]


async def make() -> None:
    """Forecast every channel of every active project anew; where it has too little history, say so instead."""
    until = await db.scalar("SELECT until FROM hours_counted")
    if until is None:
        return
    weeks = {
        (row["project_id"], row["channel"]): min(MOST_WEEKS, (until - row["first"]) // timedelta(hours=WEEK))
        for row in await db.rows(SERIES)
    }
    counts = await _counts(until - timedelta(hours=MOST_WEEKS * WEEK), until)
    made = await asyncio.to_thread(_forecast, weeks, counts)  # arithmetic is work for a processor
    for key, known in sorted(weeks.items()):
        await _keep(key, until, known, made.get(key))


async def of(project_id: UUID) -> list[dict[str, Any]]:
    """The newest forecast of each channel of a project; where there is none, the reason."""
    return [dict(row) for row in await db.rows(OF, [project_id])]


async def expected(project_ids: Sequence[UUID], since: datetime, hours: int) -> dict[UUID, dict[str, Counts]]:
    """Tickets expected in each hour from this one (a full one) on, by project and channel: those with a forecast for all of these hours."""
    found: dict[UUID, dict[str, Counts]] = {project_id: {} for project_id in project_ids}
    for row in await db.rows(OF, project_ids):
        skip = (since - row["starts_at"]) // timedelta(hours=1)
        if row["method"] is not None and 0 <= skip <= len(row["expected"]) - hours:
            found[row["project_id"]][row["channel"]] = np.array(row["expected"][skip : skip + hours])
    return found


async def _counts(since: datetime, until: datetime) -> dict[Key, Counts]:
    """Tickets in each hour, by series; an hour without any is 0."""
    counts = {}
    for row in await db.rows(COUNTS, since, until):
        series = np.zeros(MOST_WEEKS * WEEK)
        series[[(hour - since) // timedelta(hours=1) for hour in row["hours"]]] = row["tickets"]
        counts[row["project_id"], row["channel"]] = series
    return counts


def _forecast(weeks: Mapping[Key, int], counts: Mapping[Key, Counts]) -> dict[Key, Forecast]:
    """Those with enough history, all of one length at once."""
    made: dict[Key, Forecast] = {}
    silent = np.zeros(MOST_WEEKS * WEEK)
    for length in range(ENOUGH_WEEKS, MOST_WEEKS + 1):
        keys: Sequence[Key] = [key for key, known in weeks.items() if known == length]
        if keys:
            history = np.stack([counts.get(key, silent)[-length * WEEK :] for key in keys])
            made |= dict(zip(keys, seasonal.forecasts(history, HOURS), strict=True))
    return made


async def _keep(key: Key, starts_at: datetime, weeks: int, made: Forecast | None) -> None:
    if made is None:
        await db.execute(KEEP, *key, starts_at, weeks, None, "too_little_history", None, None, [], [], [])
        return
    await db.execute(
        KEEP,
        *key,
        starts_at,
        weeks,
        str(made.method),
        None,
        made.errors[Method.SEASONAL_NAIVE],
        made.errors[Method.HOLT_WINTERS],
        *(np.round(values, 3).tolist() for values in (made.expected, made.low, made.high)),
    )
