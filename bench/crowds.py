"""Simulated crowds: honest people on difficult tasks with shared misconceptions, and cheats among them.

An honest person of skill s answers a task of difficulty d right with the chance of the logistic
function of s - d. A wrong answer falls, with the chance `trap` of the task, on the task's own
misconception, else on any other class. Some tasks are so misleading that most people are wrong.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


@dataclass(slots=True)
class Crowd:
    """Answers of a simulated crowd; the columns of one answer each, and who cheats."""

    task: Integers
    worker: Integers
    label: Integers
    truth: Integers
    classes: int
    people: int
    rings: list[tuple[int, ...]] = field(default_factory=list)

    @property
    def cheats(self) -> set[int]:
        """Everybody in a ring."""
        return {person for ring in self.rings for person in ring}


@dataclass(frozen=True, slots=True)
class Ring:
    """One ring: how many, how often they copy, how often a copy is changed, tasks that a pair shares."""

    size: int
    copying: float
    noise: float
    shared: int = 60
    at_once: int = 3


class World:
    """Tasks and people, before anybody answers."""

    def __init__(self, seed: int, *, people: int = 300, tasks: int = 4000, classes: int = 4, misleading: float = 0.15) -> None:
        self.rng = np.random.default_rng(seed)
        self.classes, self.people, self.tasks = classes, people, tasks
        self.truth = self.rng.integers(classes, size=tasks)
        self.misconception = (self.truth + self.rng.integers(1, classes, size=tasks)) % classes
        hard = self.rng.random(tasks) < misleading
        self.difficulty = self.rng.normal(np.where(hard, 1.5, -0.5), 0.8)
        self.trap = np.where(hard, self.rng.uniform(0.5, 1.0, tasks), self.rng.uniform(0.0, 0.6, tasks))
        self.skill = self.rng.normal(1.2, 0.7, people)

    def honest(self, person: Integers, task: Integers) -> Integers:
        """What these people say of these tasks on their own."""
        rng, count = self.rng, person.size
        right = rng.random(count) < 1 / (1 + np.exp(self.difficulty[task] - self.skill[person]))
        trapped = rng.random(count) < self.trap[task]
        other = (self.truth[task] + rng.integers(1, self.classes, size=count)) % self.classes
        return np.where(right, self.truth[task], np.where(trapped, self.misconception[task], other))

    def crowd(self, overlap: int, rings: list[Ring] | None = None, *, cluster: int = 0) -> Crowd:
        """Everybody's answers: `overlap` a task.

        People take tasks at random, or in batches within groups of `cluster` people, who so come to
        share many tasks. Rings are made of the last people, who take their own tasks together.
        """
        seats = np.full((self.tasks, overlap), -1, dtype=np.int64)
        made: list[tuple[int, ...]] = []
        free, last = 0, self.people
        for ring in rings or []:
            members = np.arange(last - ring.size, last)
            last -= ring.size
            made.append(tuple(members.tolist()))
            free = self._seat(seats, free, members, ring)
        honest = np.arange(last)
        groups = np.array_split(honest, max(1, last // cluster)) if cluster else [honest]
        for row in seats:
            group = groups[self.rng.integers(len(groups))]
            empty = np.flatnonzero(row < 0)
            row[empty] = self.rng.choice(group, empty.size, replace=False)
        label = self.honest(seats.ravel(), np.repeat(np.arange(self.tasks), overlap)).reshape(seats.shape)
        for ring, group_of in zip(rings or [], made, strict=True):
            self._copy(seats, label, group_of, ring)
        task = np.repeat(np.arange(self.tasks), overlap)
        return Crowd(task, seats.ravel(), label.ravel(), self.truth, self.classes, self.people, made)

    def _seat(self, seats: Integers, free: int, members: Integers, ring: Ring) -> int:
        at_once = min(ring.size, ring.at_once)
        pairs = ring.size * (ring.size - 1) / (at_once * (at_once - 1))
        needed = int(np.ceil(ring.shared * pairs))
        for row in seats[free : free + needed]:
            row[:at_once] = self.rng.permutation(members)[:at_once]
        return free + needed

    def _copy(self, seats: Integers, label: Integers, members: tuple[int, ...], ring: Ring) -> None:
        """Who answers later copies the first of the ring on the task, and changes some copies."""
        at_once = min(ring.size, ring.at_once)
        rows = np.flatnonzero(np.isin(seats[:, 0], members))
        for place in range(1, at_once):
            copied = self.rng.random(rows.size) < ring.copying
            changed = self.rng.random(rows.size) < ring.noise
            said = np.where(changed, self.rng.integers(self.classes, size=rows.size), label[rows, 0])
            label[rows, place] = np.where(copied, said, label[rows, place])
