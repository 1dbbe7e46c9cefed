"""A dry run on the screen: a ticket led through the draft, answered by whoever tries it. Everything is in the form; nothing is stored."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

import orjson
from pydantic import Field, StringConstraints, ValidationError

from piecework.platform import money
from piecework.platform.errors import Invalid, NotFound
from piecework.platform.pages import texts
from piecework.platform.pages.view import N_, Shown, View
from piecework.platform.said import Said
from piecework.platform.web import body
from piecework.platform.web.operation import Call, Query, Shape
from piecework.tasks import drafts, policy, projects
from piecework.tasks.api import authoring
from piecework.tasks.models import Channel, Project, Ticket
from piecework.tasks.pages import asked
from piecework.tasks.pages.labels import shown_of, titles_in
from piecework.tasks.pages.requester_editor_views import EDIT
from piecework.tasks.pages.requester_project_views import project_of
from piecework.tasks.pages.requester_samples import sample_ticket
from piecework.tasks.pages.task_views import Typed
from piecework.tasks.schemas.authoring import TrialIn, TrialOut, TrialTicketIn
from piecework.tasks.workflows import WorkflowSpec

NEWEST = 8


class TryQuery(Query):
    """Which of the project's tickets to begin with; without one, a sample."""

    ticket: UUID | None = None


class GivenTyped(Shape):
    """An answer that was given before: as JSON, `null` if the answers differed."""

    step: Annotated[str, StringConstraints(max_length=40)]
    iteration: int = 1
    answer: Annotated[str, StringConstraints(max_length=50_000)] = "null"


class TryForm(TrialTicketIn):
    """The ticket, the answers so far, and one more (`answer`, `differ`) or one less (`back`)."""

    act: Annotated[str, StringConstraints(max_length=10)] = "begin"
    given: Annotated[list[GivenTyped], Field(default_factory=list)]
    assignment: Annotated[str, StringConstraints(max_length=60)] = ""
    """Step and iteration that the answer is to, as `step.1`."""
    answer: Annotated[dict[str, list[Typed]], Field(default_factory=dict)]


async def _around(call: Call) -> tuple[Project, WorkflowSpec | None, dict[str, Any]]:
    project = await project_of(call)
    draft = await drafts.begun(project.id)
    complete = not drafts.faults(draft.spec)
    return (
        project,
        drafts.read(draft.spec) if complete else None,
        {
            "project": project,
            "draft": draft,
            "edit": f"/projects/{project.code}/workflow",
            "complete": complete,
            "channels": [one.value for one in Channel],
            "amount": money.text,
            "few": asked.FEW,
            "trial": None,
            "cards": [],
            "given": [],
            "sent": {},
            "wrong": {},
        },
    )


async def try_page(call: Call, query: TryQuery | None = None) -> Shown:
    """The ticket to begin with."""
    project, _, around = await _around(call)
    ticket: Mapping[str, Any] = await sample_ticket(project, texts.language(call.request))
    if query is not None and query.ticket is not None:
        found = await projects.ticket_by_id(call.principal, query.ticket)
        if found.project_id != project.id:
            raise NotFound
        ticket = {name: getattr(found, name) for name in TrialTicketIn.model_fields}
    newest = await Ticket.filter(project_id=project.id).order_by("-id").limit(NEWEST)
    return {**around, "ticket": ticket, "newest": newest}


async def try_on(call: Call, form: TryForm) -> Shown:
    """One step further, or back."""
    _, spec, around = await _around(call)
    ticket = TrialTicketIn.model_validate(form.model_dump(include=set(TrialTicketIn.model_fields)))
    given = _given(form.given)
    if form.act == "back":
        given = given[:-1]
    sent: Mapping[str, Sequence[str]] = {}
    wrong: Mapping[str, Any] = {}
    trial = await authoring.try_workflow(call, _fitted(ticket, given))
    key, _, number = form.assignment.rpartition(".")
    step = next((one for one in spec.steps if one.key == key), None) if spec is not None else None
    if form.act in ("answer", "differ") and step is not None:
        answer = asked.answer(step.answer, form.answer) if form.act == "answer" else None
        more = [*given, {"step": key, "iteration": int(number) if number.isdecimal() else 1, "answer": answer}]
        try:
            trial = await authoring.try_workflow(call, _fitted(ticket, more))
            given = more
        except Invalid as problem:
            wrong = asked.incomplete(problem).extra["wrong"]
            sent = {f"answer.{name}": values for name, values in form.answer.items()}
    return {
        **around,
        "ticket": ticket.model_dump(mode="json"),
        "newest": [],
        "trial": trial,
        "cards": _cards(spec, trial) if spec is not None else [],
        "given": [(one["step"], one["iteration"], orjson.dumps(one["answer"]).decode()) for one in given],
        "answering": form.assignment,
        "sent": sent,
        "wrong": wrong,
    }


def _given(typed: Sequence[GivenTyped]) -> list[dict[str, Any]]:
    """The answers so far.

    Raises:
        Invalid: somebody has changed them in the form.
    """
    try:
        return [{"step": one.step, "iteration": one.iteration, "answer": orjson.loads(one.answer)} for one in typed]
    except orjson.JSONDecodeError:
        message = Said("The answers so far cannot be read. Begin anew.")
        raise Invalid(message, errors=[{"field": "given", "code": "unreadable", "message": message}]) from None


def _fitted(ticket: TrialTicketIn, given: Sequence[Mapping[str, Any]]) -> TrialIn:
    """The dry run as the API takes it.

    Raises:
        Invalid: there are too many answers, or they are none.
    """
    try:
        return TrialIn.model_validate({"ticket": ticket, "given": given})
    except ValidationError as error:
        raise body.refusal(error) from None


def _cards(spec: WorkflowSpec, trial: TrialOut) -> list[dict[str, Any]]:
    """The tasks as their cards."""
    steps = {step.key: step for step in spec.steps}
    return [
        {
            "task": task,
            "id": f"{task.step}.{task.iteration}",
            "step": steps[task.step],
            "inputs": shown_of(steps[task.step], task.input, titles_in(steps, steps[task.step])),
        }
        for task in trial.tasks
    ]


TRY = f"{EDIT}/try"
WRITE = policy.PROJECTS_WRITE
VIEWS = (
    View("GET", TRY, try_page, WRITE, N_("Try the workflow on a ticket"), "requester_trial.html", query=TryQuery),
    View("POST", TRY, try_on, WRITE, N_("Try the workflow on a ticket"), "requester_trial.html", form=TryForm, again=TRY,
         transaction=False),
)  # fmt: skip
