"""Illness that is longer than a person's word reaches: a curator confirms it or refuses it."""

from piecework.platform.pages.view import N_, Entry, Shown, View, carries_out
from piecework.platform.web.operation import Call
from piecework.platform.web.paging import PageQuery
from piecework.tasks import policy
from piecework.tasks.api import leave as api
from piecework.tasks.contracts import confirming
from piecework.tasks.pages.labels import people_names
from piecework.tasks.schemas.work import ReasonIn

LEAVE = "/leave"


async def leave_page(call: Call, query: PageQuery | None = None) -> Shown:
    """Absences that wait to be confirmed, the longest waiting first."""
    found = await api.leave_to_confirm(call, query or PageQuery())
    return {
        "found": found,
        "names": await people_names(one.freelancer_id for one in found.items),
        "me": call.principal.account_id,
    }


DECIDE = policy.LEAVE_DECIDE
VIEWS = (
    View("GET", LEAVE, leave_page, DECIDE, N_("Leave to confirm"), "leave_waiting.html", query=PageQuery),
    View("POST", f"{LEAVE}/{{leave_id}}/confirm",
         carries_out(api.confirm_leave, LEAVE, N_("Confirmed: it takes its share off the person’s norm.")), DECIDE, form=ReasonIn, again=LEAVE),
    View("POST", f"{LEAVE}/{{leave_id}}/refuse",
         carries_out(api.refuse_leave, LEAVE, N_("Not confirmed. The person has been told why and may appeal.")), DECIDE, form=ReasonIn,
         again=LEAVE),
)  # fmt: skip
MENU = (Entry(N_("Contracts and norms"), N_("Leave to confirm"), LEAVE, DECIDE, badge=confirming.count),)
