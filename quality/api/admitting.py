"""Operations on admission: criteria are read by everybody, people ask, curators decide from the evidence."""

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson

from piecework.platform.errors import NotFound
from piecework.platform.identity.models import Account
from piecework.platform.said import Said
from piecework.platform.web.operation import SIGNED_IN, Call, Operation
from piecework.platform.web.paging import LAST, Page, PageQuery, cursor
from piecework.quality import policy
from piecework.quality.admitting import assessing, criteria, decisions, mentors, requests, shown, telling
from piecework.quality.admitting import policy as admission_policy
from piecework.quality.admitting.assessing import Wanted
from piecework.quality.admitting.criteria import GRADES, Version
from piecework.quality.admitting.evidence import Finding
from piecework.quality.admitting.kinds import Criterion
from piecework.quality.errors import (
    AdmissionAsked,
    AdmissionProposed,
    AdmissionSettled,
    AgainstEvidence,
    CriteriaSettled,
    HeldAlready,
    NotAMentor,
    NotImpartial,
)
from piecework.quality.schemas import admitting as s
from piecework.tasks.errors import NotAFreelancer, OwnContract
from piecework.tasks.policy import QUALIFICATIONS_WRITE

CODE = re.compile(r"[a-z][a-z0-9_-]{0,39}")
"""What a workflow may name as a step's qualification."""


def _code(call: Call) -> str:
    return str(call.request.path_params["code"])[:80]


def _within(call: Call) -> timedelta:
    return timedelta(days=call.services.settings.appeal_days)


async def list_criteria(call: Call) -> s.CriteriaPage:
    """What is asked of whoever is to be admitted, now and before."""
    code = _code(call)
    found = await criteria.versions(code)
    if not found:
        raise NotFound(Said("No criteria are published for this qualification."))
    return s.CriteriaPage(code=code, criteria=_versions(found))


def _versions(found: Sequence[Version]) -> list[s.CriteriaOut]:
    newest = {
        (one.level, one.line): max(each.version for each in found if (each.level, each.line) == (one.level, one.line))
        for one in found
    }
    return [
        s.CriteriaOut(
            level=one.level,
            grade=GRADES.get(one.level),
            line=one.line,
            version=one.version,
            in_force=one.version == newest[one.level, one.line],
            criteria=one.items,
            words=[item.words() for item in one.items],
            reason=one.reason,
            published_at=one.published_at,
        )
        for one in found
    ]


async def list_qualifications(_call: Call) -> s.Qualifications:
    """Qualifications, who asks for them, and for which levels and lines criteria are published."""
    return s.Qualifications(
        items=[
            s.QualificationOut(
                code=code,
                projects=projects,
                published=[s.PublishedFor(**row, grade=GRADES.get(row["level"])) for row in listed],
            )
            for code, (projects, listed) in (await criteria.overview()).items()
        ]
    )


async def draft_criteria(call: Call, body: s.CriteriaIn) -> s.Drafted:
    """Draft the next version of the criteria for a level and line."""
    code = _code(call)
    if not CODE.fullmatch(code):
        raise NotFound
    made = await criteria.draft(call.principal.account_id, code, body.level, body.line, body.criteria, body.reason)
    return s.Drafted(id=made, code=code, words=[item.words() for item in body.criteria])


