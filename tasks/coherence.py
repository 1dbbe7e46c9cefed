"""Whether the steps of a workflow hang together: each fault with its place, so that a page can show it beside what causes it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from graphlib import CycleError
from typing import TYPE_CHECKING

from piecework.tasks.fields import FieldType

if TYPE_CHECKING:
    from piecework.tasks.workflows import Condition, StepSpec, WorkflowGraph

TICKET_FIELDS = ("subject", "text", "channel", "language")
MOST_ANSWERS = 200
"""The most answers that one pass of a ticket through a workflow may ask for."""

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a workflow, and where in it."""

    place: Place
    code: str
    message: str


def faults(graph: "WorkflowGraph") -> Iterator[Fault]:
    """Everything that keeps these steps from working together; nothing if they do.

    Faults of one kind may hide others: as long as keys are given twice or the order has no end, nothing can be said of what stands
    before what.
    """
    steps = graph.steps
    fatal = [*_of_keys(steps), *_of_references(steps)]
    if sum(step.most_answers for step in steps) > MOST_ANSWERS:
        yield Fault(("steps",), "too_many_answers", f"all steps together may ask for at most {MOST_ANSWERS} answers to a ticket")
    yield from fatal
    if fatal:
        return
    try:
        ordered = graph.order()
    except CycleError as error:
        circle = set(error.args[1])
        for place, step in enumerate(steps):
            if step.key in circle:
                yield Fault(("steps", place, "after"), "circle", "the steps depend on each other in a circle")
        return
    before: dict[str, set[str]] = {}
    for step in ordered:
        before[step.key] = set(step.after).union(*(before[key] for key in step.after))
    for place, step in enumerate(steps):
        yield from _Step(graph, step, ("steps", place), before[step.key]).faults()
    if graph.urgent_when is not None:
        keys = {step.key for step in steps}
        yield from _of_condition(graph, graph.urgent_when, keys, ("urgent_when",), "urgent_when")


def _of_keys(steps: Sequence["StepSpec"]) -> Iterator[Fault]:
    seen: set[str] = {"ticket"}
    for place, step in enumerate(steps):
        if step.key in seen:
            yield Fault(("steps", place, "key"), "key_taken", "step keys must be different, and none may be 'ticket'")
        seen.add(step.key)


def _of_references(steps: Sequence["StepSpec"]) -> Iterator[Fault]:
    keys = {step.key for step in steps}
    for place, step in enumerate(steps):
        named = {"after": step.after, "not_by": step.not_by, "judges": [step.judges] if step.judges else []}
        for name, others in named.items():
            for other in others:
                if other not in keys or other == step.key:
                    message = f"step {step.key} refers to {other}, which is not another step"
                    yield Fault(("steps", place, name), "not_another_step", message)


def _of_condition(graph: "WorkflowGraph", condition: "Condition", allowed: set[str], place: Place, where: str) -> Iterator[Fault]:
    if condition.step not in allowed:
        yield Fault(place, "not_before", f"{where}: {condition.step} is not a step before it")
    elif condition.field is not None and not _can_be(graph, condition.step, condition.field, condition.is_):
        message = f"{where}: {condition.step}.{condition.field} can never be {condition.is_!r}"
        yield Fault(place, "never_so", message)


def _can_be(graph: "WorkflowGraph", key: str, name: str, value: str | bool | None) -> bool:
    fields = {field.name: field for field in graph.step(key).answer}
    return name in fields and fields[name].is_known(value)


@dataclass(frozen=True, slots=True)
class _Step:
    """One step among those before it."""

    graph: "WorkflowGraph"
    step: "StepSpec"
    place: Place
    before: set[str]

    def faults(self) -> Iterator[Fault]:
        yield from self._answer()
        yield from self._input()
        for number, condition in enumerate(self.step.when):
            yield from _of_condition(self.graph, condition, self.before, (*self.place, "when", number), f"step {self.step.key}")
        yield from self._redo()
        judged, yes_no = self.step.judges, any(field.type == FieldType.YES_NO for field in self.step.answer)
        if judged is not None and (judged not in self.before or not yes_no):
            yield self._fault("judges", "cannot_judge", "it can judge only an earlier step, with a yes_no field")

    def _fault(self, name: str, code: str, words: str) -> Fault:
        return Fault((*self.place, name), code, f"step {self.step.key}: {words}")

    def _answer(self) -> Iterator[Fault]:
        names: set[str] = set()
        for number, field in enumerate(self.step.answer):
            here = (*self.place, "answer", number)
            if field.name in names:
                message = f"step {self.step.key} has two answer fields of the same name"
                yield Fault((*here, "name"), "name_taken", message)
            names.add(field.name)
            rule = field.only_if
            # Consensus decides the fields in this order, so the one that is depended on must be decided before.
            earlier = [one for one in self.step.answer[:number] if one.type != FieldType.TEXT]
            if rule is not None and not any(one.name == rule.field and one.is_known(rule.is_) for one in earlier):
                message = f"step {self.step.key}: {field.name} depends on a value that {rule.field}, before it, cannot have"
                yield Fault((*here, "only_if"), "never_asked", message)

    def _input(self) -> Iterator[Fault]:
        names: set[str] = set()
        for number, shown in enumerate(self.step.input):
            here = (*self.place, "input", number)
            if shown.name in names:
                yield Fault((*here, "name"), "name_taken", f"step {self.step.key} has two inputs of the same name")
            names.add(shown.name)
            origin, name = shown.source.split(".")
            if origin == "ticket":
                if name not in TICKET_FIELDS:
                    message = f"step {self.step.key}: a ticket has no {name}; it has {', '.join(TICKET_FIELDS)}"
                    yield Fault((*here, "source"), "no_such_source", message)
            elif origin not in self.before or name not in {field.name for field in self.graph.step(origin).answer}:
                message = f"step {self.step.key}: {shown.source} is not a field of a step before it"
                yield Fault((*here, "source"), "no_such_source", message)

    def _redo(self) -> Iterator[Fault]:
        redo = self.step.redo
        if redo is None:
            return
        if redo.step not in self.before:
            yield self._fault("redo", "not_before", "only an earlier step can be done anew")
        elif not _can_be(self.graph, self.step.key, redo.field, redo.is_):
            yield self._fault("redo", "never_so", f"{self.step.key}.{redo.field} can never be {redo.is_!r}")
