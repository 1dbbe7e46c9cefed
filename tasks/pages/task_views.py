"""Tasks: one or several in hand, side by side; answering, skipping, giving back, more time."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

import orjson
from pydantic import Field, StringConstraints

from piecework.platform.errors import Invalid, NotFound, Problem
from piecework.platform.pages.view import N_, Go, Shown, View
from piecework.platform.web.operation import Call, Query, Shape
from piecework.tasks import claims, policy
from piecework.tasks.api import work as api
from piecework.tasks.api.knowledge import articles_at_hand
from piecework.tasks.errors import StaleLease
from piecework.tasks.pages import asked
from piecework.tasks.pages.desk import cards, handed, is_piece, piece, refused
from piecework.tasks.schemas.work import AnswerIn, ClaimIn, LeaseIn, NextIn, Reason, ReasonIn
from piecework.tasks.workflows import Code

Typed = Annotated[str, StringConstraints(max_length=40_000)]


class TasksQuery(Query):
    """Of which project further tasks are wanted (any, if none is named); `asked`: there was nothing, ask again in so many seconds."""

    project: Code | None = None
    asked: int | None = Field(default=None, ge=0, le=3600)


class Onward(Shape):
    """What comes after a task: the next one, of one project or of any; or nothing."""

    next: bool = False
    project: Code | None = None
    assignment: Annotated[str, StringConstraints(max_length=40)] = ""
    """Which card the form stood in, so that what was typed is shown there again."""


class AnswerForm(Onward):
    """An answer as a browser sends it."""

    submission_id: UUID
    lease_token: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    answer: Annotated[dict[str, list[Typed]], Field(default_factory=dict)]


class ReturnForm(Onward):
    """Why a task is given back."""

    reason: Reason


class MoreForm(LeaseIn):
    """More time for one task."""

    assignment: Annotated[str, StringConstraints(max_length=40)] = ""


async def tasks_page(call: Call, query: TasksQuery | None = None) -> Shown:
    """All tasks in hand; none: a place to ask for some."""
    query = query or TasksQuery()
    held = orjson.loads((await api.held_assignments(call)).body)["assignments"]
    return {**piece(await cards(held)), "project": query.project or "", "asked": query.asked}


async def send_answer(call: Call, form: AnswerForm) -> Shown | Go:
    """Submit an answer and, if wanted, take the next task in the same commit."""
    try:
        step_id, _ = claims.read_token(form.lease_token)
        try:
            step = await api.STEPS.get(step_id)
        except NotFound:
            raise StaleLease from None
        body = AnswerIn(
            submission_id=form.submission_id,
            lease_token=form.lease_token,
            answer=asked.answer(step.spec.answer, form.answer),
            next=NextIn(project=form.project) if form.next else None,
        )
        try:
            reply = orjson.loads((await api.submit(call, body)).body)
        except Invalid as problem:
            raise asked.incomplete(problem) from None
    except Problem as problem:
        if is_piece(call):
            return refused(problem)
        raise
    if is_piece(call):
        return piece(await cards(reply["next"]))
    return Go(_onward(form), N_("Sent."))


async def skip_task(call: Call, form: ReturnForm) -> Shown | Go:
    """Skip a task with a reason, and go on."""
    return await _given_back(call, form, lambda: api.skip(call, ReasonIn(reason=form.reason)), N_("Skipped."))


async def escalate_task(call: Call, form: ReturnForm) -> Shown | Go:
    """Give a task to the line above with a reason, and go on."""
    return await _given_back(call, form, lambda: api.escalate(call, ReasonIn(reason=form.reason)), N_("Given to the line above."))


async def release_task(call: Call, form: Onward) -> Shown | Go:
    """Give a task back, and go on."""
    return await _given_back(call, form, lambda: api.release(call), N_("Given back."))


async def _given_back(call: Call, form: Onward, act: Callable[[], Awaitable[None]], said: str) -> Shown | Go:
    try:
        await act()
    except Problem as problem:
        if is_piece(call):
            return refused(problem)
        raise
    found: dict[str, Any] = {"assignments": [], "retry_after_s": None}
    try:
        if form.next:
            # A task is given back once, whatever card of whatever page that was: what follows it comes once too.
            found = await handed(replace(call, key=f"after-{call.id('assignment_id')}"), ClaimIn(project=form.project))
    except Problem:
        pass  # the task is given back all the same; why there is no other one is told when it is asked for
    if is_piece(call):
        return piece(await cards(found["assignments"]), after=found["retry_after_s"])
    return Go(_onward(form), said)


async def more_time(call: Call, form: MoreForm) -> Go:
    """Extend the time for a task, as far as that goes."""
    await api.heartbeat(call, LeaseIn(lease_token=form.lease_token))
    return Go(f"/work/tasks#task-{call.id('assignment_id')}", N_("The time was extended."))


async def articles(call: Call) -> Shown:
    """Articles about a task in hand."""
    assignment_id = call.id("assignment_id")
    found = await articles_at_hand(call)
    held = orjson.loads((await api.held_assignments(call)).body)["assignments"]
    code = next((one["project"] for one in held if one["id"] == str(assignment_id)), "")
    return {
        "items": found.items,
        "code": code,
        "bare": is_piece(call),
        "q": None,
        "cursor": None,
        "at_hand": str(assignment_id),
        "instruction": None,
    }


def _onward(form: Onward) -> str:
    return f"/work/tasks?project={form.project or ''}"


TASK = "/work/tasks/{assignment_id}"
VIEWS = (
    View("GET", "/work/tasks", tasks_page, policy.WORK, N_("Tasks in hand"), "work_tasks.html", query=TasksQuery),
    View("POST", f"{TASK}/answer", send_answer, policy.WORK, template="work_piece.html", form=AnswerForm, again="/work/tasks",
         transaction=False, body_limit_bytes=256 * 1024),
    View("POST", f"{TASK}/skip", skip_task, policy.WORK, template="work_piece.html", form=ReturnForm, again="/work/tasks",
         transaction=False),
    View("POST", f"{TASK}/escalate", escalate_task, policy.WORK, template="work_piece.html", form=ReturnForm, again="/work/tasks",
         transaction=False),
    View("POST", f"{TASK}/release", release_task, policy.WORK, template="work_piece.html", form=Onward, again="/work/tasks",
         transaction=False),
    View("POST", f"{TASK}/more", more_time, policy.WORK, form=MoreForm, again="/work/tasks", transaction=False),
    View("GET", f"{TASK}/articles", articles, policy.WORK, N_("Articles about this task"), "knowledge_found.html"),
)  # fmt: skip
