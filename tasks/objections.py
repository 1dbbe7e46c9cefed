"""Decisions about people that they may object to: the part that makes one notes it here, with what the person was told.

Quality's appeals take the objection and settle it; the part that noted the decision acts on the event `appeal.decided`, whose payload
is {subject, subject_id, outcome: upheld | denied}. A decision that must wait for objections takes effect once it stands: nobody
objected in time, or the objection was denied. Objecting and taking effect lock the same row: one of the two happens, never both.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db, jobs
from piecework.platform.said import Words, packed, plain

DECIDED = "appeal.decided"
WITHDRAWN = "appealable.withdrawn"


class State(StrEnum):
    """open (nobody objected) -> appealed -> upheld | denied · lapsed: took effect without objection · withdrawn by its author."""

    OPEN = "open"
    APPEALED = "appealed"
    UPHELD = "upheld"
    DENIED = "denied"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Noted:
    """A decision as it was noted. `late`: the time to object is over. `evidence` is for those who settle objections."""

    state: State
    late: bool
    words: str
    evidence: dict[str, str]
    involved: tuple[UUID, ...]
    decided_at: datetime
    appeal_by: datetime


NOTED = """
SELECT state, state = 'lapsed' OR (state = 'open' AND appeal_by <= clock_timestamp()) AS late, words, evidence, involved,
       decided_at, appeal_by
