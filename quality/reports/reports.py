"""Reports for curators: what a project's answers are worth, and who stands where. Read only; one snapshot each."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db, money
from piecework.platform.csv_out import Lines, Out, inert
from piecework.quality.people import accuracy
from piecework.quality.people.accuracy import Estimate

# Counted by indexes that hold what is summed: a year of answers is read without the answers themselves.
STEPS = """
WITH objected AS (
    SELECT a.step_id, count(*) AS appeals, count(*) FILTER (WHERE p.state = 'upheld') AS upheld
    FROM appeal p JOIN assignment a ON a.id = p.subject_id WHERE p.subject = 'answer' AND a.project_id = $1 GROUP BY a.step_id)
SELECT s.id AS step_id, s.key AS step, w.version, y.accepted + n.rejected + u.undecided AS answers, y.in_full AS accepted,
       y.accepted - y.in_full AS accepted_in_part, n.rejected, t.decided, d.disputed, t.mean_confidence, t.expected_right, y.cost,
       g.live, g.quarantined, g.retired, c.audits, c.audits_found_wrong,
       coalesce(o.appeals, 0) AS appeals, coalesce(o.upheld, 0) AS appeals_upheld, e.method, e.alpha, e.typical_seconds, e.estimated_at
FROM step s JOIN workflow w ON w.id = s.workflow_id LEFT JOIN step_estimate e ON e.step_id = s.id LEFT JOIN objected o ON o.step_id = s.id
CROSS JOIN LATERAL (
    SELECT count(*) AS accepted, count(*) FILTER (WHERE a.share = 10000) AS in_full, coalesce(sum(a.price * a.share / 10000), 0)::bigint AS cost
    FROM assignment a WHERE a.step_id = s.id AND a.state = 'accepted') y
CROSS JOIN LATERAL (SELECT count(*) AS rejected FROM assignment a WHERE a.step_id = s.id AND a.state = 'rejected') n
CROSS JOIN LATERAL (SELECT count(*) AS undecided FROM assignment a WHERE a.step_id = s.id AND a.state = 'submitted') u
CROSS JOIN LATERAL (
    SELECT count(*) AS decided, avg(t.confidence) AS mean_confidence, coalesce(sum(t.confidence), 0) AS expected_right
    FROM task t WHERE t.step_id = s.id AND t.ticket_id IS NOT NULL AND t.state = 'resolved') t
CROSS JOIN LATERAL (
    SELECT count(*) AS disputed FROM task t WHERE t.step_id = s.id AND t.ticket_id IS NOT NULL AND t.state = 'disputed') d
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE g.state = 'live') AS live, count(*) FILTER (WHERE g.state = 'quarantined') AS quarantined,
           count(*) FILTER (WHERE g.state = 'retired') AS retired FROM golden g WHERE g.step_id = s.id) g
CROSS JOIN LATERAL (
    SELECT count(*) AS audits, count(*) FILTER (WHERE u.passed @? '$.* ? (@ == false)') AS audits_found_wrong
    FROM audit u WHERE u.step_id = s.id AND u.done_at IS NOT NULL AND u.first_id IS NULL) c
WHERE s.project_id = $1 ORDER BY w.version DESC, s.id
"""

PEOPLE = """
SELECT a.*, p.code AS project, s.key, f.name, st.verdict, st.alarm, e.median_seconds, e.speed_percentile
FROM accuracy a JOIN step s ON s.id = a.step_id JOIN project p ON p.id = s.project_id JOIN account f ON f.id = a.freelancer_id
LEFT JOIN standing st ON st.freelancer_id = a.freelancer_id AND st.step_id = a.step_id
LEFT JOIN person_estimate e ON e.freelancer_id = a.freelancer_id AND e.step_id = a.step_id
WHERE s.project_id = $1 AND a.freelancer_id IN (
    SELECT DISTINCT b.freelancer_id FROM accuracy b JOIN step t ON t.id = b.step_id WHERE t.project_id = $1 AND b.freelancer_id > $2
    ORDER BY b.freelancer_id LIMIT $3)
ORDER BY a.freelancer_id, a.step_id, a.kind
"""

CONFUSION = """
SELECT p.code AS project, s.key AS step, s.id AS step_id, s.spec, se.field, e.confusion, e.mean, e.low, e.high, e.answers, se.method,
       se.estimated_at
FROM person_estimate e JOIN step_estimate se ON se.step_id = e.step_id JOIN step s ON s.id = e.step_id JOIN project p ON p.id = s.project_id
WHERE e.freelancer_id = $1 ORDER BY e.step_id
"""

DECISIONS = """
SELECT t.id, s.key AS step, t.input, t.result, t.confidence, EXISTS (SELECT FROM truth_now n WHERE n.task_id = t.id
         AND jsonb_array_length(n.answers) > 0) AS known, v.votes
FROM task t JOIN step s ON s.id = t.step_id CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(n.body ORDER BY n.body::text), '[]') AS votes FROM assignment a JOIN answer n ON n.assignment_id = a.id
    WHERE a.task_id = t.id AND a.state IN ('submitted', 'accepted', 'rejected')) v
