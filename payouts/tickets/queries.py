"""What the ledger says of tickets and projects, in one statement each."""

TICKET = """
SELECT k.id, k.external_id, k.state, k.received_at, k.resolved_at, k.project_id, p.requester_id, p.code AS project, p.currency,
       budget_of(k.id, k.project_id) AS budget, c.given::bigint, c.working::bigint, c.wanted::bigint
FROM ticket k JOIN project p ON p.id = k.project_id CROSS JOIN LATERAL (
    SELECT coalesce(sum(given), 0) AS given, coalesce(sum(working), 0) AS working, coalesce(sum(wanted), 0) AS wanted
    FROM committed(ARRAY[k.id])) c
WHERE k.id = $1
"""

ANSWERS = """
SELECT a.id AS assignment_id, a.freelancer_id, w.name, s.key AS step, t.iteration, t.created_at AS opened_at, a.state, a.claimed_at,
       CASE WHEN a.state <> 'held' THEN a.ended_at END AS submitted_at, a.decided_at, a.price, f.version AS tariff_version,
       CASE WHEN a.state IN ('accepted', 'rejected') THEN a.share END AS share
FROM task t JOIN assignment a ON a.task_id = t.id JOIN step s ON s.id = t.step_id JOIN account w ON w.id = a.freelancer_id
LEFT JOIN tariff f ON f.id = a.tariff_id
WHERE t.ticket_id = $1 AND a.state IN ('held', 'submitted', 'accepted', 'rejected')
ORDER BY t.created_at, t.iteration, s.id, a.id
"""

# Per entry what it added to what its person has pending, on hold and payable.
ENTRIES = """
SELECT e.id, e.kind, e.assignment_id, e.period_id, r.code AS rule, r.version, max(l.owner) FILTER (WHERE l.kind <> 'task_expense') AS owner,
       coalesce(-sum(p.amount) FILTER (WHERE l.kind = 'pending'), 0)::bigint AS pending,
       coalesce(-sum(p.amount) FILTER (WHERE l.kind = 'held'), 0)::bigint AS held,
       coalesce(-sum(p.amount) FILTER (WHERE l.kind = 'payable'), 0)::bigint AS payable
FROM entry e JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id LEFT JOIN pay_rule r ON r.id = e.rule_id
WHERE e.ticket_id = $1 AND e.kind IN ('pend', 'accrue', 'premium', 'void', 'reopen', 'release', 'clawback', 'restore')
GROUP BY e.id, r.id ORDER BY e.id
"""

REOPENINGS = "SELECT number, at, reason, redo, claw_back FROM reopening WHERE ticket_id = $1 ORDER BY number"

# Periods and people whose pay has arrived: what a statement made due, or became due anew when a bank returned it, was confirmed.
PAID = """
WITH RECURSIVE way AS (
    SELECT given.period_id, given.owner, d.line_id FROM unnest($1::uuid[], $2::text[]) AS given (period_id, owner)
    JOIN statement s ON s.period_id = given.period_id AND s.freelancer_id = given.owner::uuid JOIN due d ON d.statement_id = s.id
    UNION ALL
    SELECT way.period_id, way.owner, d.line_id FROM way JOIN due d ON d.returned_line = way.line_id)
SELECT DISTINCT way.period_id, way.owner FROM way
WHERE EXISTS (SELECT FROM entry e WHERE e.source_id = way.line_id AND e.kind = 'confirm')
  AND NOT EXISTS (SELECT FROM due d WHERE d.returned_line = way.line_id)
"""

ENTRY = """
SELECT e.id, e.business_key, e.kind, e.period_id, d.name AS period, e.effective_at, e.recorded_at, e.actor, w.name AS actor_name, e.reason,
       e.assignment_id, e.ticket_id, e.source_id, p.code AS project, e.rule_id, r.code AS rule, r.version AS rule_version, r.title AS rule_title,
       e.resolves, e.reverses, (SELECT x.id FROM entry x WHERE x.resolves = e.id) AS resolved_by,
       (SELECT x.id FROM entry x WHERE x.reverses = e.id) AS reversed_by
FROM entry e JOIN period d ON d.id = e.period_id LEFT JOIN account w ON w.id = e.actor LEFT JOIN project p ON p.id = e.project_id
LEFT JOIN pay_rule r ON r.id = e.rule_id
WHERE e.id = $1
"""

POSTINGS = """
SELECT l.kind AS account, l.owner, l.currency, p.amount FROM posting p JOIN ledger_account l ON l.id = p.account_id
WHERE p.entry_id = $1 ORDER BY p.amount DESC, l.kind, l.owner
"""

# Days of a project ($1) from $2 to $3 in a zone ($4).
_SPENT = """
WITH span AS (
    SELECT $2::date::timestamp AT TIME ZONE $4 AS since, ($3::date + 1)::timestamp AT TIME ZONE $4 AS until),
moved AS (
    SELECT * FROM spend_of($1, $2, $3, $4)),
reserved AS (
    SELECT t.project_id, (t.created_at AT TIME ZONE $4)::date AS day, sum(c.working + c.wanted) AS reserved
    FROM span, committed(ARRAY(SELECT id FROM ticket WHERE project_id = ANY ($1) AND state = 'open')) c
    CROSS JOIN LATERAL (SELECT project_id, created_at FROM task WHERE id = c.task_id OFFSET 0) t  -- by key, whatever is thought of how many there are
    WHERE t.created_at >= span.since AND t.created_at < span.until GROUP BY 1, 2),
budgets AS (
    SELECT k.project_id, (k.received_at AT TIME ZONE $4)::date AS day, sum(budget_of(k.id, k.project_id)) AS budget
    FROM span, ticket k WHERE k.project_id = ANY ($1) AND k.state = 'open' AND k.received_at >= span.since AND k.received_at < span.until
    GROUP BY 1, 2),
spent AS (
    SELECT project_id, day, coalesce(m.spent, 0) AS spent, coalesce(m.pending, 0) AS pending, coalesce(m.held, 0) AS held,
           coalesce(r.reserved, 0) AS reserved, coalesce(b.budget, 0) AS budget
    FROM moved m FULL JOIN reserved r USING (project_id, day) FULL JOIN budgets b USING (project_id, day))
"""

_FIGURES = """
coalesce(sum(s.spent), 0)::bigint AS spent, coalesce(sum(s.pending), 0)::bigint AS pending, coalesce(sum(s.held), 0)::bigint AS held,
coalesce(sum(s.reserved), 0)::bigint AS reserved, coalesce(sum(s.budget), 0)::bigint AS budget
"""

SPEND = f"""
{_SPENT}
SELECT d.day, {_FIGURES}
FROM (SELECT generate_series($2::date, $3::date, interval '1 day')::date AS day) d LEFT JOIN spent s USING (day)
GROUP BY d.day ORDER BY d.day
"""

SPEND_OF_PROJECTS = f"""
{_SPENT}
SELECT p.code AS project, p.name, p.currency, {_FIGURES}
FROM project p LEFT JOIN spent s ON s.project_id = p.id WHERE p.id = ANY ($1) GROUP BY p.id ORDER BY p.code
"""
