"""A freelancer's or applicant's appeals: raising one, and what came of those raised."""

from uuid import UUID

from pydantic import Field

from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call
from piecework.platform.web.paging import PageQuery
from piecework.quality import policy
from piecework.quality.api import appeals as api
from piecework.quality.appeals import own
from piecework.quality.appeals.subjects import Subject
from piecework.quality.schemas.appeals import AppealIn, SubjectIn

MINE = "/me/appeals"


class MineQuery(PageQuery):
    """Which page of my appeals; with `subject` and `id`, the decision that I want to appeal."""

    subject: SubjectIn | None = None
    id: UUID | None = None
    limit: int = Field(default=20, ge=1, le=50)


async def mine_page(call: Call, query: MineQuery | None = None) -> Shown:
    """My appeals with the replies, and the form of a new one."""
    query = query or MineQuery()
    found = await api.my_appeals(call, PageQuery(limit=query.limit, cursor=query.cursor))
    if not (query.subject and query.id):
        return {"found": found, "about": None, "decided": None}
    decided = await own.decided(Subject(query.subject), query.id, call.principal.account_id)
    return {"found": found, "about": (query.subject, str(query.id)), "decided": decided}


async def raise_own(call: Call, form: AppealIn) -> Go:
    """Object to a decision."""
    made = await api.raise_appeal(call, form)
    return Go(f"{MINE}#appeal-{made.id}", N_("Your appeal is raised. Somebody who had no hand in the decision answers it."))


VIEWS = (
    View("GET", MINE, mine_page, policy.APPEAL, N_("My appeals"), "appeal_own.html", query=MineQuery),
    View("POST", MINE, raise_own, policy.APPEAL, form=AppealIn, again=MINE),
)
MENU = (Entry(N_("My work"), N_("My appeals"), MINE, policy.APPEAL),)
