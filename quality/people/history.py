"""A person's accuracy over time, step by step: whether it holds, rises or falls. For curators only; nothing is decided by it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from piecework.platform import db
from piecework.quality.people import accuracy, standings
from piecework.quality.people.accuracy import CERTAIN, OVERLAP
from piecework.quality.statistics import Interval
from piecework.quality.statistics.people import TYPICAL, Crowd
from piecework.tasks.workflows import read_step

MOST = 1_000
"""The newest answers that are looked at."""
BLOCKS = 20
LEAST = 10
"""At most so many blocks, each of at least so many answers."""

EVIDENCE = """
SELECT * FROM (
    SELECT e.step_id, e.kind, e.right_count, e.wrong_count, e.agrees, f.seq, f.recorded_at FROM evidence f
    JOIN evidence_now e ON e.assignment_id = f.assignment_id
    WHERE f.freelancer_id = $1 AND f.revision = 1 ORDER BY f.seq DESC LIMIT $2) newest
ORDER BY step_id, seq
"""
STANDINGS = """
SELECT st.step_id, st.verdict, st.chart, st.alarm, st.why, st.changed_at, st.control_rate, s.spec FROM standing st
JOIN step s ON s.id = st.step_id WHERE st.freelancer_id = $1
"""


@dataclass(frozen=True, slots=True)
class Block:
    """Some answers in a row, and the accuracy that they alone tell."""

    until: datetime
    answers: int
    interval: Interval
    agreed: int
    judged: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What the sequential test says, and where the drift chart is: at `threshold` it is an alarm."""

    verdict: str
    alarm: bool
    chart: float
    threshold: float
    why: str
    changed_at: datetime
    golden_rate: float | None


async def blocks(freelancer_id: UUID) -> dict[int, list[Block]]:
    """The person's newest answers in blocks of the same size, by step, the oldest first."""
    by_step: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for row in await db.rows(EVIDENCE, freelancer_id, MOST):
        by_step[row["step_id"]].append(row)
    crowds = await accuracy.crowds(sorted(by_step))
    return {step_id: _cut(rows, crowds.get(step_id, TYPICAL)) for step_id, rows in by_step.items()}


def _cut(rows: Sequence[Mapping[str, Any]], crowd: Crowd) -> list[Block]:
    size = max(LEAST, -(-len(rows) // BLOCKS))
    return [_block(rows[start : start + size], crowd) for start in range(0, len(rows), size)]


def _block(rows: Sequence[Mapping[str, Any]], crowd: Crowd) -> Block:
    sums: dict[str, tuple[float, float]] = {}
    for row in rows:
        right, wrong = sums.get(row["kind"], (0.0, 0.0))
        sums[row["kind"]] = (right + row["right_count"], wrong + row["wrong_count"])
    judged = [row for row in rows if row["agrees"] is not None and row["kind"] in (*CERTAIN, OVERLAP)]
    agreed = sum(row["agrees"] for row in judged)
    return Block(rows[-1]["recorded_at"], len(rows), accuracy.estimate(sums, crowd), agreed, len(judged))


async def standing(freelancer_id: UUID) -> dict[int, Standing]:
    """Where the person stands, by step."""
    return {
        row["step_id"]: Standing(
            row["verdict"],
            row["alarm"],
            row["chart"],
            standings.rules_of(read_step(row["spec"]))[0].chart.threshold,
            row["why"],
            row["changed_at"],
            row["control_rate"],
        )
        for row in await db.rows(STANDINGS, freelancer_id)
    }
