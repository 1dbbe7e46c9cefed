"""Keys of golden tasks after the fact: a curator lets a doubted key stand, changes it, or withdraws it.

Whatever is decided becomes the newest truth of the task, and the job `quality.regrade` draws every conclusion from it anew. A golden
task made from an ordinary one shares its truth: what is learnt of one holds for the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from piecework.platform import db, jobs, trail
from piecework.platform.errors import Invalid, NotFound
from piecework.platform.said import Said
from piecework.quality.errors import KeyChanged, NotQuarantined, OwnKey, OwnWork
from piecework.quality.golden.golden import unfit
from piecework.quality.grading import golden_states, truths
from piecework.quality.grading.truths import Known, Source
from piecework.tasks.workflows import read_step

LOCK = """
SELECT t.origin, s.spec AS step, g.state, g.created_by FROM task t JOIN golden g ON g.task_id = t.id JOIN step s ON s.id = t.step_id
WHERE t.id = $1 FOR UPDATE OF t
"""

APART = """
SELECT CASE WHEN g.created_at >= o.created_at THEN pair.id ELSE pair.origin END AS leads,
       CASE WHEN g.created_at >= o.created_at THEN g.revision ELSE o.revision END AS revision,
       CASE WHEN g.created_at >= o.created_at THEN pair.origin ELSE pair.id END AS follows
FROM (SELECT id, origin FROM task WHERE origin = ANY ($1) UNION SELECT id, origin FROM task WHERE id = ANY ($1) AND origin IS NOT NULL) pair
CROSS JOIN LATERAL (SELECT * FROM truth WHERE task_id = pair.id ORDER BY revision DESC LIMIT 1) g
CROSS JOIN LATERAL (SELECT * FROM truth WHERE task_id = pair.origin ORDER BY revision DESC LIMIT 1) o
WHERE g.answers <> o.answers
"""
"""Pairs of a promoted task and its golden task of which different things are known; the newer truth leads."""


class Decision(StrEnum):
    """What a curator says of a key: it stands, it is another, or there is no telling."""

    CONFIRM = "confirm"
    CHANGE = "change"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision about the key's `revision`, with the acceptable answers if it is changed."""

    decision: Decision
    revision: int
    reason: str
    known: Sequence[Known] = ()


async def decide(actor: UUID, task_id: UUID, ruling: Ruling) -> int:
    """Carry out a decision on a golden task's key; returns the truth's new revision. The task is not handed out any more.

    confirm: the key stands, its answers are judged by it. change: they are judged by the new key. withdraw: nothing is known, so
    every answer is accepted and tells nothing of its author.

    Raises:
        NotFound: there is no such golden task. OwnWork: the actor answered it. OwnKey, NotQuarantined, KeyChanged: see there.
        Invalid: the new key does not fit the step.
    """
    row = await db.row(LOCK, task_id)
    if row is None:
        raise NotFound
    if await db.scalar("SELECT EXISTS (SELECT FROM assignment WHERE task_id = $1 AND freelancer_id = $2)", task_id, actor):
        raise OwnWork
    truth = (await truths.now([task_id]))[task_id]
    quarantined = row["state"] == "quarantined"
    if quarantined and actor in await _makers(task_id, row["origin"]):
        raise OwnKey
    if ruling.revision != truth.revision:
        raise KeyChanged(Said("It is at revision %(revision)s.", revision=truth.revision))
    if ruling.decision is Decision.CONFIRM and not quarantined:
        raise NotQuarantined
    refused = unfit(read_step(row["step"]), ruling.known)
    if refused:
        raise Invalid(errors=refused)
    known = {Decision.CONFIRM: truth.known, Decision.WITHDRAW: []}.get(
        ruling.decision, sorted(ruling.known, key=lambda k: -k.weight)
    )
    revision = await truths.state(task_id, known, Source.KEY, actor, ruling.reason)
    await golden_states.end(task_id)
    await trail.record(actor, f"golden.key_{ruling.decision}", "task", task_id, reason=ruling.reason, revision=revision)
    return revision


async def spread(task_ids: Sequence[UUID]) -> None:
    """Where a task and the golden task made from it now differ in what is known, a job makes the older truth follow the newer."""
    found = await db.rows(APART, list(task_ids))
    await jobs.enqueue(
        "quality.follow",
        [
            (f"{r['leads']}:{r['revision']}:{r['follows']}", {"leads": str(r["leads"]), "follows": str(r["follows"])})
            for r in found
        ],
    )


async def follow(leads: UUID, follows: UUID) -> None:
    """What is known of `leads` is known of `follows` too, unless it has learnt something newer meanwhile."""
    await db.execute("SELECT FROM task WHERE id = ANY ($1) ORDER BY id FOR UPDATE", [leads, follows])
    apart = {(row["leads"], row["follows"]) for row in await db.rows(APART, [leads, follows])}
    if (leads, follows) not in apart:
        return
    truth = (await truths.now([leads]))[leads]
    await truths.state(follows, truth.known, Source.KEY, truth.actor, f"What is known of task {leads}: {truth.reason}")
    await golden_states.end(follows)


async def _makers(task_id: UUID, origin: UUID | None) -> set[UUID]:
    """Who made the key, and who made its newest revision."""
    found = await db.rows(
        """SELECT created_by AS actor FROM golden WHERE task_id = $1
           UNION SELECT actor FROM truth_now WHERE task_id = $1
           UNION SELECT actor FROM truth WHERE task_id = $2""",
        task_id,
        origin,
    )
    return {row["actor"] for row in found}
