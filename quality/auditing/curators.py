"""How good curators, and the second line as far as it audits, are: by second looks, each judged by the other curators only, and by what appeals made of their decisions."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db
from piecework.quality.auditing.second_looks import Look, agree
from piecework.quality.statistics import OPEN, Interval, fit, interval
from piecework.tasks.workflows import StepSpec, read_step

PEOPLE = """
SELECT c.id, c.name, (SELECT count(*) FROM audit u WHERE u.auditor_id = c.id) AS audits
FROM account c WHERE ('curator' = ANY (c.roles) OR c.id = ANY (ARRAY(SELECT DISTINCT u.auditor_id FROM audit u WHERE u.auditor_id IS NOT NULL)))
  AND c.id > $1 ORDER BY c.id LIMIT $2
"""

LOOKS = """
SELECT u.id, u.auditor_id, u.answer, u.passed, u.reason, u.assignment_id, s.spec FROM audit u JOIN step s ON s.id = u.step_id
WHERE u.done_at IS NOT NULL AND EXISTS (
    SELECT FROM audit o WHERE o.assignment_id = u.assignment_id AND o.done_at IS NOT NULL AND o.auditor_id <> u.auditor_id)
ORDER BY u.assignment_id, u.done_at, u.id
"""

REFUSALS = """
SELECT d.actor, count(*) AS refusals, count(p.id) AS appealed, count(p.id) FILTER (WHERE p.state = 'upheld') AS overturned
FROM decision d LEFT JOIN appeal p ON p.subject = 'answer' AND p.subject_id = d.assignment_id AND p.decided_by IS NOT NULL
     AND d.revision = (SELECT max(x.revision) FROM decision x WHERE x.assignment_id = d.assignment_id AND x.decided_at <= p.opened_at)
WHERE d.actor = ANY ($1) AND d.basis IN ('curator', 'audit') AND d.share < 10000 GROUP BY d.actor
"""


@dataclass(frozen=True, slots=True)
class Curator:
    """What is known of a curator.

    `accuracy` is judged leave-one-out, from the answers that other curators audited too; `agreed` counts those in which at least half
    of the others found the same. `refusals` are decisions that did not accept an answer in full, `overturned` those of them that an
    arbiter undid on appeal.
    """

    id: UUID
    name: str
    audits: int
    second_looks: int
    agreed: int
    accuracy: Interval
    refusals: int
    appealed: int
    overturned: int


async def page(after: UUID, limit: int) -> list[Curator]:
    """Who audits, with ids above `after`, in order: three statements, however many there are."""
    people = await db.rows(PEOPLE, after, limit)
    ids = [row["id"] for row in people]
    refusals: dict[UUID, Any] = {row["actor"]: row for row in await db.rows(REFUSALS, ids)}
    none = {"refusals": 0, "appealed": 0, "overturned": 0}
    judged = _judge(await _looks())
    return [
        Curator(
            row["id"],
            row["name"],
            row["audits"],
            *judged.get(row["id"], (0, 0, interval(0, 0))),
            *(refusals.get(row["id"], none)[name] for name in none),
        )
        for row in people
    ]


async def _looks() -> list[tuple[StepSpec, list[Look]]]:
    """The answers that several curators have audited, with their looks."""
    families: dict[UUID, tuple[str, list[Look]]] = {}
    for row in await db.rows(LOOKS):
        look = Look(row["id"], row["auditor_id"], orjson.loads(row["answer"]), orjson.loads(row["passed"]), row["reason"])
        families.setdefault(row["assignment_id"], (row["spec"], []))[1].append(look)
    steps = {spec: read_step(spec) for spec, _ in families.values()}
    return [(steps[spec], looks) for spec, looks in families.values()]


def _judge(families: Sequence[tuple[StepSpec, list[Look]]]) -> dict[UUID, tuple[int, int, Interval]]:
    """Per curator: answers that others audited too, in how many at least half of the others agree, and the accuracy.

    The one-coin model on the looks as labels of an open set: who agrees with nobody has a label of their own.
    """
    if not families:
        return {}
    curators = sorted({look.auditor_id for _, looks in families for look in looks})
    number = {curator: place for place, curator in enumerate(curators)}
    task, worker, label = [], [], []
    counts: dict[UUID, list[int]] = defaultdict(lambda: [0, 0])
    for place, (step, looks) in enumerate(families):
        kinds: list[Look] = []
        for look in looks:
            code = next((code for code, kind in enumerate(kinds) if agree(step, kind, look)), len(kinds))
            kinds += [look] if code == len(kinds) else []
            task.append(place)
            worker.append(number[look.auditor_id])
            label.append(code)
            others = [agree(step, look, other) for other in looks if other is not look]
            counts[look.auditor_id][0] += 1
            counts[look.auditor_id][1] += 2 * sum(others) >= len(others)
    fitted = fit(task, worker, label, [OPEN] * len(families), workers=len(curators))
    return {curator: (counts[curator][0], counts[curator][1], fitted.interval(number[curator])) for curator in curators}
