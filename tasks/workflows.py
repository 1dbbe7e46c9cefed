"""Workflows: versioned graphs of steps that split a ticket into tasks. A version never changes; a change is a new version."""

from collections.abc import Sequence
from datetime import timedelta
from graphlib import TopologicalSorter
from typing import Annotated, Any, Literal, Self
from uuid import UUID

import orjson
from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from piecework.platform import db, trail
from piecework.platform.ids import uuid7
from piecework.platform.money import UNIT, AmountIn
from piecework.platform.web.operation import Shape
from piecework.tasks import coherence
from piecework.tasks.fields import AnswerField, Key, Title
from piecework.tasks.models import Project, Workflow

HIGHEST_PRICE = 10_000 * UNIT
"""A task costs a few roubles; the bound keeps a slip of the keyboard, or worse, out of everybody's payroll."""
Text = Annotated[str, StringConstraints(max_length=20_000)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


class InputField(Shape):
    """One field of what the freelancer sees: from the ticket ("ticket.text") or an earlier step's result ("draft.reply")."""

    name: Key
    title: Title
    source: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}\.[a-z][a-z0-9_]{0,39}$")]


class Condition(Shape):
    """Holds if an earlier step's result has this value, or (`agreed`) if its answers came to a consensus or did not."""

    step: Key
    field: Key | None = None
    is_: Annotated[str | bool | None, Field(alias="is")] = None
    agreed: bool | None = None

    @model_validator(mode="after")
    def _one_question(self) -> Self:
        if (self.field is None) == (self.agreed is None) or (self.field is None) != (self.is_ is None):
            raise PydanticCustomError("one_question", "a condition names either field and is, or agreed")
        return self


class Redo(Shape):
    """When this step's own result has the value, an earlier step is done anew, at most `most` times in all."""

    step: Key
    field: Key
    is_: Annotated[str | bool, Field(alias="is")]
    most: Annotated[int, Field(ge=2, le=9)] = 3


class Checking(Shape):
    """How a step's answers are judged. The defaults suit a choice among a few options at an overlap of two or three."""

    method: Literal["posterior", "majority", "weighted", "dawid-skene", "toloka-basic"] = "posterior"
    reject_below: Annotated[float, Field(ge=0, le=0.5)] = 0.1
    """An answer that differs from the consensus is refused only if, by the others' answers, it is right less probably than this."""
    accept_from: Annotated[float, Field(ge=0, le=1)] = 0.5
    """One that differs is accepted without a look if it is right at least this probably; between the two a curator audits it."""
    cost_ceiling: Annotated[AmountIn, Field(ge=0, le=HIGHEST_PRICE)] | None = None
    """The most that all answers to one task may cost together; no further answer is asked for beyond it."""
    audit_rate: Annotated[float, Field(ge=0, le=1)] = 0.0
    """The share of accepted answers that a curator looks at again, at random."""
    second_rate: Annotated[float, Field(ge=0, le=1)] = 0.1
    """The share of audits that a second curator does too, without knowing of the first."""
    review_days: Annotated[int, Field(ge=1, le=21)] = 7
    """An answer that nobody has decided this many days after it was given is accepted and paid."""
    good: Annotated[float, Field(gt=0.5, lt=1)] | None = None
    """The accuracy of good work: who is clearly at it gets few golden tasks. Without one, what suits the number of classes."""

    @property
    def review_period(self) -> timedelta:
        """`review_days` as a span of time."""
        return timedelta(days=self.review_days)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.accept_from < self.reject_below:
            raise PydanticCustomError("out_of_order", "accept_from must not be below reject_below")
        return self


class StepSpec(Shape):
    """One step: what is shown, what is asked, how many independent answers, at which price, by whom."""

    key: Key
    title: Title
    instruction: Text
    input: Annotated[list[InputField], Field(min_length=1, max_length=20)]
    answer: Annotated[list[AnswerField], Field(min_length=1, max_length=30)]
    overlap: Annotated[int, Field(ge=1, le=50)] = 1
    max_overlap: Annotated[int, Field(ge=1, le=50)] | None = None
    confidence: Annotated[float, Field(ge=0.5, le=0.999)] = 0.8
    """More answers are asked for, up to max_overlap, while the consensus is less sure than this."""
    price: Annotated[AmountIn, Field(ge=0, le=HIGHEST_PRICE)]
    time_limit_s: Annotated[int, Field(ge=5, le=86_400)] = 900
    qualification: Code
    level: Annotated[int, Field(ge=1, le=9)] = 1
    line: Annotated[int, Field(ge=1, le=3)] = 1
    """The line of support whose work this is: who is admitted to at least this line gets it; pay rules may look at it."""
    after: Annotated[list[Key], Field(max_length=20)] = []
    when: Annotated[list[Condition], Field(max_length=10)] = []
    not_by: Annotated[list[Key], Field(max_length=20)] = []
    """Who did one of these steps of a ticket may not do this one. What was done anew since no longer counts: else a ticket that comes
    back a few times would run out of people.
    """
    redo: Redo | None = None
    checking: Checking = Checking()
    judges: Key | None = None
    """The step whose answer this one accepts or rejects: by the yes_no field named in `redo`, or the first yes_no field."""

    @property
    def most_answers(self) -> int:
        """The most answers that a task of this step may get."""
        return max(self.overlap, self.max_overlap or self.overlap)


