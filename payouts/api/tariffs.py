"""Operations on tariffs: for finance who makes them, requesters and curators who read them, freelancers who are paid by them."""

from collections.abc import Sequence
from datetime import datetime

from piecework.payouts.books import pay_policy
from piecework.payouts.errors import OwnTariff, StartTaken, TariffDecided, TariffOutdated, TariffStarted, TariffTooSoon
from piecework.payouts.schemas import tariffs as s
from piecework.payouts.tariffs import approving, drafting, floor, mine, stored
from piecework.payouts.tariffs import preview as previews
from piecework.payouts.tariffs.floor import Hourly
from piecework.payouts.tariffs.prices import NO_HOLD, in_force
from piecework.payouts.tariffs.stored import Tariff
from piecework.payouts.tariffs.terms import TariffTerms, own_prices, unassigned
from piecework.platform import db, money
from piecework.platform.errors import NotFound
from piecework.platform.identity.models import Role
from piecework.platform.web.operation import Call, Operation
from piecework.platform.web.paging import LAST, PageQuery, cursor
from piecework.tasks import pace
from piecework.tasks.errors import NoWorkflow
from piecework.tasks.projects import SEES_ALL, project_by_code

READ = "tariffs.read"
WRITE = "tariffs.write"
OWN = "tariffs.own"

PERMISSIONS: dict[str, frozenset[str]] = {
    READ: frozenset({Role.REQUESTER, Role.CURATOR, Role.FINANCE, Role.ADMINISTRATOR}),
    WRITE: frozenset({Role.FINANCE, Role.ADMINISTRATOR}),
    OWN: frozenset({Role.FREELANCER}),
}


async def draft_tariff(call: Call, body: TariffTerms) -> s.TariffOut:
    """Draft the next version of a project's tariff."""
    project = await project_by_code(call.principal, call.request.path_params["code"])
    return await _shown(await drafting.draft(call.principal.account_id, project, body))


async def approve_tariff(call: Call) -> s.TariffOut:
    """Approve a draft of somebody else's, which announces it."""
    return await _shown(await approving.approve(call.principal.account_id, call.id("tariff_id")))


async def withdraw_tariff(call: Call, body: s.WithdrawTariffIn) -> s.TariffOut:
    """Take a draft, or a tariff before its start, back."""
    return await _shown(await approving.withdraw(call.principal.account_id, call.id("tariff_id"), body.reason))


async def show_tariff(call: Call) -> s.TariffOut:
    """One version, with warnings where an hour is expected to earn too little."""
    return await _shown(await _readable(call))


async def list_tariffs(call: Call, query: PageQuery) -> s.Tariffs:
    """A project's versions, newest first."""
    project = await project_by_code(call.principal, call.request.path_params["code"])
    found = await stored.page(project.id, query.after(LAST), query.limit + 1)
    shown = found[: query.limit]
    return s.Tariffs(items=await _all_shown(shown), next_cursor=cursor(shown[-1].id if len(found) > query.limit else None))


async def project_tariff(call: Call) -> s.ProjectTariff:
    """What a project pays now and will pay, and what an hour of each step is expected to earn."""
    project = await project_by_code(call.principal, call.request.path_params["code"])
    workflow = await drafting.active_workflow(project.id)
    lists = (await stored.lists([project.id]))[project.id]
    now = await db.scalar("SELECT clock_timestamp()")
    current = in_force(lists, now)
    known = await stored.many([one.id for one in lists])
    paces = await floor.paces(project.id)
    least = (await pay_policy.current()).hourly_floor
    hours = floor.hourly(current.rates if current else {}, own_prices(workflow), paces, least)
    shown = {one.id: one for one in await _all_shown([known[one.id] for one in lists])}
    return s.ProjectTariff(
        project=project.code,
        currency=project.currency,
        hourly_floor=least,
        in_force=shown[current.id] if current else None,
        announced=[shown[one.id] for one in lists if one.starts_at > now],
        steps=[_step_pay(step.key, step.title, paces.get(step.key, floor.UNKNOWN), hours) for step in workflow.steps],
        warnings=_warnings(hours, project.currency, least),
    )


async def preview_tariff(call: Call) -> s.TariffPreview:
    """What the last seven days' accepted work would have cost under a tariff, against what it did cost."""
    tariff = await _readable(call)
    found = await previews.preview(tariff)
    cost, cost_under = sum(step.cost for step in found.steps), sum(step.cost_under for step in found.steps)
    return s.TariffPreview(
        tariff_id=tariff.id,
        project=tariff.project,
        currency=tariff.currency,
        since=found.since,
        until=found.until,
        steps=[
            s.TariffPreviewStep(
                step=step.step_key,
                answers=step.answers,
                cost=step.cost,
                cost_under=step.cost_under,
                difference=step.cost_under - step.cost,
            )
            for step in found.steps
        ],
        answers=sum(step.answers for step in found.steps),
        cost=cost,
        cost_under=cost_under,
        difference=cost_under - cost,
    )


async def my_tariffs(call: Call) -> s.OwnTariffs:
    """What everything that I am qualified for pays now, and what is announced."""
    return s.OwnTariffs(
        items=[
            s.OwnTariff(
                project=step.project,
                currency=step.currency,
                step=step.key,
                title=step.title,
                level=step.level,
                now=_own_terms(step.now, step.median_ms),
                announced=[_own_terms(one, step.median_ms) for one in step.announced],
            )
            for step in await mine.my_steps(call.principal.account_id)
        ]
    )


