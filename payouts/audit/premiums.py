"""What the pay rules added, reckoned again: every accrued answer is put to the rules once more, and compared with the ledger."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from piecework.payouts.earning.accruals import found_of
from piecework.payouts.rules.premiums import premiums_for
from piecework.platform import db

BATCH = 1_000

ACCRUED = """
SELECT DISTINCT assignment_id FROM entry e
WHERE kind = 'accrue' AND assignment_id > $1 AND ($2::uuid IS NULL OR period_id = $2)
  AND NOT EXISTS (SELECT FROM job j WHERE j.kind = 'payouts.accrue' AND j.key LIKE e.assignment_id || ':%' AND j.dead_at IS NULL)
ORDER BY assignment_id LIMIT $3"""

POSTED = """
SELECT e.assignment_id, e.rule_id, sum(p.amount)::bigint AS amount
FROM entry e JOIN posting p ON p.entry_id = e.id
WHERE e.kind = 'premium' AND e.assignment_id = ANY ($1) AND p.amount > 0 GROUP BY 1, 2"""


@dataclass(frozen=True, slots=True)
class Difference:
    """What a rule added to an answer by the ledger, and by its own words; in 1/100 kopeck."""

    assignment_id: UUID
    rule_id: UUID
    posted: int
    recomputed: int


async def differences(period_id: UUID | None = None) -> AsyncIterator[Difference]:
    """Every premium that is not what its rule says, of answers accrued in a period, or of all."""
    last = UUID(int=0)
    while found := await db.rows(ACCRUED, last, period_id, BATCH):
        ids = [row["assignment_id"] for row in found]
        last = ids[-1]
        posted = {(r["assignment_id"], r["rule_id"]): r["amount"] for r in await db.rows(POSTED, ids)}
        works = [fact.work for fact in await found_of(ids) if fact.earned > 0]  # what is gone, or accepted no more, earns nothing
        again = {(p.assignment_id, p.rule_id): p.amount for p in await premiums_for(works)}
        for key in sorted(posted.keys() | again.keys()):
            if posted.get(key, 0) != again.get(key, 0):
                yield Difference(key[0], key[1], posted.get(key, 0), again.get(key, 0))
