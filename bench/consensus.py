"""How right and how fast consensus is: `python -m bench.consensus FOLDER...` and `python -m bench.consensus --speed`.

A FOLDER holds labels.csv (task, worker, label) and truth.csv (task, label). For each it prints the
accuracy of every method: the share of tasks with a truth whose consensus equals it; with a random
tenth of the truths as golden answers, over the other tasks, the mean over several draws; and for
`auto` how well its confidence is calibrated. With `--crowdkit PYTHON`, an interpreter that has
crowd-kit, that library's majority and Dawid-Skene stand beside. `--speed` times both libraries on
the same synthetic answers, alternating, each run in a process of its own.
"""

import argparse
import csv
import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from piecework.quality.files.labels import read_golden, read_labels
from piecework.quality.statistics.data import Aggregate, Answers, answers
from piecework.quality.statistics.methods import METHODS, aggregate

Integers = NDArray[np.int64]
GOLDEN_SHARE = 0.1
BINS = 10
PEOPLE, PER_TASK = 5_000, 4


@dataclass(frozen=True)
class Crowd:
    """One folder; `truth` is -1 where it is not known."""

    name: str
    folder: Path
    data: Answers
    truth: Integers
    tasks: list[str]
    labels: list[str]


def load(folder: Path) -> Crowd:
    """Read a folder; repeated answers of one worker all count."""
    read = read_labels(folder / "labels.csv")
    truth, labels = read_golden(folder / "truth.csv", read)
    data = answers(read.task, read.worker, read.label, max(len(labels), 2), tasks=len(read.tasks))
    return Crowd(folder.name, folder, data, truth, read.tasks, labels)


def hidden(crowd: Crowd, seed: int) -> tuple[Answers, NDArray[np.bool_]]:
    """The answers with a random tenth of the truths known, and which tasks are left to score."""
    asked = np.flatnonzero(crowd.truth >= 0)
    chosen = np.random.default_rng(seed).choice(asked, round(GOLDEN_SHARE * asked.size), replace=False)
    known = np.full_like(crowd.truth, -1)
    known[chosen] = crowd.truth[chosen]
    data = crowd.data
    golden = answers(data.task, data.worker, data.label, data.classes, truth=known, workers=data.workers)
    return golden, (crowd.truth >= 0) & (known < 0)


def accuracy(crowd: Crowd, label: Integers, scored: NDArray[np.bool_]) -> float:
    """In per cent."""
    return 100 * float((label == crowd.truth)[scored].mean())


def calibration(crowd: Crowd, found: Aggregate, scored: NDArray[np.bool_]) -> tuple[float, float]:
    """Expected calibration error in ten equal bins of confidence (Guo et al. 2017), and the Brier score of being right."""
    confidence, right = found.confidence[scored], (found.label == crowd.truth)[scored].astype(np.float64)
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = np.bincount(place, right - confidence, minlength=BINS)
    return float(np.abs(gaps).sum() / right.size), float(((right - confidence) ** 2).mean())


def table(crowds: list[Crowd], crowdkit: str | None, seeds: int) -> None:
    """Print everything about the folders, and the means."""
    columns = [*METHODS, *(["ck majority", "ck dawid-skene"] if crowdkit else [])]
    print("accuracy without golden, %; then auto's calibration error, Brier score, peak MB")
    print(" " * 16 + "".join(f"{name:>15}" for name in columns) + "    ECE  Brier  peak MB")
    sums = []
    for crowd in crowds:
        scored = crowd.truth >= 0
        found = {method: aggregate(crowd.data, method) for method in METHODS}
        row = [accuracy(crowd, one.label, scored) for one in found.values()]
        if crowdkit:
            row += [foreign(crowd, crowdkit, method) for method in ("majority", "dawid-skene")]
        ece, brier = calibration(crowd, found["auto"], scored)
        peak = run(sys.executable, "own", "auto", crowd.folder / "labels.csv")["peak_mb"]
        sums.append(row)
        print(
            f"{crowd.name:16}" + "".join(f"{value:15.2f}" for value in row) + f"  {ece:.3f}  {brier:.3f}  {peak:7.0f}", flush=True
        )
    print(f"{'mean':16}" + "".join(f"{value:15.2f}" for value in np.mean(sums, axis=0)))
    print(
        f"\naccuracy with {GOLDEN_SHARE:.0%} of the truths as golden, on the other tasks, %, mean of {seeds} draws; ECE and Brier of auto"
    )
    sums = []
    for crowd in crowds:
        draws, sure = [], []
        for seed in range(seeds):
            data, scored = hidden(crowd, seed)
            found = {method: aggregate(data, method) for method in METHODS}
            draws.append([accuracy(crowd, one.label, scored) for one in found.values()])
            sure.append(calibration(crowd, found["auto"], scored))
        sums.append(np.mean(draws, axis=0))
        ece, brier = np.mean(sure, axis=0)
        print(f"{crowd.name:16}" + "".join(f"{value:15.2f}" for value in sums[-1]) + f"  {ece:.3f}  {brier:.3f}", flush=True)
    print(f"{'mean':16}" + "".join(f"{value:15.2f}" for value in np.mean(sums, axis=0)))


