"""Operations on pay rules, the calendar, what curators confirm, and awards."""

import re
from datetime import date

from piecework.payouts.adjusting import awards, confirming, effects
from piecework.payouts.errors import MeasureKnown, OwnMeasure, OwnRule, RuleNotDraft, RuleNoticeTooShort, RuleOutOfOrder
from piecework.payouts.rules import calendar, definitions
from piecework.payouts.schemas import rules as s
from piecework.platform.errors import Invalid, NotFound
from piecework.platform.identity.models import Role
from piecework.platform.said import Said
from piecework.platform.web.operation import SIGNED_IN, Call, Operation
from piecework.platform.web.paging import LAST, Page, PageQuery, cursor

WRITE = "rules.write"
APPROVE = "rules.approve"
CALENDAR = "calendar.write"
MEASURE = "measures.write"
AWARDS = "awards.read_own"

PERMISSIONS: dict[str, frozenset[str]] = {
    WRITE: frozenset({Role.FINANCE}),
    APPROVE: frozenset({Role.FINANCE, Role.ADMINISTRATOR}),
    CALENDAR: frozenset({Role.FINANCE}),
    MEASURE: frozenset({Role.CURATOR, Role.ADMINISTRATOR}),
    AWARDS: frozenset({Role.FREELANCER}),
}
STAFF_ONLY = ("author_id", "drafted_at", "approver_id", "approved_at", "end_reason")


