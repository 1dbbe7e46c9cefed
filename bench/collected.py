"""Real crowds for the detectors of cheating: folders with labels.csv and truth.csv.

labels.csv has the columns task, worker, label and perhaps seconds; truth.csv task and label.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from piecework.quality.statistics import UNKNOWN, fit, flat, pairs, speed

SHOWN = 300.0
"""Characters that every task is taken to have shown, as the sets do not say."""


def rows(folder: Path) -> Iterator[str]:
    """Every crowd of the folder, once with its truth and once with the consensus alone."""
    for path in sorted(folder.iterdir()):
        answers = {(row["task"], row["worker"]): row for row in read(path / "labels.csv")}
        known = {row["task"]: int(row["label"]) for row in read(path / "truth.csv")}
        tasks = {name: code for code, name in enumerate(dict.fromkeys(task for task, _ in answers))}
        people = {name: code for code, name in enumerate(dict.fromkeys(worker for _, worker in answers))}
        task = np.array([tasks[name] for name, _ in answers])
        worker = np.array([people[name] for _, name in answers])
        label = np.array([int(row["label"]) for row in answers.values()])
        truth = np.array([known.get(name, UNKNOWN) for name in tasks])
        classes = max(int(label.max()), int(truth.max())) + 1
        fast = "-"
        if "seconds" in next(iter(answers.values())):
            seconds = np.array([float(row["seconds"]) for row in answers.values()])
            model = speed.fit(np.zeros_like(task), worker, seconds, np.full(task.size, SHOWN), workers=len(people))
            fast = str(len(speed.signals(model)))
        for name, given in (("truth", truth), ("consensus", np.full(truth.size, UNKNOWN))):
            fitted = fit(task, worker, label, np.full(truth.size, classes), truth=given)
            found = pairs.find(task, worker, label, given, fitted.accuracy, [classes])
            right = fitted.label[task]
            tested = flat.find(worker, label, right, np.full(task.size, classes), workers=len(people))
            named = {person for ring in found.rings for person in ring}
            yield (
                f"{path.name} | {name} | {len(people)} | {found.p.size} | {found.alike.sum()} | {found.expected.sum():.0f} | "
                f"{(found.p <= 0.01).mean():.4f} | {found.flagged.size} | {len(named)} | {len(flat.signals(tested))} | {fast}"
            )


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
