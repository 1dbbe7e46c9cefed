"""The simulated people: what they answer."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from piecework.quality.simulator.models import Group, Kind, Population
from piecework.quality.statistics import ACCURACY_PRIOR, Evidence
from piecework.quality.statistics.beta import update
from piecework.quality.statistics.rate import Watch


@dataclass(eq=False, slots=True)
class Task:
    """One task, golden or not: people cannot tell which."""

    number: int
    truth: int
    hard: bool
    lure: int
    """The wrong class that tempts."""
    voters: list["Person"] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    seen: list["Person"] = field(default_factory=list)
    """Everybody who was ever shown it, as a golden task or not."""
    key: int | None = None
    """The answer that a golden task is graded by: a curator's, who may be wrong."""
    exposures: int = 0
    """After so many people a golden task is retired."""


@dataclass(slots=True)
class SharedList:
    """What colluding people tell each other: for every task how many of them saw it and what they answered first."""

    seen: dict[int, tuple[int, int]] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Person:
    """One simulated person, with what is known of them."""

    number: int
    group: Group
    accuracy: float
    shared: SharedList | None
    watch: Watch = field(default_factory=Watch)
    golden_evidence: Evidence = field(default_factory=Evidence)
    overlap_evidence: Evidence = field(default_factory=Evidence)
    given: int = 0
    """Answers, golden ones included."""
    golden_given: int = 0
    right: int = 0
    """Right answers to ordinary tasks, as nobody but the simulator knows."""
    golden_right: int = 0
    decided_after: int | None = None
    """Answers until the first verdict."""
    sanctioned_after: int | None = None
    alarms: int = 0

    @property
    def estimate(self) -> float:
        """The posterior mean of the person's accuracy."""
        total = self.golden_evidence + self.overlap_evidence
        return update(ACCURACY_PRIOR, total.right, total.wrong).mean


def people(population: Population, rng: np.random.Generator) -> list[Person]:
    """Everybody, group by group."""
    found: list[Person] = []
    for group in population.groups:
        shared = SharedList() if group.kind == Kind.COLLUDING and group.shares else None
        low, high = 1 / population.classes, 0.99
        for accuracy in np.clip(rng.normal(group.accuracy, group.spread, group.people), low, high):
            found.append(Person(len(found), group, float(accuracy), shared))
    return found


def tasks(population: Population, rng: np.random.Generator, first: int = 0) -> Iterator[Task]:
    """Tasks without end, numbered from `first`."""
    number = first
    while True:
        truth, other = (int(value) for value in rng.integers((population.classes, population.classes - 1)))
        yield Task(number, truth, bool(rng.random() < population.hard), other + (other >= truth))
        number += 1


def answer(person: Person, task: Task, population: Population, rng: np.random.Generator) -> int:
    """What the person answers; colluding people write it down."""
    match person.group.kind:
        case Kind.RANDOM:
            return int(rng.integers(population.classes))
        case Kind.CONSTANT:
            return 0
        case Kind.COLLUDING:
            return _colluding(person, task, population, rng)
        case _:
            return _solved(_now(person), task, population, rng)


def _now(person: Person) -> float:
    group = person.group
    if group.kind == Kind.CHANGING and group.later is not None and group.change_after is not None:
        return group.later if person.given >= group.change_after else person.accuracy
    return person.accuracy


def _solved(accuracy: float, task: Task, population: Population, rng: np.random.Generator) -> int:
    """An honest attempt."""
    chance = 1 / population.classes
    if task.hard:
        accuracy = chance + (accuracy - chance) / 2
    if rng.random() < accuracy:
        return task.truth
    if rng.random() < population.lure:
        return task.lure
    other = int(rng.integers(population.classes - 1))
    return other + (other >= task.truth)


def _colluding(person: Person, task: Task, population: Population, rng: np.random.Generator) -> int:
    if person.shared is None:
        return int(rng.integers(population.classes))
    seen, label = person.shared.seen.get(task.number, (0, int(rng.integers(population.classes))))
    person.shared.seen[task.number] = (seen + 1, label)
    return _solved(person.accuracy, task, population, rng) if seen >= person.group.recognise_after else label
