"""My norm: this week as it stands, what came of the weeks before, every task that they count."""

from pydantic import Field

from piecework.platform.pages.view import N_, Entry, Shown, View
from piecework.platform.web.operation import Call
from piecework.platform.web.paging import PageQuery
from piecework.tasks import decisions, policy
from piecework.tasks.api import norms as api
from piecework.tasks.errors import NoContract
from piecework.tasks.pages.labels import project_names

NORM = "/me/norm"
FEW = 10


class WeeksQuery(PageQuery):
    """Which of the weeks that are over; ten at a time, for each has its whole reckoning."""

    limit: int = Field(default=FEW, ge=1, le=200)


async def norm_page(call: Call, query: WeeksQuery | None = None) -> Shown:
    """My week as it stands, and what came of those before."""
    try:
        norm = await api.my_norm(call)
    except NoContract:
        norm = None
    asked = query or WeeksQuery()
    return {"norm": norm, "weeks": await api.my_weeks(call, PageQuery(limit=min(asked.limit, FEW), cursor=asked.cursor))}


async def week_page(call: Call, query: PageQuery | None = None) -> Shown:
    """Every task that a week's result counts, or does not, and why."""
    found = await api.my_week_tasks(call, query or PageQuery())
    told = await decisions.told(one.id for one in found.items)
    return {"found": found, "names": await project_names({one.project for one in found.items}), "told": told}


OWN = policy.NORM_OWN
VIEWS = (
    View("GET", NORM, norm_page, OWN, N_("My norm"), "me_norm.html", query=WeeksQuery),
    View("GET", "/me/weeks/{week_id}", week_page, OWN, N_("Tasks of a week"), "me_week.html", query=PageQuery),
)
MENU = (Entry(N_("My work"), N_("My norm"), NORM, OWN),)
