"""What a freelancer sees of their money."""

from datetime import timedelta

from piecework.payouts.earning import earnings
from piecework.payouts.earning.running import Running, running
from piecework.payouts.schemas.me import AssignmentEarning, CurrencyEarnings, Earnings
from piecework.platform import db
from piecework.platform.web.operation import Call, Operation
from piecework.platform.web.paging import LAST, Page, PageQuery, cursor


async def my_earnings(call: Call) -> Earnings:
    """The caller's money by where it is."""
    me = call.principal.account_id
    found = await earnings.earnings(me, on=db.FREELANCER)
    lately = await running(me, on=db.FREELANCER)
    listed = [(one, lately.get(one["currency"], Running(0, 0, 0))) for one in found]
    return Earnings(earnings=[CurrencyEarnings(**one, today=r.today, week=r.week, week_forecast=r.forecast) for one, r in listed])


async def my_assignments(call: Call, query: PageQuery) -> Page[AssignmentEarning]:
    """The caller's assignments, newest first."""
    found = await earnings.assignments(
        call.principal.account_id,
        query.after(LAST),
        query.limit + 1,
        appeal_within=timedelta(days=call.services.settings.appeal_days),
        on=db.FREELANCER,
    )
    items = [AssignmentEarning(**r) for r in found[: query.limit]]
    return Page[AssignmentEarning](items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


# One statement each, on the freelancer-facing role's own connections: no transaction of the application's role around them.
OPERATIONS = (
    Operation("GET", "/me/earnings", my_earnings, "earnings.read", "My money by where it is", reply=Earnings, transaction=False),
    Operation(
        "GET",
        "/me/assignments",
        my_assignments,
        "earnings.read",
        "My assignments, newest first",
        query=PageQuery,
        reply=Page[AssignmentEarning],
        transaction=False,
    ),
)
