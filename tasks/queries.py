"""The hand-written statements of tasks: the hot path (functions in sql/claims.sql) and set-based work."""

CLAIM = "SELECT * FROM claim($1, $2, $3)"

SUBMIT = """
SELECT s.outcome, s.submitted_at, d.*
FROM submit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) s LEFT JOIN LATERAL describe($1, s.next) d ON true
"""

HELD = """
SELECT d.* FROM describe($1, ARRAY(
    SELECT id FROM assignment
    WHERE freelancer_id = $1 AND state = 'held' AND id >= uuidv7(interval '-5 days') ORDER BY id)) d
"""
"""What one holds. A lease lasts at most four limits of at most a day, so older assignments need not be looked at."""

GIVE_BACK = "SELECT give_back($1, $2, $3, $4)"

EXTEND = "SELECT extend_lease($1, $2, $3)"
IS_MINE = "SELECT EXISTS (SELECT FROM assignment WHERE id = $2 AND freelancer_id = $1)"

EXPIRED = """
SELECT a.freelancer_id, a.id, a.step_id FROM slot s JOIN assignment a ON a.id = s.assignment_id
WHERE s.assignment_id IS NOT NULL AND s.expires_at <= clock_timestamp()
ORDER BY a.freelancer_id, s.expires_at LIMIT $1
"""

LOCK_WORKLOADS = "SELECT FROM workload WHERE freelancer_id = ANY ($1) ORDER BY freelancer_id FOR NO KEY UPDATE"

OPEN_WORK = """
SELECT q.step_id, terms.price, pace.median_ms,
       (SELECT count(*) FROM (
            (SELECT FROM slot s WHERE s.step_id = q.step_id AND NOT s.control AND s.assignment_id IS NULL
               AND (s.rank, s.id) >= (q.floor_rank, q.floor_id) LIMIT 1000)
            UNION ALL
            (SELECT FROM slot s WHERE s.step_id = q.step_id AND s.control AND s.assignment_id IS NULL LIMIT 1000)) few) AS open,
       coalesce((SELECT jsonb_object_agg(named.language, named.price)
                 FROM (SELECT DISTINCT r.language, rate_of(l.tariff_id, q.key, ql.level, r.language) AS price FROM rate r
                       WHERE r.tariff_id = l.tariff_id AND r.step_key = q.key AND r.language <> '' AND r.level <= ql.level) named
                 WHERE named.price <> terms.price), '{}') AS by_language
FROM queue q JOIN qualification ql ON ql.code = q.qualification AND ql.level >= q.level
CROSS JOIN LATERAL rate_list_at(q.project_id, now()) l
CROSS JOIN LATERAL (SELECT coalesce(rate_of(l.tariff_id, q.key, ql.level, ''), q.price) AS price) terms
LEFT JOIN pace ON pace.project_id = q.project_id AND pace.step_key = q.key
WHERE ql.freelancer_id = $1 AND ql.revoked_at IS NULL AND q.open AND q.requester_id <> $1 AND ($2::uuid IS NULL OR q.project_id = $2)
  AND NOT EXISTS (SELECT FROM restriction_now r WHERE r.freelancer_id = $1
                  AND (r.kind = 'block' OR (r.kind = 'project' AND r.project_id = q.project_id)))
ORDER BY q.step_id
"""
"""What waits for a person, at the terms that a claim of theirs would have now."""

NEW_TASKS = """
INSERT INTO task (id, project_id, step_id, ticket_id, iteration, input, overlap, lane, deadline_at)
SELECT n.id, n.project_id, n.step_id, n.ticket_id, n.iteration, n.input::jsonb, n.overlap, n.lane, n.deadline_at
FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[], $5::smallint[], $6::text[], $7::smallint[], $8::smallint[],
            $9::timestamptz[]) AS n (id, project_id, step_id, ticket_id, iteration, input, overlap, lane, deadline_at)
ON CONFLICT ON CONSTRAINT task_once DO NOTHING
RETURNING id
"""

NEW_SLOTS = """
WITH made AS (
    INSERT INTO slot (step_id, control, rank, task_id, ticket_id, reserved_until)
    SELECT t.step_id, t.ticket_id IS NULL, slot_rank(t.lane, round, t.deadline_at), t.id, t.ticket_id,
           CASE WHEN $4::interval IS NOT NULL AND EXISTS (
                    SELECT FROM attention a WHERE a.step_id = t.step_id AND a.trusted
                      AND NOT EXISTS (SELECT FROM assignment had WHERE had.task_id = t.id AND had.freelancer_id = a.freelancer_id)
                      AND EXISTS (SELECT FROM assignment lately WHERE lately.freelancer_id = a.freelancer_id
                                    AND lately.id >= uuidv7(interval '-5 minutes')))
                THEN now() + least($4::interval, greatest((t.deadline_at - now()) / 10, interval '0')) END
    FROM task t CROSS JOIN LATERAL generate_series($2::int, coalesce($3::int, t.overlap)) AS round
    WHERE t.id = ANY ($1) ORDER BY t.step_id, t.id, round
    RETURNING step_id, control, rank, id)
SELECT DISTINCT ON (step_id) step_id, rank, id FROM made WHERE NOT control ORDER BY step_id, rank, id
"""

NEW_CONTROL = """
WITH made AS (
    INSERT INTO task (id, project_id, step_id, input, overlap, lane, deadline_at, origin, author)
    SELECT n.id, $5, $6, n.input::jsonb, $7, $8, now(), n.origin, $9
    FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[]) AS n (id, input, origin, rank)
    RETURNING id, step_id, overlap)
INSERT INTO slot (step_id, control, rank, task_id)
SELECT m.step_id, true, n.rank, m.id FROM made m JOIN unnest($1::uuid[], $4::bigint[]) AS n (id, rank) USING (id)
CROSS JOIN LATERAL generate_series(1, m.overlap) ORDER BY n.rank, m.id
"""

LOWER_FLOOR = "SELECT lower_floor($1, $2, $3)"
HURRY = "SELECT hurry($1)"
RAISE_FLOOR = "SELECT raise_floor($1)"

TICKETS_TO_ADVANCE = """
SELECT id, project_id, workflow_id, subject, text, channel, language, urgent, deadline_at,
       budget_of(id, project_id) IS NOT NULL AS bounded
FROM ticket WHERE id = ANY ($1) AND state = 'open' ORDER BY id FOR UPDATE
"""

LATEST_TASKS = """
SELECT DISTINCT ON (t.ticket_id, t.step_id) t.ticket_id, s.key, t.iteration, t.state, t.result
FROM task t JOIN step s ON s.id = t.step_id WHERE t.ticket_id = ANY ($1)
ORDER BY t.ticket_id, t.step_id, t.iteration DESC
"""

END_TICKETS = """
UPDATE ticket SET state = n.state, result = n.result::jsonb,
    resolved_at = CASE WHEN n.state = 'resolved' THEN now() END
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS n (id, state, result) WHERE ticket.id = n.id AND ticket.state = 'open'
"""
