"""Accuracy of people per step: sums of evidence, and what follows from them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
import orjson

from piecework.platform import db
from piecework.quality.comparing.consensus import Vote
from piecework.quality.statistics import ACCURACY_PRIOR, Beta, Evidence, Interval, interval
from piecework.quality.statistics.people import TYPICAL, Crowd, posteriors
from piecework.quality.statistics.vote import Floats
from piecework.tasks.fields import Answer
from piecework.tasks.workflows import StepSpec

GOLDEN, OVERLAP, REVIEW, AUDIT, NONE = "golden", "overlap", "review", "audit", "none"
CERTAIN = (GOLDEN, AUDIT)
"""Kinds of evidence that rest on a known truth. Only these count in decisions about people."""

OWN_BLOCK = 5
"""A person's own figures move by so many answers at a time: a single one cannot tell by them what kind it was."""
OWN_WORDS_FROM = 20

RECORD = """
WITH new AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::int[], $6::float8[], $7::float8[], $8::boolean[],
                         $9::float8[])
        AS n (assignment_id, freelancer_id, step_id, kind, asked, r, w, agrees, probability)),
changed AS (
    SELECT n.*, coalesce(o.revision, 0) + 1 AS revision, o.kind AS old_kind, o.asked AS old_asked, o.right_count AS old_r,
           o.wrong_count AS old_w, o.agrees AS old_agrees
    FROM new n LEFT JOIN LATERAL (
        SELECT * FROM evidence e WHERE e.assignment_id = n.assignment_id ORDER BY e.revision DESC LIMIT 1) o ON true
    WHERE CASE WHEN o.assignment_id IS NULL THEN n.kind <> 'none'
               ELSE (n.kind, n.asked, n.r, n.w) IS DISTINCT FROM (o.kind, o.asked, o.right_count, o.wrong_count) END),
stored AS (
    INSERT INTO evidence (assignment_id, revision, freelancer_id, step_id, kind, asked, right_count, wrong_count, agrees, probability)
    SELECT assignment_id, revision, freelancer_id, step_id, kind, asked, r, w, agrees, probability FROM changed ORDER BY assignment_id
    RETURNING assignment_id, revision, seq),
moved AS (
    SELECT freelancer_id, step_id, kind, 1 AS answers, asked, r, w, (agrees IS TRUE)::int AS agreed FROM changed WHERE kind <> 'none'
    UNION ALL
    SELECT freelancer_id, step_id, old_kind, -1, -old_asked, -old_r, -old_w, -(old_agrees IS TRUE)::int
    FROM changed WHERE old_kind <> 'none'),
summed AS (
    INSERT INTO accuracy AS sums (freelancer_id, step_id, kind, answers, asked, right_count, wrong_count, agreed)
    SELECT freelancer_id, step_id, kind, sum(answers), sum(asked), sum(r), sum(w), sum(agreed) FROM moved
    GROUP BY freelancer_id, step_id, kind ORDER BY freelancer_id, step_id, kind
    ON CONFLICT (freelancer_id, step_id, kind) DO UPDATE SET
        answers = sums.answers + excluded.answers, asked = sums.asked + excluded.asked, agreed = sums.agreed + excluded.agreed,
        right_count = sums.right_count + excluded.right_count, wrong_count = sums.wrong_count + excluded.wrong_count)
SELECT assignment_id, revision FROM stored ORDER BY seq
"""


@dataclass(frozen=True, slots=True)
class Fact:
    """What one answer tells of its author.

    `asked` is the number of fields compared; `agrees` says whether all of it is right, by the consensus or the truth; `probability`
    is the chance that it is right by the others' answers alone, where only they judge it.
    """

    assignment_id: UUID
    freelancer_id: UUID
    step_id: int
    kind: str
    asked: int
    evidence: Evidence
    agrees: bool | None = None
    probability: float | None = None


