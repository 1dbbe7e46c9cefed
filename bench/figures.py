"""One measure's figures, and how several are put together."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """What one measure gave. Times are per request (for pgbench: per pair); CPU is microseconds per acknowledged pair."""

    pairs_s: float
    acknowledged: int
    p50_ms: float
    p99_ms: float
    claim_p50_ms: float = 0.0
    claim_p99_ms: float = 0.0
    web_us: float = 0.0
    db_us: float = 0.0
    client_us: float = 0.0
    least_worker: float = 0.0
    """The idlest worker's part of the web's CPU: half is an even split between two."""

    def rounded(self) -> dict[str, Any]:
        """For printing."""
        return {name: round(value, 1 if name.endswith(("_s", "_us")) else 3) for name, value in asdict(self).items()}


def part(sorted_times: Sequence[float], share: float) -> float:
    """The time in ms that this share of the requests did not exceed."""
    return sorted_times[min(len(sorted_times) - 1, int(len(sorted_times) * share))] * 1000 if sorted_times else 0.0


def middle(figures: Sequence[Figure]) -> Figure:
    """The median of each number."""
    return Figure(**{field.name: statistics.median(getattr(f, field.name) for f in figures) for field in fields(Figure)})
