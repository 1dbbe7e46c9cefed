"""Operations on cases of suspected cheating, and on restrictions."""

from datetime import timedelta
from uuid import UUID

from piecework.platform.errors import NotFound
from piecework.platform.identity.models import Account
from piecework.platform.web.operation import Call, Operation
from piecework.platform.web.paging import LAST, Page, cursor
from piecework.quality import policy
from piecework.quality.cases import cases, sanctions
from piecework.quality.errors import CaseDecided, NeedsConfirmedCase, NotImpartial
from piecework.quality.schemas import cases as s
from piecework.tasks.errors import NotAFreelancer
from piecework.tasks.projects import project_by_code
from piecework.tasks.restrictions import Kind


async def my_restrictions(call: Call) -> s.OwnRestrictions:
    """What I may not do, why, until when, and until when I can appeal."""
    found = await sanctions.of(call.principal.account_id, _days(call))
    return s.OwnRestrictions(
        restrictions=[s.OwnRestriction(**{name: row[name] for name in s.OwnRestriction.model_fields}) for row in found]
    )


async def restrictions_of(call: Call) -> s.Restrictions:
    """A person's restrictions."""
    freelancer_id = call.id("freelancer_id")
    if not await Account.exists(id=freelancer_id):
        raise NotFound
    return s.Restrictions(restrictions=[s.RestrictionOut(**row) for row in await sanctions.of(freelancer_id, _days(call))])


async def restrict(call: Call, body: s.RestrictionIn) -> s.RestrictionOut:
    """Restrict a person for a time; they read the reason and may appeal."""
    project = None if body.project is None else await project_by_code(call.principal, body.project)
    freelancer_id = call.id("freelancer_id")
    made = await sanctions.impose(
        call.principal.account_id,
        freelancer_id,
        kind=Kind(body.kind),
        project_id=None if project is None else project.id,
        days=body.days,
        reason=body.reason,
    )
    return await _restriction(call, freelancer_id, made)


async def lift_restriction(call: Call, body: s.LiftIn) -> s.RestrictionOut:
    """End a restriction early; once it has been lifted nothing changes."""
    restriction_id = call.id("restriction_id")
    freelancer_id = await sanctions.lift(call.principal.account_id, restriction_id, body.reason)
    return await _restriction(call, freelancer_id, restriction_id)


async def _restriction(call: Call, freelancer_id: UUID, restriction_id: UUID) -> s.RestrictionOut:
    (row,) = (one for one in await sanctions.of(freelancer_id, _days(call)) if one["id"] == restriction_id)
    return s.RestrictionOut(**row)


def _days(call: Call) -> timedelta:
    return timedelta(days=call.services.settings.appeal_days)


async def list_cases(_call: Call, query: s.CaseQuery) -> Page[s.CaseRow]:
    """Suspicions, newest first."""
    found = await cases.page(query.after(LAST), query.limit + 1, state=query.state, kind=query.kind)
    items = [s.CaseRow(**row) for row in found[: query.limit]]
    return Page[s.CaseRow](items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


async def show_case(call: Call) -> s.CaseOut:
    """A suspicion with its evidence and, for each person, the next step."""
    return s.CaseOut(**await cases.show(call.id("case_id")))


async def decide_case(call: Call, body: s.CaseDecisionIn) -> s.CaseOut:
    """Confirm or dismiss a suspicion, once. It restricts nobody by itself."""
    case_id = call.id("case_id")
    await cases.decide(call.principal.account_id, case_id, confirm=body.decision == "confirm", reason=body.reason)
    return s.CaseOut(**await cases.show(case_id))


OPERATIONS = (
    Operation("GET", "/me/restrictions", my_restrictions, policy.RESTRICTIONS_OWN, "My restrictions", reply=s.OwnRestrictions, tag="quality"),
    Operation("GET", "/freelancers/{freelancer_id}/restrictions", restrictions_of, policy.RESTRICTIONS_READ, "A person's restrictions",
              reply=s.Restrictions, tag="quality"),
    Operation("POST", "/freelancers/{freelancer_id}/restrictions", restrict, policy.RESTRICTIONS_WRITE, "Restrict a person for a time",
              body=s.RestrictionIn, reply=s.RestrictionOut, status=201, errors=(NotImpartial, NotAFreelancer, NeedsConfirmedCase),
              tag="quality"),
    Operation("POST", "/restrictions/{restriction_id}/lift", lift_restriction, policy.RESTRICTIONS_WRITE, "End a restriction early",
              body=s.LiftIn, reply=s.RestrictionOut, errors=(NotImpartial,), tag="quality"),
    Operation("GET", "/cases", list_cases, policy.CASES, "Suspicions of cheating", query=s.CaseQuery, reply=Page[s.CaseRow], tag="quality"),
    Operation("GET", "/cases/{case_id}", show_case, policy.CASES, "A suspicion with its evidence", reply=s.CaseOut, tag="quality"),
    Operation("POST", "/cases/{case_id}/decision", decide_case, policy.CASES, "Decide a suspicion", body=s.CaseDecisionIn,
              reply=s.CaseOut, errors=(NotImpartial, CaseDecided), tag="quality"),
)  # fmt: skip
