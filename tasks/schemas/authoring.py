"""Shapes of workflows that are being written, and of their dry runs."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from piecework.platform.money import Amount
from piecework.platform.web.operation import ForPages, Shape
from piecework.platform.web.written import WritingOut
from piecework.tasks.fields import Answer, Key
from piecework.tasks.models import Channel
from piecework.tasks.workflows import WorkflowSpec


class DraftOut(WritingOut):
    """The draft of a project's next workflow version. Without faults it can be published.

    `outdated`: another version was published since the draft was begun; publishing the draft undoes what that one changed.
    `kept_until`: it is thrown away then if nobody changes it before.
    """

    changed_by: UUID
    outdated: bool


class TrialTicketIn(Shape):
    """A ticket that is made up."""

    channel: Annotated[Channel, Field(strict=False)] = Channel.EMAIL
    language: Annotated[str, StringConstraints(pattern="^[a-z]{2}$")]
    subject: Annotated[str, StringConstraints(max_length=500)] = ""
    text: Annotated[str, StringConstraints(min_length=1, max_length=50_000)]
    urgent: bool = False


class TrialGiven(Shape):
    """What the people would agree on at a step; null: their answers differ."""

    step: Key
    iteration: Annotated[int, Field(ge=1, le=9)] = 1
    answer: Answer | None


class TrialIn(Shape):
    """A dry run of a workflow. Without `spec`: of the draft that is kept, else of what holds now."""

    spec: WorkflowSpec | None = None
    ticket: TrialTicketIn
    given: Annotated[list[TrialGiven], Field(default_factory=list, max_length=200)]


class TrialTaskOut(Shape):
    """A task that would be made. `price` is the dearest that an answer may cost now; a task costs at least and at most so many."""

    step: str
    title: str
    iteration: int
    state: str
    input: dict[str, Any]
    price: Amount
    least_answers: int
    most_answers: int
    answer: Answer | None


class TrialOut(Shape):
    """How far the ticket would come with these answers, and what the tasks so far would cost in base prices.

    `passed_over` are steps whose conditions do not hold; `taken` is how many of the given answers were asked for; `budget` is what a
    ticket may cost by the price list in force (null: no bound).
    """

    currency: str
    tasks: list[TrialTaskOut]
    passed_over: list[str]
    taken: int
    urgent: bool
    done: bool
    stuck: str | None
    stuck_said: ForPages = None
    least_cost: Amount
    most_cost: Amount
    budget: Amount | None
