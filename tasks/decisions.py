"""The state of tasks and of assignments after the answer: one function per transition, each an event for the parts above."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db, jobs
from piecework.platform.said import Said, packed, plain
from piecework.tasks import budgets, queries, splitting
from piecework.tasks.fields import Answer

WHOLE = 10_000
"""The share of an answer that is accepted in full: shares are in 1/10,000."""


FOR_THE_BEST = timedelta(minutes=1)


class Basis(StrEnum):
    """What a decision rests on. For curators and the trail: freelancers read reason and explanation, never the basis."""

    CONSENSUS = "consensus"
    GOLDEN = "golden"
    CHECK = "check"
    CURATOR = "curator"
    AUDIT = "audit"
    DEADLINE = "deadline"
    SETTLED = "settled"
    APPEAL = "appeal"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision on one answer. `share` is the part accepted, in 1/10,000; 0 rejects it.

    `reason` is a stable code and `explanation` the words for the answer's author, with the evidence in them: always there unless
    all of the answer is accepted. What is `Said` is kept in English, and so that pages tell it in the reader's language.
    """

    assignment_id: UUID
    share: int
    basis: Basis
    reason: str | None = None
    explanation: str | Said | None = None
    actor: UUID | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """A task's consensus. `result` None: the answers never agreed and another step takes over, the task is undecided."""

    task_id: UUID
    result: Answer | None
    confidence: float


DECIDE = """
WITH new AS (
    SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::uuid[], $8::text[])
        AS n (id, share, basis, reason, explanation, actor, said)),
done AS (
    UPDATE assignment a SET state = CASE WHEN n.share = 0 THEN 'rejected' ELSE 'accepted' END, share = n.share, reason = n.reason,
           explanation = n.explanation, decided_at = now(), revision = a.revision + 1
    FROM new n WHERE a.id = n.id AND (a.state = 'submitted' OR ($7 AND a.state IN ('accepted', 'rejected') AND n.share > a.share))
    RETURNING a.id, a.revision, a.state, a.share, a.reason, a.explanation, n.basis, n.actor, n.said),
noted AS (
    INSERT INTO decision (assignment_id, revision, state, share, basis, reason, explanation, actor, said)
    SELECT id, revision, state, share, basis, reason, explanation, actor, said::jsonb FROM done)
SELECT id, revision, state FROM done
"""

# Of tasks whose ticket has a budget only if told so ($3).
RAISE_OVERLAP = """
UPDATE task t SET overlap = n.overlap FROM unnest($1::uuid[], $2::smallint[]) AS n (id, overlap)
WHERE t.id = n.id AND t.state = 'open' AND ($3 OR t.ticket_id IS NULL OR budget_of(t.ticket_id, t.project_id) IS NULL)
RETURNING t.id
"""
LOCK_TICKETS = "SELECT FROM ticket WHERE id IN (SELECT ticket_id FROM task WHERE id = ANY ($1)) ORDER BY id FOR UPDATE"
UNAFFORDABLE = """
INSERT INTO unaffordable (task_id, overlap) SELECT id, $2 FROM task WHERE id = $1 AND state = 'disputed'
ON CONFLICT (task_id) DO UPDATE SET overlap = excluded.overlap, since = now()
"""


async def decide(verdicts: Sequence[Verdict], *, again: bool = False) -> set[UUID]:
    """submitted -> accepted (in full or in part) | rejected; returns the assignments that this changed.

    With `again` a decision that was made is made anew, but only in the freelancer's favour: rejected -> accepted, or more of the
    answer accepted. What somebody was once told they earned is not taken back because others changed their minds.

    A rejection frees the weekly cap of its claim, if that was this week; accepting it later after all does not take that back. The
    people's workloads are locked first: whoever claims or gives back holds theirs before any slot or shelf.

    Records `assignment.accepted` and `assignment.rejected`, once per decision.
    """
    if not verdicts:
        return set()
    await db.execute(queries.LOCK_WORKLOADS_OF, [v.assignment_id for v in verdicts if v.share == 0])
    done = await db.rows(
        DECIDE,
        [v.assignment_id for v in verdicts],
        [v.share for v in verdicts],
        [str(v.basis) for v in verdicts],
        [v.reason for v in verdicts],
        [None if v.explanation is None else plain(v.explanation) for v in verdicts],
        [v.actor for v in verdicts],
        again,
        [orjson.dumps(packed(v.explanation)).decode() if isinstance(v.explanation, Said) else None for v in verdicts],
    )
    await db.execute(queries.FREE_CAP, [row["id"] for row in done if row["state"] == "rejected"])
    for state in ("accepted", "rejected"):
        await jobs.record(
            f"assignment.{state}", [(event_key(row["id"], row["revision"]), {}) for row in done if row["state"] == state]
        )
    return {row["id"] for row in done}


async def told(assignment_ids: Iterable[UUID]) -> dict[tuple[UUID, str | None], Any]:
    """The explanations of decisions on these answers, to be shown in the reader's language (`piecework.platform.said`).

    By answer and explanation. Those from before that was kept, and those in a person's own words, are left out.
    """
    found = await db.rows(
        "SELECT assignment_id, explanation, said FROM decision WHERE assignment_id = ANY ($1) AND said IS NOT NULL",
        list(assignment_ids),
    )
    return {(row["assignment_id"], row["explanation"]): orjson.loads(row["said"]) for row in found}


