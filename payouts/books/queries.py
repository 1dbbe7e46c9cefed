"""The ledger's and the periods' statements: set-based, one round trip for a batch. The lock order is period, entry, balance."""

KNOWN_ENTRIES = "SELECT business_key, id FROM entry WHERE business_key = ANY ($1::text[])"

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
                       assignment_id, ticket_id, project_id, rule_id, source_id)
    SELECT * FROM unnest($1::text[], $2::text[], $3::uuid[], $4::timestamptz[], $5::uuid[], $6::text[], $7::bigint[],
                         $8::bigint[], $9::uuid[], $10::uuid[], $11::uuid[], $12::uuid[], $13::uuid[])
    ORDER BY 1
    ON CONFLICT (business_key) DO NOTHING
    RETURNING id, business_key),
posted AS (
    INSERT INTO posting (entry_id, account_id, amount)
    SELECT recorded.id, l.id, leg.amount
    FROM unnest($14::text[], $15::text[], $16::text[], $17::text[], $18::bigint[])
             AS leg (business_key, kind, owner, currency, amount)
    JOIN recorded USING (business_key)
    JOIN ledger_account l ON l.kind = leg.kind AND l.owner = leg.owner AND l.currency = leg.currency
    ORDER BY recorded.id)
SELECT business_key, id FROM recorded"""

PERIODS_FOR = """
SELECT fact.currency, fact.cadence, fact.fact_at, period_for(fact.currency, fact.cadence, fact.fact_at, $4) AS period_id
FROM (SELECT DISTINCT currency, cadence, fact_at
      FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS given (currency, cadence, fact_at)) fact
ORDER BY fact.fact_at"""

# The accrual's half of the agreement with closing, which takes FOR UPDATE: whoever holds this row can still add to its sums.
HOLD_OPEN = "SELECT id FROM period WHERE id = ANY ($1::uuid[]) AND state = 'open' ORDER BY id FOR SHARE"
