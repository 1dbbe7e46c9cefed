"""Our methods beside the field's library, crowd-kit, on simulated crowds.

Needs an interpreter that has it, named in CROWDKIT_PYTHON (`make bench-quality` makes one: .venv-crowdkit/bin/python).
"""

import csv
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from piecework.quality.statistics.data import Answers
from piecework.quality.statistics.methods import aggregate
from tests.quality.statistics.crowds import Crowd, coins, crowd, share

SCRIPT = Path(__file__).parents[2] / "bench" / "consensus_one.py"
FOUND = os.environ.get("CROWDKIT_PYTHON", str(Path(__file__).parents[2] / ".venv-crowdkit" / "bin" / "python"))

pytestmark = pytest.mark.skipif(
    not Path(FOUND).exists(), reason="crowd-kit is not installed: `make bench-quality` installs it, or set CROWDKIT_PYTHON"
)


def theirs(data: Answers, method: str, folder: Path) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The labels that crowd-kit finds."""
    labels, out = folder / "labels.csv", folder / "out.csv"
    with labels.open("w", newline="") as file:
        csv.writer(file).writerows([("task", "worker", "label"), *zip(data.task, data.worker, data.label, strict=True)])
    subprocess.run([FOUND, str(SCRIPT), "crowdkit", method, str(labels), "--out", str(out)], check=True, capture_output=True)
    found = np.full(data.tasks, -1, dtype=np.int64)
    with out.open(newline="") as file:
        for row in csv.DictReader(file):
            found[int(row["task"])] = int(row["label"])
    return found


def dense(seed: int) -> Crowd:
    """Many answers of few people with matrices of their own: the priors hardly matter."""
    rng = np.random.default_rng(seed)
    matrices = np.stack([rng.dirichlet(np.full(3, 0.6) + 3 * np.eye(3)[k], 15) for k in range(3)], axis=1)
    return crowd(seed, matrices, tasks=400, overlap=9)


@pytest.mark.parametrize("seed", range(3))
def test_dawid_skene_agrees_with_theirs_where_answers_abound(seed: int, tmp_path: Path) -> None:
    made = dense(seed)
    ours, other = aggregate(made.data, "dawid-skene").label, theirs(made.data, "dawid-skene", tmp_path)
    assert share(ours, other) > 0.985


@pytest.mark.parametrize("seed", range(3))
def test_majority_agrees_with_theirs_where_there_is_no_tie(seed: int, tmp_path: Path) -> None:
    made = dense(seed)
    votes = np.zeros((made.data.tasks, 3))
    np.add.at(votes, (made.data.task, made.data.label), 1)
    clear = np.sort(votes, axis=1)[:, -1] > np.sort(votes, axis=1)[:, -2]
    assert share(aggregate(made.data, "majority").label[clear], theirs(made.data, "majority", tmp_path)[clear]) == 1


@pytest.mark.parametrize("seed", range(3))
def test_auto_is_not_worse_than_the_better_of_theirs_where_answers_are_few(seed: int, tmp_path: Path) -> None:
    made = crowd(seed, coins(seed, people=150, right=6), tasks=600, overlap=3)
    better = max(share(theirs(made.data, method, tmp_path), made.real) for method in ("majority", "dawid-skene"))
    assert share(aggregate(made.data).label, made.real) > better - 0.005