async def list_rules(call: Call, query: s.RuleQuery) -> Page[s.RuleOut]:
    """Versions of rules, newest first: all that were announced, and for who approves rules the drafts."""
    found = await definitions.page(query.after(LAST), query.limit + 1, drafts=_staff(call), code=query.code, kind=query.kind)
    items = [_rule(call, row) for row in found[: query.limit]]
    return Page[s.RuleOut](items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


async def show_rule(call: Call) -> s.RuleOut:
    """One version of a rule."""
    return await _shown(call)


async def draft_rule(call: Call, body: s.RuleIn) -> s.RuleOut:
    """Write the next version of a rule; somebody else approves it."""
    made = await definitions.draft(
        call.principal.account_id,
        code=body.code,
        title=body.title,
        words=body.words,
        project_id=body.project_id,
        spec=body.spec,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
    )
    return _rule(call, await definitions.show(made, drafts=True))


async def approve_rule(call: Call) -> s.RuleOut:
    """Approve and announce a draft of somebody else."""
    await definitions.approve(call.principal.account_id, call.id("rule_id"))
    return await _shown(call)


async def end_rule(call: Call, body: s.RuleEndIn) -> s.RuleOut:
    """Withdraw a draft, or say when a rule ends."""
    await definitions.end(call.principal.account_id, call.id("rule_id"), body.at, body.reason)
    return await _shown(call)


async def preview_rule(call: Call) -> s.RulePreview:
    """What a rule, a draft too, would have given lately."""
    rule = await definitions.show(call.id("rule_id"), drafts=True)
    found = await effects.reckon(rule)
    if found is None:
        raise _nobody_can_say()
    return s.RulePreview(rule_id=rule["id"], **found)


def _nobody_can_say() -> Invalid:
    message = Said("Nobody can say what it would have taken: that needs cases with evidence.")
    return Invalid(errors=[{"field": "rule_id", "code": "no_preview", "message": message}])


async def ask_effect(call: Call) -> s.RuleEffect:
    """Have the effect of a rule, a draft too, reckoned in the background."""
    rule = await definitions.show(call.id("rule_id"), drafts=True)
    if rule["kind"] == "deduction":
        raise _nobody_can_say()
    await effects.ask(rule["id"])
    return await rule_effect(call)


async def rule_effect(call: Call) -> s.RuleEffect:
    """The effect of a rule as it was last reckoned in the background."""
    rule = await definitions.show(call.id("rule_id"), drafts=True)
    found = await effects.kept(rule["id"])
    if found is None:
        return s.RuleEffect(rule_id=rule["id"], asked_at=None, reckoned_at=None, waits=False, preview=None)
    preview = (
        None if found.preview is None else s.RulePreview.model_validate({"rule_id": rule["id"], **found.preview}, strict=False)
    )
    return s.RuleEffect(
        rule_id=rule["id"], asked_at=found.asked_at, reckoned_at=found.reckoned_at, waits=found.waits, preview=preview
    )


def _staff(call: Call) -> bool:
    return call.principal.may(APPROVE, call.services.permissions)


async def _shown(call: Call) -> s.RuleOut:
    return _rule(call, await definitions.show(call.id("rule_id"), drafts=_staff(call)))


def _rule(call: Call, row: definitions.Shown) -> s.RuleOut:
    return s.RuleOut(**(row if _staff(call) else {**row, **dict.fromkeys(STAFF_ONLY)}))


def _country(call: Call) -> str:
    country: str = call.request.path_params["country"]
    if re.fullmatch("[A-Z]{2}", country) is None:
        raise NotFound
    return country


async def calendar_year(call: Call) -> s.CalendarDays:
    """The marked days of a year."""
    found = await calendar.year(_country(call), call.number("year"))
    return s.CalendarDays(days=[s.CalendarDay(**row) for row in found])


async def calendar_changes(call: Call) -> s.CalendarDays:
    """All that was ever said of the days of a year, newest first."""
    found = await calendar.changes(_country(call), call.number("year"))
    return s.CalendarDays(days=[s.CalendarDay(**row) for row in found])


async def mark_day(call: Call, body: s.DayIn) -> None:
    """Say what kind of day it is. It counts for answers claimed after this."""
    try:
        day = date.fromisoformat(call.request.path_params["day"])
    except ValueError:
        raise NotFound from None
    await calendar.mark(call.principal.account_id, _country(call), day, kind=body.kind, name=body.name, reason=body.reason)


async def import_calendar(call: Call) -> s.CalendarImportOut:
    """Mark the public holidays of a year; days that were marked before stay as they are."""
    made = await calendar.fill(call.principal.account_id, _country(call), call.number("year"))
    return s.CalendarImportOut(added=made.added, known=made.known, differing=made.differing)


async def record_measure(call: Call, body: s.MeasureIn) -> None:
    """Confirm a week of mentoring or a unit of training."""
    actor = call.principal.account_id
    if body.of.kind == "mentoring":
        await confirming.mentoring(
            actor, body.freelancer_id, body.of.mentee_id, body.of.week,
            value=body.value, evidence=body.evidence, reason=body.reason, replace=body.replace,
        )  # fmt: skip
    else:
        await confirming.training(
            actor, body.freelancer_id, body.of.unit, body.of.day,
            value=body.value, evidence=body.evidence, reason=body.reason, replace=body.replace,
        )  # fmt: skip


async def my_awards(call: Call, query: PageQuery) -> Page[s.AwardOut]:
    """What bonus rules gave me, newest first, with the evidence."""
    found = await awards.page(call.principal.account_id, query.after(LAST), query.limit + 1)
    items = [s.AwardOut(**row) for row in found[: query.limit]]
    return Page[s.AwardOut](items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


OPERATIONS = (
    Operation("GET", "/pay-rules", list_rules, SIGNED_IN, "The rules of pay", query=s.RuleQuery, reply=Page[s.RuleOut], tag="rules"),
    Operation("GET", "/pay-rules/{rule_id}", show_rule, SIGNED_IN, "A rule of pay", reply=s.RuleOut, tag="rules"),
    Operation("POST", "/pay-rules", draft_rule, WRITE, "Draft a rule", body=s.RuleIn, reply=s.RuleOut, status=201,
              tag="rules"),
    Operation("POST", "/pay-rules/{rule_id}/approve", approve_rule, APPROVE, "Approve a rule", reply=s.RuleOut,
              errors=(RuleNotDraft, OwnRule, RuleNoticeTooShort, RuleOutOfOrder), tag="rules"),
    Operation("POST", "/pay-rules/{rule_id}/end", end_rule, WRITE, "End a rule", body=s.RuleEndIn, reply=s.RuleOut,
              errors=(RuleNotDraft, RuleNoticeTooShort, RuleOutOfOrder), tag="rules"),
    Operation("GET", "/pay-rules/{rule_id}/preview", preview_rule, APPROVE, "What a rule would have given lately", reply=s.RulePreview,
              errors=(Invalid,), tag="rules"),
    Operation("POST", "/pay-rules/{rule_id}/effect", ask_effect, APPROVE, "Have a rule's effect reckoned", reply=s.RuleEffect, status=202,
              errors=(Invalid,), tag="rules"),
    Operation("GET", "/pay-rules/{rule_id}/effect", rule_effect, APPROVE, "A rule's effect as it was last reckoned", reply=s.RuleEffect,
              tag="rules"),
    Operation("GET", "/calendar/{country}/{year}", calendar_year, SIGNED_IN, "The holidays of a year", reply=s.CalendarDays, tag="rules"),
    Operation("GET", "/calendar/{country}/{year}/changes", calendar_changes, APPROVE, "Changes of the calendar", reply=s.CalendarDays,
              tag="rules"),
    Operation("POST", "/calendar/{country}/{year}/import", import_calendar, CALENDAR, "Import public holidays", reply=s.CalendarImportOut,
              errors=(Invalid,), tag="rules"),
    Operation("PUT", "/calendar/{country}/days/{day}", mark_day, CALENDAR, "Mark a day", body=s.DayIn, tag="rules"),
    Operation("POST", "/measures", record_measure, MEASURE, "Confirm mentoring or training", body=s.MeasureIn,
              errors=(OwnMeasure, MeasureKnown), tag="rules"),
    Operation("GET", "/me/awards", my_awards, AWARDS, "My bonuses with their evidence", query=PageQuery, reply=Page[s.AwardOut], tag="rules"),
)  # fmt: skip
