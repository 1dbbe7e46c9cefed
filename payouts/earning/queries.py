"""The statements of what assignments earn: set-based, one round trip for a batch."""

from piecework.payouts.rules.work import LINE

FACTS = f"""
SELECT a.id, a.freelancer_id, a.project_id, a.price, CASE a.state WHEN 'accepted' THEN accepted_pay(a.price, a.share) ELSE 0 END AS earned,
       a.revision, a.state, a.claimed_at, a.ended_at, a.decided_at, a.level, a.language, t.ticket_id, p.currency, s.key AS step_key,
       {LINE} AS line, coalesce(c.zone, 'UTC') AS zone,
       cadence_of(a.freelancer_id, a.ended_at) AS pend_cadence, cadence_of(a.freelancer_id, a.decided_at) AS cadence,
       EXISTS (SELECT FROM tariff f WHERE f.id = a.tariff_id AND (f.hold_until <> 'accepted' OR f.hold_days > 0)) AS on_hold
FROM assignment a JOIN task t ON t.id = a.task_id JOIN project p ON p.id = a.project_id JOIN step s ON s.id = a.step_id
LEFT JOIN LATERAL (SELECT c.zone FROM contract c WHERE c.freelancer_id = a.freelancer_id AND c.starts_at <= a.claimed_at
                   ORDER BY c.starts_at DESC, c.version DESC LIMIT 1) c ON true
WHERE a.id = ANY ($1::uuid[])"""

# Of assignments whose pending amount was resolved: what was accrued so far, by whatever rule, and the entry that voided all of it.
ACCRUED = """
SELECT e.assignment_id, e.rule_id,
       coalesce(-sum(p.amount) FILTER (WHERE e.kind IN ('accrue', 'premium') AND l.kind IN ('payable', 'held')), 0)::bigint AS accrued,
       max(e.id) FILTER (WHERE e.kind = 'void') AS void_id
FROM entry e JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id
WHERE e.assignment_id = ANY ($1::uuid[]) AND e.kind IN ('accrue', 'premium', 'void') GROUP BY e.assignment_id, e.rule_id"""

LOCK_ASSIGNMENTS = "SELECT FROM assignment WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE"

# Sums of accounts alone, from the end of an index; entries are looked up only of the few postings whose kind matters.
EARNINGS = """
SELECT l.currency, coalesce(sum(-s.moved) FILTER (WHERE l.kind = 'pending'), 0)::bigint AS pending,
       coalesce(sum(-s.moved) FILTER (WHERE l.kind = 'held'), 0)::bigint AS held,
       coalesce(sum(-s.moved) FILTER (WHERE l.kind = 'payable'), 0)::bigint AS payable,
       coalesce(sum(-s.moved) FILTER (WHERE l.kind = 'clearing'), 0)::bigint AS clearing,
       coalesce(sum(t.withheld), 0)::bigint AS tax, coalesce(sum(c.paid), 0)::bigint AS paid
FROM ledger_account l CROSS JOIN LATERAL (SELECT sum(p.amount) AS moved FROM posting p WHERE p.account_id = l.id) s
LEFT JOIN LATERAL (
    SELECT -sum(p.amount) AS withheld FROM posting p JOIN entry e ON e.id = p.entry_id AND e.kind = 'tax' WHERE p.account_id = l.id) t
    ON l.kind = 'tax'
LEFT JOIN LATERAL (
    SELECT sum(p.amount + coalesce(r.back, 0)) AS paid FROM posting p JOIN entry e ON e.id = p.entry_id AND e.kind = 'confirm'
    LEFT JOIN LATERAL (
        SELECT sum(q.amount) AS back FROM entry x JOIN posting q ON q.entry_id = x.id JOIN ledger_account k ON k.id = q.account_id
        WHERE x.reverses = e.id AND x.kind = 'return' AND k.kind = 'payable') r ON true
    WHERE p.account_id = l.id) c ON l.kind = 'clearing'
WHERE l.kind IN ('pending', 'held', 'payable', 'tax', 'clearing') AND l.owner = $1 AND s.moved IS NOT NULL
GROUP BY l.currency ORDER BY l.currency"""

