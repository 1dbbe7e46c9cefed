"""Cases of suspected cheating or careless work: opened with their evidence by the system, decided by a person, in writing."""

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db, jobs

MARGIN = 1.0
"""How much stronger evidence must have become, in powers of ten, to open a case that a person has decided once more."""
LATELY_DAYS = 30
"""Evidence is looked for in this many days: what was decided before them rested on other evidence."""

OPEN = """
INSERT INTO suspicion (kind, people, step_id, project_id, strength, words, evidence)
SELECT $1, $2, $3, (SELECT project_id FROM step WHERE id = $3), $4, $5, $6::jsonb
WHERE NOT EXISTS (
    SELECT FROM suspicion o WHERE o.kind = $1 AND o.people = $2 AND o.step_id IS NOT DISTINCT FROM $3 AND o.state <> 'open'
    AND (o.step_id IS NULL OR o.decided_at > now() - $8::interval) AND $4 < o.strength + $7)
ON CONFLICT (kind, people, coalesce(step_id, 0)) WHERE state = 'open'
DO UPDATE SET strength = excluded.strength, words = excluded.words, evidence = excluded.evidence, seen_at = now()
RETURNING CASE WHEN xmax = 0 THEN id END
"""

# A ring of which a part was found before: its open case grows, rather than each size of it having one of its own.
WIDEN = """
UPDATE suspicion SET people = $2, strength = $4, words = $5, evidence = $6::jsonb, seen_at = now()
WHERE id = (SELECT id FROM suspicion WHERE kind = $1 AND step_id IS NOT DISTINCT FROM $3 AND state = 'open' AND people <@ $2
            AND people <> $2 ORDER BY id LIMIT 1 FOR UPDATE)
AND NOT EXISTS (SELECT FROM suspicion WHERE kind = $1 AND step_id IS NOT DISTINCT FROM $3 AND state = 'open' AND people @> $2)
RETURNING id
"""


async def open_case(
    kind: str,
    people: Sequence[UUID],
    step_id: int | None,
    strength: float,
    words: str,
    evidence: dict[str, Any],
    *,
    all_new: bool = False,
) -> UUID | None:
    """Open a case, or bring the one that is open about the same people up to date; returns its id if it is new.

    `strength` is the base-10 logarithm of how much likelier the evidence is if the suspicion is right; `words` says it to a curator.
    What a person has decided is not opened again by the same evidence: only if it has grown by `MARGIN`, or is `all_new`.
    """
    who, told = sorted(people), orjson.dumps(evidence, default=str).decode()
    wider: UUID | None = await db.scalar(WIDEN, kind, who, step_id, strength, words, told)
    if wider is not None:
        await watch_closer(wider, f"{len(who)} people")
        return None
    margin = -math.inf if all_new else MARGIN
    made: UUID | None = await db.scalar(OPEN, kind, who, step_id, strength, words, told, margin, timedelta(days=LATELY_DAYS))
    if made is not None:
        await watch_closer(made, "opened")
    return made


async def watch_closer(case_id: UUID, why: str) -> None:
    """The people of a case are watched anew, by a job: see `watched`."""
    found = await db.rows(
        """SELECT w.p, w.s FROM suspicion c, LATERAL (
               SELECT st.freelancer_id, st.step_id FROM standing st
               WHERE c.step_id IS NULL AND st.freelancer_id = ANY (c.people)
               UNION SELECT who, c.step_id FROM unnest(c.people) who WHERE c.step_id IS NOT NULL) AS w (p, s)
           WHERE c.id = $1""",
        case_id,
    )
    await jobs.enqueue(
        "quality.replay",
        [(f"{case_id}:{why}:{row['p']}:{row['s']}", {"person": str(row["p"]), "step": row["s"]}) for row in found],
    )


async def watched(people: Sequence[UUID]) -> set[tuple[UUID, int | None]]:
    """Who of these is under suspicion, by step (None: in all): a case is open, or was confirmed of late."""
    found = await db.rows(
        """SELECT DISTINCT who, c.step_id FROM suspicion c, unnest(c.people) who
           WHERE c.people && $1 AND who = ANY ($1) AND (c.state = 'open' OR (c.state = 'confirmed' AND c.decided_at > now() - $2::interval))""",
        list(people),
        timedelta(days=LATELY_DAYS),
    )
    return {(row["who"], row["step_id"]) for row in found}


async def open_for_accuracy(freelancer_id: UUID, step_id: int, log_likelihood_ratio: float) -> None:
    """The sequential test of golden answers and audits found somebody clearly bad."""
    found = await db.rows(
        """SELECT count(*) AS answers, count(*) FILTER (WHERE agrees) AS agreed FROM evidence_now
           WHERE freelancer_id = $1 AND step_id = $2 AND kind IN ('golden', 'audit')""",
        freelancer_id,
        step_id,
    )
    answers, agreed = found[0]["answers"], found[0]["agreed"]
    await open_case(
        "accuracy",
        [freelancer_id],
        step_id,
        log_likelihood_ratio / math.log(10),
        f"{agreed} of {answers} golden and audited answers are right: the sequential test finds the work clearly below the step's bar.",
        {"answers": answers, "right": agreed, "log_likelihood_ratio": round(log_likelihood_ratio, 3)},
        all_new=True,  # a test that has begun anew has forgotten what an earlier case was about
    )
