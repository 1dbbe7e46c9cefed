"""The statements of payouts: set-based, one round trip for a batch. Parameters only; the lock order is period, entry, balance."""

# --- facts of assignments ---------------------------------------------------------------------------------------------------

FACTS = """
SELECT a.id, a.freelancer_id, a.project_id, a.price, CASE a.state WHEN 'accepted' THEN accepted_pay(a.price, a.share) ELSE 0 END AS earned,
       a.revision, a.state, a.ended_at, a.decided_at, t.ticket_id, p.currency
FROM assignment a JOIN task t ON t.id = a.task_id JOIN project p ON p.id = a.project_id
WHERE a.id = ANY ($1::uuid[])"""

# Of assignments whose pending amount was resolved: what was accrued so far, and the entry that voided all of it, if none undid it yet.
ACCRUED = """
SELECT e.assignment_id,
       coalesce(-sum(p.amount) FILTER (WHERE e.kind = 'accrue' AND l.kind = 'payable'), 0)::bigint AS accrued,
       max(e.id) FILTER (WHERE e.kind = 'void') AS void_id
FROM entry e JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id
WHERE e.assignment_id = ANY ($1::uuid[]) AND e.kind IN ('accrue', 'void') GROUP BY e.assignment_id"""

LOCK_ASSIGNMENTS = "SELECT FROM assignment WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE"

KNOWN_ENTRIES = "SELECT business_key, id FROM entry WHERE business_key = ANY ($1::text[])"

# --- periods ----------------------------------------------------------------------------------------------------------------

PERIODS_FOR = """
SELECT fact.currency, fact.fact_at, period_for(fact.currency, fact.fact_at, $3) AS period_id
FROM (SELECT DISTINCT currency, fact_at FROM unnest($1::text[], $2::timestamptz[]) AS given (currency, fact_at)) fact
ORDER BY fact.fact_at"""

# The accrual's half of the agreement with closing, which takes FOR UPDATE: whoever holds this row can still add to its sums.
HOLD_OPEN = "SELECT id FROM period WHERE id = ANY ($1::uuid[]) AND state = 'open' ORDER BY id FOR SHARE"

LOCK_PERIOD = "SELECT id, currency, zone, state, starts_at, ends_at FROM period WHERE id = $1 FOR UPDATE"

# Money that goes out is no part of what a period earned, though it is recorded in the period in which it went.
ROUNDINGS = """
SELECT l.owner, rounding_of(-sum(p.amount)::bigint) AS residue
FROM entry e JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id
WHERE e.period_id = $1 AND e.kind NOT IN ('export', 'confirm') AND l.kind = 'payable'
GROUP BY l.owner HAVING rounding_of(-sum(p.amount)::bigint) <> 0 ORDER BY l.owner"""

SEAL_PERIOD = """
UPDATE period SET state = 'closed', closed_at = clock_timestamp(), closed_by = $2,
       entries = (SELECT count(*) FROM entry WHERE period_id = $1),
       total = (SELECT coalesce(-sum(p.amount), 0)::bigint
                FROM entry e JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id
                WHERE e.period_id = $1 AND e.kind NOT IN ('export', 'confirm') AND l.kind = 'payable')
WHERE id = $1
RETURNING total, entries"""

LIST_PERIODS = """
SELECT id, currency, starts_at, ends_at, zone, state, closed_at, closed_by, total, entries FROM period
WHERE $1::uuid IS NULL OR (starts_at, id) < (SELECT c.starts_at, c.id FROM period c WHERE c.id = $1)
ORDER BY starts_at DESC, id DESC LIMIT $2"""

# --- ledger -----------------------------------------------------------------------------------------------------------------

OPEN_ACCOUNTS = """
INSERT INTO ledger_account (kind, owner, currency)
SELECT DISTINCT kind, owner, currency FROM unnest($1::text[], $2::text[], $3::text[]) AS wanted (kind, owner, currency)
WHERE NOT EXISTS (SELECT FROM ledger_account l
                  WHERE l.kind = wanted.kind AND l.owner = wanted.owner AND l.currency = wanted.currency)
ORDER BY kind, owner, currency
ON CONFLICT DO NOTHING"""

