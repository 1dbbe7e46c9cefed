"""python -m bench.people FOLDER...: how right the accuracies of people are, on crowds whose truth is known.

A folder holds labels.csv (task,worker,label) and truth.csv (task,label). A random part of the known truth is given as golden
tasks; the rest is only for scoring. What is estimated is compared with the share of right answers of each person:

    other   of their answers to tasks with a known truth that were not golden
    all     of all their answers to tasks with a known truth

`off` and `r` are the mean distance from that share and the correlation with it, over people with 10 such answers or more;
`cover` and `width` tell how often it lies in the 95 % interval and how wide that is, over people with 20 or more.
"""

import argparse
import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from piecework.quality.statistics import Fit, fit
from piecework.quality.statistics.beta_arrays import quantiles
from piecework.quality.statistics.data import answers
from piecework.quality.statistics.methods import aggregate
from piecework.quality.statistics.people import TYPICAL, UNKNOWN, learn, posteriors, worker_estimates

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Estimate = tuple[Floats, Floats, Floats]

ENOUGH_FOR_MEAN, ENOUGH_FOR_INTERVAL = 10, 20
COLUMNS = ("off", "r", "cover", "width", "off", "r", "cover", "width")


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """One folder: N answers, T tasks, W workers, numbered from 0."""

    name: str
    task: Integers
    worker: Integers
    label: Integers
    classes: Integers
    truth: Integers
    workers: int