ASSIGNMENTS = """
SELECT a.id, p.code AS project, a.step_id::text AS step_id, a.price, p.currency, a.state, a.reason, a.explanation,
       CASE a.state WHEN 'accepted' THEN accepted_pay(a.price, a.share) ELSE 0 END AS earned,
       CASE a.state WHEN 'submitted' THEN a.ended_at + make_interval(days => coalesce((s.spec->'checking'->>'review_days')::int, 7)) END
           AS decided_by,
       CASE WHEN a.state IN ('accepted', 'rejected') AND a.share < 10000 THEN a.decided_at + $4::interval END AS appeal_by,
       a.claimed_at, a.ended_at, a.decided_at, e.id AS accrual_entry_id, h.held,
       CASE WHEN h.held > 0 THEN a.decided_at + (CASE f.hold_until WHEN 'accepted' THEN f.hold_days ELSE f.hold_most_days END) * interval '24 hours'
           END AS held_until,
       h.clawed_back, n.words AS claw_back, CASE n.state WHEN 'open' THEN n.appeal_by END AS claw_back_appeal_by
FROM assignment a JOIN project p ON p.id = a.project_id JOIN step s ON s.id = a.step_id LEFT JOIN tariff f ON f.id = a.tariff_id
LEFT JOIN appealable n ON n.subject = 'clawback' AND n.subject_id = a.id
LEFT JOIN LATERAL (SELECT max(e.id) AS id FROM entry e WHERE e.assignment_id = a.id AND e.kind = 'accrue') e ON true
CROSS JOIN LATERAL (
    SELECT coalesce(-sum(p.amount), 0)::bigint AS held, coalesce(sum(p.amount) FILTER (WHERE e.kind = 'clawback'), 0)::bigint AS clawed_back
    FROM entry e JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id AND l.kind = 'held'
    WHERE e.assignment_id = a.id) h
WHERE a.freelancer_id = $1 AND a.id < $2
ORDER BY a.id DESC LIMIT $3"""

CLOCK = """
SELECT clock_timestamp() AS now,
       coalesce(zone_at($1, clock_timestamp()), 'UTC') AS zone"""

# From the assignments claimed lately, not from the account's postings: these go back to the person's first day.
EARNED_BY_DAY = """
SELECT l.currency, (e.effective_at AT TIME ZONE $2)::date AS day, -sum(p.amount)::bigint AS amount
FROM assignment a JOIN entry e ON e.assignment_id = a.id AND e.kind IN ('accrue', 'premium', 'clawback', 'restore')
JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id AND l.kind IN ('payable', 'held')
WHERE a.freelancer_id = $1 AND a.id >= uuidv7(-$3::interval) GROUP BY 1, 2"""

# What assignments have on hold: entries that put something there and that nothing has ended.
HELD = """
SELECT e.id AS entry_id, e.assignment_id, l.owner, (-p.amount)::bigint AS amount, l.currency, e.effective_at AS accepted_at,
       e.ticket_id, e.project_id, e.rule_id
FROM entry e JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id AND l.kind = 'held'
WHERE e.assignment_id = ANY ($1::uuid[]) AND e.kind IN ('accrue', 'premium')
  AND NOT EXISTS (SELECT FROM entry x WHERE x.resolves = e.id)
ORDER BY e.id"""

# With the moment up to which what was accepted is to be clawed back, if a reopening asks for that: the first one that does.
HOLD_TERMS = """
SELECT a.id, t.ticket_id IS NULL AS control, f.hold_until, f.hold_days, f.hold_most_days,
       CASE WHEN t.ticket_id IS NULL THEN h.resolved_at ELSE k.resolved_at END AS resolved_at,
       (SELECT min(r.at) FROM reopening r WHERE r.ticket_id = a.pay_ticket AND r.claw_back AND a.task_id = ANY (r.replaced)) AS clawed_back_at
FROM assignment a JOIN tariff f ON f.id = a.tariff_id JOIN task t ON t.id = a.task_id LEFT JOIN ticket k ON k.id = a.pay_ticket
LEFT JOIN hold_as h ON h.assignment_id = a.id WHERE a.id = ANY ($1::uuid[])"""

