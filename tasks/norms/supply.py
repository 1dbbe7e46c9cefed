"""What is there to be done, minute by minute, the outages that administrators tell of, and how fairly work was spread over people."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from piecework.platform import db, trail
from piecework.platform.errors import Invalid
from piecework.platform.said import Said

WEEKS = 12
"""How many weeks back the spread of work is shown."""

RECORD = """
INSERT INTO outage (starts_at, ends_at, reason, recorded_by) VALUES ($1, $2, $3, $4)
RETURNING id, starts_at, ends_at, reason, recorded_by, recorded_at"""

RECORDED = """
SELECT id, starts_at, ends_at, reason, recorded_by, recorded_at FROM outage WHERE id < $1 ORDER BY id DESC LIMIT $2"""

# A week is named by the Monday with which its last seven days began, whatever its zone.
SPREAD = """
SELECT ((w.ends_at AT TIME ZONE w.zone) - interval '7 days')::date AS monday, r.norm, r.handed_out, r.leave + r.outages AS away, r.gaps, r.done
FROM week_newest r JOIN week w USING (freelancer_id, starts_at)
WHERE w.ends_at > clock_timestamp() - $1::interval AND r.norm > 0 ORDER BY 1 DESC"""


async def sample() -> None:
    """Write down what stands open now, that the platform works, and what was claimed in the minute before.

    Once a minute, whoever calls it; a minute that was missed stays missed.
    """
    await db.execute("SELECT sample_supply()")


async def forget() -> None:
    """Delete samples that nothing is reckoned from any more."""
    await db.execute("SELECT forget_supply()")


async def record_outage(actor: UUID, starts_at: datetime, ends_at: datetime, reason: str) -> dict[str, Any]:
    """Note an outage that is over and that the pulse did not show. Weeks that are closed already are reckoned again.

    Raises:
        Invalid: it does not end after it began, is not over, or is longer than 14 days.
    """
    now: datetime = await db.scalar("SELECT clock_timestamp()")
    if not starts_at < ends_at <= min(now, starts_at + timedelta(days=14)):
        message = Said("It ends after it began, before now, and lasts 14 days at the most.")
        raise Invalid(errors=[{"field": "ends_at", "code": "out_of_range", "message": message}])
    row = await db.row(RECORD, starts_at, ends_at, reason, actor)
    assert row is not None
    await trail.record(actor, "outage.recorded", "outage", row["id"], reason=reason)
    return dict(row)


async def outages(before: UUID, limit: int) -> list[dict[str, Any]]:
    """The outages that administrators recorded, those recorded last first."""
    return [dict(row) for row in await db.rows(RECORDED, before, limit)]


async def fairness() -> list[dict[str, Any]]:
    """How work was spread over the people with a norm, by week, newest first: see `spread`."""
    weeks: dict[date, list[dict[str, int]]] = {}
    for row in await db.rows(SPREAD, timedelta(weeks=WEEKS + 2)):
        weeks.setdefault(row["monday"], []).append(dict(row))
    return [{"monday": monday, **spread(people)} for monday, people in list(weeks.items())[:WEEKS]]


def spread(people: Sequence[dict[str, int]]) -> dict[str, Any]:
    """The Gini coefficient of tasks handed out per task of the norm, and the share of people who could have met theirs.

    Those could whose norm, less leave and outages, was not reduced by any gap, or who did it all the same.
    """
    could = sum(one["gaps"] == 0 or one["done"] >= one["norm"] - one["away"] for one in people)
    return {
        "people": len(people),
        "gini": gini([one["handed_out"] / one["norm"] for one in people]),
        "could_have_met": could / len(people),
    }


def gini(shares: Sequence[float]) -> float:
    """The Gini coefficient of amounts that are not negative: 0 if all are the same, towards 1 if one has everything.

    G = sum((2 i - n - 1) x_i) / (n sum(x)), of the amounts in order, i from 1 (Sen, On Economic Inequality, 1973).
    """
    ordered = sorted(shares)
    whole = sum(ordered)
    if not whole:
        return 0.0
    count = len(ordered)
    return sum((2 * place - count - 1) * share for place, share in enumerate(ordered, 1)) / (count * whole)