def run(python: str, library: str, method: str, labels: Path, out: Path | None = None) -> dict[str, float]:
    """`consensus_one` in a process of its own."""
    script = Path(__file__).with_name("consensus_one.py")
    order = [python, str(script), library, method, str(labels), *(["--out", str(out)] if out else [])]
    done = subprocess.run(order, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(order)} failed:\n{done.stderr}")
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def foreign(crowd: Crowd, python: str, method: str) -> float:
    """The accuracy of crowd-kit's method."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.csv"
        run(python, "crowdkit", method, crowd.folder / "labels.csv", out)
        with out.open(encoding="utf-8", newline="") as file:
            said = {row["task"]: row["label"] for row in csv.DictReader(file)}
    code = {name: number for number, name in enumerate(crowd.labels)}
    label = np.array([code[said[task]] for task in crowd.tasks], dtype=np.int64)
    return accuracy(crowd, label, crowd.truth >= 0)


def synthesise(path: Path, count: int, classes: int) -> None:
    """Answers of people of different accuracy, busy ones and others, to tasks with four answers each."""
    rng = np.random.default_rng(1)
    tasks = count // PER_TASK
    real, accurate = rng.integers(0, classes, tasks), rng.beta(8, 3, PEOPLE)
    task = np.repeat(np.arange(tasks), PER_TASK)
    start = (PEOPLE * rng.random(tasks) ** 3).astype(np.int64)
    worker = (start[:, None] + rng.integers(1, PEOPLE // PER_TASK, (tasks, PER_TASK)).cumsum(axis=1)).ravel() % PEOPLE
    right = rng.random(task.size) < accurate[worker]
    label = np.where(right, real[task], (real[task] + rng.integers(1, classes, task.size)) % classes)
    order = rng.permutation(task.size)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("task,worker,label\n")
        rows = zip(task[order].tolist(), worker[order].tolist(), label[order].tolist(), strict=True)
        file.writelines(f"task-{t},worker-{w},class {k}\n" for t, w, k in rows)


def speed(crowdkit: str, count: int, classes: int, pairs: int) -> None:
    """Time ours and theirs in turn on the same file, and print the ratios of the sums of reading and fitting."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "labels.csv"
        synthesise(path, count, classes)
        print(f"{count} answers, {classes} classes, {PEOPLE} people; seconds to read, to fit; peak MB")
        kinds = ((sys.executable, "own", "auto"), (sys.executable, "own", "dawid-skene"), (crowdkit, "crowdkit", "dawid-skene"))
        seconds: dict[str, list[float]] = {}
        for pair in range(pairs):
            for python, library, method in kinds:
                took = run(python, library, method, path)
                seconds.setdefault(f"{library} {method}", []).append(took["read_s"] + took["fit_s"])
                figures = f"{took['read_s']:6.1f} {took['fit_s']:6.1f} {took['peak_mb']:7.0f}"
                print(f"{pair + 1} {library + ' ' + method:22}{figures}", flush=True)
    theirs = seconds.pop("crowdkit dawid-skene")
    for name, ours in seconds.items():
        ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
        print(f"{name}: {statistics.median(ratios):.1f} times as fast (each pair: {', '.join(f'{r:.1f}' for r in ratios)})")


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--crowdkit", metavar="PYTHON", help="an interpreter that has crowd-kit")
    parser.add_argument("--seeds", type=int, default=5, help="draws of golden answers")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--answers", type=int, default=1_000_000)
    parser.add_argument("--classes", type=int, default=4)
    parser.add_argument("--pairs", type=int, default=3)
    given = parser.parse_args()
    if given.folders:
        table([load(folder) for folder in given.folders], given.crowdkit, given.seeds)
    if given.speed:
        if not given.crowdkit:
            parser.error("--speed needs --crowdkit PYTHON")
        speed(given.crowdkit, given.answers, given.classes, given.pairs)


if __name__ == "__main__":
    main()
