"""The week under way: how it stands now, what it will come to, and who is told in its middle that it looks bad."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from piecework.platform import db, notices
from piecework.platform.said import Said
from piecework.tasks.norms import weeks
from piecework.tasks.norms.facts import Facts
from piecework.tasks.norms.gathering import Gathered, Week, gather
from piecework.tasks.norms.rules import Reckoning, reckon
from piecework.tasks.norms.spans import DAY, Span, clip, minus, total

BATCH = 500
MIDDLE = timedelta(days=3, hours=12)
"""So long before its end, by the zone's clocks, is the middle of a week: Thursday noon."""

# Everybody once a week: whose middle is past, and who has not been looked at. A week that began after its middle has none.
IN_THE_MIDDLE = """
SELECT w.freelancer_id, w.id, w.starts_at, w.ends_at, w.zone, clock_timestamp() AS by FROM week w
WHERE w.ends_at > clock_timestamp() AND w.ends_at < clock_timestamp() + $1::interval + interval '2 hours'
  AND clock_timestamp() >= ((w.ends_at AT TIME ZONE w.zone) - $1::interval) AT TIME ZONE w.zone
  AND w.starts_at < ((w.ends_at AT TIME ZONE w.zone) - $1::interval) AT TIME ZONE w.zone
  AND NOT EXISTS (SELECT FROM midweek m WHERE m.freelancer_id = w.freelancer_id AND m.starts_at = w.starts_at)
ORDER BY w.freelancer_id LIMIT $2"""
LOOKED = """
INSERT INTO midweek (freelancer_id, starts_at, effective, forecast) SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::int[], $4::int[])
ON CONFLICT DO NOTHING RETURNING freelancer_id"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person's week stands. `effective`: what it asks as far as is known, leave ahead included."""

    week: Week
    facts: Facts
    reckoning: Reckoning
    forecast: int


async def standing(freelancer_id: UUID) -> Standing | None:
    """The person's week as it is now; None without a contract."""
    week = await weeks.running(freelancer_id)
    if week is None:
        return None
    (found,) = await gather([week])
    return _standing(found)


def _standing(found: Gathered) -> Standing:
    return Standing(found.week, found.facts, reckon(found.facts), forecast(found.facts, found.week.by))


def forecast(facts: Facts, now: datetime) -> int:
    """What will be done by the week's end if it goes on as until now, per hour that the person is not away.

    The first day is reckoned as a whole one: some minutes of work say nothing of a week.
    """
    away = [Span(one.starts, one.ends) for one in facts.away]
    here = minus([facts.week], away)
    before = max(total(clip(here, Span(facts.week.starts, now))), min(DAY, total(here)))
    return facts.done.counted * (total(here) // timedelta(seconds=1)) // max(1, before // timedelta(seconds=1))


async def look_in_the_middle() -> int:
    """Tell everybody whose week will not come to what it asks, once, in its middle; returns how many were looked at."""
    due = [Week(**row) for row in await db.rows(IN_THE_MIDDLE, MIDDLE, BATCH)]
    stand = [_standing(one) for one in await gather(due)]
    new = await db.rows(
        LOOKED,
        [one.week.freelancer_id for one in stand],
        [one.week.starts_at for one in stand],
        [one.reckoning.effective for one in stand],
        [one.forecast for one in stand],
    )
    told = {row["freelancer_id"] for row in new}
    for one in stand:
        if one.week.freelancer_id in told and one.forecast < one.reckoning.effective:
            await notices.send(
                [one.week.freelancer_id],
                "norm.behind",
                Said("Half the week is over, and it will not come to your norm"),
                Said(
                    "You have done %(done)s. If it goes on like this you will have done %(forecast)s by the week's end; %(asked)s are asked "
                    "after what was taken off so far. Gaps without work will be taken off too.",
                    done=one.reckoning.done,
                    forecast=one.forecast,
                    asked=one.reckoning.effective,
                ),
                link="/me/norm",
                key=one.week.starts_at.isoformat(),
            )
    return len(stand)
