"""The load: backlog and productivity as they are now, live; tickets and people of the next seven days."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from babel import Locale, dates

from piecework.platform import db
from piecework.platform.pages import charts, texts
from piecework.platform.pages.view import N_, Entry, Shown, View
from piecework.platform.web.operation import Call
from piecework.tasks import policy, projects
from piecework.tasks.api import load as api
from piecework.tasks.pages.labels import project_names
from piecework.tasks.pages.me_hours_views import grid
from piecework.tasks.schemas import load as s

MOST_CHARTED = 12
"""So many projects a chart shows, those with the most work."""
TITLES = """
SELECT DISTINCT ON (p.code, t.key) p.code, t.key, t.spec ->> 'title' AS title
FROM step t JOIN project p ON p.id = t.project_id WHERE p.code = ANY ($1) ORDER BY p.code, t.key, t.id DESC"""


async def load_page(call: Call, query: s.LiveQuery) -> Shown:
    """The backlog and productivity now."""
    found = await api.live_load(call, query)
    codes = [one.project for one in found.projects]
    rows = await db.rows(TITLES, codes)
    busiest = sorted(found.projects, key=_open, reverse=True)[:MOST_CHARTED]
    lines = [line for one in found.projects for step in one.steps for line in step.lines]
    return {
        "found": found,
        "names": await project_names(codes),
        "titles": {(row["code"], row["key"]): row["title"] for row in rows},
        "code": query.project,
        "charts": charts,
        "busiest": [one for one in busiest if one.steps],
        "open_of": _open,
        "sums": {
            "open": sum(line.open for line in lines),
            "overdue": sum(line.overdue for line in lines),
            "due_soon": sum(line.due_soon for line in lines),
            "or_more": any(line.or_more for line in lines),
            "at_work": sum(one.at_work for one in found.projects),
            "active": sum(one.active_15min for one in found.projects),
            "answers": sum(step.answers_last_hour for one in found.projects for step in one.steps),
            "usual": sum(step.answers_per_hour_24h for one in found.projects for step in one.steps),
            "invited": sum(one.invited_24h for one in found.projects),
            "came": sum(one.came_24h for one in found.projects),
        },
    }


async def week_page(call: Call, query: s.StaffingQuery) -> Shown:
    """People needed and expected, and tickets expected, by the hour of the next seven days."""
    found = await api.staffing_week(call, query)
    seen = await projects.visible(call.principal).filter(state="active").order_by("code").limit(api.MOST_PROJECTS)
    code = query.project
    supply = await api.supply_hours(call, s.SupplyQuery(project=code, zone=str(texts.zone(call.request))))
    return {
        "found": found,
        "query": query,
        "code": code,
        "names": {one.code: one.name for one in seen},
        "charts": charts,
        "hours": _hours(call, [one.hour for one in found.hours]),
        "gaps": sum(one.gap for one in found.hours),
        "worst": max((one.needed - (one.expected or 0.0) for one in found.hours if one.gap), default=0.0),
        "forecast": await _forecast(call, code) if code is not None else None,
        "supply": supply,
        "grid": grid(call.request, supply.hours),
    }


async def _forecast(call: Call, code: str) -> list[dict[str, Any]]:
    """A project's forecasts, each with what its chart needs."""
    found = (await api.ticket_forecast(call, s.ForecastQuery(project=code))).channels
    return [
        {
            "channel": one,
            "labels": _hours(call, [hour.hour for hour in one.hours]),
            "total": sum(hour.expected for hour in one.hours),
            "band": ([hour.low for hour in one.hours], [hour.high for hour in one.hours]),
        }
        for one in found
    ]


def _open(one: s.LiveProject) -> int:
    return sum(line.open for step in one.steps for line in step.lines)


def _hours(call: Call, hours: Sequence[datetime]) -> list[str]:
    """Hours as a chart of a week names them: by the reader's clock."""
    zone, locale = texts.zone(call.request), Locale.parse(texts.language(call.request))
    return [str(dates.format_datetime(hour, "EEE d, HH:mm", tzinfo=zone, locale=locale)) for hour in hours]


VIEWS = (
    View("GET", "/load", load_page, policy.LOAD_READ, N_("Load now"), "load.html", query=s.LiveQuery, live="load_now.html"),
    View("GET", "/load/week", week_page, policy.LOAD_READ, N_("The next seven days"), "load_week.html", query=s.StaffingQuery),
)
MENU = (Entry(N_("Projects"), N_("Load"), "/load", policy.LOAD_READ),)
