"""The first half of a kopeck's life: submitted = pending, accepted = payable (or held, where its tariff has a hold), rejected = void.

The price is the assignment's own, frozen at its claim; an answer accepted in part earns that part of it, the rest is void. What the
pay rules add to it is a premium, an entry for each rule beside the accrual. An assignment without a price is no money and makes no
entry. Jobs may run twice and in any order: accrue and void record a missing pend themselves, in the same transaction.

A decision may be made anew in the freelancer's favour. Its entries go into the open period: `reopen` makes pending again what the
first decision had voided (it reverses the void entry where that voided everything), and an accrual makes that payable.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from piecework.payouts.books import ledger, periods
from piecework.payouts.books.ledger import Entry, LedgerAccount, move
from piecework.payouts.books.periods import Moment
from piecework.payouts.earning import queries
from piecework.payouts.errors import Contradiction
from piecework.payouts.rules.premiums import hold_rules, premiums_for
from piecework.payouts.rules.work import Premium, Work
from piecework.platform import db, jobs

Legs = tuple[tuple[LedgerAccount, int], ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """What an assignment says of its money. `earned` is what its accepted share is worth (0 unless accepted)."""

    id: UUID
    freelancer_id: UUID
    project_id: UUID
    ticket_id: UUID | None
    step_key: str
    line: int
    level: int
    language: str
    zone: str
    price: int
    earned: int
    revision: int
    currency: str
    pend_cadence: str
    cadence: str
    state: str
    claimed_at: datetime
    ended_at: datetime
    decided_at: datetime | None
    on_hold: bool

    @property
    def submitted(self) -> Moment:
        """When it became pending."""
        return self.currency, self.pend_cadence, self.ended_at

    @property
    def decided(self) -> Moment:
        """When it was accepted or rejected, by the newest decision.

        Raises:
            Contradiction: nobody has decided.
        """
        if self.decided_at is None:
            raise Contradiction(f"assignment {self.id} is {self.state} without the time of a decision")
        return self.currency, self.cadence, self.decided_at

    @property
    def work(self) -> Work:
        """What the pay rules may look at."""
        return Work(
            assignment_id=self.id,
            freelancer_id=self.freelancer_id,
            project_id=self.project_id,
            currency=self.currency,
            step_key=self.step_key,
            line=self.line,
            level=self.level,
            language=self.language,
            price=self.price,
            earned=self.earned,
            claimed_at=self.claimed_at,
            submitted_at=self.ended_at,
            zone=self.zone,
        )


async def pend(ids: Sequence[UUID]) -> int:
    """Record submitted assignments as pending: Dr task_expense of the project, Cr pending of the person. Returns how many.

    Raises:
        Contradiction: one of them does not exist or was never submitted.
    """
    facts = await facts_of(ids, {"submitted", "accepted", "rejected"})
    recorded = await ledger.known([f"pend:{f.id}" for f in facts])
    missing = [f for f in facts if f"pend:{f.id}" not in recorded]
    held = await periods.hold(f.submitted for f in missing)
    return len(await ledger.post([_pend(f, held) for f in missing]))


async def accrue(ids: Sequence[UUID]) -> int:
    """Make accepted assignments payable: Dr pending, Cr payable (or held) of the person, and back to the project what was not accepted.

    With each go the premiums of the pay rules. Of an assignment that was resolved before, only what the newest decision adds.
    Returns how many got an accrual.

    Raises:
        Contradiction: one of them does not exist or is not accepted.
    """
    await hold_rules()  # before anything is posted: whoever changes the rules must not wait for us while we wait for them
    facts = await facts_of(ids, {"accepted"})
    first = await _resolve(facts, _accrual)
    return first + await _add([f.id for f in facts if f.revision > 1])


async def void(ids: Sequence[UUID]) -> int:
    """Reverse the pending amount of rejected assignments. Returns how many are new.

    A job that comes late, after the rejection was taken back, finds its assignment accepted and leaves it to the accrual.

    Raises:
        Contradiction: one of them does not exist or was not decided.
    """
    facts = await facts_of(ids, {"rejected", "accepted"})
    return await _resolve([f for f in facts if f.state == "rejected"], _reversal)


async def found_of(ids: Sequence[UUID]) -> list[Fact]:
    """What those of these assignments say of their money that exist; what is not accepted has earned nothing."""
    return [Fact(**dict(r)) for r in await db.rows(queries.FACTS, sorted(set(ids)))]


async def facts_of(ids: Sequence[UUID], states: set[str]) -> list[Fact]:
    """What assignments with a price say of their money.

    Raises:
        Contradiction: one of them does not exist, or is in none of these states.
    """
    found = {fact.id: fact for fact in await found_of(ids)}
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
    new = await ledger.post([entry(f, held, pends[f"pend:{f.id}"]) for f in todo])
    await _reward([f for f in todo if f"accrue:{f.id}" in new], held, {})
    return len(new)


async def _add(ids: Sequence[UUID]) -> int:
    """What later decisions add to what was accrued: a reopening and an accrual each, and what that adds to premiums.

    The assignments are locked, then read again: the jobs of two later decisions may run at the same time.
    """
    if not ids:
        return 0
    await db.execute(queries.LOCK_ASSIGNMENTS, list(ids))
    facts = await facts_of(ids, {"accepted"})
    found = await db.rows(queries.ACCRUED, list(ids))
    accrued = {row["assignment_id"]: (row["accrued"], row["void_id"]) for row in found if row["rule_id"] is None}
    todo = [(f, f.earned - accrued[f.id][0], accrued[f.id][1]) for f in facts if f.id in accrued and f.earned > accrued[f.id][0]]
    held = await periods.hold(f.decided for f, _, _ in todo)
    opened = await ledger.post([_reopening(f, held, amount, void_id) for f, amount, void_id in todo])
    new = [(f, amount) for f, amount, _ in todo if f"reopen:{f.id}:{f.revision}" in opened]
    made = await ledger.post([_addition(f, held, amount, opened[f"reopen:{f.id}:{f.revision}"]) for f, amount in new])
    before = {(row["assignment_id"], row["rule_id"]): row["accrued"] for row in found if row["rule_id"] is not None}
    await _reward([f for f, _ in new], held, before)
    return len(made)


async def _reward(facts: Sequence[Fact], held: Mapping[Moment, UUID], before: Mapping[tuple[UUID, UUID], int]) -> None:
    """Post what the pay rules add to accepted answers beyond what they added before, and see to the end of holds."""
    by_id = {f.id: f for f in facts if f.earned > 0}
    added = [
        (by_id[p.assignment_id], p, p.amount - before.get((p.assignment_id, p.rule_id), 0))
        for p in await premiums_for([f.work for f in by_id.values()])
    ]
    await ledger.post([_premium(f, held, premium, amount) for f, premium, amount in added if amount > 0])
    await jobs.enqueue("payouts.release", [(str(f.id), {}) for f in by_id.values() if f.on_hold])


def _entry(kind: str, fact: Fact, held: Mapping[Moment, UUID], legs: Legs, *, revision: int | None = None) -> Entry:
    when = fact.submitted if kind == "pend" else fact.decided
    return Entry(
        business_key=f"{kind}:{fact.id}" if revision is None else f"{kind}:{fact.id}:{revision}",
        kind=kind,
        period_id=held[when],
        effective_at=when[-1],
        currency=fact.currency,
        legs=legs,
        assignment_id=fact.id,
        ticket_id=fact.ticket_id,
        project_id=fact.project_id,
    )


def _accounts(fact: Fact) -> tuple[LedgerAccount, LedgerAccount, LedgerAccount]:
    """Where its money comes from, where it waits for a decision, and where it goes to."""
    person = str(fact.freelancer_id)
    earned = LedgerAccount("held" if fact.on_hold else "payable", person)
    return LedgerAccount("task_expense", str(fact.project_id)), LedgerAccount("pending", person), earned


def _pend(fact: Fact, held: Mapping[Moment, UUID]) -> Entry:
    expense, pending, _ = _accounts(fact)
    return _entry("pend", fact, held, move(fact.price, expense, pending))


def _accrual(fact: Fact, held: Mapping[Moment, UUID], pend_id: int) -> Entry:
    expense, pending, earned = _accounts(fact)
    legs = ((pending, fact.price), (earned, -fact.earned), (expense, fact.earned - fact.price))
    return replace(_entry("accrue", fact, held, tuple(leg for leg in legs if leg[1])), resolves=pend_id)


def _reversal(fact: Fact, held: Mapping[Moment, UUID], pend_id: int) -> Entry:
    expense, pending, _ = _accounts(fact)
    return replace(_entry("void", fact, held, move(fact.price, pending, expense)), resolves=pend_id, reverses=pend_id)


def _reopening(fact: Fact, held: Mapping[Moment, UUID], amount: int, void_id: int | None) -> Entry:
    expense, pending, _ = _accounts(fact)
    made = _entry("reopen", fact, held, move(amount, expense, pending), revision=fact.revision)
    return replace(made, reverses=void_id if amount == fact.price else None)


def _addition(fact: Fact, held: Mapping[Moment, UUID], amount: int, reopen_id: int) -> Entry:
    _, pending, earned = _accounts(fact)
    return replace(_entry("accrue", fact, held, move(amount, pending, earned), revision=fact.revision), resolves=reopen_id)


def _premium(fact: Fact, held: Mapping[Moment, UUID], premium: Premium, amount: int) -> Entry:
    expense, _, earned = _accounts(fact)
    made = _entry("premium", fact, held, move(amount, expense, earned))
    return replace(made, business_key=f"premium:{fact.id}:{premium.rule_id}:{fact.revision}", rule_id=premium.rule_id)
