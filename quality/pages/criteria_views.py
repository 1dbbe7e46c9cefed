"""Criteria of admission: what is published, what is drafted, another's decision on it."""

from pydantic import Field

from piecework.platform.errors import NotFound
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call
from piecework.platform.web.paging import PageQuery
from piecework.quality import policy
from piecework.quality.admitting import criteria
from piecework.quality.api import admitting as api
from piecework.quality.schemas.admitting import CriteriaDecision, CriteriaOut

LIST = "/criteria"


class CriteriaQuery(PageQuery):
    """Drafts from where on; or for which qualification criteria are to be drafted, if one is named."""

    code: str = Field(default="", max_length=40)
    level: int = Field(default=1, ge=1, le=9)
    line: int = Field(default=1, ge=1, le=3)


async def criteria_page(call: Call, query: CriteriaQuery) -> Shown | Go:
    """What waits for another's decision, and what is published for which qualification; or on to a new draft."""
    if api.CODE.fullmatch(query.code):
        return Go(f"/writing/criteria/{query.code}.{query.level}.{query.line}")
    first = query.cursor is None
    return {
        "drafts": await api.list_drafts(call, PageQuery(limit=query.limit, cursor=query.cursor)),
        "found": (await api.list_qualifications(call)).items if first else [],
        "first": first,
        "me": call.principal.account_id,
    }


async def _published(call: Call) -> list[CriteriaOut]:
    """All versions of the code in the path; none if nothing is published."""
    try:
        return (await api.list_criteria(call)).criteria
    except NotFound:
        return []


async def code_page(call: Call) -> Shown:
    """All versions for one qualification, by level and line, the newest first."""
    listed = await _published(call)
    if not listed:
        raise NotFound
    code = call.request.path_params["code"]
    return {"code": code, "title": code, "listed": listed}


async def draft_page(call: Call) -> Shown:
    """A draft beside what it would take the place of."""
    found = await api.show_draft(call)
    listed = await criteria.versions(found.code, found.level, found.line)
    now = listed[0] if listed else None
    before = [] if now is None else now.items
    return {
        "found": found,
        "now": now,
        "points": [(one, one not in before) for one in found.criteria],
        "gone": [one for one in before if one not in found.criteria],
        "own": found.drafted_by == call.principal.account_id,
    }


async def decide(call: Call, form: CriteriaDecision) -> Go:
    """Publish a draft or drop it."""
    await api.decide_criteria(call, form)
    said = N_("Published: it counts from now on.") if form.decision == "publish" else N_("Nothing comes of it.")
    return Go(LIST, said)


READ = policy.CRITERIA_DECIDE
VIEWS = (
    View("GET", LIST, criteria_page, READ, N_("Criteria"), "adm_criteria.html", query=CriteriaQuery),
    View("GET", f"{LIST}/drafts/{{draft_id}}", draft_page, READ, N_("Draft of criteria"), "adm_draft.html"),
    View("POST", f"{LIST}/drafts/{{draft_id}}", decide, READ, form=CriteriaDecision, again=f"{LIST}/drafts/{{draft_id}}"),
    View("GET", f"{LIST}/{{code}}", code_page, READ, N_("Criteria"), "adm_code.html"),
)
MENU = (Entry(N_("People"), N_("Criteria"), LIST, READ, badge=criteria.count_drafts),)