async def record(facts: Iterable[Fact]) -> list[tuple[Fact, int]]:
    """Store what answers tell and keep the sums, in the current transaction; returns what is new, each with its revision, in order.

    Told again the same, it adds nothing; told otherwise, it takes the place of what was told before. The caller holds the rows of
    the tasks that the answers belong to.
    """
    told = {f.assignment_id: f for f in facts}
    listed = sorted(told.values(), key=lambda f: (f.freelancer_id, f.step_id, f.kind, f.assignment_id))
    if not listed:
        return []
    changed = await db.rows(
        RECORD,
        [f.assignment_id for f in listed],
        [f.freelancer_id for f in listed],
        [f.step_id for f in listed],
        [f.kind for f in listed],
        [f.asked for f in listed],
        [f.evidence.right for f in listed],
        [f.evidence.wrong for f in listed],
        [f.agrees for f in listed],
        [f.probability for f in listed],
    )
    return [(told[row["assignment_id"]], row["revision"]) for row in changed]


Sums = Mapping[str, tuple[float, float]]
"""Kind of evidence -> (right, wrong), in golden answers."""


@dataclass(frozen=True, slots=True)
class Trusts:
    """What is known of people per step, for weighing their votes."""

    sums: Mapping[tuple[UUID, int], Sums]
    crowds: Mapping[int, Crowd]
    counts: Mapping[tuple[UUID, int], Mapping[str, Floats]]
    """Field -> how often they said l (last axis) of a task that is k, where a step's method needs it."""

    def vote(self, freelancer_id: UUID, step_id: int, answer: Answer, told: tuple[str, float, float] | None = None) -> Vote:
        """The answer as a vote, with its author's accuracy so far, apart from what the answer itself has `told` of it."""
        kinds = self.sums.get((freelancer_id, step_id), {})
        if told is not None:
            kind, own_right, own_wrong = told
            right, wrong = kinds.get(kind, (0.0, 0.0))
            kinds = {**kinds, kind: (right - own_right, wrong - own_wrong)}
        right, wrong = kinds.get(GOLDEN, (0.0, 0.0))
        mean = shapes(kinds, self.crowds.get(step_id, TYPICAL)).mean
        counts = self.counts.get((freelancer_id, step_id), {})
        confusion = {name: confusion_of(matrix, mean) for name, matrix in counts.items()}
        return Vote(answer, mean, confusion=confusion, golden_right=right, golden_total=right + wrong)


def confusion_of(counts: Floats, accuracy: float) -> Floats:
    """Rates from counts of answers l to tasks k, each row smoothed by what the accuracy alone would say of it."""
    size = counts.shape[0]
    prior = np.full((size, size), (1 - accuracy) / (size - 1))
    np.fill_diagonal(prior, accuracy)
    smoothed: Floats = (counts + ACCURACY_PRIOR.weight * prior) / (counts.sum(axis=1, keepdims=True) + ACCURACY_PRIOR.weight)
    return smoothed


async def told(assignment_ids: Sequence[UUID]) -> dict[UUID, tuple[str, float, float]]:
    """What answers have told of their authors: the kind of evidence, right and wrong."""
    found = await db.rows(
        "SELECT assignment_id, kind, right_count, wrong_count FROM evidence_now WHERE assignment_id = ANY ($1)",
        list(assignment_ids),
    )
    return {row["assignment_id"]: (row["kind"], row["right_count"], row["wrong_count"]) for row in found}


async def trusts(people: Sequence[UUID], steps: Mapping[int, StepSpec]) -> Trusts:
    """What is known of people in these steps, by step id."""
    sums: dict[tuple[UUID, int], dict[str, tuple[float, float]]] = {}
    for row in await db.rows(
        "SELECT freelancer_id, step_id, kind, right_count, wrong_count FROM accuracy WHERE freelancer_id = ANY ($1) AND step_id = ANY ($2)",
        list(people),
        sorted(steps),
    ):
        sums.setdefault((row["freelancer_id"], row["step_id"]), {})[row["kind"]] = (row["right_count"], row["wrong_count"])
    by_matrix = [step_id for step_id, step in steps.items() if step.checking.method == "dawid-skene"]
    return Trusts(sums, await crowds(sorted(steps)), await _counts(people, by_matrix) if by_matrix else {})


