"""python -m bench.overlap FOLDER...: dynamic against fixed overlap, replayed on recorded crowds.

A folder holds labels.csv (task,worker,label) and truth.csv (task,label). The answers arrive in a random order; an answer is taken
only if its task still wants one. People's accuracies are learnt on the way, as in production: from what the others' answers say of
theirs when a task is finished, and from golden tasks, a tenth of the tasks with a known truth. Accuracy is that of all other tasks
with a known truth.
"""

import argparse
import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from piecework.quality.statistics import ACCURACY_PRIOR, UNKNOWN, Evidence, overlap_evidence, posterior, stopping
from piecework.quality.statistics.beta import update
from piecework.quality.statistics.data import answers
from piecework.quality.statistics.methods import aggregate
from piecework.quality.statistics.stopping import Next, Overlap

GOLDEN = 0.1
SEEDS = 5
TARGETS = (0.8, 0.9, 0.95, 0.98)


@dataclass(frozen=True, slots=True)
class Crowd:
    """The answers as arrays of codes; truth is UNKNOWN where there is none."""

    task: np.ndarray[tuple[int], np.dtype[np.int64]]
    worker: np.ndarray[tuple[int], np.dtype[np.int64]]
    label: np.ndarray[tuple[int], np.dtype[np.int64]]
    truth: np.ndarray[tuple[int], np.dtype[np.int64]]
    classes: int


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay came to."""

    streamed: float
    """Accuracy of the results as they were decided."""
    refitted: float
    """The same after all answers taken were fitted together."""
    answers: float
    """Taken per task that is not golden."""


def read(folder: Path) -> Crowd:
    with (folder / "labels.csv").open(encoding="utf-8") as file:
        rows = [(row["task"], row["worker"], row["label"]) for row in csv.DictReader(file)]
    with (folder / "truth.csv").open(encoding="utf-8") as file:
        known = {row["task"]: row["label"] for row in csv.DictReader(file)}
    tasks, workers = ({name: i for i, name in enumerate(dict.fromkeys(row[column] for row in rows))} for column in (0, 1))
    labels = {name: i for i, name in enumerate(sorted({row[2] for row in rows} | set(known.values())))}
    return Crowd(
        np.array([tasks[row[0]] for row in rows]),
        np.array([workers[row[1]] for row in rows]),
        np.array([labels[row[2]] for row in rows]),
        np.array([labels[known[name]] if name in known else UNKNOWN for name in tasks]),
        len(labels),
    )


def replay(crowd: Crowd, rule: Overlap, seed: int) -> Replayed:
    """One random order of arrival."""
    rng = np.random.default_rng(seed)
    known = np.flatnonzero(crowd.truth != UNKNOWN)
    golden = set(rng.permutation(known)[: round(GOLDEN * known.size)].tolist())
    told: dict[int, Evidence] = defaultdict(Evidence)
    taken: dict[int, list[int]] = defaultdict(list)
    results: dict[int, int] = {}
    for i in rng.permutation(crowd.task.size).tolist():
        task = int(crowd.task[i])
        if task in golden:
            right = bool(crowd.label[i] == crowd.truth[task])
            told[int(crowd.worker[i])] += Evidence(float(right), float(not right))
            continue
        if task in results:
            continue
        taken[task].append(i)
        shares = _shares(crowd, taken[task], told)
        if stopping.decide(shares, len(taken[task]), rule, classes=crowd.classes) != Next.ASK:
            results[task] = int(np.argmax(shares))
            _learn(crowd, taken[task], told)
    for task in taken.keys() - results.keys():
        results[task] = int(np.argmax(_shares(crowd, taken[task], told)))
    judged = [task for task in results if crowd.truth[task] != UNKNOWN]
    used = [i for chosen in taken.values() for i in chosen]
    refitted = _refitted(crowd, used, golden)
    return Replayed(
        float(np.mean([results[task] == crowd.truth[task] for task in judged])),
        float(np.mean([refitted[task] == crowd.truth[task] for task in judged])),
        len(used) / len(taken),
    )


def _accuracies(crowd: Crowd, chosen: list[int], told: dict[int, Evidence]) -> list[float]:
    found = (told[int(crowd.worker[i])] for i in chosen)
    return [update(ACCURACY_PRIOR, said.right, said.wrong).mean for said in found]


def _shares(crowd: Crowd, chosen: list[int], told: dict[int, Evidence]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return posterior(crowd.label[chosen], _accuracies(crowd, chosen, told), crowd.classes)


def _learn(crowd: Crowd, chosen: list[int], told: dict[int, Evidence]) -> None:
    if len(chosen) > 1:
        found = overlap_evidence(crowd.label[chosen], _accuracies(crowd, chosen, told), crowd.classes)
        for i, said in zip(chosen, found, strict=True):
            told[int(crowd.worker[i])] += said


def _refitted(crowd: Crowd, used: list[int], golden: set[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    shown = used + [i for i in range(crowd.task.size) if int(crowd.task[i]) in golden]
    truth = np.full(crowd.truth.size, UNKNOWN)
    chosen = sorted(golden)
    truth[chosen] = crowd.truth[chosen]
    data = answers(crowd.task[shown], crowd.worker[shown], crowd.label[shown], crowd.classes, truth=truth)
    return aggregate(data, "auto").label


def compare(folder: Path) -> None:
    """Fixed overlaps and dynamic ones, on average over the seeds."""
    crowd = read(folder)
    most = round(crowd.task.size / crowd.truth.size)
    print(
        f"{folder.name}: {crowd.truth.size} tasks, {crowd.classes} classes, {crowd.task.size / crowd.truth.size:.1f} answers a task"
    )
    fixed = [(f"fixed {n}", Overlap(n, n, 1.0)) for n in (1, 2, 3, 4, 5) if n <= most]
    dynamic = [
        (f"{least}-{limit} at {target}", Overlap(least, limit, target))
        for limit in dict.fromkeys((min(5, most), min(9, most)))
        for least in (1, 2)
        for target in TARGETS
    ]
    for name, rule in fixed + dynamic:
        found = [replay(crowd, rule, seed) for seed in range(SEEDS)]
        means = np.mean([(one.streamed, one.refitted, one.answers) for one in found], axis=0)
        print(f"   {name:14} streamed {means[0]:.4f}   refitted {means[1]:.4f}   answers {means[2]:.2f}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.overlap", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    for folder in parser.parse_args().folders:
        compare(folder)
