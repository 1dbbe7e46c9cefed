"""Consensus of a file of answers into files: reads, aggregates, writes; no database."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from piecework.platform.errors import SetupError
from piecework.quality.files import labels
from piecework.quality.statistics import data
from piecework.quality.statistics.methods import aggregate
from piecework.quality.statistics.onecoin import UNKNOWN
from piecework.quality.statistics.people import worker_estimates
from piecework.quality.statistics.vote import Floats

OUT = ("task", "label", "confidence")
WORKERS = ("worker", "accuracy", "low", "high", "answers")
LEVEL = 0.95
"""Of the intervals of the workers' accuracies."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was worked on."""

    tasks: int
    workers: int
    answers: int
    golden: int
    method: str


def consensus_of_files(answers_file: Path, golden_file: Path | None, method: str, out: Path, workers: Path) -> Done:
    """Read answers and golden answers, write `out` (`OUT`) and `workers` (`WORKERS`), rows in the order of first appearance.

    Both files are replaced only when both are complete. The interval of a worker is a 95 % credible one.

    Raises:
        SetupError: a file is broken or cannot be read or written, or there are too many classes for the method.
    """
    read = labels.read_labels(answers_file)
    truth, names = np.full(len(read.tasks), UNKNOWN), read.labels
    if golden_file is not None:
        truth, names = labels.read_golden(golden_file, read)
    classes = max(len(names), 2)
    crowd = data.answers(read.task, read.worker, read.label, classes, truth=truth, workers=len(read.workers))
    try:
        found = aggregate(crowd, method)
    except ValueError as error:
        raise SetupError(f"{answers_file}: {error}.") from None
    people = _people(crowd, found)
    labels.write(
        [
            (out, OUT, _tasks(read.tasks, names, found)),
            (workers, WORKERS, _workers(read, people)),
        ]
    )
    golden = int(np.count_nonzero(truth != UNKNOWN))
    return Done(crowd.tasks, crowd.workers, crowd.task.size, golden, method)


def _people(crowd: data.Answers, found: data.Aggregate) -> tuple[Floats, Floats, Floats]:
    """Mean, low and high of everybody's accuracy."""
    classes = np.full(crowd.tasks, crowd.classes)
    return worker_estimates(
        crowd.task,
        crowd.worker,
        crowd.label,
        classes,
        crowd.truth,
        np.clip(found.right, 0.0, 1.0),
        workers=crowd.workers,
        level=LEVEL,
    )


def _tasks(tasks: list[str], names: list[str], found: data.Aggregate) -> Iterator[Sequence[str]]:
    for task, label, confidence in zip(tasks, found.label.tolist(), found.confidence.tolist(), strict=True):
        yield task, names[label], f"{confidence:.6f}"


def _workers(read: labels.Labels, people: tuple[Floats, Floats, Floats]) -> Iterator[Sequence[str]]:
    answers = np.bincount(read.worker, minlength=len(read.workers)).tolist()
    columns = (column.tolist() for column in people)
    for worker, mean, low, high, count in zip(read.workers, *columns, answers, strict=True):
        yield worker, f"{mean:.6f}", f"{low:.6f}", f"{high:.6f}", str(count)
