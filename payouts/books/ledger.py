"""The ledger: append-only entries of signed postings. Everything money does is posted here, and only here.

A debit is positive, a credit negative. The database refuses, at commit, an entry that does not sum to zero, and any change of
what was recorded; a business key makes each fact happen once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from piecework.payouts.books import queries
from piecework.platform import db

AT_ONCE = 500
"""Entries that one statement records: joining many more makes it slower than several."""


@dataclass(frozen=True, slots=True)
class LedgerAccount:
    """One account of the ledger: made when it is first posted to. `owner` is empty for the accounts of the house."""

    kind: str
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact of money as it is to be recorded. `legs` are accounts with signed amounts in 1/100 kopeck that sum to zero."""

    business_key: str
    kind: str
    period_id: UUID
    effective_at: datetime
    currency: str
    legs: Sequence[tuple[LedgerAccount, int]]
    actor: UUID | None = None
    reason: str = ""
    reverses: int | None = None
    resolves: int | None = None
    assignment_id: UUID | None = None
    ticket_id: UUID | None = None
    project_id: UUID | None = None
    rule_id: UUID | None = None
    """The version of the pay rule that made it."""
    source_id: UUID | None = None
    """What else it stems from: an award, a deduction, a line of a payout."""


def move(amount: int, debit: LedgerAccount, credit: LedgerAccount) -> tuple[tuple[LedgerAccount, int], ...]:
    """The two legs that move an amount: debit takes it, credit gives it."""
    return ((debit, amount), (credit, -amount))


async def known(business_keys: Sequence[str]) -> dict[str, int]:
    """The entries among these business keys that are recorded already, with their ids."""
    return {r["business_key"]: r["id"] for r in await db.rows(queries.KNOWN_ENTRIES, list(business_keys))}


async def post(entries: Sequence[Entry]) -> dict[str, int]:
    """Record entries with their postings in the current transaction; returns the ids of those that are new, by business key.

    An entry whose business key is recorded already is left as it is, with its postings: repeating a call changes nothing.
    The caller holds the periods (periods.hold). Two round trips for every AT_ONCE entries.

    Raises:
        IntegrityConstraintViolationError: the database refuses: a period is not open, a pending amount was resolved otherwise,
            or a payable would fall below zero. An entry that does not balance is refused at commit.
    """
    recorded: dict[str, int] = {}
    for first in range(0, len(entries), AT_ONCE):
        recorded |= await _post(entries[first : first + AT_ONCE])
    return recorded


async def _post(entries: Sequence[Entry]) -> dict[str, int]:
    legs = [(e, account, amount) for e in entries for account, amount in e.legs]
    kinds = [account.kind for _, account, _ in legs]
    owners = [account.owner for _, account, _ in legs]
    currencies = [e.currency for e, _, _ in legs]
    await db.execute(queries.OPEN_ACCOUNTS, kinds, owners, currencies)
    recorded = await db.rows(
        queries.POST,
        [e.business_key for e in entries],
        [e.kind for e in entries],
        [e.period_id for e in entries],
        [e.effective_at for e in entries],
        [e.actor for e in entries],
        [e.reason for e in entries],
        [e.reverses for e in entries],
        [e.resolves for e in entries],
        [e.assignment_id for e in entries],
        [e.ticket_id for e in entries],
        [e.project_id for e in entries],
        [e.rule_id for e in entries],
        [e.source_id for e in entries],
        [e.business_key for e, _, _ in legs],
        kinds,
        owners,
        currencies,
        [amount for _, _, amount in legs],
    )
    return {r["business_key"]: r["id"] for r in recorded}