FROM appealable WHERE subject = $1 AND subject_id = $2"""
HOLD = NOTED + " AND freelancer_id = $3 FOR UPDATE"
# One order of locks for everybody who takes several.
HOLD_ALL = """
SELECT subject_id, state, appeal_by, settled_at FROM appealable WHERE subject = $1 AND subject_id = ANY ($2::uuid[])
ORDER BY subject_id FOR UPDATE"""

LAPSE = "UPDATE appealable SET state = 'lapsed', settled_at = $3 WHERE subject = $1 AND subject_id = ANY ($2::uuid[])"


async def opened(subject: str, subject_id: UUID, freelancer_id: UUID) -> None:
    """Somebody objected to a decision, noted here or not, and waits for the answer."""
    await db.execute(
        "INSERT INTO open_objection (subject, subject_id, freelancer_id) VALUES ($1, $2, $3)", subject, subject_id, freelancer_id
    )


async def answered(objections: Iterable[tuple[str, UUID]]) -> None:
    """These objections have their answer."""
    listed = list(objections)
    await db.execute(
        """DELETE FROM open_objection o USING unnest($1::text[], $2::uuid[]) AS done (subject, subject_id)
           WHERE o.subject = done.subject AND o.subject_id = done.subject_id""",
        [subject for subject, _ in listed],
        [subject_id for _, subject_id in listed],
    )


async def note(
    subject: str,
    subject_id: UUID,
    freelancer_id: UUID,
    *,
    words: Words,
    evidence: Mapping[str, Words],
    involved: Iterable[UUID],
    within: timedelta,
) -> datetime:
    """Note a decision about a person, once, who may object `within` this time from now; returns until when.

    `words` is what the person is told, `evidence` (texts by name) what an arbiter judges by, `involved` who had a hand in it. They are kept
    in English, and so that pages tell what is `Said` in the reader's language.
    """
    kept = {"words": packed(words), "evidence": {name: packed(text) for name, text in evidence.items()}}
    until: datetime = await db.scalar(
        """INSERT INTO appealable (subject, subject_id, freelancer_id, words, evidence, involved, appeal_by, said)
           VALUES ($1, $2, $3, $4, $5::jsonb, $6, now() + $7::interval, $8::jsonb) RETURNING appeal_by""",
        subject,
        subject_id,
        freelancer_id,
        plain(words),
        orjson.dumps({name: plain(text) for name, text in evidence.items()}).decode(),
        sorted(set(involved)),
        within,
        orjson.dumps(kept).decode(),
    )
    return until


async def told(subject: str, ids: Iterable[UUID]) -> dict[UUID, Any]:
    """What people were told of these decisions, `words` and `evidence`, to be shown in the reader's language (`piecework.platform.said`).

    Those from before that was kept are left out.
    """
    found = await db.rows(
        "SELECT subject_id, said FROM appealable WHERE subject = $1 AND subject_id = ANY ($2) AND said IS NOT NULL",
        subject,
        list(ids),
    )
    return {row["subject_id"]: orjson.loads(row["said"]) for row in found}


async def noted(subject: str, subject_id: UUID) -> Noted | None:
    """The decision as it was noted, or None."""
    return _noted(await db.row(NOTED, subject, subject_id))


async def own(subject: str, subject_id: UUID, freelancer_id: UUID) -> Noted | None:
    """The decision if it is about this person, or None."""
    return _noted(await db.row(f"{NOTED} AND freelancer_id = $3", subject, subject_id, freelancer_id))


async def hold(subject: str, subject_id: UUID, freelancer_id: UUID) -> Noted | None:
    """The decision about this person, locked: until the transaction ends it neither takes effect nor is settled. None: no such."""
    return _noted(await db.row(HOLD, subject, subject_id, freelancer_id))


async def appeal(subject: str, subject_id: UUID) -> None:
    """open -> appealed. The caller holds it and has seen that it is open and not late."""
    await db.execute("UPDATE appealable SET state = 'appealed' WHERE subject = $1 AND subject_id = $2", subject, subject_id)


async def settle(subject: str, subject_id: UUID, *, upheld: bool) -> bool:
    """appealed -> upheld | denied, with the event for the part that noted it. False if it is not appealed: it was withdrawn."""
    outcome = State.UPHELD if upheld else State.DENIED
    done = await db.execute(
        """UPDATE appealable SET state = $3, settled_at = clock_timestamp()
           WHERE subject = $1 AND subject_id = $2 AND state = 'appealed'""",
        subject,
        subject_id,
        str(outcome),
    )
    if done:
        payload = {"subject": subject, "subject_id": str(subject_id), "outcome": str(outcome)}
        await jobs.record(DECIDED, [(f"{subject}:{subject_id}", payload)])
    return bool(done)


async def withdraw(subject: str, subject_id: UUID) -> None:
    """open | appealed -> withdrawn: there is nothing to object to any more. What is settled stays as it is.

    Records `appealable.withdrawn`, which ends an appeal that is under way.
    """
    done = await db.execute(
        """UPDATE appealable SET state = 'withdrawn', settled_at = clock_timestamp()
           WHERE subject = $1 AND subject_id = $2 AND state IN ('open', 'appealed')""",
        subject,
        subject_id,
    )
    if done:
        await jobs.record(WITHDRAWN, [(f"{subject}:{subject_id}", {"subject": subject, "subject_id": str(subject_id)})])


async def standing(subject: str, ids: Iterable[UUID], at: datetime) -> set[UUID]:
    """Which of these decisions stood at a moment (not one that is ahead of us), and so may take effect.

    That is where the objection was denied by then, and where the time to object was over by then and nobody had. The latter lapse
    with this: nobody can object to them any more. All of them stay locked until the transaction ends.
    """
    found = await db.rows(HOLD_ALL, subject, sorted(set(ids)))
    lapsing = [row["subject_id"] for row in found if row["state"] == State.OPEN and row["appeal_by"] <= at]
    if lapsing:
        await db.execute(LAPSE, subject, lapsing, at)
    before = {State.LAPSED: "appeal_by", State.DENIED: "settled_at"}
    stood = [row["subject_id"] for row in found if row["state"] in before and row[before[row["state"]]] <= at]
    return {*lapsing, *stood}


def _noted(row: Mapping[str, Any] | None) -> Noted | None:
    if row is None:
        return None
    read = {"state": State(row["state"]), "evidence": orjson.loads(row["evidence"]), "involved": tuple(row["involved"])}
    return Noted(**{**row, **read})
