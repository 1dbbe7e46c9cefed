"""Admission as curators decide it: who waits, the evidence criterion by criterion, decisions, and what a person is admitted to."""

from datetime import datetime, time, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, ValidationError

from piecework.platform.errors import Invalid, NotFound
from piecework.platform.identity.models import Account
from piecework.platform.pages import texts
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call, Query, Shape
from piecework.quality import policy
from piecework.quality.admissions import reading
from piecework.quality.admitting import requests, shown
from piecework.quality.admitting.criteria import GRADES
from piecework.quality.api import admitting as api
from piecework.quality.pages.pieces import fitted, names
from piecework.quality.reports import person
from piecework.quality.schemas.admitting import (
    AdmissionOut,
    AdmissionPolicyIn,
    AdmissionQuery,
    AdmitIn,
    AssessmentOut,
    RefuseIn,
    SecondIn,
    StatisticsQuery,
    WaitingQuery,
    WantedQuery,
)
from piecework.tasks.api.work import revoke_qualification
from piecework.tasks.policy import QUALIFICATIONS_WRITE
from piecework.tasks.schemas.work import ReasonIn

Text = Annotated[str, StringConstraints(max_length=4000)]
LIST = "/admissions"
HELD = "/people/{freelancer_id}/qualifications"
DECIDE = "/people/{freelancer_id}/admissions/{code}/{level}/{line}"
END = HELD + "/{code}/end"


class WhereQuery(Query):
    """Which qualification is to be decided about, if one is named."""

    code: str = Field(default="", max_length=40)
    level: int = Field(default=1, ge=1, le=9)
    line: int = Field(default=1, ge=1, le=3)


class DecisionForm(Shape):
    """A decision on an admission. `until`: the last day on which it holds."""

    decision: Literal["grant", "refuse"]
    languages: Text = ""
    until: Text = ""
    reason: Text = ""
    against_evidence: bool = False


class SecondForm(Shape):
    """What a second curator says of a proposal."""

    decision: Literal["confirm", "drop"]
    reason: Text = ""


async def waiting_page(call: Call, query: WaitingQuery) -> Shown:
    """Who meets all criteria and waits for a decision, longest first; or the one of them that is asked for."""
    return {
        "found": await api.waiting_admissions(call, query),
        "query": query,
        "figures": await api.admission_statistics(call, StatisticsQuery()),
        "policy": await api.show_admission_policy(call),
        "grades": GRADES,
    }


async def policy_page(call: Call) -> Shown:
    """How long decisions may take, and qualifications go unused."""
    return {"policy": await api.show_admission_policy(call)}


async def change_policy(call: Call, form: AdmissionPolicyIn) -> Go:
    """Change it from now on."""
    await api.change_admission_policy(call, form)
    return Go(LIST, N_("It holds from now on."))


async def decisions_page(call: Call, query: AdmissionQuery) -> Shown:
    """Decisions, newest first."""
    found = await api.list_admissions(call, query)
    people = [*(one.freelancer_id for one in found.items), *(one.decided_by for one in found.items)]
    return {"found": found, "query": query, "names": await names(people)}


async def decision_page(call: Call) -> Shown:
    """One decision with the evidence as it was; a proposal is confirmed or dropped here."""
    found = await api.show_admission(call)
    me = call.principal.account_id
    return {
        "found": found,
        "names": await names([found.freelancer_id, found.decided_by, found.second_by]),
        "mine": found.decided_by == me,
        "own": found.freelancer_id == me,
    }


async def second(call: Call, form: SecondForm) -> Go:
    """Confirm a proposal or drop it."""
    decide = api.confirm_admission if form.decision == "confirm" else api.drop_admission
    found = await decide(call, fitted(SecondIn, reason=form.reason.strip()))
    said = N_("The decision holds now; the person has been told.") if form.decision == "confirm" else N_("Nothing comes of it.")
    return Go(f"{LIST}/{found.id}", said)


async def _account(call: Call) -> Account:
    found = await Account.get_or_none(id=call.id("freelancer_id"))
    if found is None:
        raise NotFound
    return found


def _wanted(call: Call) -> WantedQuery:
    try:
        return WantedQuery(level=call.number("level"), line=call.number("line"))
    except ValidationError:
        raise NotFound from None


async def evidence_page(call: Call) -> Shown:
    """What a person meets of the criteria for a qualification, and the decision on it."""
    account, wanted = await _account(call), _wanted(call)
    try:
        evidence: AssessmentOut | None = await api.show_evidence(call, wanted)
    except NotFound:
        evidence = None  # nothing is published for it
    before = await shown.listed(UUID(int=2**128 - 1), 20, freelancer_id=account.id, code=call.request.path_params["code"])
    proposal = next((one["id"] for one in before if one["state"] == "proposed"), None)
    return {
        "account": account,
        "code": call.request.path_params["code"],
        "wanted": wanted,
        "grade": GRADES.get(wanted.level),
        "evidence": evidence,
        "held": [one for one in await person.qualifications(account.id) if one["code"] == call.request.path_params["code"]],
        "proposal": proposal,
        "own": account.id == call.principal.account_id,
        "takes": "freelancer" in account.roles,
    }


