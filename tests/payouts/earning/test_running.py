"""Running earnings and the forecast of the week."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from piecework.payouts.earning.running import Running, forecast, running
from piecework.platform import db
from tests.payouts import builders as b

ZONE = ZoneInfo("Europe/Moscow")
WEDNESDAY = datetime(2026, 11, 18, 12, tzinfo=ZONE)


def day(offset: int) -> date:
    return WEDNESDAY.date() + timedelta(days=offset)


def test_days_that_are_left_count_what_that_weekday_earned_on_average() -> None:
    past = {day(n): 1_000 * (day(n).weekday() + 1) for n in range(-30, -2)}  # Monday 1,000 to Sunday 7,000
    days = past | {day(-2): 900, day(-1): 2_100, day(0): 500}
    rest = (3_000 - 500) + 4_000 + 5_000 + 6_000 + 7_000
    assert forecast(days, WEDNESDAY) == Running(500, 3_500, 3_500 + rest)


def test_a_good_day_is_not_counted_twice() -> None:
    days = {day(-7): 1_000, day(0): 5_000}
    assert forecast(days, WEDNESDAY) == Running(5_000, 5_000, 5_000)


def test_a_newcomer_is_reckoned_by_their_pace() -> None:
    assert forecast({day(-1): 1_000, day(0): 500}, WEDNESDAY) == Running(500, 1_500, 1_500 * 6 * 24 // 36)


def test_a_newcomers_first_day_says_nothing() -> None:
    assert forecast({day(0): 1_200}, WEDNESDAY) == Running(1_200, 1_200, 1_200)


def test_a_claw_back_of_the_past_forecasts_no_loss() -> None:
    assert forecast({day(-7): -90_000, day(0): 5_000}, WEDNESDAY) == Running(5_000, 5_000, 5_000)


def test_nothing_earned_is_nothing_forecast() -> None:
    assert forecast({}, WEDNESDAY) == Running(0, 0, 0)


@given(st.dictionaries(st.integers(-40, 0), st.integers(-(10**5), 10**7), max_size=40), st.integers(0, 7 * 24 - 1))
def test_a_forecast_is_never_below_what_is_earned(amounts: dict[int, int], hours: int) -> None:
    now = datetime(2026, 11, 16, tzinfo=ZONE) + timedelta(hours=hours)
    found = forecast({now.date() + timedelta(days=n): amount for n, amount in amounts.items()}, now)
    assert found.forecast >= found.week


async def test_from_the_ledger_by_the_persons_clock(database: db.Config) -> None:
    project, anna = await b.project(), await b.person()
    now = await db.scalar("SELECT clock_timestamp()")
    await b.earned(project, anna, 700, at=now, delay=timedelta())
    await b.earned(project, anna, 900, at=now - timedelta(days=9), delay=timedelta())
    found = await running(anna, on=db.FREELANCER)
    assert (found["RUB"].today, found["RUB"].week) == (700, 700)
    assert found["RUB"].forecast >= 700
