"""Appeals: what people object to, the evidence, the arbiter's answer."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from piecework.platform.pages.view import N_, Go, Shown, View
from piecework.platform.web.operation import Call, Shape
from piecework.quality import policy
from piecework.quality.api import appeals as api
from piecework.quality.comparing.comparison import is_compared
from piecework.quality.pages.audit_views import letter
from piecework.quality.pages.dispute_views import as_typed
from piecework.quality.pages.pieces import beside, fitted, names, read_answer, shown_of, step_of_answer
from piecework.quality.schemas.appeals import AnswerEvidence, AppealDecisionIn, AppealQuery
from piecework.tasks import decisions, objections
from piecework.tasks.workflows import StepSpec

Text = Annotated[str, StringConstraints(max_length=20_000)]


class DecisionForm(Shape):
    """An arbiter's answer; `set_right`: the task's truth is changed too."""

    decision: Literal["uphold", "deny"]
    reply: Text = ""
    set_right: bool = False
    answer: dict[str, list[Text]] = Field(default_factory=dict)


async def appeals_page(call: Call, query: AppealQuery) -> Shown:
    """Appeals, those that must be answered first before others."""
    found = await api.list_appeals(call, query)
    return {"found": found, "query": query, "names": await names(one.freelancer_id for one in found.items)}


async def appeal_page(call: Call) -> Shown:
    """One appeal with its evidence."""
    found = await api.show_appeal(call)
    about = found.about_answer
    step = await step_of_answer(found.subject_id) if about else None
    involved = [found.freelancer_id, found.decided_by]
    if about:
        involved += [*(one.auditor_id for one in about.audits), *(one.actor for one in about.decisions)]
    if found.about_restriction:
        involved.append(found.about_restriction.imposed_by)
    if found.about_qualification:
        involved += [found.about_qualification.granted_by, found.about_qualification.revoked_by]
    if found.about_decision:
        involved += found.about_decision.involved
    return {
        "found": found,
        "names": await names(involved),
        "told": await decisions.told([found.subject_id]) if about else {},
        "noted": (await objections.told(found.subject, [found.subject_id])).get(found.subject_id, {}),
        "step": step,
        "task": _task(about, step) if about and step else None,
        "given": as_typed(about.known[0].answer if about and about.known else about.answer if about else {}),
    }


def _task(about: AnswerEvidence, step: StepSpec) -> Shown:
    """The answers to the task side by side; marked is where they differ from the appealed one."""
    compared = [one for one in step.answer if is_compared(one)]
    columns = [beside(compared, N_("The appealed answer"), about.answer, None)]
    if about.result is not None:
        columns.append(beside(compared, N_("The task’s result"), about.result, about.answer))
    columns += [beside(compared, N_("Known to be right"), one.answer, about.answer) for one in about.known]
    columns += [
        beside(compared, letter(place), one.answer, about.answer, note=one.state) for place, one in enumerate(about.votes)
    ]
    return {
        "compared": compared,
        "texts": [one for one in step.answer if not is_compared(one) and about.answer.get(one.name)],
        "columns": columns,
        "shown": shown_of(step, about.input),
    }


async def decide(call: Call, form: DecisionForm) -> Go:
    """Answer an appeal."""
    answers = None
    if form.decision == "uphold" and form.set_right:
        found = await api.show_appeal(call)
        step = await step_of_answer(found.subject_id)
        answers = [{"answer": read_answer(step.answer if step else [], form.answer)}]
    await api.decide_appeal(call, fitted(AppealDecisionIn, decision=form.decision, reply=form.reply.strip(), answers=answers))
    return Go("/appeals", N_("The appeal is answered; the freelancer reads your reply."))


VIEWS = (
    View("GET", "/appeals", appeals_page, policy.APPEALS_DECIDE, N_("Appeals"), "appeals.html", query=AppealQuery),
    View("GET", "/appeals/{appeal_id}", appeal_page, policy.APPEALS_DECIDE, N_("Appeal"), "appeal.html"),
    View("POST", "/appeals/{appeal_id}", decide, policy.APPEALS_DECIDE, form=DecisionForm, again="/appeals/{appeal_id}"),
)
