"""Claims: handing tasks out, holding them, giving them back. The work is done by one statement each (sql/claims.sql)."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from piecework.platform import db, money
from piecework.platform.errors import NotFound, Problem
from piecework.platform.said import Said
from piecework.platform.web import idempotency
from piecework.tasks import queries
from piecework.tasks.errors import (
    Blocked,
    HeldCapReached,
    InstructionUnread,
    LeaseEnded,
    NoContract,
    NoLineAbove,
    ReturnedTooMany,
    StaleLease,
    WeeklyCapReached,
)
from piecework.tasks.models import AssignmentState
from piecework.tasks.steps import StepCache

log = structlog.get_logger()

REFUSALS: dict[str, type[Problem]] = {
    "no_contract": NoContract,
    "blocked": Blocked,
    "held_cap": HeldCapReached,
    "weekly_cap": WeeklyCapReached,
    "returned_cap": ReturnedTooMany,
    "key_reused": idempotency.KeyReused,
}
ENDS = {
    "submitted": Said("submitted"),
    "accepted": Said("accepted"),
    "rejected": Said("rejected"),
    "released": Said("released"),
    "skipped": Said("skipped"),
    "expired": Said("expired"),
    "escalated": Said("escalated"),
}
"""How an assignment ended, for who comes too late."""
ASK_AGAIN_S = {"nothing": 5, "yielded": 1}
"""When to ask again if there was no work, or none but what is left to people further behind their norm."""
RAISE_EVERY = 256
"""Claims of one step after which its floors are raised: the most dead index entries a claim has to walk."""


@dataclass(frozen=True, slots=True)
class Once:
    """What a call is known by, so that asking again does not hand out twice, and what it asks for."""

    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Claimed:
    """What was handed out: the JSON array of the assignments and, if it is empty, in how many seconds to ask again."""

    assignments: bytes
    ask_again_s: int | None = None
    replayed: bool = False
    """They were handed out before, to a call by the same key. Those that have ended meanwhile are left out."""


class Floors:
    """Raises the shelves' floors in the background, once every so many claims of this process."""

    def __init__(self) -> None:
        self._claims: Counter[int] = Counter()
        self._raising: set[asyncio.Task[None]] = set()

    def count(self, step_ids: Iterable[int]) -> None:
        """Note claims; starts a raise where due."""
        for step_id in step_ids:
            self._claims[step_id] += 1
            if self._claims[step_id] >= RAISE_EVERY:
                self._claims[step_id] = 0
                task = asyncio.create_task(_raise(step_id))
                self._raising.add(task)
                task.add_done_callback(self._raising.discard)


async def _raise(step_id: int) -> None:
    try:
        await db.execute(queries.RAISE_FLOOR, step_id, on=db.FREELANCER)
    except (*db.OUTAGE, asyncpg.PostgresError) as error:
        log.warning("queue.floor_not_raised", error=type(error).__name__)  # the next raise will do


async def claim(
    steps: StepCache, floors: Floors, me: UUID, count: int, project_id: UUID | None, once: Once | None = None
) -> Claimed:
    """Hand out up to `count` tasks.

    Guaranteed: never the same task twice to one person; never more answers than the overlap; caps hold under racing calls; a call that
    was given tasks and comes again by its key is given those of them that it still holds, and no others.

    Raises:
        Invalid, KeyReused: the key is none, or it belongs to another request.
        NoContract, HeldCapReached, WeeklyCapReached, ReturnedTooMany, Blocked, InstructionUnread: see there.
    """
    if once is None:
        found = await db.rows(queries.CLAIM, me, count, project_id, on=db.FREELANCER)
    else:
        idempotency.check(once.key)
        found = await db.rows(queries.CLAIM_ONCE, me, count, project_id, once.key, once.fingerprint, on=db.FREELANCER)
    outcome = found[0]["outcome"]
    if outcome in ASK_AGAIN_S:
        return Claimed(b"[]", ASK_AGAIN_S[outcome])
    if outcome in ("replayed", "all_ended"):
        return Claimed(await as_json(steps, found) if outcome == "replayed" else b"[]", replayed=True)
    if outcome == "instruction_unread":
        raise InstructionUnread.of(await db.rows(queries.UNREAD, me, project_id))
    if outcome != "claimed":
        raise REFUSALS[outcome]
    floors.count(row["step_id"] for row in found)
    return Claimed(await as_json(steps, found))


async def held(steps: StepCache, me: UUID) -> bytes:
    """The JSON array of what this person holds now."""
    return await as_json(steps, await db.rows(queries.HELD, me, on=db.FREELANCER))


async def as_json(steps: StepCache, rows: Sequence[asyncpg.Record]) -> bytes:
    """Assignments as their holder sees them. Written by hand around the stored input: this is the hot path's reply.

    Control tasks come out of the same lines: same keys, same order, same kinds of values.
    """
    parts: list[bytes] = []
    for row in rows:
        step = steps.known(row["step_id"]) or await steps.get(row["step_id"])
        parts.append(
            b'{"id":"%s","lease_token":"%d.%s","task_id":"%s",%s,"price":"%s","claimed_at":%s,"expires_at":%s,"deadline_at":%s,"input":%s}'
            % (
                str(row["id"]).encode(),
                row["step_id"],
                row["token"].hex.encode(),
                str(row["task_id"]).encode(),
                step.fragment,
                money.text(row["price"]).encode(),
                _instant(row["claimed_at"]),
                _instant(row["expires_at"]),
                _instant(row["deadline_at"]),
                row["input"].encode(),
            )
        )
    return b"[" + b",".join(parts) + b"]"


def _instant(at: datetime | None) -> bytes:
    return b"null" if at is None else b'"%s"' % at.isoformat().replace("+00:00", "Z").encode()


def read_token(text: str) -> tuple[int, UUID]:
    """A lease token's step and secret.

    Raises:
        StaleLease: it is none that we gave.
    """
    step, _, secret = text.partition(".")
    if not (step.isascii() and step.isdigit() and len(step) <= 18):
        raise StaleLease
    try:
        return int(step), UUID(secret)
    except ValueError:
        raise StaleLease from None


async def extend(me: UUID, assignment_id: UUID, token: str) -> datetime:
    """Heartbeat: extend the lease by the step's time limit, up to four limits after the claim; returns when it ends.

    Raises:
        NotFound: not an assignment of this person.
        LeaseEnded: it is not held (any more) under this token.
    """
    _, secret = read_token(token)
    until = await db.scalar(queries.EXTEND, me, assignment_id, secret, on=db.FREELANCER)
    if until is None:
        raise LeaseEnded if await db.scalar(queries.IS_MINE, me, assignment_id, on=db.FREELANCER) else NotFound
    return until  # type: ignore[no-any-return]


async def give_back(me: UUID, assignment_id: UUID, how: AssignmentState, reason: str | None = None) -> None:
    """Release, skip, escalate or expire: the slot is open to others again and both caps are freed. Doing it twice is harmless.

    What is escalated goes to who is admitted to a line above, first of all their work.

    Raises:
        NotFound: not an assignment of this person.
        LeaseEnded: it ended in another way before.
        NoLineAbove: there is nobody to escalate it to; it is still held.
    """
    outcome: Any = await db.scalar(queries.GIVE_BACK, me, assignment_id, str(how), reason, on=db.FREELANCER)
    if outcome == "not_found":
        raise NotFound
    if outcome == "no_line_above":
        raise NoLineAbove
    if outcome != how:
        raise LeaseEnded(Said("The assignment is in the state: %(state)s.", state=ENDS.get(outcome, outcome)))