def event_key(assignment_id: UUID, revision: int) -> str:
    """The key of a decision's event: an assignment may be decided again while the job of the first decision still runs."""
    return str(assignment_id) if revision == 1 else f"{assignment_id}:{revision}"


def assignment_of(key: str) -> UUID:
    """The assignment that an event's key is about."""
    return UUID(key.partition(":")[0])


async def resolve(resolutions: Sequence[Resolution]) -> None:
    """open | disputed -> resolved | undecided; the ticket's next steps are opened by a job in its own transaction."""
    done = await db.rows(
        """UPDATE task t SET state = CASE WHEN n.result IS NULL THEN 'undecided' ELSE 'resolved' END,
                  result = n.result::jsonb, confidence = n.confidence, resolved_at = now()
           FROM unnest($1::uuid[], $2::text[], $3::float8[]) AS n (id, result, confidence)
           WHERE t.id = n.id AND t.state IN ('open', 'disputed') RETURNING t.id, t.ticket_id""",
        [r.task_id for r in resolutions],
        [_json(r.result) for r in resolutions],
        [r.confidence for r in resolutions],
    )
    await jobs.enqueue("tasks.advance", [(str(r["id"]), {"ticket": str(r["ticket_id"])}) for r in done if r["ticket_id"]])


async def dispute(task_ids: Sequence[UUID]) -> None:
    """open -> disputed: no more answers are asked for, a curator decides. Its ticket waits."""
    await db.execute("UPDATE task SET state = 'disputed' WHERE id = ANY ($1) AND state = 'open'", list(task_ids))


async def withdraw(task_ids: Sequence[UUID]) -> None:
    """Control tasks are shown to nobody else: disputed, their open slots go. What is held may still be submitted."""
    await dispute(task_ids)
    await db.execute("DELETE FROM slot WHERE task_id = ANY ($1) AND control AND assignment_id IS NULL", list(task_ids))


async def correct(task_id: UUID, result: Answer) -> bool:
    """A resolved task turns out to have another result: it and its ticket's result are set right; true if that changed anything.

    Steps that were done from the old result are not done anew. Records `ticket.corrected`.
    """
    row = await db.row(
        """UPDATE task t SET result = $2::jsonb, confidence = 1 FROM step s
           WHERE t.id = $1 AND s.id = t.step_id AND t.state IN ('resolved', 'undecided') AND t.result IS DISTINCT FROM $2::jsonb
           RETURNING t.ticket_id, s.key""",
        task_id,
        _json(result),
    )
    if row is not None and row["ticket_id"] is not None:
        await db.execute(
            """UPDATE ticket k SET result = jsonb_set(k.result, ARRAY[$2], $3::jsonb) WHERE k.id = $1 AND k.result IS NOT NULL
               AND NOT EXISTS (SELECT FROM task t JOIN task later ON later.ticket_id = t.ticket_id AND later.step_id = t.step_id
                               AND later.iteration > t.iteration WHERE t.id = $4)""",
            row["ticket_id"],
            row["key"],
            _json(result),
            task_id,
        )
        await jobs.record("ticket.corrected", [(str(row["ticket_id"]), {"task": str(task_id)})])
    return row is not None


async def want_more(wanted: Iterable[tuple[UUID, int]]) -> None:
    """Raise the overlap of open tasks, each time by one, to these numbers, and open the slot for each added answer.

    For a while it is kept for people whose answers are known to be good: theirs tell most where others do not agree. A task whose
    ticket cannot pay for the answer goes to a curator instead; with a larger budget it is asked for after all.
    """
    numbers: dict[UUID, list[int]] = {}
    for task_id, number in wanted:
        numbers.setdefault(task_id, []).append(number)
    for place in range(max(map(len, numbers.values()), default=0)):  # a task may want several more: one after the other
        await _want_one_more({task_id: sorted(of)[place] for task_id, of in numbers.items() if place < len(of)})


async def _want_one_more(overlap: Mapping[UUID, int]) -> None:
    """The same for tasks of which each wants one more."""
    free = {row["id"] for row in await db.rows(RAISE_OVERLAP, list(overlap), list(overlap.values()), False)}
    bounded = sorted(overlap.keys() - free)
    if bounded:  # before any queue is held: advancing a ticket locks in this order
        await db.execute(LOCK_TICKETS, bounded)
    for number in sorted({overlap[task_id] for task_id in free}):
        added = sorted(task_id for task_id in free if overlap[task_id] == number)
        await splitting.open_slots(added, rounds=(number, number), reserved=FOR_THE_BEST)
    for task_id in bounded:
        if not await budgets.affords_answer(task_id):
            await dispute([task_id])
            await db.execute(UNAFFORDABLE, task_id, overlap[task_id])
        elif await db.rows(RAISE_OVERLAP, [task_id], [overlap[task_id]], True):
            await splitting.open_slots([task_id], rounds=(overlap[task_id], overlap[task_id]), reserved=FOR_THE_BEST)


async def ask_again(ticket_ids: Iterable[UUID]) -> None:
    """The budgets of these tickets may be larger now: ask for the answers that could not be paid for, unless a curator has decided."""
    await want_more(await budgets.unaffordable(ticket_ids))


def _json(result: Answer | None) -> str | None:
    return None if result is None else orjson.dumps(result).decode()
