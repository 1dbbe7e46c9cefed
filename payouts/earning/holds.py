"""Holds: accepted money that waits, and its release.

A tariff may hold what it pays for some days after the acceptance, or after the end of the ticket that the work was for, but never
longer than its bound after the acceptance. Each held amount ends once: released to its person here, or clawed back by a reopening
(reopening.py). Both lock the assignment before they look, and the database lets one entry alone resolve another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from piecework.payouts.books import ledger, periods
from piecework.payouts.books.ledger import Entry, LedgerAccount, move
from piecework.payouts.books.periods import Moment
from piecework.payouts.earning import queries
from piecework.payouts.tariffs.prices import Hold
from piecework.platform import db, jobs

RELEASE = "payouts.release"
RESOLVED = "resolved"
DRAW_AGAIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Held:
    """An amount on hold: the entry that put it there, whose it is, what it was for. `amount` is in 1/100 kopeck."""

    entry_id: int
    assignment_id: UUID
    owner: str
    amount: int
    currency: str
    accepted_at: datetime
    ticket_id: UUID | None
    project_id: UUID
    rule_id: UUID | None


def release_at(terms: Hold, accepted_at: datetime, resolved_at: datetime | None) -> datetime:
    """When a hold ends by what is known now; `resolved_at` None: the ticket is not resolved (or not any more).

    That is `days` after the acceptance or the ticket's end, whichever the terms name, and never before the acceptance nor later than
    `most_days` after it.
    """
    latest = accepted_at + timedelta(days=terms.most_days)
    if terms.until != RESOLVED:
        return min(latest, accepted_at + timedelta(days=terms.days))
    if resolved_at is None:
        return latest
    return max(accepted_at, min(latest, resolved_at + timedelta(days=terms.days)))


async def held_of(assignment_ids: Sequence[UUID]) -> list[Held]:
    """What is on hold of these assignments, oldest entry first. They are locked until the transaction ends: nobody else ends it."""
    await db.execute(queries.LOCK_ASSIGNMENTS, list(assignment_ids))
    return [Held(**row) for row in await db.rows(queries.HELD, list(assignment_ids))]


async def release(assignment_ids: Sequence[UUID]) -> int:
    """Post the release of what is due of these assignments, and see that the rest is looked at again when it may be.

    The release is dated by the end of the hold and goes to the period of that moment. What a reopening asks back is left to it.
    Returns how many amounts were released.
    """
    held = await held_of(sorted(set(assignment_ids)))
    await db.execute(queries.DRAW_ENDS, sorted({one.assignment_id for one in held}))
    facts = await _facts(held)
    now: datetime = await db.scalar("SELECT clock_timestamp()")
    mine = [(one, facts[one.assignment_id]) for one in held if not facts[one.assignment_id].asked_back(one)]
    ends = [(one, release_at(fact.hold, one.accepted_at, fact.resolved_at)) for one, fact in mine]
    released = await _post([(one, at) for one, at in ends if at <= now])
    unknown = {one.assignment_id for one, fact in mine if fact.end_not_drawn}
    later = [
        (one.assignment_id, min(at, now + DRAW_AGAIN) if one.assignment_id in unknown else at) for one, at in ends if at > now
    ]
    await _look_again(set(later))
    return released


async def release_as_of(assignment_ids: Sequence[UUID], moment: datetime, resolved_at: datetime | None) -> int:
    """Post the release of what was due at a moment before the ticket of these assignments was opened again; it was resolved then."""
    held = await held_of(sorted(set(assignment_ids)))
    facts = await _facts(held)
    ends = [(one, release_at(facts[one.assignment_id].hold, one.accepted_at, resolved_at)) for one in held]
    return await _post([(one, at) for one, at in ends if at <= moment])


async def release_tickets(ticket_ids: Sequence[UUID]) -> int:
    """Tickets were resolved: release what waited for their end, or see that it is released in time. Returns how many amounts were."""
    waiting = await db.rows(queries.HELD_FOR_TICKETS, list(ticket_ids))
    return await release([row["id"] for row in waiting])


async def moments_of(facts: Sequence[tuple[Held, datetime]]) -> dict[int, Moment]:
    """For held amounts, by their entry, the moment of what happens to them at a time: by the cadence of their person then."""
    if not facts:
        return {}
    owners, times = [one.owner for one, _ in facts], [at for _, at in facts]
    cadences = {(row["owner"], row["at"]): row["cadence"] for row in await db.rows(queries.CADENCES, owners, times)}
    return {one.entry_id: (one.currency, cadences[one.owner, at], at) for one, at in facts}


def ending(kind: str, held: Held, when: Moment, open_periods: Mapping[Moment, UUID], to: LedgerAccount) -> Entry:
    """The entry that ends a held amount: from hold to `to`."""
    return Entry(
        business_key=f"{kind}:{held.entry_id}",
        kind=kind,
        period_id=open_periods[when],
        effective_at=when[-1],
        currency=held.currency,
        legs=move(held.amount, LedgerAccount("held", held.owner), to),
        resolves=held.entry_id,
        assignment_id=held.assignment_id,
        ticket_id=held.ticket_id,
        project_id=held.project_id,
        rule_id=held.rule_id,
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    """What an assignment's hold depends on: its terms, the ticket's end, and up to when a reopening asks back what was accepted."""

    hold: Hold
    resolved_at: datetime | None
    clawed_back_at: datetime | None
    end_not_drawn: bool
    """It is a control task's, and the ordinary answer that was drawn for it still waits for its own ticket."""

    def asked_back(self, held: Held) -> bool:
        """True if it is for the reopening to end it: whichever of the two jobs comes first, the same comes out."""
        return self.clawed_back_at is not None and held.accepted_at <= self.clawed_back_at


async def _facts(held: Sequence[Held]) -> dict[UUID, _Facts]:
    found = await db.rows(queries.HOLD_TERMS, sorted({one.assignment_id for one in held})) if held else []
    return {
        r["id"]: _Facts(
            Hold(r["hold_until"], r["hold_days"], r["hold_most_days"]),
            r["resolved_at"],
            r["clawed_back_at"],
            r["control"] and r["hold_until"] == RESOLVED and r["resolved_at"] is None,
        )
        for r in found
    }


async def _post(due: Sequence[tuple[Held, datetime]]) -> int:
    moments = await moments_of(due)
    open_periods = await periods.hold(moments.values())
    entries = [ending("release", one, moments[one.entry_id], open_periods, LedgerAccount("payable", one.owner)) for one, _ in due]
    return len(await ledger.post(entries))


async def _look_again(later: set[tuple[UUID, datetime]]) -> None:
    """A job for each assignment and time. The time is in its key: the job that runs now still holds its own."""
    times: dict[datetime, list[UUID]] = {}
    for assignment_id, at in later:
        times.setdefault(at, []).append(assignment_id)
    for at, ids in sorted(times.items()):
        await jobs.enqueue(RELEASE, [(f"{one}:{at.isoformat()}", {}) for one in sorted(ids)], run_at=at)
