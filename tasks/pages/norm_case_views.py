"""Norms, for staff: people's weeks with every line of their reckoning, repeatedly missed ones and what comes of them, policy, outages."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from piecework.platform.errors import Invalid
from piecework.platform.identity.models import Account
from piecework.platform.pages import charts, texts
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call, Shape
from piecework.platform.web.paging import PageQuery
from piecework.tasks import decisions, policy
from piecework.tasks.api import norms as api
from piecework.tasks.norms import cases
from piecework.tasks.norms.policy import Few, Hours, NormPolicy, Weeks
from piecework.tasks.norms.rules import WHOLE
from piecework.tasks.pages.fitting import fitted
from piecework.tasks.pages.labels import people_names, project_names
from piecework.tasks.schemas import norms as s

WEEKS, CASES, POLICY, OUTAGES = "/weeks", "/norm-cases", "/norm-policy", "/outages"
SECTION = N_("Contracts and norms")


class PolicyForm(Shape):
    """The next version of the policy, its share in per cent, and why."""

    gap_daily_hours: Hours
    free_returns: Few
    second_percent: Annotated[float, Field(ge=0, le=20)]
    propose_after: Weeks
    propose_within: Weeks
    reason: s.Reason


class OutageForm(Shape):
    """An outage that is over, by the clocks of whoever types it."""

    starts: datetime
    ends: datetime
    reason: s.Reason


async def weeks_page(call: Call, query: s.WeekQuery) -> Shown:
    """What came of people's weeks, newest first; and how evenly work was spread."""
    found = await api.list_weeks(call, query)
    people = {one.freelancer_id for one in found.items} | {query.freelancer_id}
    alone = query.freelancer_id is not None
    spread = [] if alone or query.cursor else (await api.supply_fairness(call)).weeks[::-1]
    return {"found": found, "query": query, "names": await people_names(people), "spread": spread, "charts": charts}


async def week_page(call: Call, query: PageQuery) -> Shown:
    """A week: what was asked, what was taken off and why, every task."""
    week = await api.show_week(call)
    found = await api.week_tasks(call, query)
    person = await Account.get(id=week.freelancer_id)
    return {
        "week": week,
        "found": found,
        "person": person,
        "title": person.name,
        "at": datetime.now(UTC),
        "names": await project_names({one.project for one in found.items}),
        "told": await decisions.told(one.id for one in found.items),
    }


async def cases_page(call: Call, query: s.NormCaseQuery) -> Shown:
    """Repeatedly missed weeks, newest case first."""
    found = await api.list_norm_cases(call, query)
    return {"found": found, "query": query, "names": await people_names(one.freelancer_id for one in found.items)}


async def case_page(call: Call) -> Shown:
    """A case: its weeks with their reckoning, and the decision."""
    found = await api.show_norm_case(call)
    people = await people_names([found.freelancer_id, found.decided_by])
    return {
        "found": found,
        "names": people,
        "title": people.get(found.freelancer_id, "—"),
        "own": found.freelancer_id == call.principal.account_id,
        "notice_days": cases.NOTICE.days,
        "at": datetime.now(UTC),
    }


async def decide(call: Call, form: s.NormCaseDecisionIn) -> Go:
    """Decide what comes of missed weeks."""
    found = await api.decide_norm_case(call, form)
    if found.decision == "offer":
        return Go(f"/contracts/{found.freelancer_id}/offer", N_("Decided. Here you make the new offer."))
    return Go(f"{CASES}/{found.id}", N_("Decided; the person has been told why."))


async def policy_page(call: Call) -> Shown:
    """What holds for everybody's norms, and what did before."""
    found = await api.norm_policy(call)
    return {"found": found, "names": await people_names(one.set_by for one in found.versions), "whole": WHOLE}


async def set_policy(call: Call, form: PolicyForm) -> Go:
    """Set what holds for the weeks that begin from now on."""
    share = round(form.second_percent * WHOLE / 100)
    wanted = NormPolicy(**form.model_dump(exclude={"reason", "second_percent"}), second_chance=share)
    await api.set_norm_policy(call, s.NormPolicyIn(policy=wanted, reason=form.reason))
    return Go(POLICY, N_("It holds for the weeks that begin from now on; everybody with a norm has been told."))


async def outages_page(call: Call, query: PageQuery | None = None) -> Shown:
    """Outages that were recorded, and the form to record one."""
    found = await api.list_outages(call, query or PageQuery())
    return {"found": found, "names": await people_names(one.recorded_by for one in found.items)}


async def record_outage(call: Call, form: OutageForm) -> Go:
    """Record an outage."""
    zone = texts.zone(call.request)
    starts, ends = (at.replace(tzinfo=at.tzinfo or zone) for at in (form.starts, form.ends))
    try:
        outage = fitted(s.OutageIn, starts_at=starts, ends_at=ends, reason=form.reason)
    except Invalid as refused:  # the form's fields have shorter names
        raise Invalid(errors=[{**one, "field": one["field"].removesuffix("_at")} for one in refused.extra["errors"]]) from None
    await api.record_outage(call, outage)
    return Go(OUTAGES, N_("Recorded. Weeks that it touches are reckoned again, for the better only."))


READ = policy.NORMS_READ
VIEWS = (
    View("GET", WEEKS, weeks_page, READ, N_("Weeks"), "weeks.html", query=s.WeekQuery),
    View("GET", f"{WEEKS}/{{week_id}}", week_page, READ, N_("A week"), "week.html", query=PageQuery),
    View("GET", CASES, cases_page, READ, N_("Missed norms"), "norm_cases.html", query=s.NormCaseQuery),
    View("GET", f"{CASES}/{{case_id}}", case_page, READ, N_("Missed norm"), "norm_case.html"),
    View(
        "POST", f"{CASES}/{{case_id}}", decide, policy.NORM_CASES_DECIDE, form=s.NormCaseDecisionIn, again=f"{CASES}/{{case_id}}"
    ),
    View("GET", POLICY, policy_page, READ, N_("Rules of norms"), "norm_policy.html"),
    View("POST", POLICY, set_policy, policy.NORM_POLICY_WRITE, form=PolicyForm, again=POLICY),
    View("GET", OUTAGES, outages_page, READ, N_("Outages"), "outages.html", query=PageQuery),
    View("POST", OUTAGES, record_outage, policy.OUTAGES_WRITE, form=OutageForm, again=OUTAGES),
)
MENU = (
    Entry(SECTION, N_("Weeks"), WEEKS, READ),
    Entry(SECTION, N_("Missed norms"), CASES, READ, badge=cases.count),
    Entry(SECTION, N_("Rules of norms"), POLICY, READ),
    Entry(SECTION, N_("Outages"), OUTAGES, READ),
)
