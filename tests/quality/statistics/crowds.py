"""Simulated crowds for the tests of the consensus methods."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from piecework.quality.statistics.data import Answers, answers

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Crowd:
    """Answers with the real classes of the tasks and the real confusion matrices (W, K, K) of the people."""

    data: Answers
    real: Integers
    confusion: Floats

    def golden(self, every: int) -> Answers:
        """The same answers with every so many-th truth known."""
        truth = np.where(np.arange(self.real.size) % every == 0, self.real, -1)
        return answers(
            self.data.task, self.data.worker, self.data.label, self.data.classes, truth=truth, workers=self.data.workers
        )


def crowd(
    seed: int, confusion: Floats, *, tasks: int = 300, overlap: int = 5, frequency: tuple[float, ...] | None = None
) -> Crowd:
    """People with these confusion matrices, as many of them a task as `overlap` says, chosen at random."""
    rng = np.random.default_rng(seed)
    people, classes, _ = confusion.shape
    real = rng.choice(classes, tasks, p=frequency)
    worker = np.concatenate([rng.choice(people, overlap, replace=False) for _ in range(tasks)])
    task = np.repeat(np.arange(tasks), overlap)
    chance = confusion[worker, real[task]].cumsum(axis=1)
    label = (chance < rng.random(task.size)[:, None]).sum(axis=1).clip(max=classes - 1)
    return Crowd(answers(task, worker, label, classes, tasks=tasks, workers=people), real, confusion)


def coins(seed: int, *, people: int = 40, classes: int = 3, right: float = 8.0, wrong: float = 3.0) -> Floats:
    """Matrices of people who confuse all classes alike, with accuracies from Beta(right, wrong)."""
    accuracy = np.random.default_rng(seed).beta(right, wrong, people)
    matrices = np.repeat(((1 - accuracy) / (classes - 1))[:, None, None], classes, axis=1).repeat(classes, axis=2)
    matrices[:, np.arange(classes), np.arange(classes)] = accuracy[:, None]
    return matrices


def share(label: Integers, real: Integers) -> float:
    """The share of right labels."""
    return float(np.mean(label == real))
