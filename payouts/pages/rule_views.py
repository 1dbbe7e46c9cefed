"""Rules of pay: versions with their words, the next version, its effect on last week, the second person's approval."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from piecework.payouts.adjusting import effects
from piecework.payouts.api import rules as api
from piecework.payouts.books import pay_policy
from piecework.payouts.pages import rule_forms
from piecework.payouts.pages.pieces import Typed, amount, fitted, given, in_zone_of_pay, names, say, units
from piecework.payouts.rules import definitions
from piecework.payouts.schemas import rules as s
from piecework.platform.errors import NotFound
from piecework.platform.pages import charts
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call, Query, Shape
from piecework.platform.web.paging import FIRST
from piecework.tasks import projects

ONE = "/money/rules/{rule_id}"
NEW = "/money/rules/new/{kind}"
MOST_PROJECTS = 200


class Before(Query):
    """Which version the next one is made of."""

    of: UUID | None = None


class RuleForm(Shape):
    """A version of a rule as it is typed. A moment is on the clock of the zone of pay."""

    code: str
    title: str
    words: str
    project_id: UUID | None = None
    starts_at: Typed | None = None
    ends_at: Typed | None = None
    spec: dict[str, Annotated[str, StringConstraints(max_length=4000)]] = Field(default_factory=dict)


class EndForm(Shape):
    """When a rule ends and why; a draft is withdrawn."""

    at: Typed | None = None
    reason: str


async def rules_page(call: Call, query: s.RuleQuery) -> Shown:
    """Versions of rules, newest first."""
    found = await api.list_rules(call, query)
    people = await names(person for one in found.items for person in (one.author_id, one.approver_id))
    return {"found": found, "query": query, "names": people, "kinds": list(rule_forms.SPECS)}


async def rule_page(call: Call) -> Shown:
    """A version with its words and settings, and what it would have given lately."""
    found = await api.show_rule(call)
    known = await _effect(call)
    shown = {"found": found, **known, "names": await names([found.author_id, found.approver_id])}
    settings = {
        name: (one, text)
        for name, one in rule_forms.asked(found.kind).items()
        if (text := rule_forms.typed(found.kind, found.spec)[name])
    }
    tools = {"amount": amount, "charts": charts, "say": say, "units": units, "zone": await pay_policy.zone()}
    return {**shown, **tools, "settings": settings, "title": found.title}


async def _effect(call: Call) -> dict[str, Any]:
    """What is known of a rule's effect: reckoned now, or, where that takes long, as it was when somebody asked for it."""
    rule = await definitions.show(call.id("rule_id"), drafts=True)
    if rule["kind"] == "deduction":
        return {"preview": None, "kept": None}
    if await effects.is_long(rule):
        kept = await api.rule_effect(call)
        return {"preview": kept.preview, "kept": kept}
    return {"preview": await api.preview_rule(call), "kept": None}


async def reckon(call: Call) -> Go:
    """Have the effect reckoned."""
    await api.ask_effect(call)
    return Go(f"/money/rules/{call.id('rule_id')}")  # which says by itself that it is being reckoned


async def new_page(call: Call, query: Before) -> Shown:
    """The form for a rule of a kind, or for the next version of one."""
    kind = _kind(call)
    before = None if query.of is None else await definitions.show(query.of, drafts=True)
    if before is not None and before["kind"] != kind:
        raise NotFound
    shown = s.RuleOut(**before) if before else None
    return {
        "kind": kind,
        "before": shown,
        "settings": rule_forms.asked(kind),
        "present": rule_forms.typed(kind, shown.spec if shown else None),
        "projects": await projects.page(call.principal, FIRST, MOST_PROJECTS),
        "zone": await pay_policy.zone(),
    }


async def draft(call: Call, form: RuleForm) -> Go:
    """Write the next version of a rule."""
    kind = _kind(call)
    spec = fitted(rule_forms.SPECS[kind], "spec.", **rule_forms.read(kind, form.spec))
    starts_at, ends_at = await in_zone_of_pay(form.starts_at), await in_zone_of_pay(form.ends_at)
    rule = fitted(s.RuleIn, **given(form, "spec", "starts_at", "ends_at"), spec=spec, starts_at=starts_at, ends_at=ends_at)
    made = await api.draft_rule(call, rule)
    return Go(f"/money/rules/{made.id}", N_("The draft is kept. Look at its effect; somebody else approves it."))


def _kind(call: Call) -> str:
    kind: str = call.request.path_params["kind"]
    if kind not in rule_forms.SPECS:
        raise NotFound
    return kind


async def approve(call: Call) -> Go:
    """Approve somebody else's draft."""
    found = await api.approve_rule(call)
    return Go(f"/money/rules/{found.id}", N_("Approved and announced. It counts for work claimed from its start on."))


async def end(call: Call, form: EndForm) -> Go:
    """Withdraw a draft, or say when a rule ends."""
    found = await api.end_rule(call, fitted(s.RuleEndIn, at=await in_zone_of_pay(form.at), reason=form.reason))
    return Go(f"/money/rules/{found.id}", N_("The end is kept."))


VIEWS = (
    View("GET", "/money/rules", rules_page, api.APPROVE, N_("Rules of pay"), "money_rules.html", query=s.RuleQuery),
    View("GET", ONE, rule_page, api.APPROVE, N_("Rule"), "money_rule.html", live="money_effect.html"),
    View("POST", f"{ONE}/effect", reckon, api.APPROVE, again=ONE),
    View("GET", NEW, new_page, api.WRITE, N_("A rule’s next version"), "money_rule_new.html", query=Before),
    View("POST", NEW, draft, api.WRITE, form=RuleForm, again=NEW),
    View("POST", f"{ONE}/approve", approve, api.APPROVE, again=ONE),
    View("POST", f"{ONE}/end", end, api.WRITE, form=EndForm, again=ONE),
)
MENU = (Entry(N_("Money"), N_("Rules"), "/money/rules", api.APPROVE),)
