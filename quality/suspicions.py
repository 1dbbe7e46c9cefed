"""Cases of suspected cheating or careless work: opened with their evidence by the system, decided by a person, in writing."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db


async def open_case(
    kind: str, people: Sequence[UUID], step_id: int | None, strength: float, words: str, evidence: dict[str, Any]
) -> None:
    """Open a case, or bring the one that is open about the same people up to date.

    `strength` is the base-10 logarithm of how much likelier the evidence is if the suspicion is right; `words` says it to a curator.
    """
    await db.execute(
        """INSERT INTO suspicion (kind, people, step_id, project_id, strength, words, evidence)
           SELECT $1, $2, $3, (SELECT project_id FROM step WHERE id = $3), $4, $5, $6::jsonb
           ON CONFLICT (kind, people, coalesce(step_id, 0)) WHERE state = 'open'
           DO UPDATE SET strength = excluded.strength, words = excluded.words, evidence = excluded.evidence, seen_at = now()""",
        kind,
        sorted(people),
        step_id,
        strength,
        words,
        orjson.dumps(evidence).decode(),
    )


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
        log_likelihood_ratio / 2.302585092994046,
        f"{agreed} of {answers} golden and audited answers are right: the sequential test finds the work clearly below the step's bar.",
        {"answers": answers, "right": agreed, "log_likelihood_ratio": round(log_likelihood_ratio, 3)},
    )
