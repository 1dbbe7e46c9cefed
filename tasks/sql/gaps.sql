-- Gaps: the times in which a person asked for work and there was none for them. All but note_seen() run within a claim, which holds the
-- person's workload row.

-- What an open gap has come to by a moment. Work that was seen and not claimed within 10 minutes was refused; who has not asked for 10
-- minutes had left with their last ask; else it is still open (both null). What was recorded stays.
CREATE OR REPLACE FUNCTION gap_end(g gap, at timestamptz, OUT ended_at timestamptz, OUT ending text) LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE what WHEN 'recorded' THEN g.ended_at WHEN 'refused' THEN g.seen_at WHEN 'left' THEN g.asked_at END,
           CASE what WHEN 'recorded' THEN g.ending ELSE what END
    FROM (SELECT CASE WHEN g.ended_at IS NOT NULL THEN 'recorded'
                      WHEN at > g.seen_at + interval '10 minutes' THEN 'refused'
                      WHEN g.seen_at IS NULL AND at > g.asked_at + interval '10 minutes' THEN 'left' END AS what) known
$$;

-- The person asked and got nothing: their gap begins or goes on. It ended with the ask before if work of theirs came in a pause of more than
-- 90 seconds since then: who asks that seldom does not wait for it (clients ask every 5 seconds; a browser's hidden page every 60). Not if they asked for one project only, have no qualification at all, or are
-- kept from work that is there by a restriction or an instruction that they have not read. The row is written at most every 5 seconds.
CREATE OR REPLACE FUNCTION note_ask(mine workload, only_project uuid, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    g gap;
    past record;
BEGIN
    IF only_project IS NOT NULL
       OR NOT EXISTS (SELECT FROM qualification ql WHERE ql.freelancer_id = mine.freelancer_id AND ql.revoked_at IS NULL
                        AND (ql.expires_at IS NULL OR ql.expires_at > at))
       OR EXISTS (SELECT FROM may_work m WHERE m.freelancer_id = mine.freelancer_id AND m.unread)
       OR EXISTS (SELECT FROM restriction_now r WHERE r.freelancer_id = mine.freelancer_id AND (r.kind = 'block' OR r.kind = 'project' AND EXISTS (
                    SELECT FROM may_work m JOIN shelf f USING (step_id) JOIN slot s ON s.shelf_id = f.id AND NOT s.control AND s.assignment_id IS NULL
                    WHERE m.freelancer_id = mine.freelancer_id AND m.project_id = r.project_id AND f.line <= m.my_line
                      AND (m.languages = '{}' OR f.language = ANY (m.languages))))) THEN
        RETURN;
    END IF;
    IF mine.gap_id IS NOT NULL THEN
        SELECT * INTO g FROM gap WHERE id = mine.gap_id FOR NO KEY UPDATE;
        past := gap_end(g, at);
        IF past.ending IS NULL AND at > g.asked_at + interval '90 seconds' AND work_came(mine.freelancer_id, g.asked_at, at, true) THEN
            past.ended_at := g.asked_at;
            past.ending := 'left';
        END IF;
        IF past.ending IS NULL THEN
            IF g.seen_at IS NOT NULL OR at >= g.asked_at + interval '5 seconds' THEN
                UPDATE gap SET asked_at = at, asks = asks + 1, seen_at = NULL WHERE id = g.id;
            END IF;
            RETURN;
        END IF;
        UPDATE gap SET ended_at = past.ended_at, ending = past.ending WHERE id = g.id;
    END IF;
    INSERT INTO gap (freelancer_id, starts_at, asked_at) VALUES (mine.freelancer_id, at, at) RETURNING * INTO g;
    UPDATE workload SET gap_id = g.id WHERE freelancer_id = mine.freelancer_id;
END $$;

-- The person got work: the gap that they have ends now, or ended before: as gap_end() says, or when they saw the work.
CREATE OR REPLACE FUNCTION end_gap(mine workload, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    g gap;
    past record;
BEGIN
    SELECT * INTO g FROM gap WHERE id = mine.gap_id FOR NO KEY UPDATE;
    past := gap_end(g, at);
    UPDATE gap SET ended_at = coalesce(past.ended_at, greatest(g.starts_at, coalesce(g.seen_at, at))), ending = coalesce(past.ending, 'work')
    WHERE id = g.id;
    UPDATE workload SET gap_id = NULL WHERE freelancer_id = mine.freelancer_id;
END $$;

-- GET /work shows me open work: if I am in a gap and could claim some of it, I know of work from now on. Once, until I ask again.
CREATE OR REPLACE FUNCTION note_seen(me uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    at timestamptz := clock_timestamp();
BEGIN
    UPDATE gap g SET seen_at = at FROM workload w
    WHERE g.freelancer_id = me AND g.ended_at IS NULL AND g.seen_at IS NULL AND g.asked_at <= at AND (gap_end(g, at)).ending IS NULL
      AND w.freelancer_id = me AND w.held < w.max_held AND w.week_claimed < w.weekly_cap
      AND EXISTS (
        SELECT FROM may_work m
        JOIN shelf f ON f.step_id = m.step_id AND f.line <= m.my_line AND (m.languages = '{}' OR f.language = ANY (m.languages))
        LEFT JOIN attention t ON t.freelancer_id = me AND t.step_id = m.step_id
        WHERE m.freelancer_id = me AND NOT m.unread
          AND NOT EXISTS (SELECT FROM restriction_now r WHERE r.freelancer_id = me
                            AND (r.kind = 'block' OR (r.kind = 'project' AND r.project_id = m.project_id)))
          AND another_left(me, f.id, f.floor_rank, f.floor_id - 1, NULL, m.excluded, coalesce(t.trusted, false)));
END $$;
