"""The hand-written statements of tasks: the hot path (functions in sql/claims.sql) and set-based work."""

CLAIM = "SELECT * FROM claim($1, $2, $3)"
CLAIM_ONCE = "SELECT * FROM claim($1, $2, $3, $4, $5)"

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
LOCK_WORKLOADS_OF = """
SELECT FROM workload WHERE freelancer_id IN (SELECT freelancer_id FROM assignment WHERE id = ANY ($1))
ORDER BY freelancer_id FOR NO KEY UPDATE
"""

FREE_CAP = """
UPDATE workload w SET week_claimed = greatest(0, w.week_claimed - (
    SELECT count(*) FROM assignment a WHERE a.id = ANY ($1) AND a.freelancer_id = w.freelancer_id AND a.claimed_at >= w.week_starts))
WHERE w.freelancer_id IN (SELECT freelancer_id FROM assignment WHERE id = ANY ($1))
"""
"""What was claimed this week and came to nothing counts against the weekly cap no more."""

UNREAD = """
SELECT p.code, (SELECT max(version) FROM instruction i WHERE i.project_id = p.id) AS version FROM project p
WHERE p.id IN (SELECT project_id FROM may_work WHERE freelancer_id = $1 AND unread AND ($2::uuid IS NULL OR project_id = $2)) ORDER BY p.code
"""
"""The projects whose instruction a person must read before they get tasks of theirs, with its newest version."""

LOAD = """
SELECT w.held, c.max_held, c.weekly_cap, c.weekly_norm, CASE WHEN now() < w.week_ends THEN w.week_claimed ELSE 0 END AS week_claimed,
       CASE WHEN now() < w.week_ends THEN w.week_returned ELSE 0 END AS week_returned, may_return(c.weekly_cap) AS may_return,
       w.gap_id IS NOT NULL AS in_gap
FROM workload w CROSS JOIN LATERAL contract_at($1, now()) c WHERE w.freelancer_id = $1 AND c.id IS NOT NULL
"""
"""What a person holds and has claimed this week, and the contract in force."""

OPEN_WORK = """
SELECT m.step_id, terms.price, pace.median_ms,
       (SELECT coalesce(sum(n.open), 0)::int FROM (
            SELECT (SELECT count(DISTINCT few.task_id) FROM (SELECT s.task_id FROM slot s
                    WHERE s.shelf_id = f.id AND NOT s.control AND s.assignment_id IS NULL
                      AND (s.rank, s.id) >= (f.floor_rank, f.floor_id)
                      AND NOT EXISTS (SELECT FROM assignment a WHERE a.task_id = s.task_id AND a.freelancer_id = $1) LIMIT 1000) few) AS open
            FROM shelf f
            WHERE f.step_id = m.step_id AND f.line <= m.my_line AND (m.languages = '{}' OR f.language = ANY (m.languages))
            UNION ALL
            SELECT count(DISTINCT few.task_id) FROM (SELECT s.task_id FROM slot s
                WHERE s.step_id = m.step_id AND s.control AND s.assignment_id IS NULL
                  AND NOT EXISTS (SELECT FROM assignment a WHERE a.task_id = s.task_id AND a.freelancer_id = $1) LIMIT 1000) few) n) AS open,
       coalesce((SELECT jsonb_object_agg(named.language, named.price)
                 FROM (SELECT DISTINCT r.language, rate_of(l.tariff_id, m.key, m.my_level, r.language) AS price FROM rate r
                       WHERE r.tariff_id = l.tariff_id AND r.step_key = m.key AND r.language <> '' AND r.level <= m.my_level
                         AND (m.languages = '{}' OR r.language = ANY (m.languages))) named
                 WHERE named.price <> terms.price), '{}') AS by_language
FROM may_work m
CROSS JOIN LATERAL rate_list_at(m.project_id, now()) l
CROSS JOIN LATERAL (SELECT coalesce(rate_of(l.tariff_id, m.key, m.my_level, ''), m.price) AS price) terms
LEFT JOIN pace ON pace.project_id = m.project_id AND pace.step_key = m.key
WHERE m.freelancer_id = $1 AND NOT m.unread AND ($2::uuid IS NULL OR m.project_id = $2)
  AND NOT EXISTS (SELECT FROM restriction_now r WHERE r.freelancer_id = $1
                  AND (r.kind = 'block' OR (r.kind = 'project' AND r.project_id = m.project_id)))
ORDER BY m.step_id
"""
"""Tasks that wait and that a person has not had, at the terms that a claim of theirs would have now."""

NOTE_SEEN = "SELECT note_seen($1)"

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
    INSERT INTO slot (step_id, control, rank, task_id, ticket_id, language, reserved_until)
    SELECT t.step_id, t.ticket_id IS NULL, slot_rank(t.lane, round, t.deadline_at), t.id, t.ticket_id, coalesce(k.language, ''),
           CASE WHEN $4::interval IS NOT NULL AND EXISTS (
                    SELECT FROM attention a WHERE a.step_id = t.step_id AND a.trusted
                      AND NOT EXISTS (SELECT FROM assignment had WHERE had.task_id = t.id AND had.freelancer_id = a.freelancer_id)
                      AND EXISTS (SELECT FROM assignment lately WHERE lately.freelancer_id = a.freelancer_id
                                    AND lately.id >= uuidv7(interval '-5 minutes')))
                THEN now() + least($4::interval, greatest((t.deadline_at - now()) / 10, interval '0')) END
    FROM task t LEFT JOIN ticket k ON k.id = t.ticket_id
    CROSS JOIN LATERAL generate_series($2::int, coalesce($3::int, t.overlap)) AS round
    WHERE t.id = ANY ($1) ORDER BY t.step_id, t.id, round
    RETURNING step_id, control, language, rank, id)
SELECT DISTINCT ON (step_id, language) step_id, language, rank, id FROM made WHERE NOT control ORDER BY step_id, language, rank, id
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

LOWER_FLOOR = "SELECT lower_floor($1, 1, $2, $3, $4)"
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
