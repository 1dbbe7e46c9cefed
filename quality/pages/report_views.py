"""Reports on quality: what the answers of each step are worth, and how fairly people are judged."""

from pydantic import Field

from piecework.platform import money
from piecework.platform.pages import charts
from piecework.platform.pages.view import N_, Shown, View
from piecework.platform.web.operation import Call, Query
from piecework.quality import policy
from piecework.quality.api import figures, reports
from piecework.quality.pages.golden_views import chosen


class Where(Query):
    """Of which project; without it the first."""

    project: str | None = Field(default=None, max_length=60)


async def quality_page(call: Call, query: Where) -> Shown:
    """A project's steps with what their answers are worth, and the published figures."""
    listed, project = await chosen(call, query.project)
    return {
        "charts": charts,
        "amount": lambda value: None if value is None else money.text(value),
        "labels": lambda steps: [f"{one.step} {one.version}" for one in steps],
        "projects": listed,
        "project": project,
        "found": None if project is None else await reports.project_quality(call),
        "figures": await figures.quality_figures(call),
    }


VIEWS = (View("GET", "/quality", quality_page, policy.REPORTS, N_("Quality report"), "quality_report.html", query=Where),)