async def _counts(people: Sequence[UUID], step_ids: Sequence[int]) -> dict[tuple[UUID, int], dict[str, Floats]]:
    found = await db.rows(
        """SELECT p.freelancer_id, p.step_id, e.field, p.confusion FROM person_estimate p JOIN step_estimate e ON e.step_id = p.step_id
           WHERE p.freelancer_id = ANY ($1) AND p.step_id = ANY ($2) AND p.confusion IS NOT NULL""",
        list(people),
        list(step_ids),
    )
    return {(r["freelancer_id"], r["step_id"]): {r["field"]: np.array(orjson.loads(r["confusion"]))} for r in found}


async def crowds(step_ids: Sequence[int]) -> dict[int, Crowd]:
    """What the newest batch estimate learned of how the people of each step are wrong together, where there is one."""
    found = await db.rows("SELECT step_id, crowd FROM step_estimate WHERE step_id = ANY ($1)", list(step_ids))
    return {row["step_id"]: Crowd(**orjson.loads(row["crowd"])) for row in found}


def shapes(kinds: Sums, crowd: Crowd) -> Beta:
    """The Beta posterior of an accuracy from the sums of each kind of evidence: known truth as it is, the rest as overlap."""
    known = [kinds[kind] for kind in CERTAIN if kind in kinds]
    told = [values for kind, values in kinds.items() if kind not in CERTAIN]
    right, wrong = (sum(one[i] for one in told) for i in (0, 1))
    wrong = max(wrong, -right)  # signed sums; rounding may leave their total a hair below nothing
    sums = (sum(one[0] for one in known), sum(one[1] for one in known), right, wrong)
    alpha, beta = posteriors(*(np.array([max(0.0, x) if i < 2 else x]) for i, x in enumerate(sums)), crowd=crowd)
    return Beta(float(alpha[0]), float(beta[0]))


def estimate(kinds: Sums, crowd: Crowd) -> Interval:
    """Mean and 95 % interval of an accuracy from the sums of each kind of evidence."""
    return interval(0.0, 0.0, prior=shapes(kinds, crowd))


@dataclass(frozen=True, slots=True)
class Sum:
    """Evidence of one kind: answers, questions asked in them, right and wrong in golden answers, answers that agreed entirely."""

    answers: int
    asked: int
    right: float
    wrong: float
    agreed: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """A person's accuracy in one step, with its evidence by kind."""

    step_id: int
    project: str
    step: str
    interval: Interval
    by_kind: dict[str, Sum]

    @property
    def answers(self) -> int:
        """How many answers tell of it."""
        return sum(one.answers for one in self.by_kind.values())

    @property
    def asked(self) -> int:
        """How many questions were asked in them."""
        return sum(one.asked for one in self.by_kind.values())

    def words(self) -> str:
        """The evidence as one reads it: "12 golden, 11 right; 3 audited, 3 right; agrees with the consensus in 141 of 150"."""
        return "; ".join(WORDS[kind].format(s=self.by_kind[kind]) for kind in WORDS if kind in self.by_kind)

    def own_words(self) -> str | None:
        """The same for the person: all kinds in one, so that no golden answers can be counted; None while there are too few."""
        if self.answers < OWN_WORDS_FROM:
            return None
        agreed = sum(one.agreed for one in self.by_kind.values())
        return f"right or agreeing in {agreed} of {self.answers} answers that could be judged"


WORDS = {
    GOLDEN: "{s.answers} golden, {s.agreed} right",
    AUDIT: "{s.answers} audited, {s.agreed} right",
    REVIEW: "passed {s.agreed} of {s.answers} checks",
    OVERLAP: "agrees with the consensus in {s.agreed} of {s.answers}",
}