class WorkflowGraph(Shape):
    """Steps that need not hang together yet: `coherence` says whether they do."""

    name: Title
    steps: Annotated[list[StepSpec], Field(min_length=1, max_length=20)]
    urgent_when: Condition | None = None
    """A ticket for which this holds goes to the urgent lane for its further steps."""

    def step(self, key: str) -> StepSpec:
        """The step with this key (KeyError if there is none)."""
        return {step.key: step for step in self.steps}[key]

    def order(self) -> list[StepSpec]:
        """The steps, each after those it depends on."""
        place = {step.key: i for i, step in enumerate(self.steps)}
        sorter = TopologicalSorter({step.key: sorted(step.after, key=place.__getitem__) for step in self.steps})
        return [self.step(key) for key in sorter.static_order()]


class WorkflowSpec(WorkflowGraph):
    """The graph of steps."""

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        first = next(coherence.faults(self), None)
        if first is not None:
            raise PydanticCustomError("incoherent", "{words}", {"words": first.message})
        return self


async def publish(actor: UUID | None, project: Project, spec: WorkflowSpec) -> Workflow:
    """Make the next version of a project's workflow the active one. Tickets under way stay on the version they began with.

    The project's row is locked, so two publishers get two versions. Price, limits and instruction take effect for new tickets.
    """
    await Project.select_for_update().get(id=project.id)
    version = 1 + (await db.scalar("SELECT coalesce(max(version), 0) FROM workflow WHERE project_id = $1", project.id))
    await db.execute("UPDATE workflow SET state = 'retired' WHERE project_id = $1 AND state = 'active'", project.id)
    workflow = await Workflow.create(
        id=uuid7(), project_id=project.id, version=version, spec=spec.model_dump(mode="json", by_alias=True)
    )
    step_ids: dict[str, int] = {}
    for step in spec.steps:
        step_ids[step.key] = await db.scalar(
            "INSERT INTO step (workflow_id, project_id, key, spec) VALUES ($1, $2, $3, $4::jsonb) RETURNING id",
            workflow.id,
            project.id,
            step.key,
            orjson.dumps(step.model_dump(mode="json", by_alias=True)).decode(),
        )
    for step in spec.steps:
        await db.execute(
            """INSERT INTO queue (step_id, project_id, requester_id, qualification, level, price, time_limit_s, excluded, control_rate,
                                  key, line, must_read)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
                       (SELECT coalesce(max(version), 0) FROM instruction WHERE project_id = $2 AND must_read))""",
            step_ids[step.key],
            project.id,
            project.requester_id,
            step.qualification,
            step.level,
            step.price,
            step.time_limit_s,
            [step_ids[key] for key in step.not_by],
            project.control_rate,
            step.key,
            step.line,
        )
    await trail.record(actor, "workflow.published", "project", project.id, workflow=workflow.id, version=version)
    return workflow


async def active(project_id: UUID) -> Workflow | None:
    """The project's active workflow."""
    return await Workflow.get_or_none(project_id=project_id, state="active")


async def active_of(project_ids: Sequence[UUID]) -> dict[UUID, Workflow]:
    """The active workflows of those of these projects that have one, by project; one question, however many there are."""
    return {one.project_id: one for one in await Workflow.filter(project_id__in=list(project_ids), state="active")}


async def load(workflow_ids: Sequence[UUID]) -> dict[UUID, tuple[WorkflowSpec, dict[str, int]]]:
    """Spec and step ids by key for each workflow."""
    found: dict[UUID, tuple[WorkflowSpec, dict[str, int]]] = {}
    for row in await db.rows(
        """SELECT w.id, w.spec, jsonb_object_agg(s.key, s.id) AS steps FROM workflow w JOIN step s ON s.workflow_id = w.id
           WHERE w.id = ANY ($1) GROUP BY w.id, w.spec""",
        list(workflow_ids),
    ):
        found[row["id"]] = (read_spec(row["spec"]), orjson.loads(row["steps"]))
    return found


def read_spec(text: str | bytes | dict[str, Any]) -> WorkflowSpec:
    """A stored spec back as an object."""
    return WorkflowSpec.model_validate_json(orjson.dumps(text) if isinstance(text, dict) else text)


def read_step(text: str | bytes) -> StepSpec:
    """A stored step back as an object."""
    return StepSpec.model_validate_json(text)