def read(folder: Path) -> Crowd:
    """A crowd from its two files; of several answers of one person to one task the last counts."""
    said = {(row["task"], row["worker"]): row["label"] for row in _rows(folder / "labels.csv")}
    known = {row["task"]: row["label"] for row in _rows(folder / "truth.csv")}
    tasks = _codes([task for task, _ in said] + list(known))
    workers = _codes([worker for _, worker in said])
    labels = _codes(list(said.values()) + list(known.values()))
    truth = np.full(len(tasks), UNKNOWN, dtype=np.int64)
    for task, label in known.items():
        truth[tasks[task]] = labels[label]
    return Crowd(
        name=folder.name,
        task=np.array([tasks[task] for task, _ in said], dtype=np.int64),
        worker=np.array([workers[worker] for _, worker in said], dtype=np.int64),
        label=np.array([labels[label] for label in said.values()], dtype=np.int64),
        classes=np.full(len(tasks), max(len(labels), 2), dtype=np.int64),
        truth=truth,
        workers=len(workers),
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _codes(values: list[str]) -> dict[str, int]:
    return {value: code for code, value in enumerate(sorted(set(values)))}


def golden(crowd: Crowd, share: float, seed: int) -> Integers:
    """The truth of a random part of the tasks whose truth is known, `UNKNOWN` elsewhere."""
    known = np.flatnonzero(crowd.truth != UNKNOWN)
    chosen = np.random.default_rng(seed).choice(known, round(share * known.size), replace=False)
    given = np.full(crowd.truth.size, UNKNOWN, dtype=np.int64)
    given[chosen] = crowd.truth[chosen]
    return given


def batch(crowd: Crowd, given: Integers, fitted: Fit) -> Estimate:
    """What a batch over everything says, by the one-coin model."""
    return worker_estimates(
        crowd.task, crowd.worker, crowd.label, crowd.classes, given, fitted.probability_right, workers=crowd.workers
    )


def auto(crowd: Crowd, given: Integers, _: Fit) -> Estimate:
    """The same with the others' judgement by whatever consensus method the answers bear out."""
    asked = answers(crowd.task, crowd.worker, crowd.label, int(crowd.classes[0]), truth=given, workers=crowd.workers)
    right = aggregate(asked, "auto").right
    return worker_estimates(crowd.task, crowd.worker, crowd.label, crowd.classes, given, right, workers=crowd.workers)


def stream(crowd: Crowd, given: Integers, fitted: Fit) -> Estimate:
    """What the sums of evidence say that are stored as answers come in, with the numbers of the crowd learnt from them."""
    return _from_sums(crowd, given, fitted, learnt=True)


def typical(crowd: Crowd, given: Integers, fitted: Fit) -> Estimate:
    """The same without learning: the numbers of a typical crowd."""
    return _from_sums(crowd, given, fitted, learnt=False)


def independent(crowd: Crowd, _: Integers, fitted: Fit) -> Estimate:
    """The same sums, as if nobody shared a mistake."""
    found = [fitted.interval(worker) for worker in range(crowd.workers)]
    return (
        np.array([one.mean for one in found]),
        np.array([one.low for one in found]),
        np.array([one.high for one in found]),
    )


def _from_sums(crowd: Crowd, given: Integers, fitted: Fit, *, learnt: bool) -> Estimate:
    known = given[crowd.task] != UNKNOWN
    sums = [
        np.bincount(crowd.worker[part], weights[part], minlength=crowd.workers).astype(np.float64)
        for part in (known, ~known)
        for weights in (fitted.answer_right, fitted.answer_wrong)
    ]
    people = learn(*sums, golden_tasks=int((given != UNKNOWN).sum())) if learnt else TYPICAL
    alpha, beta = posteriors(*sums, crowd=people)
    return alpha / (alpha + beta), quantiles(alpha, beta, 0.025), quantiles(alpha, beta, 0.975)


METHODS: dict[str, Callable[[Crowd, Integers, Fit], Estimate]] = {
    "auto": auto,
    "batch": batch,
    "stream": stream,
    "typical": typical,
    "independent": independent,
}


def scores(crowd: Crowd, given: Integers, estimate: Estimate) -> list[float]:
    """The columns, for the other answers, then for all."""
    known = crowd.truth[crowd.task] != UNKNOWN
    hit = (crowd.label == crowd.truth[crowd.task]).astype(np.float64)
    found: list[float] = []
    for part in (known & (given[crowd.task] == UNKNOWN), known):
        count = np.bincount(crowd.worker[part], minlength=crowd.workers)
        share = np.bincount(crowd.worker[part], hit[part], minlength=crowd.workers) / np.maximum(count, 1)
        mean, low, high = estimate
        some, many = count >= ENOUGH_FOR_MEAN, count >= ENOUGH_FOR_INTERVAL
        found += [
            float(np.abs(mean - share)[some].mean()),
            float(np.corrcoef(mean[some], share[some])[0, 1]),
            float(((low <= share) & (share <= high))[many].mean()),
            float((high - low)[many].mean()),
        ]
    return found


def measure(crowd: Crowd, share: float, seeds: int) -> dict[str, Floats]:
    """Method -> the columns, averaged over the seeds."""
    found: dict[str, list[list[float]]] = {name: [] for name in METHODS}
    for seed in range(seeds if share else 1):
        given = golden(crowd, share, seed)
        fitted = fit(crowd.task, crowd.worker, crowd.label, crowd.classes, truth=given, workers=crowd.workers)
        for name, method in METHODS.items():
            found[name].append(scores(crowd, given, method(crowd, given, fitted)))
    return {name: np.mean(rows, axis=0) for name, rows in found.items()}


def _line(golden_share: float, method: str, name: str, values: Floats) -> str:
    return f"{golden_share:6.0%}  {method:11}  {name:14}" + "".join(f"{value:7.3f}" for value in values)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.people", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--golden", type=float, default=0.1, help="the part of the known truth that is golden (0.1)")
    parser.add_argument("--seeds", type=int, default=5, help="how many random choices of it are averaged (5)")
    asked = parser.parse_args()
    crowds = [read(folder) for folder in asked.folders]
    print(f"{'':35}{'other':>28}{'all':>28}")
    print(f"golden  {'method':11}  {'crowd':14}" + "".join(f"{name:>7}" for name in COLUMNS))
    for share in (0.0, asked.golden):
        measured = {crowd.name: measure(crowd, share, asked.seeds) for crowd in crowds}
        for method in METHODS:
            for name, found in measured.items():
                print(_line(share, method, name, found[method]))
            print(_line(share, method, "MEAN", np.mean([found[method] for found in measured.values()], axis=0)))


if __name__ == "__main__":
    main()
