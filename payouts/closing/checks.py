"""What would be wrong, or wait longer, if a period were closed now. Looking changes nothing, and nothing found forbids to close."""

from dataclasses import dataclass
from uuid import UUID

from piecework.payouts.books import pay_policy
from piecework.payouts.payees import self_employed
from piecework.platform import db
from piecework.platform.errors import NotFound

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at before closing: how many cases, how much money, and the first people it is about."""

    code: str
    words: str
    cases: int
    amount: int
    people: list[UUID]


# Each query gets the period, its currency and how many people are shown, and says cases, amount and people.
_OWED = """
WITH owed AS (
    SELECT l.owner::uuid AS person, sum(s.amount)::bigint AS amount FROM period_sum s JOIN ledger_account l ON l.id = s.account_id
    WHERE s.period_id = $1 AND s.heading NOT IN ('tax', 'out') GROUP BY 1)
SELECT count(*) AS cases, coalesce(sum(owed.amount), 0)::bigint AS amount,
       (array_agg(owed.person ORDER BY owed.amount DESC, owed.person))[:$3] AS people
FROM owed LEFT JOIN payee_details d ON d.freelancer_id = owed.person AND d.currency = $2
WHERE """

_WAITS = """
SELECT coalesce(sum(o.entries), 0)::bigint AS cases, coalesce(sum(o.amount), 0)::bigint AS amount,
       (array_agg(DISTINCT l.owner::uuid))[:$3] AS people
FROM open_of($1) o JOIN ledger_account l ON l.id = o.account_id AND l.currency = $2 WHERE """

_DEDUCTIONS = """
SELECT count(*) AS cases, coalesce(sum(d.amount), 0)::bigint AS amount, (array_agg(DISTINCT d.freelancer_id))[:$3] AS people
FROM deduction d LEFT JOIN appealable a ON a.subject = 'deduction' AND a.subject_id = d.id
WHERE d.currency = $2 AND EXISTS (SELECT FROM period_sum s JOIN ledger_account l ON l.id = s.account_id
                                  WHERE s.period_id = $1 AND l.owner = d.freelancer_id::text) AND """

_APPEALS = """
SELECT count(*) AS cases, 0::bigint AS amount, (array_agg(DISTINCT o.freelancer_id))[:$3] AS people
FROM open_objection o WHERE o.subject <> 'deduction'
  AND EXISTS (SELECT FROM period_sum s JOIN ledger_account l ON l.id = s.account_id AND l.currency = $2
              WHERE s.period_id = $1 AND l.owner = o.freelancer_id::text)"""

_JOBS = """
SELECT count(*) AS cases, 0::bigint AS amount, NULL::uuid[] AS people FROM job
WHERE kind LIKE 'payouts.%' AND key <> 'recurring' AND ($1::uuid, $2::text, $3::int) IS NOT NULL AND """

CHECKS = (
    ("jobs_dead", "Jobs of the ledger failed for good: look at them first, money is missing.", _JOBS + "dead_at IS NOT NULL"),
    ("jobs_waiting", "Jobs of the ledger are due and not done: wait a moment.", _JOBS + "dead_at IS NULL AND run_at <= now()"),
    ("undecided", "Answers given in this period are not decided yet: they will be paid with a later one.", _WAITS + "l.kind = 'pending'"),
    ("on_hold", "Accepted money of this period is on hold: it will be paid with a later one.", _WAITS + "l.kind = 'held'"),
    ("deductions_undecided", "Deductions are proposed and nobody has decided them.", _DEDUCTIONS + "d.state = 'proposed'"),
    ("deductions_wait", "Approved deductions wait until the time to appeal is over.", _DEDUCTIONS + "d.state = 'approved' AND a.state = 'open' AND a.appeal_by > now()"),
    ("deductions_appealed", "Deductions are appealed and not settled: nothing of them is taken.", _DEDUCTIONS + "d.state = 'approved' AND a.state = 'appealed'"),
    ("appeals_open", "Appeals are not answered yet: what they add comes into a later period.", _APPEALS),
    ("negative", "Less than nothing is owed to these people in this period: it is set off against what else is due to them.", _OWED + "owed.amount < 0"),
    ("no_details", "No payment details: these people cannot be paid.", _OWED + "owed.amount > 0 AND d.details_id IS NULL"),
    ("details_wait", "Payment details are new and wait: these people are paid later.", _OWED + "owed.amount > 0 AND d.usable_at > now()"),
    ("details_doubted", "The bank returned money from these payment details.", _OWED + "owed.amount > 0 AND d.doubted"),
    ("pay_held", "Pay is held back by a restriction.", _OWED + "EXISTS (SELECT FROM restriction_now r WHERE r.freelancer_id = owed.person AND r.kind = 'pay')"),
    ("no_regime", "No tax regime is agreed: nothing is withheld.", _OWED + "owed.amount > 0 AND regime_of(owed.person, clock_timestamp()) = 'none'"),
)  # fmt: skip
STATUS = ("status", "Self-employed, and not confirmed to be so lately: these people are paid once it is.")
MINIMUM = ("below_minimum", "Less than the smallest payout, with what was carried over: it is carried over again.")
CODES = (*(code for code, _, _ in CHECKS), STATUS[0], MINIMUM[0])
"""All codes of findings, the worst first."""

# What the period owes people, and with it what earlier ones still do.
_DUE = """
SELECT owed.person, owed.amount, owed.amount + coalesce((SELECT sum(d.amount) FROM due d
           WHERE d.currency = $2 AND d.freelancer_id = owed.person AND d.line_id IS NULL), 0)::bigint AS due
FROM (SELECT l.owner::uuid AS person, sum(s.amount)::bigint AS amount FROM period_sum s JOIN ledger_account l ON l.id = s.account_id
      WHERE s.period_id = $1 AND s.heading NOT IN ('tax', 'out') GROUP BY 1) owed
WHERE owed.amount > 0 ORDER BY owed.amount DESC, owed.person"""


async def check(period_id: UUID) -> list[Finding]:
    """What there is to look at before closing, the worst first; empty if there is nothing.

    Raises:
        NotFound: there is no such period.
    """
    period = await db.row("SELECT currency FROM period WHERE id = $1", period_id)
    if period is None:
        raise NotFound
    found = [(code, words, await db.row(sql, period_id, period["currency"], SHOWN)) for code, words, sql in CHECKS]
    listed = [
        Finding(code, words, row["cases"], row["amount"], row["people"] or []) for code, words, row in found if row is not None
    ]
    owed = await db.rows(_DUE, period_id, period["currency"])
    unsure = await self_employed.refusals([one["person"] for one in owed], await db.scalar("SELECT clock_timestamp()"))
    listed.append(_of_people(STATUS, [(one["person"], one["amount"]) for one in owed if one["person"] in unsure]))
    minimum = (await pay_policy.current()).minimum_payout
    listed.append(_of_people(MINIMUM, [(one["person"], one["due"]) for one in owed if 0 < one["due"] < minimum]))
    return [one for one in listed if one.cases]


def _of_people(what: tuple[str, str], people: list[tuple[UUID, int]]) -> Finding:
    return Finding(*what, len(people), sum(amount for _, amount in people), [person for person, _ in people[:SHOWN]])
