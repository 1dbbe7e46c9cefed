"""Measures of people's work in a span of time: recorded once by whoever can know them, read by the rules that pay for them.

A span is half-open. A value is an integer in the unit of its kind (sql/measures.sql), None where nothing could be measured. What is
recorded stays; where it turns out wrong a next revision takes its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db
from piecework.tasks.norms import above

RECORD = """
INSERT INTO measure (freelancer_id, kind, project_id, since, until, source, revision, value, evidence, reason, recorded_by)
SELECT n.freelancer_id, n.kind, n.project_id, n.since, n.until, n.source, CASE WHEN $11 THEN 1 + coalesce(old.revision, 0) ELSE 1 END,
       n.value, n.evidence::jsonb, $9, $10
FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::bigint[], $8::text[])
    AS n (freelancer_id, kind, project_id, since, until, source, value, evidence)
LEFT JOIN LATERAL (
    SELECT max(m.revision) AS revision FROM measure m
    WHERE m.freelancer_id = n.freelancer_id AND m.kind = n.kind AND m.project_id IS NOT DISTINCT FROM n.project_id
      AND m.since = n.since AND m.until = n.until AND m.source = n.source) old ON true
ORDER BY n.freelancer_id, n.kind, n.project_id, n.source
ON CONFLICT DO NOTHING
"""

# An answer counts in the span in which it was first accepted. Decisions only ever get better for the freelancer, so that stays as it
# is. Every figure is reckoned for all projects together and for each alone.
RECORD_WORK = """
WITH accepted AS MATERIALIZED (
    SELECT a.freelancer_id, a.project_id, a.step_id, greatest(1, (extract(epoch FROM a.ended_at - a.claimed_at) * 1000)::bigint) AS ms
    FROM decision d JOIN assignment a ON a.id = d.assignment_id
    WHERE d.state = 'accepted' AND d.decided_at >= $1 AND d.decided_at < $2
      AND NOT EXISTS (SELECT FROM decision e WHERE e.assignment_id = d.assignment_id AND e.revision < d.revision AND e.state = 'accepted')),
volume AS (
    SELECT freelancer_id, project_id, count(*) AS answers FROM accepted GROUP BY GROUPING SETS ((freelancer_id), (freelancer_id, project_id))),
typical AS (SELECT step_id, percentile_disc(0.5) WITHIN GROUP (ORDER BY ms) AS ms FROM accepted GROUP BY step_id),
speed AS (
    SELECT a.freelancer_id, a.project_id, count(*) AS answers, percentile_disc(0.5) WITHIN GROUP (ORDER BY a.ms * 10000 / t.ms) AS value
    FROM accepted a JOIN typical t USING (step_id) GROUP BY GROUPING SETS ((a.freelancer_id), (a.freelancer_id, a.project_id))),
rated AS (
    SELECT DISTINCT ON (ticket_id) ticket_id, score FROM satisfaction WHERE rated_at >= $1 AND rated_at < $2 ORDER BY ticket_id, revision DESC),
marks AS (
    SELECT DISTINCT a.freelancer_id, a.project_id, r.ticket_id, r.score FROM rated r JOIN task t ON t.ticket_id = r.ticket_id
    JOIN assignment a ON a.task_id = t.id JOIN decision d ON d.assignment_id = a.id AND d.state = 'accepted' AND d.decided_at < $2),
content AS (
    SELECT freelancer_id, project_id, count(*) AS tickets, sum(score) * 10000 / count(*) AS value FROM marks
    GROUP BY GROUPING SETS ((freelancer_id), (freelancer_id, project_id))),
found AS (
    SELECT freelancer_id, 'volume' AS kind, project_id, answers AS value, jsonb_build_object('answers', answers) AS evidence FROM volume
    UNION ALL
    SELECT freelancer_id, 'speed', project_id, value, jsonb_build_object('answers', answers) FROM speed
    UNION ALL
    SELECT freelancer_id, 'satisfaction', project_id, value, jsonb_build_object('tickets', tickets) FROM content)
