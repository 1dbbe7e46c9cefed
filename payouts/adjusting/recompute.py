"""What a closed period took of deductions, reckoned again from its evidence: the ledger, the cases, the policy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from piecework.payouts.adjusting.deductions import bound
from piecework.payouts.adjusting.taking import Due, parts
from piecework.payouts.books.pay_policy import PayPolicy
from piecework.platform import db, money

A_MOMENT = timedelta(minutes=1)

# Every deduction that this period's closing considered, as it then was, with what the person's entries of the period say they had
# earned before deductions.
CONSIDERED = """
SELECT part.deduction_id AS id, d.freelancer_id, part.amount, part.earned, part.keeps, part.recorded_at, r.code, r.spec::text AS spec,
       d.amount - (SELECT coalesce(sum(earlier.amount), 0) FROM deduction_part earlier
                   JOIN period before ON before.id = earlier.period_id JOIN period this ON this.id = part.period_id
                   WHERE earlier.deduction_id = d.id AND before.closed_at < this.closed_at)::bigint AS rest,
       (SELECT coalesce(-sum(p.amount), 0)::bigint FROM ledger_account l JOIN posting p ON p.account_id = l.id
        JOIN entry e ON e.id = p.entry_id
        WHERE l.kind = 'payable' AND l.owner = d.freelancer_id::text AND e.period_id = part.period_id AND earns(e.kind)
          AND e.kind NOT IN ('deduct', 'round')) AS ledger_earned,
       (n.state = 'lapsed' AND n.appeal_by <= part.at) OR (n.state = 'denied' AND n.settled_at <= part.at) AS stood
FROM deduction_part part JOIN deduction d ON d.id = part.deduction_id JOIN pay_rule r ON r.id = d.rule_id
LEFT JOIN appealable n ON n.subject = 'deduction' AND n.subject_id = d.id
WHERE part.period_id = $1 ORDER BY d.freelancer_id, d.decided_at, d.id"""
POLICIES = "SELECT spec::text AS spec, since FROM pay_policy_in_force ORDER BY version"
# Deductions that stood, have never ended, and that the closing passed over though the person had earned something.
PASSED_OVER = """
SELECT d.id, d.freelancer_id FROM period JOIN deduction d ON d.currency = period.currency AND d.state IN ('approved', 'taken')
JOIN appealable n ON n.subject = 'deduction' AND n.subject_id = d.id
CROSS JOIN LATERAL (SELECT least(period.ends_at, period.closed_at) AS at) closing
WHERE period.id = $1
  AND ((n.state IN ('open', 'lapsed') AND n.appeal_by <= closing.at) OR (n.state = 'denied' AND n.settled_at <= closing.at))
  AND NOT EXISTS (SELECT FROM deduction_part part WHERE part.deduction_id = d.id AND part.period_id = period.id)
  AND d.amount > (SELECT coalesce(sum(earlier.amount), 0) FROM deduction_part earlier JOIN period before ON before.id = earlier.period_id
                  WHERE earlier.deduction_id = d.id AND before.closed_at < period.closed_at)
  AND 0 < (SELECT coalesce(-sum(p.amount), 0) FROM ledger_account l JOIN posting p ON p.account_id = l.id JOIN entry e ON e.id = p.entry_id
           WHERE l.kind = 'payable' AND l.owner = d.freelancer_id::text AND e.period_id = period.id AND earns(e.kind)
             AND e.kind NOT IN ('deduct', 'round'))
ORDER BY d.freelancer_id, d.id"""


@dataclass(frozen=True, slots=True)
class Difference:
    """A deduction of which a closed period took something else than rules, policy and evidence allow. Amounts in 1/100 kopeck."""

    deduction_id: UUID
    freelancer_id: UUID
    taken: int
    says: str


@dataclass(frozen=True, slots=True)
class _Kept:
    """A share that people kept by the policy of a span of time; `until` None: it still is the policy."""

    keeps: int
    since: datetime | None
    until: datetime | None

    def held(self, at: datetime) -> bool:
        """True if it was the policy at a moment, or until shortly before: a closing reads the policy, and then takes."""
        return (self.since is None or self.since <= at) and (self.until is None or at - A_MOMENT <= self.until)


async def recompute(period_id: UUID) -> list[Difference]:
    """Reckon what a closed period had to take of each deduction, and name those of which it took something else."""
    considered = await db.rows(CONSIDERED, period_id)
    kept = await _policies()
    found = [
        one
        for person, rows in groupby(considered, key=lambda row: row["freelancer_id"])
        for one in _differences(person, list(rows), kept)
    ]
    passed_over = await db.rows(PASSED_OVER, period_id)
    return found + [Difference(row["id"], row["freelancer_id"], 0, "it was due, and passed over") for row in passed_over]


async def _policies() -> list[_Kept]:
    versions = await db.rows(POLICIES)
    shares = [PayPolicy().deductions_keep, *(PayPolicy.model_validate_json(row["spec"]).deductions_keep for row in versions)]
    bounds = [None, *(row["since"] for row in versions), None]
    return [_Kept(share, since, until) for share, since, until in zip(shares, bounds, bounds[1:], strict=False)]


def _differences(person: UUID, rows: Sequence[Mapping[str, Any]], kept: Sequence[_Kept]) -> Iterator[Difference]:
    """What was taken of one person's deductions in a way that the evidence does not bear out."""
    due = [Due(row["rest"], row["code"], bound(row["spec"])) for row in rows]
    for row, right in zip(rows, parts(due, rows[0]["ledger_earned"], rows[0]["keeps"]), strict=True):
        policy = any(one.held(row["recorded_at"]) and one.keeps == row["keeps"] for one in kept)
        wrong = {
            f"{money.text(right)} was due": row["amount"] != right,
            f"by the ledger they had earned {money.text(row['ledger_earned'])}": row["earned"] != row["ledger_earned"],
            "the policy let them keep another share": not policy,
            "it did not stand then": not row["stood"],
        }
        if any(wrong.values()):
            yield Difference(row["id"], person, row["amount"], "; ".join(says for says, so in wrong.items() if so))