# As for one of the step's ordinary answers that were accepted lately: how long after it its ticket was resolved. If that one still waits
# so does the control task, and is looked at again; where there is none yet nothing is waited for. A ticket just answered does not wait
# yet: the job that resolves it is on its way.
DRAW_ENDS = """
INSERT INTO hold_as (assignment_id, resolved_at)
SELECT a.id, a.decided_at + coalesce(drawn.later, interval '0')
FROM assignment a JOIN task t ON t.id = a.task_id AND t.ticket_id IS NULL JOIN tariff f ON f.id = a.tariff_id AND f.hold_until = 'resolved'
LEFT JOIN LATERAL (
    SELECT later, waits FROM (
        SELECT greatest(k.resolved_at - o.decided_at, interval '0') AS later, k.resolved_at IS NULL AS waits
        FROM assignment o JOIN task ot ON ot.id = o.task_id JOIN ticket k ON k.id = ot.ticket_id
        WHERE o.step_id = a.step_id AND o.state = 'accepted'
          AND (k.resolved_at IS NOT NULL OR o.decided_at < clock_timestamp() - interval '1 minute')
        ORDER BY o.ended_at DESC LIMIT 100) lately
    ORDER BY random() LIMIT 1) drawn ON true
WHERE a.id = ANY ($1::uuid[]) AND drawn.waits IS DISTINCT FROM true AND NOT EXISTS (SELECT FROM hold_as h WHERE h.assignment_id = a.id)
ON CONFLICT DO NOTHING"""

HELD_FOR_TICKETS = """
SELECT a.id FROM assignment a JOIN tariff f ON f.id = a.tariff_id AND f.hold_until = 'resolved'
JOIN task t ON t.id = a.task_id AND t.ticket_id = a.pay_ticket
WHERE a.pay_ticket = ANY ($1::uuid[]) AND a.state = 'accepted'
ORDER BY a.id"""

CADENCES = """
SELECT fact.owner, fact.at, cadence_of(fact.owner::uuid, fact.at) AS cadence
FROM (SELECT DISTINCT owner, at FROM unnest($1::text[], $2::timestamptz[]) AS given (owner, at)) fact"""

REOPENING = """
SELECT id, ticket_id, number, reason, replaced, resolved_at, claw_back, appeal_days, actor, at FROM reopening WHERE id = $1"""

ACCEPTED_OF_TASKS = """
SELECT a.id FROM assignment a WHERE a.task_id = ANY ($1::uuid[]) AND a.state = 'accepted'
  AND NOT EXISTS (SELECT FROM reopening r WHERE r.claw_back AND r.at < $2 AND a.task_id = ANY (r.replaced)) ORDER BY a.id"""

TOLD_OF = """
SELECT a.id, s.key AS step, coalesce(s.spec ->> 'title', s.key) AS title, t.iteration
FROM assignment a JOIN step s ON s.id = a.step_id JOIN task t ON t.id = a.task_id WHERE a.id = ANY ($1::uuid[])"""

# What was clawed back and never given back, with the moment at which the objection to it was upheld.
CLAWED_BACK = """
SELECT e.id AS entry_id, e.assignment_id, l.owner, p.amount, l.currency, e.effective_at AS accepted_at, e.ticket_id, e.project_id, e.rule_id,
       n.settled_at AS at
FROM entry e JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id AND l.kind = 'held'
JOIN appealable n ON n.subject = $2 AND n.subject_id = e.assignment_id AND n.state = 'upheld'
WHERE e.assignment_id = ANY ($1::uuid[]) AND e.kind = 'clawback' AND NOT EXISTS (SELECT FROM entry x WHERE x.reverses = e.id)
ORDER BY e.id"""
