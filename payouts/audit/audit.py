"""The audit: the chain is whole, the books balance, and every figure comes out again from its evidence.

It looks at everything that is recorded and changes nothing. A figure is reckoned again from assignments (price and accepted share as
frozen), tariffs, pay rules, the calendar, policy, pay terms and tax tables; none of these is ever changed, only followed by versions.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from piecework.payouts.adjusting import recompute as deductions
from piecework.payouts.audit import premiums
from piecework.payouts.books import seals
from piecework.payouts.taxes import recomputing as taxes
from piecework.platform import db
from piecework.platform.invariants import SHOWN, Finding, Invariant, check

HEADS = """
SELECT id, currency, number, chain_head FROM payout_run
WHERE chain_head <> repeat('0', 64) AND NOT EXISTS (SELECT FROM seal WHERE hash = decode(chain_head, 'hex'))"""

ROUNDED = """
SELECT id, freelancer_id, rounding, rounding_of((gross - rounding)::bigint) AS recomputed FROM statement
WHERE rounding <> rounding_of((gross - rounding)::bigint)"""

CHECKS = (
    Invariant("audit.heads_are_in_the_chain", "Every hash that was printed into a payout's files is a hash of the chain.", HEADS),
    Invariant("audit.rounding", "Every statement was rounded to whole kopecks by the one rule.", ROUNDED),
)


async def audit(books: Sequence[Invariant], period_id: UUID | None = None) -> AsyncIterator[Finding]:
    """Each finding as it is made. `books` are the invariants of the ledger; a period limits what is reckoned again to its own."""
    yield await _chain()
    for invariant in (*CHECKS, *books):
        yield await check(invariant)
    says = "What each pay rule added to each answer is what its version in force at the claim says."
    yield _finding("audit.premiums", says, [asdict(one) async for one in premiums.differences(period_id)])
    for name, says, recompute in RECOMPUTED:
        found = [asdict(one) for closed in await _closed(period_id) for one in await recompute(closed)]
        yield _finding(name, says, found)


RECOMPUTED: tuple[tuple[str, str, Callable[[UUID], Any]], ...] = (
    ("audit.deductions", "Closed periods took of deductions what rules, policy and appeals allow.", deductions.recompute),
    ("audit.taxes", "The tax of every statement comes out again from terms, tables and earlier statements.", taxes.recompute),
)


async def _chain() -> Finding:
    chain = await seals.verify()
    says = f"Every sealed entry is as it was sealed: {chain.blocks} blocks, {chain.entries} entries; {chain.unsealed} not sealed yet."
    return _finding("audit.chain", says, [{"block": number} for number in chain.broken])


async def _closed(period_id: UUID | None) -> list[UUID]:
    found = await db.rows(
        "SELECT id FROM period WHERE state = 'closed' AND ($1::uuid IS NULL OR id = $1) ORDER BY closed_at", period_id
    )
    return [row["id"] for row in found]


def _finding(name: str, says: str, broken: Sequence[dict[str, Any]]) -> Finding:
    return Finding(name, says, len(broken), [{key: str(value) for key, value in row.items()} for row in broken[:SHOWN]])
