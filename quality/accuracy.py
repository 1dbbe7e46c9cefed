"""Accuracy of people per step: sums of evidence, and what follows from them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from piecework.platform import db
from piecework.quality.statistics import ACCURACY_PRIOR, Evidence, Interval, interval

GOLDEN, OVERLAP, REVIEW = "golden", "overlap", "review"


@dataclass(frozen=True, slots=True)
class Fact:
    """What one answer tells of its author. `asked` is the number of fields compared."""

    assignment_id: UUID
    freelancer_id: UUID
    step_id: int
    kind: str
    asked: int
    evidence: Evidence


async def record(facts: Iterable[Fact]) -> None:
    """Store evidence once per assignment and add it to the sums, in the current transaction. Told again, it adds nothing."""
    listed = sorted(facts, key=lambda f: (f.freelancer_id, f.step_id, f.kind, f.assignment_id))
    await db.execute(
        """WITH new AS (
               INSERT INTO evidence (assignment_id, freelancer_id, step_id, kind, asked, right_count, wrong_count)
               SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::int[], $6::float8[], $7::float8[])
               ON CONFLICT (assignment_id) DO NOTHING RETURNING *)
           INSERT INTO accuracy AS sums (freelancer_id, step_id, kind, answers, asked, right_count, wrong_count)
           SELECT freelancer_id, step_id, kind, count(*), sum(asked), sum(right_count), sum(wrong_count) FROM new
           GROUP BY freelancer_id, step_id, kind ORDER BY freelancer_id, step_id, kind
           ON CONFLICT (freelancer_id, step_id, kind) DO UPDATE SET
               answers = sums.answers + excluded.answers, asked = sums.asked + excluded.asked,
               right_count = sums.right_count + excluded.right_count, wrong_count = sums.wrong_count + excluded.wrong_count""",
        [f.assignment_id for f in listed],
        [f.freelancer_id for f in listed],
        [f.step_id for f in listed],
        [f.kind for f in listed],
        [f.asked for f in listed],
        [f.evidence.right for f in listed],
        [f.evidence.wrong for f in listed],
    )


async def of(people: Sequence[UUID], step_ids: Sequence[int]) -> dict[tuple[UUID, int], float]:
    """Mean accuracy (0..1) of people per step, where anything is known."""
    found = await db.rows(
        """SELECT freelancer_id, step_id, sum(right_count) AS r, sum(wrong_count) AS w FROM accuracy
           WHERE freelancer_id = ANY ($1) AND step_id = ANY ($2) GROUP BY 1, 2""",
        list(people),
        list(step_ids),
    )
    return {(row["freelancer_id"], row["step_id"]): mean(row["r"], row["w"]) for row in found}


def mean(right: float, wrong: float) -> float:
    """Posterior mean under the prior that every person starts with."""
    right, wrong = max(right, 0.0), max(wrong, 0.0)
    return (ACCURACY_PRIOR.alpha + right) / (ACCURACY_PRIOR.weight + right + wrong)


UNKNOWN = ACCURACY_PRIOR.mean
"""The accuracy of a person of whom nothing is known yet."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A person's accuracy in one step, with its evidence."""

    step_id: int
    project: str
    step: str
    interval: Interval
    answers: int
    asked: int
    by_kind: dict[str, tuple[int, float, float]]
    """kind -> (answers, right, wrong)"""


NOW = """
SELECT a.*, p.code AS project, s.key FROM accuracy a JOIN step s ON s.id = a.step_id JOIN project p ON p.id = s.project_id
WHERE a.freelancer_id = $1 ORDER BY a.step_id, a.kind
"""

DECIDED_BEFORE = """
SELECT e.step_id, e.kind, count(*) AS answers, sum(e.asked) AS asked, sum(e.right_count) AS right_count,
       sum(e.wrong_count) AS wrong_count, p.code AS project, s.key
FROM evidence e JOIN assignment a ON a.id = e.assignment_id JOIN step s ON s.id = e.step_id JOIN project p ON p.id = s.project_id
WHERE e.freelancer_id = $1 AND a.decided_at < $2
GROUP BY e.step_id, e.kind, p.code, s.key ORDER BY e.step_id, e.kind
"""


async def estimates(freelancer_id: UUID) -> list[Estimate]:
    """A person's accuracy per step, by all evidence up to now. For curators only: see `own`."""
    return _by_step(await db.rows(NOW, freelancer_id))


async def own(freelancer_id: UUID) -> tuple[datetime, list[Estimate]]:
    """A person's accuracy per step as they may see it themselves, and as of when: the last midnight in their contract's zone.

    A figure that moved with each answer would tell, by when and how far it moved, which of them went to a golden task.
    """
    midnight = await db.scalar(
        """SELECT date_trunc('day', now() AT TIME ZONE zone) AT TIME ZONE zone
           FROM (SELECT coalesce((SELECT w.zone FROM workload w WHERE w.freelancer_id = $1), 'UTC') AS zone) z""",
        freelancer_id,
    )
    return midnight, _by_step(await db.rows(DECIDED_BEFORE, freelancer_id, midnight))


def _by_step(found: Sequence[Any]) -> list[Estimate]:
    by_step: dict[int, list[dict[str, object]]] = {}
    for row in found:
        by_step.setdefault(row["step_id"], []).append(row)
    return [_estimate(step_id, rows) for step_id, rows in by_step.items()]


def _estimate(step_id: int, rows: Sequence[dict[str, object]]) -> Estimate:
    numbers = {
        str(row["kind"]): (int(str(row["answers"])), float(str(row["right_count"])), float(str(row["wrong_count"])))
        for row in rows
    }
    return Estimate(
        step_id=step_id,
        project=str(rows[0]["project"]),
        step=str(rows[0]["key"]),
        interval=interval(sum(n[1] for n in numbers.values()), sum(n[2] for n in numbers.values())),
        answers=sum(n[0] for n in numbers.values()),
        asked=sum(int(str(row["asked"])) for row in rows),
        by_kind=numbers,
    )
