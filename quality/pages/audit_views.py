"""Audits: draw, take, answer blind, then see what the others said."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from piecework.platform.pages.view import N_, Go, Shown, View
from piecework.platform.web.operation import Call, Shape
from piecework.quality import policy
from piecework.quality.api import audits
from piecework.quality.auditing import auditing, queue, unblinded
from piecework.quality.comparing.comparison import is_compared
from piecework.quality.pages.pieces import beside, fitted, projects_of, read_answer, reason_of, shown_of, step_keys
from piecework.quality.schemas.audits import AuditIn, PlanIn
from piecework.tasks.fields import Key

Text = Annotated[str, Field(max_length=20_000)]
REASONS = (
    N_("This follows the instruction."),
    N_("The answer misses what the customer asks for."),
    N_("The answer is about something else in the text."),
    N_("The text is incomplete."),
    N_("The text has mistakes or a wrong tone."),
)
"""Reasons that are often given; the author of an answer that is not accepted in full reads them."""


class RecordForm(Shape):
    """An audit as its form sends it."""

    id: UUID
    answer: dict[str, list[Text]] = Field(default_factory=dict)
    passed: dict[str, bool] = Field(default_factory=dict)
    preset: Text = ""
    reason: Text = ""


class PlanForm(Shape):
    """Which answers of a project to draw."""

    project: Text
    plan: Literal["random", "risk"]
    count: Annotated[int, Field(ge=1, le=1000)] = 20
    step: Key | None = None
    since_days: Annotated[int, Field(ge=1, le=3650)] | None = None


async def audits_page(call: Call) -> Shown:
    """What can be audited, and what one holds already."""
    waiting = await queue.counts(call.principal.account_id)
    return {
        "held": await auditing.held(call.principal.account_id),
        "counts": [(kind, *waiting[kind]) for kind in ("disagreement", "acceptance", "audit") if kind in waiting],
        "disputes": waiting.get("dispute", (0, None))[0],
        "named_projects": [(one.code, one.name) for one in await projects_of(call)],
        "stepped": [(key, key) for key in await step_keys()],
    }


async def take(call: Call) -> Go:
    """Take the next audit."""
    taken = await audits.take_audit(call)
    return Go("/audits", N_("No audit waits for you.")) if taken.audit is None else Go("/audits/work")


async def work_page(call: Call) -> Shown | Go:
    """The audit that one holds: the task, and the fields to answer anew."""
    work = await auditing.held(call.principal.account_id)
    if work is None:
        return Go("/audits", N_("You hold no audit. Take the next one."))
    return {
        "work": work,
        "shown": shown_of(work.step, work.input),
        "fields": [one for one in work.step.answer if is_compared(one)],
        "words": [one for one in work.step.answer if one.name in work.words],
        "reasons": REASONS,
    }


async def record(call: Call, form: RecordForm) -> Go:
    """Record the audit, then show what could not be seen before."""
    work = await auditing.held(call.principal.account_id)
    fields = [] if work is None else [one for one in work.step.answer if is_compared(one)]
    said = fitted(
        AuditIn, answer=read_answer(fields, form.answer), passed=form.passed, reason=reason_of(form.preset, form.reason)
    )
    call.request.path_params["audit_id"] = str(form.id)
    await audits.record_audit(call, said)
    return Go(f"/audits/{form.id}")


async def seen_page(call: Call) -> Shown:
    """A done audit beside the others' answers."""
    seen = await unblinded.seen(call.principal.account_id, call.id("audit_id"))
    compared = [one for one in seen.step.answer if is_compared(one)]
    columns = [
        beside(compared, N_("You"), seen.own, None),
        beside(compared, N_("The audited answer"), seen.judged.answer, seen.own, share=seen.judged.probability),
    ]
    if seen.consensus is not None:
        columns.append(beside(compared, N_("All answers together"), seen.consensus, seen.own, share=seen.confidence))
    columns += [
        beside(compared, letter(place), vote.answer, seen.own, share=vote.probability) for place, vote in enumerate(seen.votes)
    ]
    return {
        "seen": seen,
        "columns": columns,
        "compared": compared,
        "shown": shown_of(seen.step, seen.input),
        "words": [one for one in seen.step.answer if not is_compared(one) and one.name in seen.judged.answer],
        "votes": [(N_("The audited answer"), seen.judged)] + [(letter(place), vote) for place, vote in enumerate(seen.votes)],
    }


def letter(place: int) -> str:
    """A, B, C, …: a name that tells nothing of anybody."""
    return ("" if place < 26 else letter(place // 26 - 1)) + chr(ord("A") + place % 26)


async def plan(call: Call, form: PlanForm) -> Go:
    """Draw decided answers of a project for audits."""
    call.request.path_params["code"] = form.project
    asked = fitted(PlanIn, plan=form.plan, count=form.count, step=form.step, since_days=form.since_days)
    drawn = await audits.plan_audits(call, asked)
    return Go("/audits", N_("The answers are drawn.") if drawn.requested else N_("No further answer fits this plan."))


VIEWS = (
    View("GET", "/audits", audits_page, policy.AUDIT, N_("Audits"), "audits.html"),
    View("POST", "/audits/take", take, policy.AUDIT),
    View("GET", "/audits/work", work_page, policy.AUDIT, N_("Audit"), "audit_work.html"),
    View("POST", "/audits/work", record, policy.AUDIT, form=RecordForm, again="/audits/work"),
    View("POST", "/audits/plan", plan, policy.AUDITS_PLAN, form=PlanForm, again="/audits"),
    View("GET", "/audits/{audit_id}", seen_page, policy.AUDIT, N_("The audit and the other answers"), "audit_seen.html"),
)
