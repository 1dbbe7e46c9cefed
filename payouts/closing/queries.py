"""The statements of closing a period. They read the sums that follow the postings: their cost grows with people, not with answers."""

LOCK_PERIOD = "SELECT id, currency, cadence, name, zone, state, starts_at, ends_at FROM period WHERE id = $1 FOR UPDATE"

# What each person was owed by the period so far.
EARNED = """
SELECT l.owner, sum(s.amount)::bigint AS amount
FROM period_sum s JOIN ledger_account l ON l.id = s.account_id
WHERE s.period_id = $1 AND s.heading NOT IN ('tax', 'out') GROUP BY l.owner ORDER BY l.owner"""

ROUNDINGS = """
SELECT l.owner, rounding_of(sum(s.amount)::bigint) AS residue
FROM period_sum s JOIN ledger_account l ON l.id = s.account_id
WHERE s.period_id = $1 AND s.heading NOT IN ('tax', 'out')
GROUP BY l.owner HAVING rounding_of(sum(s.amount)::bigint) <> 0 ORDER BY l.owner"""

STATE = """
INSERT INTO statement (period_id, freelancer_id, currency, work, premium, bonus, deduction, rounding, gross, tax, net, regime, tax_basis)
SELECT $1, h.owner::uuid, h.currency, h.work, h.premium, h.bonus, h.deduction, h.rounding, h.gross, h.tax, h.gross - h.tax,
       coalesce(t.regime, 'none'), coalesce(t.basis::jsonb, '{}')
FROM (SELECT l.owner, l.currency,
             coalesce(sum(s.amount) FILTER (WHERE s.heading = 'work'), 0)::bigint AS work,
             coalesce(sum(s.amount) FILTER (WHERE s.heading = 'premium'), 0)::bigint AS premium,
             coalesce(sum(s.amount) FILTER (WHERE s.heading = 'bonus'), 0)::bigint AS bonus,
             coalesce(sum(s.amount) FILTER (WHERE s.heading = 'deduction'), 0)::bigint AS deduction,
             coalesce(sum(s.amount) FILTER (WHERE s.heading = 'rounding'), 0)::bigint AS rounding,
             coalesce(sum(s.amount) FILTER (WHERE s.heading NOT IN ('tax', 'out')), 0)::bigint AS gross,
             coalesce(-sum(s.amount) FILTER (WHERE s.heading = 'tax'), 0)::bigint AS tax
      FROM period_sum s JOIN ledger_account l ON l.id = s.account_id
      WHERE s.period_id = $1 GROUP BY l.owner, l.currency HAVING bool_or(s.heading <> 'out')) h
LEFT JOIN unnest($2::text[], $3::text[], $4::text[]) AS t (owner, regime, basis) ON t.owner = h.owner
ORDER BY h.owner"""

DUE = """
INSERT INTO due (freelancer_id, currency, amount, statement_id)
SELECT freelancer_id, currency, net, id FROM statement WHERE period_id = $1 AND net <> 0 ORDER BY freelancer_id"""

SEAL_PERIOD = """
UPDATE period SET state = 'closed', closed_at = clock_timestamp(), closed_by = $2,
       entries = (SELECT count(*) FROM entry WHERE period_id = $1),
       total = (SELECT coalesce(sum(gross), 0)::bigint FROM statement WHERE period_id = $1)
WHERE id = $1
RETURNING total, entries"""

LIST_PERIODS = """
SELECT id, currency, cadence, name, starts_at, ends_at, zone, state, closed_at, closed_by, total, entries FROM period
WHERE $1::uuid IS NULL OR (starts_at, id) < (SELECT c.starts_at, c.id FROM period c WHERE c.id = $1)
ORDER BY starts_at DESC, id DESC LIMIT $2"""
