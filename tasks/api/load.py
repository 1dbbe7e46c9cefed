"""Operations of availability and load: one's own shifts, supply by the hour, forecasts, people needed, the live view."""

from datetime import timedelta

import numpy as np

from piecework.platform import db
from piecework.platform.errors import NotFound
from piecework.platform.web.operation import SIGNED_IN, Call, Operation
from piecework.tasks import policy, projects
from piecework.tasks.errors import NoContract
from piecework.tasks.load import forecasting, live, seasonal, shifts, staffing, supply
from piecework.tasks.load.cycles import Hours, Shifts
from piecework.tasks.models import Project
from piecework.tasks.schemas import load as s

MEANING = (
    "Shifts are optional. They say when you intend to be there, so that work can be planned and you are invited only then. "
    "You do not have to keep them: nothing follows from being away in a shift or at work outside of one."
)
AHEAD = timedelta(days=14)
MOST_PROJECTS = 200


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return 60 * int(hours) + int(minutes)


def _version(number: int, plan: Shifts) -> s.ShiftVersion:
    hours = [
        s.ShiftHours.model_validate({"from": _clock(one.since), "until": _clock(one.until), "weekday": one.weekday})
        for one in plan.spans
    ]
    return s.ShiftVersion(version=number, pattern=plan.pattern, anchor=plan.anchor, hours=hours, valid_from=plan.valid_from)


async def my_shifts(call: Call) -> s.ShiftsOut:
    """One's shifts, in force and to come."""
    me = call.principal.account_id
    now = await db.scalar("SELECT clock_timestamp()")
    versions = [_version(number, plan) for number, plan in await shifts.stated(me)]
    hours = await shifts.hours_of(me, now, now + AHEAD)
    return s.ShiftsOut(
        meaning=MEANING, versions=versions, next=[s.ShiftInterval(starts_at=one.starts, ends_at=one.ends) for one in hours]
    )


async def state_shifts(call: Call, body: s.ShiftsIn) -> s.ShiftsOut:
    """State one's shifts, or that there are none. Optional; nothing follows from not keeping them."""
    spans = [Hours(_minutes(one.from_), _minutes(one.until), one.weekday) for one in body.hours]
    await shifts.put(call.principal.account_id, pattern=body.pattern, anchor=body.anchor, spans=spans, valid_from=body.valid_from)
    return await my_shifts(call)


async def supply_hours(call: Call, query: s.SupplyQuery) -> s.SupplyHours:
    """When there was work, by the hour of the week."""
    grid = await supply.hours_of_the_week(call.principal, query.project, query.zone)
    return s.SupplyHours(zone=grid.zone, since=grid.since, until=grid.until, hours=[s.SupplyHour(**row) for row in grid.hours])


async def ticket_forecast(call: Call, query: s.ForecastQuery) -> s.Forecasts:
    """Tickets expected in the next seven days."""
    project = await projects.project_by_code(call.principal, query.project)
    since = await staffing.starts_at()
    channels = []
    for row in await forecasting.of(project.id):
        if query.channel is not None and row["channel"] != query.channel:
            continue
        points = zip(row["expected"], row["low"], row["high"], strict=True)
        hours = [
            s.ForecastHour(hour=row["starts_at"] + timedelta(hours=place), expected=expected, low=low, high=high)
            for place, (expected, low, high) in enumerate(points)
        ]
        channels.append(
            s.ChannelForecast(
                channel=row["channel"],
                made_at=row["made_at"],
                weeks=row["weeks"],
                method=row["method"] and seasonal.Method(row["method"]),
                reason=row["reason"],
                errors=s.ForecastErrors(seasonal_naive=row["error_seasonal_naive"], holt_winters=row["error_holt_winters"]),
                hours=[one for one in hours if since <= one.hour < since + timedelta(days=7)],
            )
        )
    return s.Forecasts(project=project.code, weeks_needed=seasonal.ENOUGH_WEEKS, channels=channels)


async def _projects(call: Call, code: str | None) -> list[Project]:
    """The project asked for, or the active ones that the caller sees."""
    if code is not None:
        return [await projects.project_by_code(call.principal, code)]
    return list(await projects.visible(call.principal).filter(state="active").order_by("code").limit(MOST_PROJECTS))


async def staffing_week(call: Call, query: s.StaffingQuery) -> s.StaffingOut:
    """People needed and expected by the hour of the next seven days."""
    chosen = await _projects(call, query.project)
    since = await staffing.starts_at()
    found, anywhere = await staffing.of([one.id for one in chosen], since, staffing.Service(query.within_s, query.probability))
    # People expected anywhere are told to those who see every project: they cannot be divided among a requester's and others'.
    told = anywhere if call.principal.roles & projects.SEES_ALL else None
    together = staffing.together(found, told if query.project is None else found[0].available)
    return s.StaffingOut(
        within_s=query.within_s,
        probability=query.probability,
        hours=[
            s.StaffingHour(hour=since + timedelta(hours=place), **hour) for place, hour in enumerate(staffing.hours(together))
        ],
        projects=[
            s.StaffingProject(
                project=one.code,
                hours_short=int(np.count_nonzero(one.short)),
                most_short=float(np.max(one.short, initial=0.0)),
                unknown=one.unknown,
            )
            for one in found
        ],
    )


async def live_load(call: Call, query: s.LiveQuery) -> s.Live:
    """The backlog and productivity now."""
    chosen = await _projects(call, query.project)
    at, found = await live.view([one.id for one in chosen])
    return s.Live(at=at, counted_to=live.MOST, projects=[s.LiveProject.model_validate(one) for one in found])


OPERATIONS = (
    Operation("GET", "/me/shifts", my_shifts, policy.WORK, "My shifts", reply=s.ShiftsOut, tag="load"),
    Operation("PUT", "/me/shifts", state_shifts, policy.WORK, "State my shifts (optional; nothing follows from not keeping them)",
              body=s.ShiftsIn, reply=s.ShiftsOut, errors=(NoContract,), tag="load"),
    Operation("GET", "/supply/hours", supply_hours, SIGNED_IN, "When there is work, by the hour of the week", query=s.SupplyQuery,
              reply=s.SupplyHours, errors=(NotFound,), tag="load"),
    Operation("GET", "/load/forecast", ticket_forecast, policy.LOAD_READ, "Tickets expected in the next seven days", query=s.ForecastQuery,
              reply=s.Forecasts, errors=(NotFound,), tag="load"),
    Operation("GET", "/load/staffing", staffing_week, policy.LOAD_READ, "People needed and expected by the hour", query=s.StaffingQuery,
              reply=s.StaffingOut, errors=(NotFound,), tag="load"),
    Operation("GET", "/load/live", live_load, policy.LOAD_READ, "The backlog and productivity now", query=s.LiveQuery, reply=s.Live,
              errors=(NotFound,), tag="load"),
)  # fmt: skip
