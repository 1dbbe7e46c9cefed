"""Criteria of admission: what is published, what is drafted, a draft made point by point, another's decision on it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, get_args

from pydantic import Field, StringConstraints, ValidationError

from piecework.platform.errors import Invalid, NotFound
from piecework.platform.pages import forms
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call, Shape
from piecework.platform.web.paging import PageQuery
from piecework.quality import policy
from piecework.quality.admitting import criteria, kinds
from piecework.quality.admitting.criteria import GRADES
from piecework.quality.api import admitting as api
from piecework.quality.api import exams, training
from piecework.quality.pages.admitting_words import MOST
from piecework.quality.pages.pieces import fitted, projects_of
from piecework.quality.schemas.admitting import CriteriaDecision, CriteriaIn, CriteriaOut, WantedQuery
from piecework.tasks.policy import QUALIFICATIONS_WRITE

Text = Annotated[str, StringConstraints(max_length=4000)]
Row = Mapping[str, str]
MODELS: dict[str, type[Shape]] = {
    get_args(one.model_fields["kind"].annotation)[0]: one for one in get_args(get_args(kinds.Criterion)[0])
}
"""The kinds of criteria, each with its shape."""
LIST, DRAFT = "/criteria", "/criteria/{code}/{level}/{line}/draft"
ADD, TAKE_OUT, SEND = "add", "out.", "send"


class CriteriaQuery(PageQuery):
    """Drafts from where on; or for which qualification criteria are to be drafted, if one is named."""

    code: str = Field(default="", max_length=40)
    level: int = Field(default=1, ge=1, le=9)
    line: int = Field(default=1, ge=1, le=3)


class DraftForm(Shape):
    """A draft as it stands, and what is to be done: a point more (`add`), one less (`out.3`), or to send it."""

    act: Annotated[str, StringConstraints(max_length=20)] = ""
    new_kind: Annotated[str, StringConstraints(max_length=40)] = ""
    criteria: Annotated[list[dict[str, Text]], Field(max_length=MOST)] = Field(default_factory=list)
    reason: Text = ""


async def criteria_page(call: Call, query: CriteriaQuery) -> Shown | Go:
    """What waits for another's decision, and what is published for which qualification; or on to a new draft."""
    if api.CODE.fullmatch(query.code):
        return Go(f"{LIST}/{query.code}/{query.level}/{query.line}/draft")
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


def _wanted(call: Call) -> WantedQuery:
    try:
        return WantedQuery(level=call.number("level"), line=call.number("line"))
    except ValidationError:
        raise NotFound from None


async def edit_page(call: Call) -> Shown:
    """The draft of the next version, beginning with what is in force."""
    wanted = _wanted(call)
    now = next((one for one in await _published(call) if (one.level, one.line) == (wanted.level, wanted.line)), None)
    rows = [] if now is None else [_row(one) for one in now.criteria]
    return await _edit(call, rows, now is not None)


def _row(point: Shape) -> Row:
    """A criterion as the fields of the form hold it."""
    return {name: "" if value is None else str(value) for name, value in point.model_dump(mode="json").items()}


async def _edit(call: Call, rows: Sequence[Row], replaces: bool, reason: str = "") -> Shown:
    code = call.request.path_params["code"]
    if not api.CODE.fullmatch(code):
        raise NotFound
    wanted = _wanted(call)
    return {
        "code": code,
        "wanted": wanted,
        "grade": GRADES.get(wanted.level),
        "rows": rows,
        "replaces": replaces,
        "kinds": list(MODELS),
        "known": {
            "exam": sorted({one.code for one in (await exams.list_exams(call)).items}),
            "course": sorted({one.code for one in (await training.list_courses(call)).items}),
            "project": [one.code for one in await projects_of(call)],
            "code": [one.code for one in (await api.list_qualifications(call)).items],
        },
        "most": MOST,
        "reason": reason,
    }


async def edit(call: Call, form: DraftForm) -> Shown | Go:
    """Put a point in or take one out; or send the draft to whoever decides on it."""
    rows = [row for row in form.criteria if row.get("kind") in MODELS]
    if form.act != SEND:
        if form.act == ADD and form.new_kind in MODELS and len(rows) < MOST:
            rows.append({"kind": form.new_kind})
        elif form.act.startswith(TAKE_OUT):
            rows = [row for place, row in enumerate(rows) if f"{TAKE_OUT}{place}" != form.act]
        return await _edit(call, rows, True, form.reason)
    wanted = _wanted(call)
    points, reason = _points(rows), form.reason.strip()
    await api.draft_criteria(call, fitted(CriteriaIn, level=wanted.level, line=wanted.line, criteria=points, reason=reason))
    return Go(LIST, N_("Drafted. It counts once another curator or an administrator publishes it."))


def _points(rows: Sequence[Row]) -> list[Shape]:
    """The criteria that rows of the form describe.

    Raises:
        Invalid: some do not fit; all that is wrong is said at once.
    """
    points, errors = [], []
    for place, row in enumerate(rows):
        try:
            points.append(forms.read(MODELS[row["kind"]], row.items()))
        except Invalid as problem:
            errors += [{**one, "field": f"criteria.{place}.{one['field']}"} for one in problem.extra["errors"]]
    if errors:
        raise Invalid(errors=errors)
    return points


READ, WRITE = policy.CRITERIA_DECIDE, QUALIFICATIONS_WRITE
VIEWS = (
    View("GET", LIST, criteria_page, READ, N_("Criteria"), "adm_criteria.html", query=CriteriaQuery),
    View("GET", f"{LIST}/drafts/{{draft_id}}", draft_page, READ, N_("Draft of criteria"), "adm_draft.html"),
    View("POST", f"{LIST}/drafts/{{draft_id}}", decide, READ, form=CriteriaDecision, again=f"{LIST}/drafts/{{draft_id}}"),
    View("GET", f"{LIST}/{{code}}", code_page, READ, N_("Criteria"), "adm_code.html"),
    View("GET", DRAFT, edit_page, WRITE, N_("Draft criteria"), "adm_edit.html"),
    View("POST", DRAFT, edit, WRITE, N_("Draft criteria"), "adm_edit.html", form=DraftForm, again=DRAFT),
)
MENU = (Entry(N_("People"), N_("Criteria"), LIST, READ, badge=criteria.count_drafts),)
