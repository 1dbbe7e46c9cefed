"""The batch estimate of a step: all its answers at once, by the model that the evidence bears out.

The streaming sums (quality/accuracy.py) weigh each vote when it is given; this job looks back with what is known by now. It learns how
the people of a step are wrong together, which the streaming estimate then uses, and makes the confusion matrices, the agreement and
the speeds that curators read. Nothing is decided by it.
"""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import numpy as np
import orjson

from piecework.platform import db
from piecework.quality.comparing.comparison import classes, is_compared
from piecework.quality.people import accuracy
from piecework.quality.statistics import OPEN, UNKNOWN, data, krippendorff_alpha
from piecework.quality.statistics.methods import aggregate
from piecework.quality.statistics.people import TYPICAL, Crowd, learn, worker_estimates
from piecework.quality.statistics.vote import Floats, Integers
from piecework.tasks.fields import AnswerField, FieldType
from piecework.tasks.workflows import read_step

MOST_ANSWERS = 200_000
"""The newest answers of a step that one estimate looks at."""
LARGEST_MATRIX = 30

DUE = """
SELECT s.id, s.spec FROM step s LEFT JOIN step_estimate e ON e.step_id = s.id
WHERE EXISTS (SELECT FROM evidence v WHERE v.step_id = s.id AND v.recorded_at > coalesce(e.estimated_at, '-infinity'))
ORDER BY coalesce(e.estimated_at, '-infinity'), s.id
"""

ANSWERS = """
SELECT a.task_id, a.freelancer_id, n.body->$2 AS value, extract(epoch FROM a.ended_at - a.claimed_at)::float8 AS seconds
FROM assignment a JOIN answer n ON n.assignment_id = a.id
WHERE a.step_id = $1 AND a.state IN ('submitted', 'accepted', 'rejected') AND n.body ? $2 ORDER BY a.id DESC LIMIT $3
"""

TRUTHS = """
SELECT n.task_id, n.answers FROM truth_now n JOIN task t ON t.id = n.task_id WHERE t.step_id = $1 AND jsonb_array_length(n.answers) > 0
"""

SUMS = """
SELECT freelancer_id, coalesce(sum(right_count) FILTER (WHERE kind = ANY ($2)), 0) AS known_right,
       coalesce(sum(wrong_count) FILTER (WHERE kind = ANY ($2)), 0) AS known_wrong,
       coalesce(sum(right_count) FILTER (WHERE kind <> ALL ($2)), 0) AS told_right,
       coalesce(sum(wrong_count) FILTER (WHERE kind <> ALL ($2)), 0) AS told_wrong
FROM accuracy WHERE step_id = $1 GROUP BY freelancer_id
"""


@dataclass(frozen=True, slots=True)
class Told:
    """The answers to a step's question as arrays, and whose and whereof they are."""

    tasks: list[UUID]
    people: list[UUID]
    task: Integers
    person: Integers
    label: Integers
    seconds: Floats
    truth: Integers
    classes: int


async def estimate_due() -> int:
    """Estimate every step that has new evidence since its last estimate; returns how many."""
    due = await db.rows(DUE)
    for row in due:
        step = read_step(row["spec"])
        field = next((one for one in step.answer if is_compared(one) and classes(one) != OPEN), None)
        await _store(row["id"], field, await _read(row["id"], field) if field else None)
    return len(due)


async def _read(step_id: int, field: AnswerField) -> Told | None:
    """The answers to the step's first question with a closed set of answers; None if there are none."""
    values: list[Any] = [False, True] if field.type == FieldType.YES_NO else [option.value for option in field.options]
    codes = {value: i for i, value in enumerate(values)}
    rows = await db.rows(ANSWERS, step_id, field.name, MOST_ANSWERS)
    if not rows:
        return None
    tasks, task = _numbered([row["task_id"] for row in rows])
    people, person = _numbered([row["freelancer_id"] for row in rows])
    truth = np.full(len(tasks), UNKNOWN, dtype=np.int64)
    places = {one: i for i, one in enumerate(tasks)}
    for row in await db.rows(TRUTHS, step_id):
        said = {codes.get(one["answer"].get(field.name), UNKNOWN) for one in orjson.loads(row["answers"])}
        if len(said) == 1 and row["task_id"] in places:
            truth[places[row["task_id"]]] = said.pop()
    label = np.array([codes[orjson.loads(row["value"])] for row in rows])
    seconds = np.array([max(row["seconds"], 0.01) for row in rows])
    return Told(tasks, people, task, person, label, seconds, truth, len(values))


def _numbered(ids: Sequence[UUID]) -> tuple[list[UUID], Integers]:
    places: dict[UUID, int] = {}
    numbers = [places.setdefault(one, len(places)) for one in ids]
    return list(places), np.array(numbers, dtype=np.int64)