def _until(call: Call, text: str) -> datetime | None:
    """The end of a day in the reader's zone."""
    if not text.strip():
        return None
    try:
        day = datetime.fromisoformat(text.strip()).date() + timedelta(days=1)
    except (ValueError, OverflowError):
        raise Invalid(errors=[{"field": "until", "code": "date_parsing", "message": "This is not a day."}]) from None
    return datetime.combine(day, time(), texts.zone(call.request))


async def decide(call: Call, form: DecisionForm) -> Go:
    """Admit a person, or refuse them."""
    wanted, reason = _wanted(call), form.reason.strip()
    asked = {"code": call.request.path_params["code"], "level": wanted.level, "line": wanted.line}
    asked |= {"reason": reason, "against_evidence": form.against_evidence}
    if form.decision == "grant":
        languages = form.languages.lower().replace(",", " ").split()
        until = _until(call, form.until)
        made: AdmissionOut = await api.admit_freelancer(call, fitted(AdmitIn, **asked, languages=languages, expires_at=until))
    else:
        made = await api.refuse_admission(call, fitted(RefuseIn, **asked))
    if made.state == "proposed":
        return Go(f"{LIST}/{made.id}", N_("This is a proposal: it holds once a second curator confirms it."))
    return Go(f"/people/{made.freelancer_id}/qualifications", N_("Decided. The person has been told, with your reason."))


async def held_page(call: Call, query: WhereQuery) -> Shown | Go:
    """What a person is admitted to, was once, asks for, and what was decided about them; or on to the qualification that is named."""
    account = await _account(call)
    if api.CODE.fullmatch(query.code):
        return Go(f"/people/{account.id}/admissions/{query.code}/{query.level}/{query.line}")
    decisions = await api.list_admissions(call, AdmissionQuery(freelancer_id=account.id, limit=50))
    codes = (await api.list_qualifications(call)).items
    return {
        "account": account,
        "held": await person.qualifications(account.id),
        "asked": await shown.requests(account.id),
        "decisions": decisions.items,
        "candidacies": await reading.in_short(account.id),
        "codes": [one.code for one in codes],
        "names": await names(one.decided_by for one in decisions.items),
        "grades": GRADES,
        "own": account.id == call.principal.account_id,
        "takes": "freelancer" in account.roles,
    }


async def end_page(call: Call) -> Shown:
    """The form to end a qualification."""
    account, code = await _account(call), call.request.path_params["code"]
    held = [one for one in await person.qualifications(account.id) if one["code"] == code and one["revoked_at"] is None]
    if not held:
        raise NotFound
    return {"account": account, "held": held[0], "grade": GRADES.get(held[0]["level"])}


async def end(call: Call, form: ReasonIn) -> Go:
    """End a qualification."""
    await revoke_qualification(call, form)
    return Go(
        f"/people/{call.id('freelancer_id')}/qualifications", N_("It has ended; the person has been told why and may appeal.")
    )


READ, WRITE = policy.ADMISSIONS_READ, QUALIFICATIONS_WRITE
VIEWS = (
    View("GET", LIST, waiting_page, READ, N_("Admissions"), "adm_waiting.html", query=WaitingQuery),
    View("GET", f"{LIST}/waiting", waiting_page, READ, N_("Admissions"), "adm_waiting.html", query=WaitingQuery),
    View("GET", f"{LIST}/decisions", decisions_page, WRITE, N_("Decisions on admission"), "adm_decisions.html",
         query=AdmissionQuery),
    View("GET", f"{LIST}/policy", policy_page, policy.ADMISSION_POLICY, N_("Deadlines of admission"), "adm_policy.html"),
    View("POST", f"{LIST}/policy", change_policy, policy.ADMISSION_POLICY, form=AdmissionPolicyIn, again=f"{LIST}/policy"),
    View("GET", f"{LIST}/{{admission_id}}", decision_page, WRITE, N_("Decision on an admission"), "adm_decision.html"),
    View("POST", f"{LIST}/{{admission_id}}", second, WRITE, form=SecondForm, again=f"{LIST}/{{admission_id}}"),
    View("GET", HELD, held_page, WRITE, N_("Qualifications"), "adm_held.html", query=WhereQuery),
    View("GET", DECIDE, evidence_page, WRITE, N_("Decide on an admission"), "adm_evidence.html"),
    View("POST", DECIDE, decide, WRITE, form=DecisionForm, again=DECIDE),
    View("GET", END, end_page, WRITE, N_("End a qualification"), "adm_end.html"),
    View("POST", END, end, WRITE, form=ReasonIn, again=END),
)  # fmt: skip
MENU = (Entry(N_("People"), N_("Admissions"), LIST, READ, badge=requests.count),)