INSERT INTO measure (freelancer_id, kind, project_id, since, until, source, value, evidence)
SELECT freelancer_id, kind, project_id, $1, $2, 'tasks', value, evidence FROM found ORDER BY freelancer_id, kind, project_id
ON CONFLICT DO NOTHING
"""

NEWEST = """
SELECT DISTINCT ON (freelancer_id, kind, source) id, freelancer_id, kind, value, evidence::text
FROM measure WHERE since = $1 AND until = $2 AND kind = ANY ($3) AND project_id IS NOT DISTINCT FROM $4
ORDER BY freelancer_id, kind, source, revision DESC
"""

# What a revision adds to the one before it, or takes, in the span in which it was recorded: nothing is lost that is told late.
CONFIRMED = """
SELECT freelancer_id, sum(value - before)::bigint AS value, array_agg(id ORDER BY id) FILTER (WHERE value <> before) AS ids
FROM (SELECT m.id, m.freelancer_id, m.recorded_at, coalesce(m.value, 0) AS value,
             coalesce(lag(m.value) OVER (PARTITION BY m.freelancer_id, m.project_id, m.since, m.until, m.source ORDER BY m.revision), 0) AS before
      FROM measure m WHERE m.kind = $3 AND m.recorded_at < $2
        AND ($4::uuid IS NULL OR m.project_id IS NULL OR m.project_id = $4)) changed
WHERE recorded_at >= $1 GROUP BY freelancer_id
"""


@dataclass(frozen=True, slots=True)
class Measure:
    """One value with what it rests on: numbers and codes that its person may read."""

    freelancer_id: UUID
    kind: str
    since: datetime
    until: datetime
    source: str
    value: int | None
    evidence: dict[str, Any] = field(default_factory=dict)
    project_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A measure as it was recorded."""

    ids: tuple[UUID, ...]
    value: int | None
    evidence: dict[str, Any]


async def record(measures: Sequence[Measure], *, actor: UUID | None = None, reason: str = "", replace: bool = False) -> int:
    """Record measures that are not recorded yet, or with `replace` a next revision of each. Returns how many are new."""
    return await db.execute(
        RECORD,
        [m.freelancer_id for m in measures],
        [m.kind for m in measures],
        [m.project_id for m in measures],
        [m.since for m in measures],
        [m.until for m in measures],
        [m.source for m in measures],
        [m.value for m in measures],
        [orjson.dumps(m.evidence, default=str).decode() for m in measures],
        reason,
        actor,
        replace,
    )


async def record_work(since: datetime, until: datetime, *, weekly: bool) -> int:
    """Record volume, speed and satisfaction of everybody whose answers were accepted, and of a week what is above their norm.

    What is above the norm is reckoned of the person's own week that ends in the span: its bounds, its norm, what was accepted in it.

    Speed is the median over the person's answers of the time taken, relative to the median of all accepted answers of the step in
    the span. Satisfaction is the mean mark of the tickets rated in the span on which the person has an accepted answer, whatever
    its step. A norm of 0 is none. Returns how many are new.
    """
    made = await db.execute(RECORD_WORK, since, until)
    return made + (await _record_above_norm(since, until) if weekly else 0)


async def _record_above_norm(since: datetime, until: datetime) -> int:
    people = sorted(await of(since, until, ["volume"]))
    found: dict[UUID, list[above.Above]] = {}
    for one in await above.of(people, since, until):
        found.setdefault(one.freelancer_id, []).append(one)
    return await record([_above_norm(person, weeks, since, until) for person, weeks in found.items()])


def _above_norm(person: UUID, weeks: Sequence[above.Above], since: datetime, until: datetime) -> Measure:
    """A span of a week has one week of a person's, or two where one of theirs was short."""
    newest = weeks[-1]
    evidence = {
        "answers": sum(one.answers for one in weeks),
        "weekly_norm": sum(one.norm for one in weeks),
        "contract_version": newest.contract_version,
    }
    value = sum(max(0, one.answers - one.norm) for one in weeks)
    return Measure(person, "norm", since, until, "tasks", value, evidence)


async def of(
    since: datetime, until: datetime, kinds: Sequence[str], project_id: UUID | None = None
) -> dict[UUID, dict[str, Recorded]]:
    """What is recorded of each person for exactly this span, over all projects or for one: newest values by kind."""
    people: dict[UUID, dict[str, Recorded]] = {}
    for row in await db.rows(NEWEST, since, until, list(kinds), project_id):
        made = Recorded((row["id"],), row["value"], orjson.loads(row["evidence"]))
        people.setdefault(row["freelancer_id"], {})[row["kind"]] = made
    return people


async def confirmed(kind: str, since: datetime, until: datetime, project_id: UUID | None = None) -> dict[UUID, Recorded]:
    """The sum of what was recorded of a kind in this span, whatever time it is about; of a next revision, what it changed.

    With a project what is of another one is left out; what is of none counts.
    """
    found = await db.rows(CONFIRMED, since, until, kind, project_id)
    return {row["freelancer_id"]: Recorded(tuple(row["ids"] or ()), row["value"], {}) for row in found}