async def _store(step_id: int, field: AnswerField | None, told: Told | None) -> None:
    sums = await db.rows(SUMS, step_id, list(accuracy.CERTAIN))
    golden = await db.scalar(
        """SELECT count(DISTINCT a.task_id) FROM evidence_now e JOIN assignment a ON a.id = e.assignment_id
           WHERE e.step_id = $1 AND e.kind = ANY ($2)""",
        step_id,
        list(accuracy.CERTAIN),
    )
    crowd = _learned(sums, golden)
    found: Mapping[str, Any] = await asyncio.to_thread(_estimated, told) if told else {}
    await db.execute(
        """INSERT INTO step_estimate (step_id, method, answers, tasks, field, confidence, alpha, typical_seconds, crowd)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb) ON CONFLICT (step_id) DO UPDATE SET method = $2, answers = $3, tasks = $4,
               field = $5, confidence = $6, alpha = $7, typical_seconds = $8, crowd = $9::jsonb, estimated_at = now()""",
        step_id,
        found.get("method", "none"),
        told.label.size if told else 0,
        len(told.tasks) if told else 0,
        field.name if field else None,
        found.get("confidence"),
        found.get("alpha"),
        found.get("typical"),
        orjson.dumps(asdict(crowd)).decode(),
    )
    if told:
        await _store_people(step_id, told, found)


def _learned(sums: Sequence[Any], golden_tasks: int) -> Crowd:
    """How the people of a step are wrong together, from their sums."""
    if not sums or not golden_tasks:
        return TYPICAL
    known_right, known_wrong, told_right, told_wrong = (
        np.array([row[name] for row in sums]) for name in ("known_right", "known_wrong", "told_right", "told_wrong")
    )
    told_wrong = np.maximum(told_wrong, -told_right)
    return learn(np.maximum(known_right, 0), np.maximum(known_wrong, 0), told_right, told_wrong, golden_tasks=golden_tasks)


def _estimated(told: Told) -> dict[str, Any]:
    """All that follows from the answers. Pure; seconds for some hundred thousand of them."""
    answers = data.answers(
        told.task, told.person, told.label, told.classes, truth=told.truth, tasks=len(told.tasks), workers=len(told.people)
    )
    found = aggregate(answers, "auto")
    mean, low, high = worker_estimates(
        told.task, told.person, told.label, np.full(len(told.tasks), told.classes), told.truth, np.clip(found.right, 0, 1),
        workers=len(told.people),
    )  # fmt: skip
    alpha = krippendorff_alpha(told.task, told.label)
    logs = np.log(told.seconds)
    medians = np.array([np.median(logs[told.person == i]) for i in range(len(told.people))])
    return {
        "method": found.method,
        "confidence": float(found.confidence[found.label != UNKNOWN].mean()),
        "alpha": None if math.isnan(alpha) else alpha,
        "typical": float(np.exp(np.median(logs))),
        "people": (mean, low, high),
        "counts": np.bincount(told.person, minlength=len(told.people)),
        "confusion": _confusion(told, found.posterior),
        "seconds": np.exp(medians),
        "percentile": np.array([(medians < one).mean() for one in medians]),
    }


def _confusion(told: Told, posterior: Floats | None) -> Floats | None:
    """(W, K, K) how often each person said l (last axis) of a task that is k, tasks counted by their posterior."""
    if posterior is None or told.classes > LARGEST_MATRIX:
        return None
    matrix = np.zeros((len(told.people), told.classes, told.classes))
    for said in range(told.classes):
        which = told.label == said
        np.add.at(matrix[:, :, said], told.person[which], posterior[told.task[which]])
    return matrix


async def _store_people(step_id: int, told: Told, found: Mapping[str, Any]) -> None:
    mean, low, high = found["people"]
    counts = found["confusion"]
    matrices = [None] * len(told.people) if counts is None else [orjson.dumps(np.round(m, 2).tolist()).decode() for m in counts]
    await db.execute("DELETE FROM person_estimate WHERE step_id = $1", step_id)
    await db.execute(
        """INSERT INTO person_estimate (step_id, freelancer_id, mean, low, high, answers, confusion, median_seconds, speed_percentile)
           SELECT $1, n.p, n.m, n.l, n.h, n.a, n.c::jsonb, n.s, n.q
           FROM unnest($2::uuid[], $3::float8[], $4::float8[], $5::float8[], $6::int[], $7::text[], $8::float8[], $9::float8[])
                AS n (p, m, l, h, a, c, s, q)""",
        step_id,
        told.people,
        mean.tolist(),
        low.tolist(),
        high.tolist(),
        found["counts"].tolist(),
        matrices,
        found["seconds"].tolist(),
        found["percentile"].tolist(),
    )
