"""The last line: ratios as medians over the rounds, and all figures."""

import statistics
from typing import Any

from bench.figures import Figure, middle
from bench.measure import Rounds

TARGETS = {
    "ratio_two": (">=", 0.45),
    "ratio_next": (">=", 0.65),
    "ratio_next_2w": (">=", 0.75),
    "p99_ms": ("<=", 8.0),
    "growth_2m": ("<=", 1.15),
    "growth_history": ("<=", 1.3),
    "snapshot_share": (">=", 0.75),
    "over_overlap": ("<=", 0),
}


def ratio(over: list[Figure], under: list[Figure]) -> float:
    """The median over the rounds of the ratio of two rates in the same round."""
    return round(statistics.median(a.pairs_s / b.pairs_s for a, b in zip(over, under, strict=True)), 3)


def put_together(found: Rounds, checked: int, most_clients: int) -> dict[str, Any]:
    """The keys that are compared with targets, and everything measured in `raw`. A broken check has ended the run before this.

    The bound of all three ratios is pgbench claiming and then submitting; the strict ones compare the combined call with pgbench
    running the combined statement, so that only HTTP and Python lie between.
    """
    both = ("two", "next")
    return {
        "ratio_two": ratio(found["two_8"], found["bound_two_8"]),
        "ratio_next": ratio(found["next_8"], found["bound_two_8"]),
        "ratio_next_2w": ratio(found[f"next_2w_{most_clients}"], found[f"bound_two_{most_clients}"]),
        "ratio_next_strict": ratio(found["next_8"], found["bound_next_8"]),
        "ratio_next_2w_strict": ratio(found[f"next_2w_{most_clients}"], found[f"bound_next_{most_clients}"]),
        "p99_ms": round(middle(found["next_8"]).p99_ms, 2),
        "growth_2m": max(ratio(found[f"{kind}_small"], found[f"{kind}_large"]) for kind in both),
        "growth_history": max(
            ratio(found[f"{kind}_none"], found[f"{kind}_{past}"]) for kind in both for past in ("answers", "waiting")
        ),
        "snapshot_share": ratio(found["held"], found["fresh"]),
        "over_overlap": 0,
        "raw": {
            "checked_pairs": checked,
            "medians": {name: middle(figures).rounded() for name, figures in found.items()},
            "pairs_s": {name: [round(figure.pairs_s) for figure in figures] for name, figures in found.items()},
        },
    }


def verdicts(result: dict[str, Any]) -> list[str]:
    """A line per target."""
    lines = []
    for name, (sign, target) in TARGETS.items():
        met = result[name] >= target if sign == ">=" else result[name] <= target
        lines.append(f"{'met   ' if met else 'MISSED'}  {name} {result[name]} (target {sign} {target})")
    return lines
