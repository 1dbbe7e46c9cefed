"""One golden task: its key with every revision, the evidence against it, and what a curator may do about it."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from piecework.platform.pages.view import N_, Go, Shown, View
from piecework.platform.web.operation import Call, Shape
from piecework.quality import policy
from piecework.quality.api import golden as api
from piecework.quality.comparing.comparison import is_compared
from piecework.quality.golden import evidence, touched
from piecework.quality.grading.truths import Known
from piecework.quality.pages.dispute_views import as_typed
from piecework.quality.pages.pieces import beside, fitted, names, not_who_works, read_answer, shown_of, step_of_task
from piecework.quality.schemas.golden import KeyIn

Text = Annotated[str, StringConstraints(max_length=20_000)]
Reason = Annotated[str, StringConstraints(min_length=3, max_length=1000)]


class KeyForm(Shape):
    """A decision on a key; a change is shown with what it touches first."""

    decision: Literal["confirm", "change", "withdraw"]
    revision: int
    answer: dict[str, list[Text]] = Field(default_factory=dict)
    reason: Text = ""
    sure: bool = False


class RetireForm(Shape):
    """Why a golden task is handed out no more."""

    reason: Reason


async def golden_task_page(call: Call) -> Shown:
    """A golden task: what is shown, its key and revisions, the answers to it."""
    found = await api.show_golden(call)
    step = await step_of_task(found.task_id)
    assert step is not None
    compared = [one for one in step.answer if is_compared(one)]
    given = await evidence.answers_beside(found.task_id)
    key = found.answers[0].answer if found.answers else None
    columns = [beside(compared, N_("The key"), key, None)] if key is not None else []
    columns += [beside(compared, str(one.count), one.answer, key, share=one.accuracy) for one in given]
    return {
        "found": found,
        "step": step,
        "compared": compared,
        "columns": columns,
        "given": given,
        "shown": shown_of(step, found.input),
        "names": await names([found.created_by, *(one.actor for one in found.keys)]),
        "typed_key": as_typed(key or {}),
    }


async def decide(call: Call, form: KeyForm) -> Shown | Go:
    """Show what a decision touches; once that is confirmed, carry it out."""
    not_who_works(call)
    task_id = call.id("task_id")
    step = await step_of_task(task_id)
    answers = None
    if form.decision == "change" and step is not None:
        answers = [{"answer": read_answer(step.answer, form.answer)}]
    body = fitted(KeyIn, decision=form.decision, revision=form.revision, answers=answers, reason=form.reason.strip())
    if form.sure:
        await api.decide_key(call, body)
        return Go(f"/golden/{task_id}", N_("The key is decided; what followed from it is drawn anew in a moment."))
    known = [one.known() for one in body.answers or []]
    if form.decision == "confirm":
        known = [Known(one.answer, one.weight) for one in (await api.show_golden(call)).answers]
    return {**await golden_task_page(call), "form": form, "preview": await touched.touched(task_id, known)}


async def retire(call: Call, form: RetireForm) -> Go:
    """Hand a golden task to nobody else."""
    not_who_works(call)
    task_id = call.id("task_id")
    await touched.retire(call.principal.account_id, task_id, form.reason)
    return Go(f"/golden/{task_id}", N_("Nobody else gets this task."))


VIEWS = (
    View("GET", "/golden/{task_id}", golden_task_page, policy.GOLDEN_READ, N_("Golden task"), "golden_task.html"),
    View("POST", "/golden/{task_id}", decide, policy.GOLDEN_WRITE, N_("What this decision touches"), "golden_preview.html",
         form=KeyForm, again="/golden/{task_id}"),
    View("POST", "/golden/{task_id}/retire", retire, policy.GOLDEN_WRITE, form=RetireForm, again="/golden/{task_id}"),
)  # fmt: skip
