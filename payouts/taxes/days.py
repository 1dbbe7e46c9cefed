"""Days as finance counts them: in the zone of the pay policy."""

from datetime import date, datetime

from piecework.payouts.books import pay_policy
from piecework.platform import db
from piecework.platform.errors import Invalid
from piecework.platform.said import Said


async def today() -> date:
    """The day that it is now, by the database's clock."""
    now: datetime = await db.scalar("SELECT clock_timestamp() AT TIME ZONE $1", await pay_policy.zone())
    return now.date()


async def must_have_come(field: str, day: date) -> None:
    """Make sure that a day is not in the future.

    Raises:
        Invalid: it is.
    """
    if day > await today():
        raise Invalid(errors=[{"field": field, "code": "in_the_future", "message": Said("This day has not come yet.")}])