POST = """
WITH recorded AS (
    INSERT INTO entry (business_key, kind, period_id, effective_at, actor, reason, reverses, resolves,
                       assignment_id, ticket_id, project_id)
    SELECT * FROM unnest($1::text[], $2::text[], $3::uuid[], $4::timestamptz[], $5::uuid[], $6::text[], $7::bigint[],
                         $8::bigint[], $9::uuid[], $10::uuid[], $11::uuid[])
    ORDER BY 1
    ON CONFLICT (business_key) DO NOTHING
    RETURNING id, business_key),
posted AS (
    INSERT INTO posting (entry_id, account_id, amount)
    SELECT recorded.id, l.id, leg.amount
    FROM unnest($12::text[], $13::text[], $14::text[], $15::text[], $16::bigint[])
             AS leg (business_key, kind, owner, currency, amount)
    JOIN recorded USING (business_key)
    JOIN ledger_account l ON l.kind = leg.kind AND l.owner = leg.owner AND l.currency = leg.currency
    ORDER BY recorded.id)
SELECT business_key, id FROM recorded"""

# --- payouts ----------------------------------------------------------------------------------------------------------------

ADD_PAYOUT = """
INSERT INTO payout (period_id, exported_by, total) VALUES ($1, $2, $3) ON CONFLICT (period_id) DO NOTHING RETURNING id"""

PAYABLE_OF_PERIOD = """
SELECT l.owner, -sum(p.amount)::bigint AS amount
FROM entry e JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id
WHERE e.period_id = $1 AND e.kind NOT IN ('export', 'confirm') AND l.kind = 'payable'
GROUP BY l.owner HAVING -sum(p.amount) > 0 ORDER BY l.owner"""

# What payouts left out and may be paid now, row by row: locked, so that of two exports at once only one takes a row along.
HELD_FROM_BEFORE = """
SELECT h.payout_id, h.freelancer_id, h.amount FROM payout_held h JOIN payout ON payout.id = h.payout_id
JOIN period ON period.id = payout.period_id
WHERE h.paid_by IS NULL AND period.currency = $1
  AND NOT EXISTS (SELECT FROM restriction_now r WHERE r.freelancer_id = h.freelancer_id AND r.kind = 'pay')
ORDER BY h.freelancer_id, h.payout_id FOR UPDATE OF h"""

PAY_IS_HELD = "SELECT DISTINCT freelancer_id FROM restriction_now WHERE kind = 'pay' AND freelancer_id = ANY ($1::uuid[])"

# --- earnings ---------------------------------------------------------------------------------------------------------------

EARNINGS = """
SELECT l.currency,
       coalesce(-sum(p.amount) FILTER (WHERE l.kind = 'pending'), 0)::bigint AS pending,
       coalesce(-sum(p.amount) FILTER (WHERE l.kind = 'payable'), 0)::bigint AS payable,
       coalesce(-sum(p.amount) FILTER (WHERE l.kind = 'clearing'), 0)::bigint AS clearing,
       coalesce(sum(p.amount) FILTER (WHERE l.kind = 'clearing' AND e.kind = 'confirm'), 0)::bigint AS paid
FROM ledger_account l JOIN posting p ON p.account_id = l.id JOIN entry e ON e.id = p.entry_id
WHERE l.kind IN ('pending', 'payable', 'clearing') AND l.owner = $1
GROUP BY l.currency ORDER BY l.currency"""

ASSIGNMENTS = """
SELECT a.id, p.code AS project, a.step_id::text AS step_id, a.price, p.currency, a.state, a.reason, a.explanation,
       CASE a.state WHEN 'accepted' THEN accepted_pay(a.price, a.share) ELSE 0 END AS earned,
       CASE a.state WHEN 'submitted' THEN a.ended_at + make_interval(days => coalesce((s.spec->'checking'->>'review_days')::int, 7)) END
           AS decided_by,
       CASE WHEN a.state IN ('accepted', 'rejected') AND a.share < 10000 THEN a.decided_at + $4::interval END AS appeal_by,
       a.claimed_at, a.ended_at, a.decided_at, e.id AS accrual_entry_id
FROM assignment a JOIN project p ON p.id = a.project_id JOIN step s ON s.id = a.step_id
LEFT JOIN LATERAL (SELECT max(e.id) AS id FROM entry e WHERE e.assignment_id = a.id AND e.kind = 'accrue') e ON true
WHERE a.freelancer_id = $1 AND a.id < $2
ORDER BY a.id DESC LIMIT $3"""
