"""People: how good they are and on what that rests, one by one."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from piecework.platform.identity.models import Account
from piecework.platform.pages import charts
from piecework.platform.pages.view import N_, Go, Shown, View
from piecework.platform.web.operation import Call, Shape
from piecework.platform.web.paging import PageQuery
from piecework.quality import policy
from piecework.quality.api import accuracy, admitting, cases, disputes, reports
from piecework.quality.api import audits as audits_api
from piecework.quality.pages.golden_views import chosen
from piecework.quality.pages.pieces import fitted, names, projects_of
from piecework.quality.people import history
from piecework.quality.reports import person
from piecework.quality.schemas.admitting import AdmissionQuery
from piecework.quality.schemas.cases import LiftIn, RestrictionIn
from piecework.tasks.api import norms
from piecework.tasks.policy import QUALIFICATIONS_WRITE
from piecework.tasks.schemas.norms import WeekQuery

Text = Annotated[str, StringConstraints(max_length=4000)]
BINS = 10


class PeopleQuery(PageQuery):
    """The people of a project; without one the first."""

    project: str | None = Field(default=None, max_length=60)


class RestrictForm(Shape):
    """What a person may not do for a time."""

    kind: Literal["audits", "project", "pay", "block"]
    project: Text = ""
    days: int | None = None
    reason: Text = ""


class LiftForm(Shape):
    """Why a restriction ends early."""

    reason: Text = ""


async def people_page(call: Call, query: PeopleQuery) -> Shown:
    """The people with evidence in a project."""
    listed, project = await chosen(call, query.project)
    found = None if project is None else await reports.project_people(call, PageQuery(limit=query.limit, cursor=query.cursor))
    return {"projects": listed, "project": project, "found": found}


async def person_page(call: Call) -> Shown:
    """Everything that is known of one person's work."""
    known = await accuracy.person_accuracy(call)
    who = known.freelancer_id
    account = await Account.get(id=who)
    restrictions = await cases.restrictions_of(call)
    decides = call.principal.may(QUALIFICATIONS_WRITE, call.services.permissions)
    decisions = (await admitting.list_admissions(call, AdmissionQuery(freelancer_id=who, limit=20))).items if decides else []
    weeks = await norms.list_weeks(call, WeekQuery(freelancer_id=who, limit=12))
    blocks, speeds = await history.blocks(who), await person.speeds(who)
    return {
        "charts": charts,
        "rounded": lambda value: f"{value:.0f}",
        "named_bins": lambda bins: [f"{low:.2g}–{high:.2g}" for low, high, _ in bins],
        "account": account,
        "title": account.name,
        "steps": [(one, int(one.step_id)) for one in known.steps],
        "confusions": {int(one.step_id): one for one in (await reports.person_confusion(call)).steps},
        "blocks": blocks,
        "standing": await history.standing(who),
        "speeds": {step: (median, share, histogram(everybody)) for step, (median, share, everybody) in speeds.items()},
        "restrictions": restrictions.restrictions,
        "decisions": decisions,
        "qualifications": await person.qualifications(who),
        "cases": await person.cases(who),
        "weeks": weeks.items,
        "names": await names(
            [
                *(one.imposed_by for one in restrictions.restrictions),
                *(one.lifted_by for one in restrictions.restrictions),
                *(one.decided_by for one in decisions),
            ]
        ),
        "named_projects": [(one.code, one.name) for one in await projects_of(call)],
    }


def histogram(values: list[float]) -> list[tuple[float, float, int]]:
    """How many values lie in each of ten equal spans: from, to, count."""
    if not values:
        return []
    low, high = values[0], values[-1]
    width = (high - low) / BINS or 1.0
    counts = [0] * BINS
    for value in values:
        counts[min(BINS - 1, int((value - low) / width))] += 1
    return [(low + width * place, low + width * (place + 1), count) for place, count in enumerate(counts)]


async def restrict(call: Call, form: RestrictForm) -> Go:
    """Restrict a person for a time."""
    body = fitted(
        RestrictionIn,
        kind=form.kind,
        project=form.project or None if form.kind == "project" else None,
        days=form.days,
        reason=form.reason,
    )
    await cases.restrict(call, body)
    return Go(f"/people/{call.id('freelancer_id')}", N_("The restriction holds; the person has been told why and may appeal."))


async def lift(call: Call, form: LiftForm) -> Go:
    """End a restriction early."""
    await cases.lift_restriction(call, fitted(LiftIn, reason=form.reason))
    return Go(f"/people/{call.id('freelancer_id')}", N_("The restriction has ended."))


async def curators_page(call: Call, query: PageQuery) -> Shown:
    """How good curators are, and those who settle disputes."""
    return {
        "found": await audits_api.list_curators(call, query),
        "settlers": await disputes.list_settlers(call, PageQuery(limit=100)),
    }


VIEWS = (
    View("GET", "/people", people_page, policy.ACCURACY_READ, N_("People"), "people.html", query=PeopleQuery),
    View("GET", "/people/{freelancer_id}", person_page, policy.ACCURACY_READ, N_("Person"), "person.html"),
    View("POST", "/people/{freelancer_id}/restrictions", restrict, policy.RESTRICTIONS_WRITE, form=RestrictForm,
         again="/people/{freelancer_id}"),
    View("POST", "/people/{freelancer_id}/restrictions/{restriction_id}/lift", lift, policy.RESTRICTIONS_WRITE, form=LiftForm,
         again="/people/{freelancer_id}"),
    View("GET", "/curators", curators_page, policy.ACCURACY_READ, N_("Curators"), "curators.html", query=PageQuery),
)  # fmt: skip
