"""A curator's decision on a case of suspected cheating, and what a curator sees of it. Deciding restricts nobody by itself."""

from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db, trail
from piecework.platform.errors import NotFound
from piecework.quality.cases import sanctions
from piecework.quality.errors import CaseDecided, NotImpartial
from piecework.quality.people import standings, suspicions

CASE = """
SELECT c.id, c.kind, c.people, c.step_id::text, s.key AS step, p.code AS project, c.strength, c.words, c.evidence, c.state, c.opened_at,
       c.seen_at, c.decided_at, c.decided_by, c.reason
FROM suspicion c LEFT JOIN step s ON s.id = c.step_id LEFT JOIN project p ON p.id = c.project_id
"""
SHOWN = CASE + "WHERE c.id = $1"
LISTED = (
    CASE
    + """
WHERE c.id < $1 AND ($2::text IS NULL OR c.state = $2) AND ($3::text IS NULL OR c.kind = $3) ORDER BY c.id DESC LIMIT $4
"""
)
TAKEN = """
SELECT who.id AS freelancer_id, coalesce(array_agg(r.kind) FILTER (WHERE r.id IS NOT NULL), '{}') AS taken
FROM unnest($1::uuid[]) AS who (id)
LEFT JOIN restriction r ON r.freelancer_id = who.id AND r.starts_at >= $2 AND r.lifted_at IS NULL
GROUP BY who.id ORDER BY who.id
"""


async def page(before: UUID, limit: int, *, state: str | None, kind: str | None) -> list[dict[str, Any]]:
    """Cases, newest first, without their evidence."""
    found = [dict(row) for row in await db.rows(LISTED, before, state, kind, limit)]
    return [{name: value for name, value in row.items() if name != "evidence"} for row in found]


async def show(case_id: UUID) -> dict[str, Any]:
    """One case with its evidence, and for each person the steps taken since it was opened and the next one.

    Raises:
        NotFound: there is none.
    """
    row = await db.row(SHOWN, case_id)
    if row is None:
        raise NotFound
    taken = await db.rows(TAKEN, row["people"], row["opened_at"])
    proposals = [
        {
            "freelancer_id": one["freelancer_id"],
            "taken": sorted(set(one["taken"])),
            "next": sanctions.next_step(row["state"], one["taken"]),
        }
        for one in taken
    ]
    return {**row, "evidence": orjson.loads(row["evidence"]), "proposals": proposals}


async def decide(actor: UUID, case_id: UUID, *, confirm: bool, reason: str) -> None:
    """Confirm or dismiss a case, once.

    Raises:
        NotFound, CaseDecided, NotImpartial: see there.
    """
    case = await db.row("SELECT state, people, kind, step_id FROM suspicion WHERE id = $1 FOR UPDATE", case_id)
    if case is None:
        raise NotFound
    if case["state"] != "open":
        raise CaseDecided
    if actor in case["people"]:
        raise NotImpartial
    state = "confirmed" if confirm else "dismissed"
    await db.execute(
        "UPDATE suspicion SET state = $2, decided_at = now(), decided_by = $3, reason = $4 WHERE id = $1",
        case_id,
        state,
        actor,
        reason,
    )
    await trail.record(actor, f"case.{state}", "case", case_id, reason=reason)
    if case["kind"] == "accuracy" and not confirm:
        for person in case["people"]:
            await standings.forgive(person, case["step_id"], "the case was dismissed")
    await suspicions.watch_closer(case_id, state)
