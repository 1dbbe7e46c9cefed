"""The first half of a kopeck's life: submitted = pending, accepted = payable, rejected = void.

The price is the assignment's own, frozen at its claim. An assignment without a price is no money and makes no entry. Jobs may run
twice and in any order: accrue and void record a missing pend themselves, in the same transaction.
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


@dataclass(frozen=True, slots=True)
class Fact:
    """What an assignment says of its money."""

    id: UUID
    freelancer_id: UUID
    project_id: UUID
    ticket_id: UUID | None
    price: int
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
        """When it was accepted or rejected.

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
    """Make accepted assignments payable: Dr pending, Cr payable of the person. Returns how many are new.

    Raises:
        Contradiction: one of them does not exist or is not accepted.
    """
    return await _resolve("accrue", await _facts(ids, {"accepted"}), _accrual)


async def void(ids: Sequence[UUID]) -> int:
    """Reverse the pending amount of rejected assignments. Returns how many are new.

    Raises:
        Contradiction: one of them does not exist or is not rejected.
    """
    return await _resolve("void", await _facts(ids, {"rejected"}), _reversal)


async def _facts(ids: Sequence[UUID], states: set[str]) -> list[Fact]:
    found = {r["id"]: Fact(**dict(r)) for r in await db.rows(queries.FACTS, list(ids))}
    for wanted in ids:
        if wanted not in found:
            raise Contradiction(f"there is no assignment {wanted}")
        if found[wanted].state not in states:
            raise Contradiction(f"assignment {wanted} is {found[wanted].state}, not {' or '.join(sorted(states))}")
    return [f for f in found.values() if f.price > 0]


async def _resolve(kind: str, facts: Sequence[Fact], entry: Callable[[Fact, Mapping[Moment, UUID], int], Entry]) -> int:
    recorded = await ledger.known([f"{k}:{f.id}" for f in facts for k in ("pend", kind)])
    todo = [f for f in facts if f"{kind}:{f.id}" not in recorded]
    unpended = [f for f in todo if f"pend:{f.id}" not in recorded]
    # All periods at once, before anything is posted: one order of locks for everybody.
    held = await periods.hold([*(f.submitted for f in unpended), *(f.decided for f in todo)])
    made = await ledger.post([_pend(f, held) for f in unpended])
    if len(made) < len(unpended):  # the pend job of some has committed since we looked
        made |= await ledger.known([f"pend:{f.id}" for f in unpended])
    pends = recorded | made
    return len(await ledger.post([entry(f, held, pends[f"pend:{f.id}"]) for f in todo]))


def _entry(kind: str, fact: Fact, held: Mapping[Moment, UUID], accounts: tuple[LedgerAccount, LedgerAccount]) -> Entry:
    when = fact.submitted if kind == "pend" else fact.decided
    return Entry(
        business_key=f"{kind}:{fact.id}",
        kind=kind,
        period_id=held[when],
        effective_at=when[1],
        currency=fact.currency,
        legs=move(fact.price, *accounts),
        assignment_id=fact.id,
        ticket_id=fact.ticket_id,
        project_id=fact.project_id,
    )


def _accounts(fact: Fact) -> tuple[LedgerAccount, LedgerAccount, LedgerAccount]:
    person = str(fact.freelancer_id)
    return LedgerAccount("task_expense", str(fact.project_id)), LedgerAccount("pending", person), LedgerAccount("payable", person)


def _pend(fact: Fact, held: Mapping[Moment, UUID]) -> Entry:
    expense, pending, _ = _accounts(fact)
    return _entry("pend", fact, held, (expense, pending))


def _accrual(fact: Fact, held: Mapping[Moment, UUID], pend_id: int) -> Entry:
    _, pending, payable = _accounts(fact)
    return replace(_entry("accrue", fact, held, (pending, payable)), resolves=pend_id)


def _reversal(fact: Fact, held: Mapping[Moment, UUID], pend_id: int) -> Entry:
    expense, pending, _ = _accounts(fact)
    return replace(_entry("void", fact, held, (pending, expense)), resolves=pend_id, reverses=pend_id)