async def list_drafts(_call: Call, query: PageQuery) -> s.CriteriaDrafts:
    """Criteria that wait for somebody to publish or drop them, the oldest first."""
    found = await criteria.drafts(query.after(), query.limit + 1)
    items = [_draft(row) for row in found[: query.limit]]
    return s.CriteriaDrafts(items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


async def show_draft(call: Call) -> s.CriteriaDraft:
    """Criteria that wait for somebody to publish or drop them."""
    found = await criteria.draft_waiting(call.id("draft_id"))
    if found is None:
        raise NotFound
    return _draft(found)


def _draft(row: Any) -> s.CriteriaDraft:
    items = criteria.LIST.validate_python(orjson.loads(row["items"]))
    shown = {name: row[name] for name in s.CriteriaDraft.model_fields if name in row}
    return s.CriteriaDraft(**shown, grade=GRADES.get(row["level"]), criteria=items, words=[item.words() for item in items])


async def decide_criteria(call: Call, body: s.CriteriaDecision) -> None:
    """Publish what somebody else has drafted: it counts from now on. Or drop a draft."""
    decide = criteria.publish if body.decision == "publish" else criteria.drop
    await decide(call.principal.account_id, call.id("draft_id"), body.reason)


async def _assessed(person: UUID, wanted: Wanted) -> s.AssessmentOut:
    found = await assessing.published(person, wanted)
    asked = next((row for row in await shown.requests(person) if Wanted(row["code"], row["level"], row["line"]) == wanted), None)
    return s.AssessmentOut(
        code=wanted.code,
        level=wanted.level,
        grade=GRADES.get(wanted.level),
        line=wanted.line,
        version=found.version.version,
        refresher=found.refresher,
        met=found.met,
        criteria=findings(found.findings),
        **{name: None if asked is None else asked[name] for name in ("asked_at", "met_at", "decide_by")},
    )


def findings(found: Iterable[tuple[Criterion, Finding]]) -> list[s.FindingOut]:
    """Criteria with what the facts say of each."""
    return [
        s.FindingOut(
            criterion=item,
            words=item.words(),
            met=one.met,
            figures=dict(one.figures),
            missing=None if one.missing is None else str(one.missing),
        )
        for item, one in found
    ]


async def my_admission(call: Call, query: s.WantedQuery) -> s.AssessmentOut:
    """What I meet of the criteria for a qualification, and what is missing."""
    return await _assessed(call.principal.account_id, Wanted(_code(call), query.level, query.line))


async def ask_admission(call: Call, body: s.WantedIn) -> s.AssessmentOut:
    """Ask to be admitted: from when I meet all criteria, a curator decides in time."""
    wanted = Wanted(_code(call), body.level, body.line)
    await requests.ask(call.principal.account_id, wanted)
    return await _assessed(call.principal.account_id, wanted)


async def withdraw_admission(call: Call) -> None:
    """Take back what I asked for."""
    await requests.withdraw(call.principal.account_id, _code(call))


async def my_admissions(call: Call) -> s.MyAdmissions:
    """What I wait for, and what was decided about me."""
    me = call.principal.account_id
    names = [name for name in s.MyDecision.model_fields if name not in ("grade", "evidence", "findings")]
    return s.MyAdmissions(
        requests=[s.MyRequest(**row, grade=GRADES.get(row["level"])) for row in await shown.requests(me)],
        decisions=[
            s.MyDecision(
                **{name: row[name] for name in names},
                grade=GRADES.get(row["level"]),
                evidence=_evidence(row),
                findings=_kept(row),
            )
            for row in await shown.mine(me)
        ],
    )


def _evidence(row: Any) -> list[str]:
    return [str(one) for one in telling.findings(orjson.loads(row["evidence"]))]


async def show_evidence(call: Call, query: s.WantedQuery) -> s.AssessmentOut:
    """What a person meets of the criteria, for who decides."""
    person = call.id("freelancer_id")
    if not await Account.exists(id=person):
        raise NotFound
    return await _assessed(person, Wanted(_code(call), query.level, query.line))


async def admit_freelancer(call: Call, body: s.AdmitIn) -> s.AdmissionOut:
    """Admit a freelancer: at once if the criteria say so, else as a proposal to a second curator."""
    made = await decisions.admit(
        call.principal.account_id,
        call.id("freelancer_id"),
        decisions.Grant(Wanted(body.code, body.level, body.line), body.languages, body.expires_at),
        body.reason,
        against=body.against_evidence,
        within=_within(call),
    )
    return _decision(await shown.one(made))


async def refuse_admission(call: Call, body: s.RefuseIn) -> s.AdmissionOut:
    """Refuse a freelancer: at once if a criterion is not met, else as a proposal to a second curator."""
    made = await decisions.refuse(
        call.principal.account_id,
        call.id("freelancer_id"),
        Wanted(body.code, body.level, body.line),
        body.reason,
        against=body.against_evidence,
        within=_within(call),
    )
    return _decision(await shown.one(made))


async def confirm_admission(call: Call, body: s.SecondIn) -> s.AdmissionOut:
    """Confirm a proposal against the evidence, as a second curator: it takes effect."""
    admission_id = call.id("admission_id")
    await decisions.confirm(call.principal.account_id, admission_id, body.reason, _within(call))
    return _decision(await shown.one(admission_id))


async def drop_admission(call: Call, body: s.SecondIn) -> s.AdmissionOut:
    """Do not confirm a proposal, or take back one's own."""
    admission_id = call.id("admission_id")
    await decisions.drop(call.principal.account_id, admission_id, body.reason)
    return _decision(await shown.one(admission_id))


def _decision(row: Any) -> s.AdmissionOut:
    names = [name for name in s.AdmissionOut.model_fields if name not in ("grade", "evidence", "findings")]
    return s.AdmissionOut(
        **{name: row[name] for name in names}, grade=GRADES.get(row["level"]), evidence=_evidence(row), findings=_kept(row)
    )


def _kept(row: Any) -> list[s.FindingOut]:
    """The findings as they were kept with a decision."""
    listed = orjson.loads(row["evidence"]).get("findings", [])
    asked = criteria.LIST.validate_python([one["criterion"] for one in listed])
    return [
        s.FindingOut(criterion=item, words=item.words(), **{name: one[name] for name in ("met", "figures", "missing")})
        for item, one in zip(asked, listed, strict=True)
    ]


async def list_admissions(_call: Call, query: s.AdmissionQuery) -> Page[s.AdmissionOut]:
    """Decisions, newest first."""
    found = await shown.listed(
        query.after(LAST), query.limit + 1, state=query.state, freelancer_id=query.freelancer_id, code=query.code
    )
    items = [_decision(row) for row in found[: query.limit]]
    return Page[s.AdmissionOut](items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


async def show_admission(call: Call) -> s.AdmissionOut:
    """A decision with the evidence as it was."""
    found = await shown.one(call.id("admission_id"))
    if found is None:
        raise NotFound
    return _decision(found)


async def waiting_admissions(_call: Call, query: s.WaitingQuery) -> s.WaitingPage:
    """Who meets all criteria and waits for a decision, longest first."""
    found = await requests.waiting(None if query.cursor is None else query.after(), query.limit + 1, query.request)
    items = [s.WaitingOut(**row) for row in found[: query.limit]]
    return s.WaitingPage(items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


async def admission_statistics(_call: Call, query: s.StatisticsQuery) -> s.StatisticsOut:
    """How long people wait for a decision once they meet all criteria."""
    return s.StatisticsOut(**await requests.statistics(timedelta(days=query.days)))


async def show_admission_policy(_call: Call) -> s.AdmissionPolicy:
    """How long decisions may take, and qualifications go unused."""
    now = await admission_policy.now()
    return s.AdmissionPolicy(decide_days=now.decide_days, unused_days=now.unused_days, notice_days=now.notice_days)


async def change_admission_policy(call: Call, body: s.AdmissionPolicyIn) -> s.AdmissionPolicy:
    """Change it from now on."""
    changed = admission_policy.Policy(body.decide_days, body.unused_days, body.notice_days)
    await admission_policy.change(call.principal.account_id, changed, body.reason)
    return await show_admission_policy(call)


async def assign_mentor(call: Call, body: s.MentorIn) -> None:
    """Give a freelancer a mentor, or end it."""
    me, person = call.principal.account_id, call.id("freelancer_id")
    if body.mentor_id is None:
        await mentors.end(me, person, body.reason)
    else:
        await mentors.assign(me, person, body.mentor_id, body.reason)


async def my_mentoring(call: Call) -> s.Mentoring:
    """My mentor, and whom I mentor."""
    mentor, mentees = await mentors.of(call.principal.account_id)
    return s.Mentoring(
        mentor=None
        if mentor is None
        else s.MentorOut(id=mentor["mentor_id"], name=mentor["mentor_name"], since=mentor["starts_at"]),
        mentees=[s.MentorOut(id=row["freelancer_id"], name=row["name"], since=row["starts_at"]) for row in mentees],
    )


ADMITTING = (NotAFreelancer, OwnContract, NotImpartial, HeldAlready, AdmissionProposed, AgainstEvidence)

OPERATIONS = (
    Operation("GET", "/qualifications", list_qualifications, policy.CRITERIA_DECIDE, "Qualifications and what is published for them",
              reply=s.Qualifications, tag="admission"),
    Operation("GET", "/qualifications/{code}/criteria", list_criteria, SIGNED_IN, "Criteria of admission", reply=s.CriteriaPage,
              tag="admission"),
    Operation("POST", "/qualifications/{code}/criteria", draft_criteria, QUALIFICATIONS_WRITE, "Draft criteria of admission",
              body=s.CriteriaIn, reply=s.Drafted, status=201, tag="admission"),
    Operation("GET", "/criteria-drafts", list_drafts, policy.CRITERIA_DECIDE, "Criteria that wait to be published", query=PageQuery,
              reply=s.CriteriaDrafts, tag="admission"),
    Operation("GET", "/criteria-drafts/{draft_id}", show_draft, policy.CRITERIA_DECIDE, "Criteria that wait, one draft",
              reply=s.CriteriaDraft, tag="admission"),
    Operation("POST", "/criteria-drafts/{draft_id}/decision", decide_criteria, policy.CRITERIA_DECIDE, "Publish or drop drafted criteria",
              body=s.CriteriaDecision, errors=(CriteriaSettled, NotImpartial), tag="admission"),
    Operation("GET", "/me/admissions", my_admissions, policy.ADMISSION_ASK, "My requests and what was decided about me",
              reply=s.MyAdmissions, tag="admission"),
    Operation("GET", "/me/admissions/{code}", my_admission, policy.ADMISSION_ASK, "What I meet of the criteria", query=s.WantedQuery,
              reply=s.AssessmentOut, tag="admission"),
    Operation("POST", "/me/admissions/{code}", ask_admission, policy.ADMISSION_ASK, "Ask to be admitted", body=s.WantedIn,
              reply=s.AssessmentOut, errors=(HeldAlready, AdmissionAsked), tag="admission"),
    Operation("DELETE", "/me/admissions/{code}", withdraw_admission, policy.ADMISSION_ASK, "Take back what I asked for", tag="admission"),
    Operation("GET", "/freelancers/{freelancer_id}/admissions/{code}", show_evidence, QUALIFICATIONS_WRITE,
              "What a person meets of the criteria", query=s.WantedQuery, reply=s.AssessmentOut, tag="admission"),
    Operation("POST", "/freelancers/{freelancer_id}/qualifications", admit_freelancer, QUALIFICATIONS_WRITE, "Admit a freelancer", body=s.AdmitIn,
              reply=s.AdmissionOut, status=201, errors=ADMITTING, tag="admission"),
    Operation("POST", "/freelancers/{freelancer_id}/qualifications/refuse", refuse_admission, QUALIFICATIONS_WRITE,
              "Refuse a freelancer", body=s.RefuseIn, reply=s.AdmissionOut, status=201, errors=ADMITTING, tag="admission"),
    Operation("GET", "/admissions", list_admissions, QUALIFICATIONS_WRITE, "Decisions on admission", query=s.AdmissionQuery,
              reply=Page[s.AdmissionOut], tag="admission"),
    Operation("GET", "/admissions/waiting", waiting_admissions, policy.ADMISSIONS_READ, "Who waits for a decision", query=s.WaitingQuery,
              reply=s.WaitingPage, tag="admission"),
    Operation("GET", "/admissions/statistics", admission_statistics, SIGNED_IN, "How long decisions take",
              query=s.StatisticsQuery, reply=s.StatisticsOut, tag="admission"),
    Operation("GET", "/admissions/policy", show_admission_policy, SIGNED_IN, "How long decisions may take",
              reply=s.AdmissionPolicy, tag="admission"),
    Operation("PUT", "/admissions/policy", change_admission_policy, policy.ADMISSION_POLICY, "Change how long decisions may take",
              body=s.AdmissionPolicyIn, reply=s.AdmissionPolicy, tag="admission"),
    Operation("GET", "/admissions/{admission_id}", show_admission, QUALIFICATIONS_WRITE, "A decision on admission",
              reply=s.AdmissionOut, tag="admission"),
    Operation("POST", "/admissions/{admission_id}/confirm", confirm_admission, QUALIFICATIONS_WRITE,
              "Confirm a proposal as a second curator", body=s.SecondIn, reply=s.AdmissionOut,
              errors=(NotAFreelancer, OwnContract, NotImpartial, HeldAlready, AdmissionSettled), tag="admission"),
    Operation("POST", "/admissions/{admission_id}/drop", drop_admission, QUALIFICATIONS_WRITE, "Drop a proposal", body=s.SecondIn,
              reply=s.AdmissionOut, errors=(NotAFreelancer, OwnContract, AdmissionSettled), tag="admission"),
    Operation("POST", "/freelancers/{freelancer_id}/mentor", assign_mentor, QUALIFICATIONS_WRITE, "Assign a mentor", body=s.MentorIn,
              errors=(NotAFreelancer, OwnContract, NotAMentor), tag="admission"),
    Operation("GET", "/me/mentoring", my_mentoring, policy.ADMISSION_ASK, "My mentor and whom I mentor", reply=s.Mentoring,
              tag="admission"),
)  # fmt: skip
