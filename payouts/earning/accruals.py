"""The first half of a kopeck's life: submitted = pending, accepted = payable, rejected = void.

The price is the assignment's own, frozen at its claim; an answer accepted in part earns that part of it, the rest is void. An
assignment without a price is no money and makes no entry. Jobs may run twice and in any order: accrue and void record a missing
pend themselves, in the same transaction.

A decision may be made anew in the freelancer's favour. Its entries go into the open period: `reopen` makes pending again what the
first decision had voided (it reverses the void entry where that voided everything), and an accrual makes that payable.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from piecework.payouts import ledger, periods, queries
from piecework.payouts.errors import Contradiction
from piecework.payouts.ledger import Entry, LedgerAccount, move
from piecework.payouts.periods import Moment
from piecework.platform import db

Legs = tuple[tuple[LedgerAccount, int], ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """What an assignment says of its money. `earned` is what its accepted share is worth (0 unless accepted)."""

    id: UUID
    freelancer_id: UUID
    project_id: UUID
    ticket_id: UUID | None
    price: int
    earned: int
    revision: int
    currency: str
    state: str
    ended_at: datetime
    decided_at: datetime | None

    @property
    def submitted(self) -> Moment:
        """When it became pending."""
        return self.currency, self.ended_at

    @property
    def decided(self) -> Moment:
        """When it was accepted or rejected, by the newest decision.

        Raises:
            Contradiction: nobody has decided.
        """
        if self.decided_at is None:
            raise Contradiction(f"assignment {self.id} is {self.state} without the time of a decision")
        return self.currency, self.decided_at


async def pend(ids: Sequence[UUID]) -> int:
    """Record submitted assignments as pending: Dr task_expense of the project, Cr pending of the person. Returns how many.

    Raises:
        Contradiction: one of them does not exist or was never submitted.
    """
    facts = await _facts(ids, {"submitted", "accepted", "rejected"})
    recorded = await ledger.known([f"pend:{f.id}" for f in facts])
    missing = [f for f in facts if f"pend:{f.id}" not in recorded]
    held = await periods.hold(f.submitted for f in missing)
    return len(await ledger.post([_pend(f, held) for f in missing]))


async def accrue(ids: Sequence[UUID]) -> int:
    """Make accepted assignments payable: Dr pending, Cr payable of the person, and back to the project what was not accepted.

    Of an assignment that was resolved before, only what the newest decision adds. Returns how many got an accrual.

    Raises:
        Contradiction: one of them does not exist or is not accepted.
    """
    facts = await _facts(ids, {"accepted"})
    first = await _resolve(facts, _accrual)
    return first + await _add([f.id for f in facts if f.revision > 1])


async def void(ids: Sequence[UUID]) -> int:
    """Reverse the pending amount of rejected assignments. Returns how many are new.

    A job that comes late, after the rejection was taken back, finds its assignment accepted and leaves it to the accrual.

    Raises:
        Contradiction: one of them does not exist or was not decided.
    """
    facts = await _facts(ids, {"rejected", "accepted"})
    return await _resolve([f for f in facts if f.state == "rejected"], _reversal)


async def _facts(ids: Sequence[UUID], states: set[str]) -> list[Fact]:
    found = {r["id"]: Fact(**dict(r)) for r in await db.rows(queries.FACTS, sorted(set(ids)))}
    for wanted in ids:
        if wanted not in found:
            raise Contradiction(f"there is no assignment {wanted}")
        if found[wanted].state not in states:
            raise Contradiction(f"assignment {wanted} is {found[wanted].state}, not {' or '.join(sorted(states))}")
    return [f for f in found.values() if f.price > 0]


async def _resolve(facts: Sequence[Fact], entry: Callable[[Fact, Mapping[Moment, UUID], int], Entry]) -> int:
    """Resolve what is pending for the first time: paid or void, whichever comes first."""
    recorded = await ledger.known([f"{k}:{f.id}" for f in facts for k in ("pend", "accrue", "void")])
    todo = [f for f in facts if f"accrue:{f.id}" not in recorded and f"void:{f.id}" not in recorded]
    unpended = [f for f in todo if f"pend:{f.id}" not in recorded]
    # All periods at once, before anything is posted: one order of locks for everybody.
    held = await periods.hold([*(f.submitted for f in unpended), *(f.decided for f in todo)])
    made = await ledger.post([_pend(f, held) for f in unpended])
    if len(made) < len(unpended):  # the pend job of some has committed since we looked
        made |= await ledger.known([f"pend:{f.id}" for f in unpended])
    pends = recorded | made
    return len(await ledger.post([entry(f, held, pends[f"pend:{f.id}"]) for f in todo]))


async def _add(ids: Sequence[UUID]) -> int:
    """What later decisions add to what was accrued: a reopening and an accrual each.

    The assignments are locked, then read again: the jobs of two later decisions may run at the same time.
    """
    if not ids:
        return 0
    await db.execute(queries.LOCK_ASSIGNMENTS, list(ids))
    facts = await _facts(ids, {"accepted"})
    found = await db.rows(queries.ACCRUED, list(ids))
    accrued = {row["assignment_id"]: (row["accrued"], row["void_id"]) for row in found}
    todo = [(f, f.earned - accrued[f.id][0], accrued[f.id][1]) for f in facts if f.id in accrued and f.earned > accrued[f.id][0]]
    held = await periods.hold(f.decided for f, _, _ in todo)
    opened = await ledger.post([_reopening(f, held, amount, void_id) for f, amount, void_id in todo])
    new = [(f, amount) for f, amount, _ in todo if f"reopen:{f.id}:{f.revision}" in opened]
    return len(await ledger.post([_addition(f, held, amount, opened[f"reopen:{f.id}:{f.revision}"]) for f, amount in new]))


def _entry(kind: str, fact: Fact, held: Mapping[Moment, UUID], legs: Legs, *, revision: int | None = None) -> Entry:
    when = fact.submitted if kind == "pend" else fact.decided
    return Entry(
        business_key=f"{kind}:{fact.id}" if revision is None else f"{kind}:{fact.id}:{revision}",
        kind=kind,
        period_id=held[when],
        effective_at=when[1],
        currency=fact.currency,
        legs=legs,
        assignment_id=fact.id,
        ticket_id=fact.ticket_id,
        project_id=fact.project_id,
    )


def _accounts(fact: Fact) -> tuple[LedgerAccount, LedgerAccount, LedgerAccount]:
    person = str(fact.freelancer_id)
    return LedgerAccount("task_expense", str(fact.project_id)), LedgerAccount("pending", person), LedgerAccount("payable", person)


def _pend(fact: Fact, held: Mapping[Moment, UUID]) -> Entry:
    expense, pending, _ = _accounts(fact)
    return _entry("pend", fact, held, move(fact.price, expense, pending))


def _accrual(fact: Fact, held: Mapping[Moment, UUID], pend_id: int) -> Entry:
    expense, pending, payable = _accounts(fact)
    legs = ((pending, fact.price), (payable, -fact.earned), (expense, fact.earned - fact.price))
    return replace(_entry("accrue", fact, held, tuple(leg for leg in legs if leg[1])), resolves=pend_id)


def _reversal(fact: Fact, held: Mapping[Moment, UUID], pend_id: int) -> Entry:
    expense, pending, _ = _accounts(fact)
    return replace(_entry("void", fact, held, move(fact.price, pending, expense)), resolves=pend_id, reverses=pend_id)


def _reopening(fact: Fact, held: Mapping[Moment, UUID], amount: int, void_id: int | None) -> Entry:
    expense, pending, _ = _accounts(fact)
    made = _entry("reopen", fact, held, move(amount, expense, pending), revision=fact.revision)
    return replace(made, reverses=void_id if amount == fact.price else None)


def _addition(fact: Fact, held: Mapping[Moment, UUID], amount: int, reopen_id: int) -> Entry:
    _, pending, payable = _accounts(fact)
    return replace(_entry("accrue", fact, held, move(amount, pending, payable), revision=fact.revision), resolves=reopen_id)
