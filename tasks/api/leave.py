"""Operations on absences: leave, illness, pauses."""

from typing import Any

from piecework.platform.web.operation import Call, Operation
from piecework.platform.web.paging import LAST, PageQuery, cursor
from piecework.tasks import policy
from piecework.tasks.contracts import confirming, leave, versions
from piecework.tasks.errors import AbsenceBegun, AwayAlready, AwayTooLong, NothingInForce, NothingToConfirm, OwnAbsence
from piecework.tasks.schemas import contracts as s
from piecework.tasks.schemas.work import ReasonIn


async def tell_leave(call: Call, body: s.LeaveIn) -> s.LeaveOut:
    """Tell that I am or will be away."""
    return s.LeaveOut(**await leave.tell(call.principal.account_id, body.kind, body.when(), body.words))


async def my_leave(call: Call, query: PageQuery) -> s.Absences:
    """When I was and will be away."""
    return _page(await leave.page(call.principal.account_id, query.after(LAST), query.limit + 1), query.limit)


async def cancel_leave(call: Call) -> None:
    """Take back an absence that has not begun."""
    await leave.cancel(call.principal.account_id, call.id("leave_id"))


async def cut_leave(call: Call, body: s.CutIn) -> s.LeaveOut:
    """Come back sooner."""
    return s.LeaveOut(**await leave.cut(call.principal.account_id, call.id("leave_id"), body.ends_at))


async def person_leave(call: Call, query: PageQuery) -> s.Absences:
    """When a person was and will be away."""
    await versions.check_known(call.id("freelancer_id"))
    return _page(await leave.page(call.id("freelancer_id"), query.after(LAST), query.limit + 1), query.limit)


async def leave_to_confirm(_call: Call, query: PageQuery) -> s.Absences:
    """Absences that wait for a curator."""
    return _page(await confirming.waiting(query.after(), query.limit + 1), query.limit)


async def confirm_leave(call: Call, body: ReasonIn) -> None:
    """Confirm a long illness."""
    await confirming.decide(call.principal.account_id, call.id("leave_id"), confirm=True, reason=body.reason)


async def refuse_leave(call: Call, body: ReasonIn) -> None:
    """Refuse to confirm a long illness."""
    await confirming.decide(call.principal.account_id, call.id("leave_id"), confirm=False, reason=body.reason)


def _page(found: list[dict[str, Any]], limit: int) -> s.Absences:
    items = [s.LeaveOut(**one) for one in found[:limit]]
    return s.Absences(items=items, next_cursor=cursor(items[-1].id if len(found) > limit else None))


OPERATIONS = (
    Operation("POST", "/me/leave", tell_leave, policy.LEAVE_OWN, "Tell of leave, illness or a pause", body=s.LeaveIn, reply=s.LeaveOut,
              status=201, errors=(NothingInForce, AwayAlready, AwayTooLong), tag="contracts"),
    Operation("GET", "/me/leave", my_leave, policy.LEAVE_OWN, "When I was and will be away", query=PageQuery, reply=s.Absences,
              tag="contracts"),
    Operation("POST", "/me/leave/{leave_id}/cancel", cancel_leave, policy.LEAVE_OWN, "Take back an absence that has not begun",
              status=204, errors=(AbsenceBegun,), tag="contracts"),
    Operation("POST", "/me/leave/{leave_id}/cut", cut_leave, policy.LEAVE_OWN, "Come back sooner", body=s.CutIn, reply=s.LeaveOut,
              errors=(AbsenceBegun,), tag="contracts"),
    Operation("GET", "/freelancers/{freelancer_id}/leave", person_leave, policy.LEAVE_DECIDE, "When a person was and will be away",
              query=PageQuery, reply=s.Absences, tag="contracts"),
    Operation("GET", "/leave/waiting", leave_to_confirm, policy.LEAVE_DECIDE, "Absences that wait to be confirmed, longest first",
              query=PageQuery, reply=s.Absences, tag="contracts"),
    Operation("POST", "/leave/{leave_id}/confirm", confirm_leave, policy.LEAVE_DECIDE, "Confirm a long illness", body=ReasonIn,
              status=204, errors=(OwnAbsence, NothingToConfirm), tag="contracts"),
    Operation("POST", "/leave/{leave_id}/refuse", refuse_leave, policy.LEAVE_DECIDE, "Refuse to confirm a long illness", body=ReasonIn,
              status=204, errors=(OwnAbsence, NothingToConfirm), tag="contracts"),
)  # fmt: skip
