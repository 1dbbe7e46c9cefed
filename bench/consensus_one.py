"""One consensus method on one file of answers, in a process of its own: prints seconds and peak memory as JSON.

Runs in the environment of whichever library it measures, so it imports either only when told to.
"""

import argparse
import csv
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any


def crowdkit(path: Path, method: str) -> tuple[dict[str, str], float, float]:
    """The consensus by the field's library; when the reading and when the fit was done."""
    import pandas as pd  # noqa: PLC0415
    from crowdkit.aggregation import DawidSkene, MajorityVote  # noqa: PLC0415

    model: Any = {"majority": MajorityVote, "dawid-skene": DawidSkene}[method]()
    start = time.perf_counter()
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)[["task", "worker", "label"]]
    read = time.perf_counter()
    found = model.fit_predict(frame)
    return dict(found.items()), read - start, time.perf_counter() - read


def own(path: Path, method: str) -> tuple[dict[str, str], float, float]:
    """The consensus by this project."""
    from piecework.quality.files.labels import read_labels  # noqa: PLC0415
    from piecework.quality.statistics.data import answers  # noqa: PLC0415
    from piecework.quality.statistics.methods import aggregate  # noqa: PLC0415

    start = time.perf_counter()
    table = read_labels(path)
    data = answers(table.task, table.worker, table.label, max(len(table.labels), 2))
    read = time.perf_counter()
    found = aggregate(data, method)
    fitted = time.perf_counter()
    return dict(zip(table.tasks, (table.labels[k] for k in found.label), strict=True)), read - start, fitted - read


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contender", choices=("crowdkit", "own"))
    parser.add_argument("method")
    parser.add_argument("labels", type=Path)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    found, read_s, fit_s = (crowdkit if given.contender == "crowdkit" else own)(given.labels, given.method)
    if given.out:
        with given.out.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("task", "label"), *found.items()])
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    sys.stdout.write(json.dumps({"read_s": read_s, "fit_s": fit_s, "peak_mb": peak_mb}))


if __name__ == "__main__":
    main()
