"""Shapes of the API of tasks."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from piecework.platform.money import Amount
from piecework.platform.web.operation import Query, Shape
from piecework.platform.web.paging import Page, PageQuery
from piecework.tasks.fields import Answer, AnswerField, Name
from piecework.tasks.intake import TicketIn
from piecework.tasks.models import Channel, TicketState
from piecework.tasks.workflows import Code

Reason = Annotated[str, StringConstraints(min_length=3, max_length=1000)]
Source = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class ProjectIn(Shape):
    """A new project."""

    code: Code
    name: Name
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")] = "RUB"
    sla_minutes: Annotated[int, Field(ge=1, le=525_600)] = 1440
    control_rate: Annotated[float, Field(ge=0, le=0.5)] = 0.1
    requester_id: UUID | None = None
    """Whose it is, if an administrator makes it for somebody; otherwise it is the caller's."""


class ProjectOut(Shape):
    """A project."""

    id: UUID
    code: str
    name: str
    currency: str
    sla_minutes: int
    state: str
    requester_id: UUID
    created_at: datetime


class Projects(Page[ProjectOut]):
    """A page of projects."""


class WorkflowOut(Shape):
    """A version of a project's workflow."""

    id: UUID
    project_id: UUID
    version: int
    state: str
    spec: dict[str, Any]
    created_at: datetime


class TemplatesOut(Shape):
    """Shipped workflows by name."""

    templates: dict[str, dict[str, Any]]


class TicketsIn(Shape):
    """Tickets of one source: one, or up to a thousand at once."""

    source: Source
    tickets: Annotated[list[TicketIn], Field(min_length=1, max_length=1000)]


class ReceivedOut(Shape):
    """One ticket's outcome."""

    external_id: str
    ticket_id: UUID
    new: bool


class IntakeOut(Shape):
    """What came of an intake, in the order sent."""

    added: int
    known: int
    tickets: list[ReceivedOut]


class TicketOut(Shape):
    """A ticket, masked."""

    id: UUID
    source: str
    external_id: str
    channel: str
    language: str
    subject: str
    text: str
    urgent: bool
    received_at: datetime
    deadline_at: datetime
    state: str
    result: dict[str, Any] | None
    resolved_at: datetime | None


class TaskOut(Shape):
    """One task on a ticket's way through the steps."""

    id: UUID
    step: str
    iteration: int
    state: str
    overlap: int
    answers: int
    result: Answer | None
    confidence: float | None
    created_at: datetime
    resolved_at: datetime | None


class TicketWay(TicketOut):
    """A ticket with its way through the steps."""

    tasks: list[TaskOut]


class TicketQuery(PageQuery):
    """Which tickets, and in which order of coming. A cursor goes on in the order of the list that gave it."""

    state: TicketState | None = None
    channel: Channel | None = None
    order: Literal["oldest", "newest"] = "oldest"


class Tickets(Page[TicketOut]):
    """A page of tickets."""


class ReasonIn(Shape):
    """Why."""

    reason: Reason


class ClaimIn(Shape):
    """How many tasks, and of which project (any, if left out)."""

    count: Annotated[int, Field(ge=1, le=20)] = 1
    project: Code | None = None


class StepRef(Shape):
    """The step of an assignment; GET /steps/{id} has its instruction and answer schema."""

    id: str
    key: str
    title: str


class AssignmentOut(Shape):
    """A task in one's hands. `lease_token` goes along with the answer and the heartbeat."""

    id: UUID
    lease_token: str
    task_id: UUID
    project: str
    currency: str
    step: StepRef
    price: Amount
    claimed_at: datetime
    expires_at: datetime | None
    deadline_at: datetime
    input: dict[str, Any]


class AssignmentsOut(Shape):
    """Assignments; when a claim finds no work, `retry_after_s` says when to ask again."""

    assignments: list[AssignmentOut]
    retry_after_s: int | None = None


class NextIn(ClaimIn):
    """Claim the next tasks in the same call."""


class AnswerIn(Shape):
    """An answer. Make `submission_id` before sending and keep it for retries: a retry gets the same reply."""

    submission_id: UUID
    lease_token: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    answer: Answer
    next: NextIn | None = None


class AnswerOut(Shape):
    """The answer is stored; `next` holds the newly claimed tasks, if asked for."""

    assignment_id: UUID
    state: str
    submitted_at: datetime
    next: list[AssignmentOut]


class LeaseIn(Shape):
    """The lease."""

    lease_token: Annotated[str, StringConstraints(min_length=1, max_length=80)]


class LeaseOut(Shape):
    """When the lease ends now."""

    expires_at: datetime


class StepOut(Shape):
    """What a freelancer needs to know of a step, once. `price` is its own; GET /work has that of the price list in force."""

    id: str
    key: str
    title: str
    project: str
    version: int
    instruction: str
    price: Amount
    currency: str
    time_limit_s: int
    answer: list[AnswerField]
    answer_schema: dict[str, Any]


class WorkQuery(Query):
    """Work of one project only, if given."""

    project: Code | None = None


class LanguagePrice(Shape):
    """The price for tickets of one language, and what an hour of them is expected to earn (null: not known yet)."""

    language: str
    price: Amount
    estimated_per_hour: Amount | None


class OpenWork(Shape):
    """Work that one may take: how many tasks that one has not had (counted to a thousand), at which price and what an hour is expected to earn.

    The price is that of a claim now, at one's own level, by the project's price list or else the step's own; `by_language` has
    those languages whose price differs. An hour's earnings are no promise: the price times how often an hour holds the median time
    of the step's accepted answers of the last 30 days; null while fewer than ten are known.
    """

    project: str
    step: StepRef
    price: Amount
    by_language: list[LanguagePrice]
    estimated_per_hour: Amount | None
    currency: str
    open: int


class WorkOut(Shape):
    """What is open to the caller now."""

    held: int
    max_held: int
    week_claimed: int
    weekly_cap: int
    week_returned: int
    may_return: int
    """How many tasks may be given back or left to expire in a week."""
    weekly_norm: int
    unread: list[str]
    """The projects whose new instruction must be read before there is work of theirs."""
    work: list[OpenWork]


class SatisfactionIn(Shape):
    """What the customer thought of the help: 1 (bad) to 5 (good). A ticket gets one mark, and another only with `replace`."""

    score: Annotated[int, Field(ge=1, le=5)]
    comment: Annotated[str, StringConstraints(max_length=2000)] = ""
    replace: bool = False


class SatisfactionOut(Shape):
    """A ticket's mark, the how manieth."""

    ticket_id: UUID
    score: int
    comment: str
    revision: int
