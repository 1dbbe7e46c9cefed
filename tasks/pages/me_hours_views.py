"""When there is work, by the hour of the week; and my shifts, which are optional."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any

from babel import Locale
from pydantic import Field
from starlette.requests import Request

from piecework.platform.pages import charts, texts
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call, Shape
from piecework.tasks import policy
from piecework.tasks.api import load as api
from piecework.tasks.load.cycles import CYCLES, Pattern
from piecework.tasks.pages.fitting import fitted
from piecework.tasks.schemas.load import Clock, Day, ShiftHours, ShiftsIn, SupplyHour, SupplyQuery

HOURS = "/me/hours"
BLOCK_H = 3
"""Hours that the chart shows together: a week in 56 cells is read at a glance, one in 168 is not."""
MONDAY = date(2024, 1, 1)
WEEKDAYS = tuple("1234567")


class Span(Shape):
    """Hours of a day; left empty, there are none on it."""

    since: Clock | None = None
    until: Clock | None = None


class ShiftForm(Shape):
    """Shifts as a browser sends them: `every` for days on and off in turn, `days` (1 is Monday) for own hours."""

    pattern: Annotated[Pattern, Field(strict=False)]
    anchor: Day | None = None
    every: Span = Span()
    days: Annotated[dict[str, Span], Field(default_factory=dict, max_length=7)]


async def hours_page(call: Call) -> Shown:
    """When there was work in the last four weeks, and my shifts."""
    found = await api.supply_hours(call, SupplyQuery())
    mine = await api.my_shifts(call)
    now = mine.versions[0] if mine.versions else None
    return {
        "supply": found,
        "grid": grid(call.request, found.hours),
        "charts": charts,
        "mine": mine,
        "now": now,
        "own": {} if now is None else {one.weekday: one for one in now.hours},
        "weekdays": [(number, _weekday(call.request, number, "wide")) for number in range(1, 8)],
    }


def _hours(span: Span, weekday: int | None) -> ShiftHours:
    values: dict[str, Any] = {"from": span.since, "until": span.until, "weekday": weekday}
    return fitted(ShiftHours, **values)


async def state(call: Call, form: ShiftForm) -> Go:
    """State my shifts, or that there are none."""
    hours: list[ShiftHours] = []
    if form.pattern is Pattern.OWN:
        hours = [_hours(one, int(day)) for day, one in sorted(form.days.items()) if day in WEEKDAYS and one.since and one.until]
    elif form.pattern in CYCLES and form.every.since and form.every.until:
        hours = [_hours(form.every, None)]
    anchor = form.anchor if form.pattern in CYCLES else None
    await api.state_shifts(call, ShiftsIn(pattern=form.pattern, anchor=anchor, hours=hours))
    return Go(HOURS, N_("Your shifts are kept."))


def _weekday(request: Request, number: int, width: str) -> str:
    names: dict[str, dict[int, str]] = Locale.parse(texts.language(request)).days["stand-alone"]
    return str(names[width][(MONDAY + timedelta(days=number - 1)).weekday()])


def grid(request: Request, hours: Sequence[SupplyHour]) -> dict[str, Any]:
    """What two heat maps of the week are drawn from: tasks handed out in an hour, and how often work stood open."""
    starts = range(0, 24, BLOCK_H)
    show = texts.Format(Locale.parse(texts.language(request)), texts.zone(request))
    cells = [
        [[one for one in hours if one.weekday == weekday and start <= one.hour < start + BLOCK_H] for start in starts]
        for weekday in range(1, 8)
    ]
    return {
        "rows": [_weekday(request, number, "abbreviated") for number in range(1, 8)],
        "columns": [f"{hour:02}–{hour + BLOCK_H:02}" for hour in starts],
        "handed": [[_mean([one.handed_out for one in cell]) for cell in row] for row in cells],
        "open": [[_mean([one.open_share for one in cell if one.open_share is not None]) for cell in row] for row in cells],
        "say": lambda value: show.number(round(value, 1)),
        "say_share": show.percent,
    }


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


VIEWS = (
    View("GET", HOURS, hours_page, policy.WORK, N_("When there is work"), "me_hours.html"),
    View("POST", HOURS, state, policy.WORK, form=ShiftForm, again=HOURS),
)
MENU = (Entry(N_("My work"), N_("When there is work"), HOURS, policy.WORK),)
