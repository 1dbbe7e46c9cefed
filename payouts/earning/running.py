"""What a person has earned today and this week, and what the week will come to if it goes on as the last ones did."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from piecework.payouts.earning import queries
from piecework.platform import db

WEEK = 7
PAST_WEEKS = 4
PAST_DAYS = PAST_WEEKS * WEEK
DAY_S = 86_400
"""Less than a day says nothing of a pace."""
LOOKED_AT = timedelta(days=PAST_DAYS + 14)
"""Claims that are older are not looked at: their answers were decided long before the weeks that count."""


@dataclass(frozen=True, slots=True)
class Running:
    """Earned by accepted work with its premiums, in 1/100 kopeck, by the person's clock. Bonuses and deductions come on top."""

    today: int
    week: int
    forecast: int


def forecast(days: Mapping[date, int], now: datetime) -> Running:
    """Today, this week (from Monday), and the week as a whole, from what each day earned.

    Each day that is left counts as much as that weekday earned on average in the last four weeks; what is left of today is what it
    usually earns less what it has earned already. Who began this week is reckoned by their pace, from their second day on.
    """
    here = now.date()
    monday = here - timedelta(days=here.weekday())
    today = days.get(here, 0)
    week = sum(amount for day, amount in days.items() if monday <= day <= here)
    past = {day: amount for day, amount in days.items() if monday - timedelta(days=PAST_DAYS) <= day < monday}
    if not past:
        return Running(today, week, _by_pace(week, now, monday, min(days, default=here)))

    def usual(weekday: int) -> int:
        return max(0, sum(amount for day, amount in past.items() if day.weekday() == weekday) // _weeks(min(past), monday))

    left = max(0, usual(here.weekday()) - today) + sum(usual(weekday) for weekday in range(here.weekday() + 1, WEEK))
    return Running(today, week, week + left)


def _weeks(first: date, monday: date) -> int:
    """How many of the past weeks there is anything of."""
    return min(PAST_WEEKS, -(-(monday - first).days // WEEK))


def _by_pace(week: int, now: datetime, monday: date, first: date) -> int:
    """The same pace to the end of the week as since the first day on which something was earned."""
    begun = datetime.combine(max(first, monday), datetime.min.time(), now.tzinfo)
    ends = datetime.combine(monday + timedelta(days=WEEK), datetime.min.time(), now.tzinfo)
    elapsed = max(int((now - begun).total_seconds()), 1)
    return max(week, week * int((ends - begun).total_seconds()) // elapsed) if elapsed >= DAY_S else week


async def running(freelancer_id: UUID, on: str = db.APP) -> dict[str, Running]:
    """By currency, in the zone of the person's contract (or else of UTC)."""
    clock = await db.row(queries.CLOCK, freelancer_id, on=on)
    assert clock is not None
    days: dict[str, dict[date, int]] = {}
    for row in await db.rows(queries.EARNED_BY_DAY, freelancer_id, clock["zone"], LOOKED_AT, on=on):
        days.setdefault(row["currency"], {})[row["day"]] = row["amount"]
    now = clock["now"].astimezone(ZoneInfo(clock["zone"]))
    return {currency: forecast(by_day, now) for currency, by_day in days.items()}
