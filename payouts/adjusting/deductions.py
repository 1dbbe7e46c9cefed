"""Taking what is due, while a period closes: deductions that stand, the oldest first, never more than leaves people their share.

A deduction is due once it stands (tasks.objections): nobody objected in time, or the objection was denied. Raising an appeal and
taking lock the same row, so one of the two happens. The lock order is period, deduction, appealable, balance.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from piecework.payouts.adjusting.taking import Due, parts
from piecework.payouts.books import ledger, pay_policy
from piecework.payouts.books.ledger import Entry, LedgerAccount, move
from piecework.payouts.rules.kinds import SPEC, Deduction
from piecework.platform import db
from piecework.tasks import objections

SUBJECT = "deduction"
HOUSE = "house"

LOCK_WAITING = """
SELECT id FROM deduction WHERE state = 'approved' AND currency = $1 AND freelancer_id = ANY ($2::uuid[]) ORDER BY id FOR UPDATE"""
# A statement of its own after the lock: a closing of another period may have taken a part while we waited.
WAITING = """
SELECT d.id, d.freelancer_id, d.rule_id, d.project_id, r.code, r.spec::text AS spec,
       d.amount - (SELECT coalesce(sum(p.amount), 0) FROM deduction_part p WHERE p.deduction_id = d.id)::bigint AS rest
FROM deduction d JOIN pay_rule r ON r.id = d.rule_id
WHERE d.id = ANY ($1::uuid[]) ORDER BY d.freelancer_id, d.decided_at, d.id"""
TAKE = """
INSERT INTO deduction_part (deduction_id, period_id, amount, earned, keeps, at)
SELECT n.id, $1, n.amount, n.earned, $2, $3 FROM unnest($4::uuid[], $5::bigint[], $6::bigint[]) AS n (id, amount, earned)"""


async def apply(period_id: UUID, currency: str, at: datetime, earned: Mapping[UUID, int]) -> int:
    """Take what was due at `at` from people's pay of a period that is closing; returns the sum taken, in 1/100 kopeck.

    `earned` is each person's sum of the period so far. From nobody is more taken than leaves the policy's `deductions_keep` of it;
    what does not fit waits for their next period. Each part is an entry `deduct` (payable -> deduction of the project or the house).
    """
    people = sorted(person for person, amount in earned.items() if amount > 0)
    locked = [row["id"] for row in await db.rows(LOCK_WAITING, currency, people)]
    if not locked:
        return 0
    due = await objections.standing(SUBJECT, locked, at)
    cases = [row for row in await db.rows(WAITING, sorted(due)) if row["rest"] > 0]
    keeps = (await pay_policy.current()).deductions_keep
    taking = list(_taking(cases, earned, keeps))
    await db.execute(
        TAKE,
        period_id,
        keeps,
        at,
        [case["id"] for case, _ in taking],
        [amount for _, amount in taking],
        [earned[case["freelancer_id"]] for case, _ in taking],
    )
    await ledger.post([_entry(case, amount, period_id, currency, at) for case, amount in taking if amount])
    done = [case["id"] for case, amount in taking if amount == case["rest"]]
    await db.execute("UPDATE deduction SET state = 'taken' WHERE id = ANY ($1::uuid[])", done)
    return sum(amount for _, amount in taking)


def bound(spec: str) -> int:
    """The percentage of a period's pay, in 1/10,000, that a deduction rule takes at most."""
    rule = SPEC.validate_json(spec)
    assert isinstance(rule, Deduction)
    return rule.period_percent


def _taking(
    cases: Sequence[Mapping[str, Any]], earned: Mapping[UUID, int], keeps: int
) -> Iterator[tuple[Mapping[str, Any], int]]:
    """Each case, in the order of people and then the oldest first, with what is taken of it."""
    for person, group in groupby(cases, key=lambda case: case["freelancer_id"]):
        theirs = list(group)
        due = [Due(case["rest"], case["code"], bound(case["spec"])) for case in theirs]
        yield from zip(theirs, parts(due, earned[person], keeps), strict=True)


def _entry(case: Mapping[str, Any], amount: int, period_id: UUID, currency: str, at: datetime) -> Entry:
    return Entry(
        business_key=f"deduct:{case['id']}:{period_id}",
        kind="deduct",
        period_id=period_id,
        effective_at=at,
        currency=currency,
        legs=move(amount, LedgerAccount("payable", str(case["freelancer_id"])), account_of(case["project_id"])),
        reason=f"deduction by rule {case['code']}",
        project_id=case["project_id"],
        rule_id=case["rule_id"],
        source_id=case["id"],
    )


def account_of(project_id: UUID | None) -> LedgerAccount:
    """Where what is taken goes: back to the project that the case is about, or else to the house."""
    return LedgerAccount("deduction", HOUSE if project_id is None else str(project_id))