async def _readable(call: Call) -> Tariff:
    """The tariff that the path names, if the caller may know of its project."""
    tariff = await stored.get(call.id("tariff_id"))
    if not call.principal.roles & SEES_ALL and tariff.requester_id != call.principal.account_id:
        raise NotFound
    return tariff


async def _shown(tariff: Tariff) -> s.TariffOut:
    (found,) = await _all_shown([tariff])
    return found


async def _all_shown(tariffs: Sequence[Tariff]) -> list[s.TariffOut]:
    """Tariffs of one project as they are shown, in the order given."""
    if not tariffs:
        return []
    project_id = tariffs[0].project_id
    least = (await pay_policy.current()).hourly_floor
    known = await floor.paces(project_id)
    try:
        steps = own_prices(await drafting.active_workflow(project_id))
    except NoWorkflow:
        steps = []
    starts = await drafting.earliest_starts(tariffs)
    return [_tariff_out(one, floor.hourly(one.rates, steps, known, least), least, starts.get(one.id)) for one in tariffs]


def _tariff_out(tariff: Tariff, hours: Sequence[Hourly], least: int, earliest: datetime | None) -> s.TariffOut:
    as_it_is = {name for name in s.TariffOut.model_fields if hasattr(tariff, name)} - {"items"}
    return s.TariffOut(
        **{name: getattr(tariff, name) for name in as_it_is},
        items=[s.TariffItem(**{name: getattr(item, name) for name in s.TariffItem.model_fields}) for item in tariff.items],
        unassigned=unassigned(tariff.ticket_price, tariff.items),
        hold_until=tariff.hold.until,
        hold_days=tariff.hold.days,
        hold_most_days=tariff.hold.most_days,
        earliest_start=earliest,
        warnings=_warnings(hours, tariff.currency, least),
    )


def _warnings(hours: Sequence[Hourly], currency: str, least: int) -> list[s.FloorWarning]:
    return [
        s.FloorWarning(
            step=one.place.step_key,
            level=one.place.level,
            language=one.place.language,
            price=one.price,
            estimated_per_hour=one.per_hour,
            hourly_floor=least,
            message=f"An hour of this is expected to earn {money.text(one.per_hour)} {currency}; "
            f"the floor is {money.text(least)}.",
        )
        for one in hours
        if one.below_floor and one.per_hour is not None
    ]


def _step_pay(key: str, title: str, known: floor.Pace, hours: Sequence[Hourly]) -> s.StepPay:
    return s.StepPay(
        step=key,
        title=title,
        answers=known.answers,
        median_seconds=None if known.median_ms is None else known.median_ms / 1000,
        prices=[
            s.HourlyPrice(
                level=one.place.level,
                language=one.place.language,
                price=one.price,
                estimated_per_hour=one.per_hour,
                below_floor=one.below_floor,
            )
            for one in hours
            if one.place.step_key == key
        ],
    )


def _own_terms(terms: mine.Terms, median_ms: int | None) -> s.OwnTariffTerms:
    under = terms.under
    hold = NO_HOLD if under is None else under.hold
    return s.OwnTariffTerms(
        version=None if under is None else under.version,
        since=terms.since,
        announced_at=None if under is None else under.approved_at,
        why=None if under is None else under.reason,
        price=terms.price,
        by_language=[
            s.OwnLanguagePrice(language=language, price=price, estimated_per_hour=pace.per_hour(price, median_ms))
            for language, price in terms.by_language
        ],
        estimated_per_hour=pace.per_hour(terms.price, median_ms),
        hold_until=hold.until,
        hold_days=hold.days,
        hold_most_days=hold.most_days,
    )


OPERATIONS = (
    Operation("POST", "/projects/{code}/tariffs", draft_tariff, WRITE, "Draft a tariff", body=TariffTerms, reply=s.TariffOut, status=201,
              errors=(NoWorkflow,), tag="tariffs"),
    Operation("GET", "/projects/{code}/tariffs", list_tariffs, READ, "A project's tariffs", query=PageQuery, reply=s.Tariffs,
              tag="tariffs"),
    Operation("GET", "/projects/{code}/tariff", project_tariff, READ, "What a project pays", reply=s.ProjectTariff,
              errors=(NoWorkflow,), tag="tariffs"),
    Operation("GET", "/tariffs/{tariff_id}", show_tariff, READ, "A tariff", reply=s.TariffOut, tag="tariffs"),
    Operation("GET", "/tariffs/{tariff_id}/preview", preview_tariff, READ, "What a tariff would have cost", reply=s.TariffPreview,
              tag="tariffs"),
    Operation("POST", "/tariffs/{tariff_id}/approve", approve_tariff, WRITE, "Approve a tariff", reply=s.TariffOut,
              errors=(TariffDecided, OwnTariff, TariffOutdated, TariffTooSoon, StartTaken, NoWorkflow), tag="tariffs"),
    Operation("POST", "/tariffs/{tariff_id}/withdraw", withdraw_tariff, WRITE, "Withdraw a tariff", body=s.WithdrawTariffIn,
              reply=s.TariffOut, errors=(TariffDecided, TariffStarted), tag="tariffs"),
    Operation("GET", "/me/tariffs", my_tariffs, OWN, "What I am paid and what is announced", reply=s.OwnTariffs, tag="tariffs"),
)  # fmt: skip
