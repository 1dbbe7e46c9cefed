"""What a curator's page about one person stands on beside their accuracy: qualifications and cases."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from piecework.platform import db

QUALIFICATIONS = """
SELECT q.id, q.code, q.level, q.line, q.reason, q.granted_at, q.expires_at, q.revoked_at FROM qualification q
WHERE q.freelancer_id = $1 ORDER BY q.revoked_at IS NOT NULL, q.id DESC LIMIT 50
"""
CASES = """
SELECT c.id, c.kind, c.state, c.opened_at, c.decided_at, c.reason, s.key AS step, p.code AS project FROM suspicion c
LEFT JOIN step s ON s.id = c.step_id LEFT JOIN project p ON p.id = c.project_id
WHERE c.people @> ARRAY[$1::uuid] ORDER BY c.id DESC LIMIT 50
"""
SPEEDS = "SELECT step_id, median_seconds, speed_percentile FROM person_estimate WHERE freelancer_id = $1"
TYPICAL = """
SELECT e.step_id, e.median_seconds FROM person_estimate e
WHERE e.step_id IN (SELECT o.step_id FROM person_estimate o WHERE o.freelancer_id = $1) AND e.median_seconds IS NOT NULL
ORDER BY e.step_id, e.median_seconds LIMIT 5000
"""


async def qualifications(freelancer_id: UUID) -> Sequence[Any]:
    """What a person is admitted to, and was once."""
    return await db.rows(QUALIFICATIONS, freelancer_id)


async def cases(freelancer_id: UUID) -> Sequence[Any]:
    """Cases of suspected cheating that a person is in, newest first."""
    return await db.rows(CASES, freelancer_id)


async def speeds(freelancer_id: UUID) -> dict[int, tuple[float | None, float | None, list[float]]]:
    """By step: the person's median seconds for an answer, the share of people who are faster, and everybody's medians."""
    everybody: dict[int, list[float]] = {}
    for row in await db.rows(TYPICAL, freelancer_id):
        everybody.setdefault(row["step_id"], []).append(row["median_seconds"])
    return {
        row["step_id"]: (row["median_seconds"], row["speed_percentile"], everybody.get(row["step_id"], []))
        for row in await db.rows(SPEEDS, freelancer_id)
    }
