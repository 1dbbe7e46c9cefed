"""A curator changes how a step's answers are checked: a new version of the workflow that differs in nothing else."""

from uuid import UUID

from piecework.platform import trail
from piecework.platform.errors import Conflict, Invalid, NotFound
from piecework.platform.money import AmountIn
from piecework.platform.said import Said
from piecework.platform.web.operation import Shape
from piecework.quality.schemas.audits import Reason
from piecework.tasks import workflows
from piecework.tasks.models import Project, Workflow
from piecework.tasks.workflows import Checking, StepSpec, read_spec


class PolicyChanged(Conflict):
    """Somebody published another version meanwhile."""

    code = "policy_changed"
    title = "The workflow is no longer at the version that you looked at."


class Rules(Shape):
    """What a curator may set of a step: how many answers, when they suffice, who looks at what."""

    overlap: int
    max_overlap: int | None = None
    confidence: float
    method: str
    reject_below: float
    accept_from: float
    cost_ceiling: AmountIn | None = None
    audit_rate: float
    second_rate: float
    review_days: int
    good: float | None = None


class Change(Rules):
    """New rules for a step, the version that they were written from, and why."""

    version: int
    reason: Reason


def rules_of(step: StepSpec) -> dict[str, object]:
    """A step's rules by name."""
    checking = {name: getattr(step.checking, name) for name in Checking.model_fields}
    return {"overlap": step.overlap, "max_overlap": step.max_overlap, "confidence": step.confidence, **checking}


def with_rules(step: StepSpec, rules: Rules) -> StepSpec:
    """The step with other rules.

    Raises:
        ValidationError: they contradict each other or lie out of bounds.
    """
    given = rules.model_dump(include=set(Rules.model_fields))
    spec = step.model_dump(mode="json", by_alias=True)
    overlap = {name: given.pop(name) for name in ("overlap", "max_overlap", "confidence")}
    return StepSpec.model_validate(spec | overlap | {"checking": given})


async def change(actor: UUID, project: Project, key: str, changed: Change) -> Workflow:
    """Publish the active workflow with other rules for one step. Tickets under way go on by the version that they began with.

    Raises:
        NotFound: the project has no such step at work. PolicyChanged: see there. ValidationError: the rules do not hold.
    """
    await Project.select_for_update().get(id=project.id)
    now = await workflows.active(project.id)
    if now is None:
        raise NotFound
    spec = read_spec(now.spec)
    if key not in {step.key for step in spec.steps}:
        raise NotFound
    if now.version != changed.version:
        raise PolicyChanged(Said("It is at version %(version)s.", version=now.version))
    if rules_of(spec.step(key)) == rules_of(with_rules(spec.step(key), changed)):
        raise Invalid(Said("Nothing is different."))
    steps = [with_rules(step, changed) if step.key == key else step for step in spec.steps]
    made = await workflows.publish(actor, project, spec.model_copy(update={"steps": steps}))
    await trail.record(actor, "policy.changed", "project", project.id, reason=changed.reason, step=key, version=made.version)
    return made
