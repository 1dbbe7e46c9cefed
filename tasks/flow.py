"""Which steps of a ticket come next: a pure function of the workflow and of what is known so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from piecework.platform.said import Said
from piecework.tasks.fields import Answer
from piecework.tasks.workflows import Condition, StepSpec, WorkflowSpec


@dataclass(frozen=True, slots=True)
class Known:
    """The latest task of one step of a ticket. `result` is None while it is open, and when its answers never agreed."""

    iteration: int
    resolved: bool
    agreed: bool = True
    result: Answer | None = None


@dataclass(slots=True)
class Next:
    """What to do with a ticket now."""

    open: list[tuple[str, int]] = field(default_factory=list)
    """Steps to open, with their iteration."""
    done: bool = False
    stuck: Said | None = None
    """Why a person must decide how it goes on."""


def holds(condition: Condition, known: Mapping[str, Known]) -> bool:
    """True if the condition's step is resolved and answers it."""
    step = known.get(condition.step)
    if step is None or not step.resolved:
        return False
    if condition.field is None:
        return step.agreed == condition.agreed
    return step.result is not None and step.result.get(condition.field) == condition.is_


def advance(spec: WorkflowSpec, known: Mapping[str, Known]) -> Next:
    """Decide from the latest task of each step. Calling it again with the same knowledge gives the same answer.

    A step is wanted at the iteration of the steps it depends on; a `redo` raises the iteration of the step it names, and with it
    of everything that depends on that. A step whose conditions do not hold is passed over.
    """
    out = Next()
    wanted: dict[str, int] = {}
    settled: set[str] = set()
    for step in spec.order():
        latest = known.get(step.key)
        wanted[step.key] = max([1, latest.iteration if latest else 1, *(wanted[key] for key in step.after)])
        again = _redo_of(spec, step, known)
        if again is not None:
            if again > wanted[step.key] and again > _most(spec, step):
                out.stuck = Said("%(step)s was done %(times)s times without passing", step=step.key, times=again - 1)
                return out
            wanted[step.key] = max(wanted[step.key], again)
        if latest is not None and latest.iteration >= wanted[step.key]:
            if latest.resolved:
                settled.add(step.key)
                if not latest.agreed and not handles_disagreement(spec, step.key):
                    out.stuck = Said("the answers to %(step)s do not agree", step=step.key)
        elif all(key in settled for key in step.after):
            if all(holds(condition, known) for condition in step.when):
                out.open.append((step.key, wanted[step.key]))
            else:
                settled.add(step.key)
    out.done = len(settled) == len(spec.steps) and out.stuck is None
    return out


def _redo_of(spec: WorkflowSpec, step: StepSpec, known: Mapping[str, Known]) -> int | None:
    """The iteration that a later step's verdict asks of this one, if any does."""
    asked = [
        judge.iteration + 1
        for other in spec.steps
        if other.redo is not None and other.redo.step == step.key
        if (judge := known.get(other.key)) is not None and judge.resolved and judge.result is not None
        if judge.result.get(other.redo.field) == other.redo.is_
    ]
    return max(asked, default=None)


def _most(spec: WorkflowSpec, step: StepSpec) -> int:
    return max(other.redo.most for other in spec.steps if other.redo is not None and other.redo.step == step.key)


def inputs(ticket: Mapping[str, Any], step: StepSpec, known: Mapping[str, Known]) -> dict[str, Any]:
    """What a task of this step shows: of the ticket as it may be shown, and of the results so far."""
    shown: dict[str, Any] = {}
    for one in step.input:
        origin, name = one.source.split(".")
        result = known[origin].result if origin in known else None
        shown[one.name] = ticket[name] if origin == "ticket" else (result or {}).get(name)
    return shown


def handles_disagreement(spec: WorkflowSpec, key: str) -> bool:
    """True if some step takes over when this one's answers do not agree."""
    return any(condition.step == key and condition.agreed is False for step in spec.steps for condition in step.when)
