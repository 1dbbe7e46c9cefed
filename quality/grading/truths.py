"""What is known to be right of a task, with its history: golden keys, and what curators said of ordinary tasks.

A truth that becomes known, or changes, is a fact like any other: the job `quality.regrade` draws every conclusion from it anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import orjson

from piecework.platform import db, jobs
from piecework.tasks.fields import Answer


class Source(StrEnum):
    """Where a truth comes from: made as a golden task, or said by a curator of an ordinary task or of a golden key."""

    GOLDEN = "golden"
    AUDIT = "audit"
    DISPUTE = "dispute"
    APPEAL = "appeal"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class Known:
    """One acceptable answer. `weight` in (0, 1]: what giving it counts as right in the score; a lesser answer is still paid."""

    answer: Answer
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Truth:
    """The newest revision. `known` is empty if the key was withdrawn: then nothing is known of the task."""

    known: list[Known]
    revision: int
    source: Source
    actor: UUID | None
    reason: str = ""


async def now(task_ids: Sequence[UUID]) -> dict[UUID, Truth]:
    """What is known of these tasks, where anything ever was."""
    found = await db.rows(
        "SELECT task_id, answers, revision, source, actor, reason FROM truth_now WHERE task_id = ANY ($1)", list(task_ids)
    )
    return {
        row["task_id"]: Truth(_read(row["answers"]), row["revision"], Source(row["source"]), row["actor"], row["reason"])
        for row in found
    }


async def state(task_id: UUID, known: Sequence[Known], source: Source, actor: UUID | None, reason: str) -> int:
    """Store what is right of a task from now on; returns the revision. The task's answers are judged by it in a job.

    The caller holds the task's row, so that revisions follow each other.
    """
    revision: int = await db.scalar(
        """INSERT INTO truth (task_id, revision, answers, source, actor, reason)
           SELECT $1, 1 + coalesce(max(revision), 0), $2::jsonb, $3, $4, $5 FROM truth WHERE task_id = $1 RETURNING revision""",
        task_id,
        orjson.dumps([{"answer": one.answer, "weight": one.weight} for one in known]).decode(),
        str(source),
        actor,
        reason,
    )
    if revision > 1 or source is not Source.GOLDEN:
        await jobs.enqueue("quality.regrade", [(f"{task_id}:{revision}", {"task": str(task_id)})])
    return revision


def _read(text: str) -> list[Known]:
    return [Known(one["answer"], float(one["weight"])) for one in orjson.loads(text)]
