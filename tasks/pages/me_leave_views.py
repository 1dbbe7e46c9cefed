"""When I am away: leave, illness, a pause; telling of it, taking it back, coming back sooner."""

from datetime import UTC, datetime

from piecework.platform.pages.view import N_, Entry, Go, Shown, View, carries_out
from piecework.platform.web.operation import Call, Shape
from piecework.platform.web.paging import PageQuery
from piecework.tasks import policy
from piecework.tasks.api import leave as api
from piecework.tasks.contracts.leave import Kind
from piecework.tasks.schemas.contracts import CutIn, LeaveIn, Remark
from piecework.tasks.schemas.load import Day

LEAVE = "/me/leave"


class LeaveForm(Shape):
    """Whole days, the last one with it."""

    kind: Kind
    first_day: Day
    last_day: Day
    words: Remark = ""


async def leave_page(call: Call, query: PageQuery | None = None) -> Shown:
    """When I was and will be away, and the form to tell of more."""
    return {"found": await api.my_leave(call, query or PageQuery()), "at": datetime.now(UTC)}


async def tell(call: Call, form: LeaveForm) -> Go:
    """Tell that I am or will be away."""
    await api.tell_leave(call, LeaveIn(kind=form.kind, first_day=form.first_day, last_day=form.last_day, words=form.words))
    return Go(LEAVE, N_("Noted. Your norm is lowered for that time."))


async def come_back(call: Call) -> Go:
    """End an absence now."""
    await api.cut_leave(call, CutIn())
    return Go(LEAVE, N_("Welcome back."))


OWN = policy.LEAVE_OWN
VIEWS = (
    View("GET", LEAVE, leave_page, OWN, N_("When I am away"), "me_leave.html", query=PageQuery),
    View("POST", LEAVE, tell, OWN, form=LeaveForm, again=LEAVE),
    View("POST", f"{LEAVE}/{{leave_id}}/cancel", carries_out(api.cancel_leave, LEAVE, N_("Taken back.")), OWN, again=LEAVE),
    View("POST", f"{LEAVE}/{{leave_id}}/back", come_back, OWN, again=LEAVE),
)
MENU = (Entry(N_("My work"), N_("When I am away"), LEAVE, OWN),)
