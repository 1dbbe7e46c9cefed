"""Shapes of availability and load."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from piecework.platform.said import Said
from piecework.platform.web.operation import Query, Shape
from piecework.tasks.load.cycles import Pattern
from piecework.tasks.load.seasonal import Method
from piecework.tasks.load.staffing import Unknown
from piecework.tasks.models import Channel
from piecework.tasks.workflows import Code

Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
UntilClock = Annotated[str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
Zone = Annotated[str, StringConstraints(min_length=1, max_length=64)]
LONG_AGO, FAR = date(2020, 1, 1), date(2100, 1, 1)


def _sensible(day: date) -> date:
    if not LONG_AGO <= day <= FAR:
        msg = Said("a day lies between 2020 and 2100")
        raise ValueError(msg)
    return day


Day = Annotated[date, Field(strict=False), AfterValidator(_sensible)]


class ShiftHours(Shape):
    """Hours of the local day; an end not after the beginning is on the next day. `weekday` (1 is Monday) is for own hours only."""

    from_: Annotated[Clock, Field(alias="from")]
    until: UntilClock
    weekday: Annotated[int, Field(ge=1, le=7)] | None = None


class ShiftsIn(Shape):
    """When you intend to be there. It is optional, and an intention: nothing follows from not keeping it.

    2/2, 3/3, 5/2: days on and off in turn, the first day on being `anchor`, with the same hours on each; own: hours by the day of
    the week; none: no shifts. It holds from `valid_from` on (today, if left out) in place of whatever was stated for those days.
    """

    pattern: Annotated[Pattern, Field(strict=False)]
    anchor: Day | None = None
    hours: list[ShiftHours] = Field(default_factory=list, max_length=28)
    valid_from: Day | None = None


class ShiftVersion(Shape):
    """What was stated, and from which local day on it holds."""

    version: int
    pattern: Pattern
    anchor: date | None
    hours: list[ShiftHours]
    valid_from: date


class ShiftInterval(Shape):
    """Half-open."""

    starts_at: datetime
    ends_at: datetime


class ShiftsOut(Shape):
    """The shifts in force and to come, and what they come to in the next 14 days by the clocks of the contract's zone."""

    meaning: str
    """What shifts are for, and that nothing follows from not keeping one."""
    versions: list[ShiftVersion]
    next: list[ShiftInterval]


class SupplyQuery(Query):
    """One project, or all; in a zone, or that of one's contract."""

    project: Code | None = None
    zone: Zone | None = None


class SupplyHour(Shape):
    """An hour of the week (weekday 1 is Monday) as it was on average: of `seen` such hours.

    `handed_out`: tasks claimed; `people`: how many claimed any; `open_share`: the share of the time in which work stood open (null: not
    measured). Over all projects, whichever is asked for: `empty_asks`, how often somebody asked and there was nothing for them, and
    `wait_s`, how long it then took until there was, where they waited for it (null: nobody did).
    """

    weekday: int
    hour: int
    seen: int
    tickets: float
    handed_out: float
    people: float
    open_share: float | None
    empty_asks: float
    wait_s: float | None


class SupplyHours(Shape):
    """The last four weeks by the hour of the week by the clocks of `zone`; hours nobody has seen yet are left out.

    Counted are full hours of UTC: where clocks differ from those by half an hour, an hour here is the one that begins within it.
    """

    zone: str
    since: datetime | None
    until: datetime | None
    hours: list[SupplyHour]


class ForecastQuery(Query):
    """Which project, and which channel of it (all, if left out)."""

    project: Code
    channel: Channel | None = None


class ForecastErrors(Shape):
    """Mean absolute scaled errors on the last four weeks, each forecast a week ahead: below 1 is better than "as a week ago"."""

    seasonal_naive: float | None
    holt_winters: float | None


class ForecastHour(Shape):
    """Tickets expected in the hour that begins at `hour`; four of five such counts should lie from `low` to `high`."""

    hour: datetime
    expected: float
    low: float
    high: float


class ChannelForecast(Shape):
    """A channel's forecast by the better of two methods; without one, the reason, and of how many whole weeks something is known."""

    channel: str
    made_at: datetime
    weeks: int
    method: Method | None
    reason: Literal["too_little_history"] | None
    errors: ForecastErrors
    hours: list[ForecastHour]


class Forecasts(Shape):
    """Forecasts of a project's tickets for the next seven days, by channel. A channel that never had a ticket is left out."""

    project: str
    weeks_needed: int
    channels: list[ChannelForecast]


class StaffingQuery(Query):
    """One project, or all one sees; for chats and calls, which share is to be answered within how many seconds."""

    project: Code | None = None
    within_s: Annotated[float, Field(ge=0, le=86_400)] = 20.0
    probability: Annotated[float, Field(ge=0.01, le=0.999)] = 0.8


class StaffingHour(Shape):
    """People in one hour: needed for chats and calls (null: not known), for the rest by its deadlines, together, and expected.

    Expected (null: not reckoned yet) are people at the usual pace: stated shifts times how often they are kept, habits where there are none,
    both times the person's own speed. `gap`: more are needed than expected.
    """

    hour: datetime
    needed_live: float | None
    needed_backlog: float
    needed: float
    expected: float | None
    gap: bool


class StaffingProject(Shape):
    """A project in the next seven days: in how many hours people are short and by how many at the worst; what is `unknown`.

    Who is admitted to several projects is expected in each of them.
    """

    project: str
    hours_short: int
    most_short: float
    unknown: list[Unknown]


class StaffingOut(Shape):
    """People needed and expected in each hour of the next seven days in these projects together."""

    within_s: float
    probability: float
    hours: list[StaffingHour]
    projects: list[StaffingProject]


class LiveQuery(Query):
    """One project, or all one sees."""

    project: Code | None = None


class LiveLine(Shape):
    """Open tasks of a step on one line of support. `or_more`: counting stopped, there may be more."""

    line: int
    open: int
    overdue: int
    due_soon: int
    or_more: bool
    oldest: datetime | None


class LiveStep(Shape):
    """A step now. `median_ms`: from claim to submit. `empty_at`: when nothing is open at the present pace, tickets coming as forecast.

    `empty_at` is null where that is not within a week or `or_more` is open. `at_work`: people who hold a task; `active_15min`: who
    claimed one in the last quarter of an hour; `answers_per_hour_24h`: of the last 24 full hours.
    """

    step: str
    lines: list[LiveLine]
    at_work: int
    active_15min: int
    answers_last_hour: int
    answers_per_hour_24h: float
    median_ms: int | None
    empty_at: datetime | None


class LiveChannel(Shape):
    """Open tickets of a channel: due soon is within an hour."""

    channel: str
    open: int
    overdue: int
    due_soon: int
    or_more: bool
    oldest: datetime


class LiveProject(Shape):
    """A project now. `tasks_counted`: all its open tasks as they were counted one by one at `counted_at`, every ten minutes."""

    project: str
    at_work: int
    active_15min: int
    steps: list[LiveStep]
    channels: list[LiveChannel]
    tasks_counted: int | None
    counted_at: datetime | None
    invited_24h: int
    came_24h: int


class Live(Shape):
    """The backlog and productivity. Figures that are counted one by one are counted up to `counted_to` per piece; then `or_more` is set."""

    at: datetime
    counted_to: int
    projects: list[LiveProject]