NOW = """
SELECT a.*, p.code AS project, s.key FROM accuracy a JOIN step s ON s.id = a.step_id JOIN project p ON p.id = s.project_id
WHERE a.freelancer_id = $1 ORDER BY a.step_id, a.kind
"""

OWN = """
WITH told AS (
    SELECT DISTINCT ON (e.assignment_id) e.*,
           greatest(d.decided_at, min(e.recorded_at) FILTER (WHERE e.agrees IS NOT NULL) OVER (PARTITION BY e.assignment_id)) AS known_at
    FROM evidence e JOIN decision d ON d.assignment_id = e.assignment_id AND d.revision = 1
    WHERE e.freelancer_id = $1 AND e.recorded_at < $2 AND d.decided_at < $2
    ORDER BY e.assignment_id, e.revision DESC),
placed AS (
    SELECT told.*, row_number() OVER (PARTITION BY step_id ORDER BY known_at, assignment_id) AS place,
           count(*) OVER (PARTITION BY step_id) AS of
    FROM told WHERE kind <> 'none' AND agrees IS NOT NULL)
SELECT e.step_id, e.kind, count(*) AS answers, sum(e.asked) AS asked, sum(e.right_count) AS right_count,
       sum(e.wrong_count) AS wrong_count, count(*) FILTER (WHERE e.agrees) AS agreed, p.code AS project, s.key
FROM placed e JOIN step s ON s.id = e.step_id JOIN project p ON p.id = s.project_id
WHERE e.place <= e.of - e.of % $3
GROUP BY e.step_id, e.kind, p.code, s.key ORDER BY e.step_id, e.kind
"""


async def estimates(freelancer_id: UUID) -> list[Estimate]:
    """A person's accuracy per step, by all evidence up to now. For curators only: see `own`."""
    return await _by_step(await db.rows(NOW, freelancer_id))


@dataclass(frozen=True, slots=True)
class Own:
    """A person's accuracy as they may see it themselves: as of the last midnight, by whole blocks of answers."""

    as_of: datetime
    steps: list[Estimate]


async def own(freelancer_id: UUID) -> Own:
    """A person's accuracy per step as they may see it themselves, as of midnight in their contract's zone.

    A figure that moved with each answer would tell, by when and how far it moved, which of them went to a golden task. So a step's
    figures rest on its first 5, 10, 15 ... answers that could be judged, in the order in which they were both decided and judged.
    """
    return await own_at(freelancer_id, None)


async def own_at(freelancer_id: UUID, moment: datetime | None) -> Own:
    """The same as of the last midnight at a moment, None for now: what they could see then."""
    midnight = await db.scalar(
        """SELECT date_trunc('day', coalesce($2, now()) AT TIME ZONE zone) AT TIME ZONE zone
           FROM (SELECT coalesce((SELECT w.zone FROM workload w WHERE w.freelancer_id = $1), 'UTC') AS zone) z""",
        freelancer_id,
        moment,
    )
    return Own(midnight, await _by_step(await db.rows(OWN, freelancer_id, midnight, OWN_BLOCK)))


async def _by_step(found: Sequence[Any]) -> list[Estimate]:
    by_step: dict[int, list[Any]] = {}
    for row in found:
        by_step.setdefault(row["step_id"], []).append(row)
    learned = await crowds(list(by_step))
    return [of_rows(step_id, rows, learned) for step_id, rows in by_step.items()]


def of_rows(step_id: int, rows: Sequence[Any], learned: Mapping[int, Crowd]) -> Estimate:
    """The estimate from the rows of the table `accuracy`, one a kind, with the project's code and the step's key."""
    sums = {
        row["kind"]: Sum(int(row["answers"]), int(row["asked"]), row["right_count"], row["wrong_count"], int(row["agreed"]))
        for row in rows
        if row["answers"]
    }
    return Estimate(
        step_id=step_id,
        project=rows[0]["project"],
        step=rows[0]["key"],
        interval=estimate({kind: (one.right, one.wrong) for kind, one in sums.items()}, learned.get(step_id, TYPICAL)),
        by_kind=sums,
    )
