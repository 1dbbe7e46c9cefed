"""Disputes: answers that do not agree, side by side and without their authors."""

from typing import Annotated

import orjson
from pydantic import Field, StringConstraints

from piecework.platform.errors import Invalid, SetupError
from piecework.platform.pages.view import N_, Go, Shown, View
from piecework.platform.web.operation import Call, Shape
from piecework.platform.web.paging import PageQuery
from piecework.quality import policy
from piecework.quality.api import disputes, reviews
from piecework.quality.auditing import review_files
from piecework.quality.comparing.comparison import is_compared
from piecework.quality.pages.pieces import beside, fitted, projects_of, read_answer, reason_of, step_of_task
from piecework.quality.schemas.audits import Shown as Given
from piecework.quality.schemas.disputes import DisputeIn
from piecework.quality.schemas.reviews import ReviewsIn
from piecework.tasks.fields import Answer
from piecework.tasks.workflows import StepSpec

Text = Annotated[str, StringConstraints(max_length=20_000)]
REASONS = (
    N_("This follows the instruction."),
    N_("The ticket names it itself."),
    N_("The customer asks for this above all."),
)


class SettleForm(Shape):
    """What is right of a disputed task, as the form sends it."""

    answer: dict[str, list[Text]] = Field(default_factory=dict)
    preset: Text = ""
    reason: Text = ""


class ReviewsForm(Shape):
    """Whose answers a file of reviews is about."""

    project: Text


async def disputes_page(call: Call, query: PageQuery) -> Shown:
    """The disputes that one may settle."""
    return {"found": await disputes.list_disputes(call, query)}


async def dispute_page(call: Call) -> Shown:
    """A dispute with its answers."""
    found = await disputes.show_dispute(call)
    step = await step_of_task(found.task_id)
    compared = [one for one in found.answer if is_compared(one)]
    other = found.result or {}
    columns = [
        beside(compared, side.name, side.answer, other if found.result else None, share=side.probability) for side in found.sides
    ]
    return {
        "found": found,
        "shown": [(one.title, one.value) for one in in_order(step, found.input)],
        "columns": columns,
        "compared": compared,
        "texts": [one for one in found.answer if not is_compared(one)],
        "fills": [(side.name, orjson.dumps(as_typed(side.answer)).decode()) for side in found.sides],
        "given": as_typed(found.result or {}),
        "reasons": REASONS,
    }


def in_order(step: StepSpec | None, given: list[Given]) -> list[Given]:
    """What is shown of a task, in the step's own order."""
    place = {} if step is None else {one.name: number for number, one in enumerate(step.input)}
    return sorted(given, key=lambda one: place.get(one.name, len(place)))


def as_typed(answer: Answer) -> dict[str, list[str]]:
    """An answer as a form's fields would send it."""
    return {name: [_text(one) for one in (said if isinstance(said, list) else [said])] for name, said in answer.items()}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


async def settle(call: Call, form: SettleForm) -> Go:
    """Say what is right of a disputed task."""
    found = await disputes.show_dispute(call)
    said = fitted(DisputeIn, answer=read_answer(found.answer, form.answer), reason=reason_of(form.preset, form.reason))
    await disputes.settle_dispute(call, said)
    return Go("/disputes", N_("The dispute is settled; its answers are judged in a moment."))


async def reviews_page(call: Call) -> Shown:
    """The form for a file of reviews."""
    return {"named_projects": [(one.code, one.name) for one in await projects_of(call)], "done": None, "rows": []}


async def import_reviews(call: Call, form: ReviewsForm, file: bytes) -> Shown:
    """Carry out the decisions of a file and show what came of them."""
    try:
        listed = review_files.read(file)
    except SetupError as error:
        raise Invalid(str(error)) from None
    rows = [
        {"assignment_id": one.assignment_id, "verdict": "accept" if one.accept else "reject", "reason": one.reason}
        for one in listed
    ]
    call.request.path_params["code"] = form.project
    done = await reviews.import_reviews(call, fitted(ReviewsIn, rows=rows))
    reasons = {one.assignment_id: one.reason for one in listed}
    return {
        "named_projects": [(one.code, one.name) for one in await projects_of(call)],
        "done": done,
        "rows": [(line, row, reasons[row.assignment_id]) for line, row in enumerate(done.rows, 2) if row.refused][:200],
    }


VIEWS = (
    View("GET", "/disputes", disputes_page, policy.DISPUTES, N_("Disputes"), "disputes.html", query=PageQuery),
    View("GET", "/disputes/{task_id}", dispute_page, policy.DISPUTES, N_("Dispute"), "dispute.html"),
    View("POST", "/disputes/{task_id}", settle, policy.DISPUTES, form=SettleForm, again="/disputes/{task_id}"),
    View("GET", "/reviews", reviews_page, policy.REVIEW, N_("Decide many answers by a file"), "reviews.html"),
    View("POST", "/reviews", import_reviews, policy.REVIEW, N_("Decide many answers by a file"), "reviews.html", form=ReviewsForm,
         file=True, again="/reviews"),
)  # fmt: skip