WHERE t.project_id = $1 AND t.ticket_id IS NOT NULL AND t.state = 'resolved' AND t.id > $2
ORDER BY t.id LIMIT $3
"""

STEP_COLUMNS = (
    "step", "version", "answers", "accepted", "accepted_in_part", "rejected", "decided", "disputed", "mean_confidence", "alpha",
    "golden_live", "golden_quarantined", "golden_retired", "audits", "audits_found_wrong", "appeals", "appeals_upheld", "cost",
    "cost_per_right_answer",
)  # fmt: skip
PEOPLE_COLUMNS = (
    "person_id", "name", "step", "accuracy", "low", "high", "answers", "standing", "alarm", "median_seconds", "speed_percentile", "evidence",
)  # fmt: skip
PAGE = 200


@dataclass(frozen=True, slots=True)
class Member:
    """A person in one step: the accuracy with its evidence, what the sequential test says, and their speed among the others."""

    freelancer_id: UUID
    name: str
    estimate: Estimate
    standing: str
    alarm: bool
    median_seconds: float | None
    speed_percentile: float | None


async def steps(project_id: UUID) -> list[dict[str, Any]]:
    """Each step of a project, newest workflow version first. Money is in units of 1/100 kopeck.

    `cost_per_right_answer` is what was paid for all answers of the step, golden ones included, over the number of its results that
    are expected to be right (the sum of their confidences); null without results.
    """
    found = [dict(row) for row in await db.rows(STEPS, project_id)]
    for row in found:
        right = row.pop("expected_right")
        row["cost_per_right_answer"] = round(row["cost"] / right) if right > 0 else None
    return found


async def people(project_id: UUID, after: UUID, limit: int) -> list[Member]:
    """The next `limit` people with evidence in a project, by id, each with all their steps."""
    found = await db.rows(PEOPLE, project_id, after, limit)
    learned = await accuracy.crowds(sorted({row["step_id"] for row in found}))
    grouped: dict[tuple[UUID, int], list[Any]] = {}
    for row in found:
        grouped.setdefault((row["freelancer_id"], row["step_id"]), []).append(row)
    return [
        Member(
            person,
            rows[0]["name"],
            accuracy.of_rows(step_id, rows, learned),
            rows[0]["verdict"] or "unknown",
            bool(rows[0]["alarm"]),
            rows[0]["median_seconds"],
            rows[0]["speed_percentile"],
        )
        for (person, step_id), rows in grouped.items()
    ]


async def confusion(freelancer_id: UUID) -> list[dict[str, Any]]:
    """A person's confusion matrix per step, from the newest batch estimate: rows what the task is, columns what they said."""
    found = []
    for row in await db.rows(CONFUSION, freelancer_id):
        matrix = orjson.loads(row["confusion"]) if row["confusion"] else None
        field = next((one for one in orjson.loads(row["spec"])["answer"] if one["name"] == row["field"]), None)
        options = [] if field is None else ["no", "yes"] if field["type"] == "yes_no" else [o["value"] for o in field["options"]]
        found.append({**{k: v for k, v in dict(row).items() if k != "spec"}, "confusion": matrix, "options": options})
    return found


async def decisions(project_id: UUID, after: UUID, limit: int) -> list[dict[str, Any]]:
    """Resolved tasks of a project as a training set: what was shown, the consensus with its confidence, the votes without names.

    `known` says that a curator has confirmed or set the result. Votes are in the order of their words, which tells nothing of who
    gave them or when.
    """
    return [
        {
            "id": str(row["id"]),
            "step": row["step"],
            "input": orjson.loads(row["input"]),
            "consensus": orjson.loads(row["result"]),
            "confidence": round(row["confidence"], 6),
            "known": row["known"],
            "votes": orjson.loads(row["votes"]),
        }
        for row in await db.rows(DECISIONS, project_id, after, limit)
    ]


async def steps_csv(project_id: UUID, out: Out) -> None:
    """The report on steps as CSV."""
    lines = Lines(out, STEP_COLUMNS)
    for row in await steps(project_id):
        named = {**row, **{f"golden_{state}": row[state] for state in ("live", "quarantined", "retired")}}
        named["cost"] = money.text(row["cost"])
        named["cost_per_right_answer"] = _money(row["cost_per_right_answer"])
        lines.add(*(_cell(named[name]) for name in STEP_COLUMNS))
    lines.flush()


async def people_csv(project_id: UUID, out: Out) -> None:
    """The report on people as CSV, a line per person and step."""
    lines = Lines(out, PEOPLE_COLUMNS)
    after = UUID(int=0)
    while page := await people(project_id, after, PAGE):
        for one in page:
            interval, told = one.estimate.interval, one.estimate
            numbers = (interval.mean, interval.low, interval.high)
            lines.add(
                one.freelancer_id, inert(one.name), told.step, *(f"{x:.4f}" for x in numbers), told.answers, one.standing,
                int(one.alarm), _cell(one.median_seconds), _cell(one.speed_percentile), told.words(),
            )  # fmt: skip
        lines.flush()
        after = page[-1].freelancer_id
    lines.flush()


def _money(amount: int | None) -> str:
    return "" if amount is None else money.text(amount)


def _cell(value: Any) -> Any:
    return "" if value is None else f"{value:.4f}" if isinstance(value, float) else value
