-- The hot path. Each function is one round trip, one statement to the client, one commit (docs/adr/0002).
-- What the freelancer-facing role may call runs with the owner's rights (SECURITY DEFINER): that role itself can write nothing.
-- Lock order everywhere: workload (own row) -> slot -> shelf; a person's gap after their workload. Time is the database's clock, read
-- after the lock.

-- Take the first control slot for one person among the `most` next open ones from this rank, or nothing. Skips slots that others are
-- taking right now, tasks that this person has had before or whose answer they may know (their own and those made from a ticket that
-- they have worked on), and what was withdrawn.
CREATE OR REPLACE FUNCTION take_control_from(me uuid, wanted_step bigint, low_rank bigint, most int) RETURNS slot LANGUAGE sql AS $$
    SELECT * FROM slot s
    WHERE s.step_id = wanted_step AND s.control AND s.assignment_id IS NULL AND s.rank >= low_rank
      AND s.rank <= coalesce((
            SELECT l.rank FROM slot l
            WHERE l.step_id = wanted_step AND l.control AND l.assignment_id IS NULL AND l.rank >= low_rank
            ORDER BY l.rank, l.id OFFSET most LIMIT 1), 9223372036854775807)
      AND NOT EXISTS (SELECT FROM assignment a WHERE a.task_id = s.task_id AND a.freelancer_id = me OFFSET 0)
      AND NOT EXISTS (
            SELECT FROM task t WHERE t.id = s.task_id AND (t.state <> 'open' OR t.author = me OR EXISTS (
                SELECT FROM task o JOIN task seen ON seen.ticket_id = o.ticket_id
                JOIN assignment a ON a.task_id = seen.id AND a.freelancer_id = me WHERE o.id = t.origin)) OFFSET 0)
    ORDER BY s.rank, s.id LIMIT 1 FOR UPDATE SKIP LOCKED
$$;

-- Take the control slot that one person would get next, or nothing. They come in the order of their ranks, so what somebody has had
-- is about all from the lowest rank to some other: where the first ones are of no use, a bisection finds that rank, because a walk
-- would cost a claim the more the longer somebody works here.
CREATE OR REPLACE FUNCTION take_control(me uuid, wanted_step bigint) RETURNS slot LANGUAGE plpgsql AS $$
DECLARE
    found slot;
    low bigint;
    middle bigint;
    high bigint;
BEGIN
    found := take_control_from(me, wanted_step, 0, 100);
    IF found.id IS NOT NULL THEN
        RETURN found;
    END IF;
    SELECT min(s.rank), max(s.rank) INTO low, high FROM slot s WHERE s.step_id = wanted_step AND s.control AND s.assignment_id IS NULL;
    WHILE low < high LOOP
        middle := low + (high - low) / 2;
        IF EXISTS (
            SELECT FROM (
                SELECT s.task_id FROM slot s
                WHERE s.step_id = wanted_step AND s.control AND s.assignment_id IS NULL AND s.rank > middle
                ORDER BY s.rank, s.id LIMIT 10) next
            WHERE NOT EXISTS (SELECT FROM assignment a WHERE a.task_id = next.task_id AND a.freelancer_id = me OFFSET 0)
        ) THEN
            high := middle;
        ELSE
            low := middle + 1;
        END IF;
    END LOOP;
    RETURN take_control_from(me, wanted_step, low, 100);
END $$;

-- Take the best open ordinary slot of one shelf for one person, from a key on, or nothing. Skips slots that others are taking right now or that are
-- kept for people whose answers are known to be good (`trusted`), tasks that this person has had before, tickets where they did a
-- step that excludes them, what opened after `opened_by`, and, unless `last`, tasks that a control task stood in for. The caller holds
-- the person's workload row.
-- OFFSET 0 keeps "never had before" a probe by key for each candidate: as a join it may read the person's whole history.
CREATE OR REPLACE FUNCTION take_slot(me uuid, wanted_shelf bigint, low_rank bigint, low_id bigint, opened_by timestamptz, barred bigint[],
                                     trusted boolean, last boolean)
RETURNS slot LANGUAGE sql AS $$
    SELECT * FROM slot s
    WHERE s.shelf_id = wanted_shelf AND NOT s.control AND s.assignment_id IS NULL
      AND (s.rank, s.id) >= (low_rank, low_id) AND s.opened_at <= opened_by
      AND (s.reserved_until IS NULL OR trusted OR s.reserved_until <= clock_timestamp())
      AND NOT EXISTS (SELECT FROM assignment a WHERE a.task_id = s.task_id AND a.freelancer_id = me OFFSET 0)
      AND (last OR NOT EXISTS (
            SELECT FROM stood_in i WHERE i.freelancer_id = me AND i.task_id = s.task_id AND i.until > clock_timestamp() OFFSET 0))
      AND (barred = '{}' OR NOT EXISTS (
            SELECT FROM task t JOIN assignment a ON a.task_id = t.id AND a.freelancer_id = me
            WHERE t.ticket_id = s.ticket_id AND t.step_id = ANY (barred)
              AND NOT EXISTS (SELECT FROM task later WHERE later.ticket_id = t.ticket_id AND later.step_id = t.step_id
                                AND later.iteration > t.iteration) OFFSET 0))
    ORDER BY s.rank, s.id LIMIT 1 FOR UPDATE SKIP LOCKED
$$;

-- Whether one shelf has, after a key, an ordinary slot of another task than `beside` that this person would get. Locks nothing: what
-- take_slot() asks, but slots that others are taking right now count.
CREATE OR REPLACE FUNCTION another_left(me uuid, its_shelf bigint, low_rank bigint, low_id bigint, beside uuid, barred bigint[],
                                        trusted boolean) RETURNS boolean LANGUAGE sql AS $$
    SELECT EXISTS (
        SELECT FROM slot s
        WHERE s.shelf_id = its_shelf AND NOT s.control AND s.assignment_id IS NULL
          AND (s.rank, s.id) > (low_rank, low_id) AND s.task_id IS DISTINCT FROM beside
          AND (s.reserved_until IS NULL OR trusted OR s.reserved_until <= clock_timestamp())
          AND NOT EXISTS (SELECT FROM assignment a WHERE a.task_id = s.task_id AND a.freelancer_id = me OFFSET 0)
          AND NOT EXISTS (
                SELECT FROM stood_in i WHERE i.freelancer_id = me AND i.task_id = s.task_id AND i.until > clock_timestamp() OFFSET 0)
          AND (barred = '{}' OR NOT EXISTS (
                SELECT FROM task t JOIN assignment a ON a.task_id = t.id AND a.freelancer_id = me
                WHERE t.ticket_id = s.ticket_id AND t.step_id = ANY (barred)
              AND NOT EXISTS (SELECT FROM task later WHERE later.ticket_id = t.ticket_id AND later.step_id = t.step_id
                                AND later.iteration > t.iteration) OFFSET 0))
        ORDER BY s.rank, s.id LIMIT 1)
$$;

-- Which share of a person's week is over, in whole hundredths, so that people with like hours are alike: `past` of their usual hours where
-- it is known (usual_week), else of the calendar.
CREATE OR REPLACE FUNCTION week_past(starts timestamptz, ends timestamptz, past real[], at timestamptz) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
    SELECT trunc(100 * greatest(0, least(1, coalesce(
        past[least(1 + trunc(extract(epoch FROM at - starts) / 3600)::int, cardinality(past))]::float8,
        extract(epoch FROM at - starts)::float8 / extract(epoch FROM ends - starts)::float8)))) / 100
$$;

-- How far a person is behind their norm: the share of their week that is over to the share of the norm that they have claimed, a twentieth
-- added to both, so that the first tasks of a week do not decide alone. 0: no norm, or just reached; negative: passed. So of those who
-- still have some of it to do, whoever has had least of what they should have had by now comes first.
CREATE OR REPLACE FUNCTION need_of(claimed int, norm int, past float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN norm = 0 THEN 0 WHEN claimed < norm THEN (0.05 + past) / (0.05 + claimed::float8 / norm) ELSE 1 - claimed::float8 / norm END
$$;

-- Whether an open slot is to be left to others: it opened at most 10 seconds ago, and its shelf has, in its urgency, no more open slots
-- than there are people who asked within the last 10 seconds and got nothing, may take it, and are further behind their norm than this
-- person. `claimed`: how many they have claimed this week.
CREATE OR REPLACE FUNCTION contested(mine workload, claimed int, s slot, at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    waiting int;
    open_slots int;
    my_need float8;
BEGIN
    IF s.opened_at <= at - interval '10 seconds' THEN
        RETURN false;
    END IF;
    SELECT count(*) INTO waiting FROM (
        SELECT FROM gap g WHERE g.ended_at IS NULL AND g.asked_at > at - interval '10 seconds' AND g.freelancer_id <> mine.freelancer_id
        LIMIT 1000) those;
    SELECT count(*) INTO open_slots FROM (
        SELECT FROM slot o
        WHERE o.shelf_id = s.shelf_id AND NOT o.control AND o.assignment_id IS NULL
          AND o.rank >= s.rank >> 56 << 56 AND o.rank < ((s.rank >> 56) + 1) << 56
        LIMIT waiting + 1) those;
    IF open_slots > waiting THEN
        RETURN false;
    END IF;
    my_need := need_of(claimed, mine.weekly_norm, week_past(mine.week_starts, mine.week_ends, (
        SELECT u.past FROM usual_week u WHERE u.freelancer_id = mine.freelancer_id AND u.week_starts = mine.week_starts), at));
    RETURN open_slots <= (
        SELECT count(*) FROM (
            SELECT FROM gap g JOIN workload w USING (freelancer_id)
            LEFT JOIN usual_week u ON u.freelancer_id = w.freelancer_id AND u.week_starts = w.week_starts
            WHERE g.ended_at IS NULL AND g.asked_at > at - interval '10 seconds' AND g.freelancer_id <> mine.freelancer_id
              AND need_of(w.week_claimed, w.weekly_norm, week_past(w.week_starts, w.week_ends, u.past, at)) > my_need
              AND EXISTS (SELECT FROM may_work m WHERE m.freelancer_id = g.freelancer_id AND m.step_id = s.step_id AND m.my_line >= s.line
                            AND (m.languages = '{}' OR s.language = ANY (m.languages)) AND NOT m.unread
                            AND NOT EXISTS (SELECT FROM restriction_now r WHERE r.freelancer_id = g.freelancer_id
                                              AND (r.kind = 'block' OR (r.kind = 'project' AND r.project_id = m.project_id))))
              AND NOT EXISTS (SELECT FROM assignment a WHERE a.task_id = s.task_id AND a.freelancer_id = g.freelancer_id OFFSET 0)
            LIMIT open_slots) needier);
END $$;

-- Hand out up to `wanted` tasks, best first over all shelves that the person may take from, never of a project of their own; returns
-- the new assignments' ids, or null if there is nothing but what is left to people further behind their norm. What was escalated to
-- the person's line comes first. A control task comes in the place of an ordinary one, with its deadline. Nothing visible may tell which:
-- the search for a control task is made at every claim, whether or not its finding is used; the times and ids of all assignments
-- of one call are those of its beginning; and the ordinary task, whose deadline has now been shown, goes to this person later, if
-- nobody else takes it: last of all, or when a tenth of the time to its deadline is over, at the least half an hour. Where it is
-- the shelf's last for this person, and would come straight back, or was escalated, or is in another language than the one known of the
-- control task (its price would tell), no control task comes in its place. The price is frozen here:
-- that of the list in force, else the step's own; what it depends on is that of the ordinary task, whichever is handed out.
CREATE OR REPLACE FUNCTION hand_out(mine workload, wanted int, only_project uuid, began timestamptz) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
    me uuid := mine.freelancer_id;
    ids uuid[] := ARRAY(SELECT uuidv7() FROM generate_series(1, wanted));
    q record;
    ordinary slot;
    s slot;
    given uuid[] := '{}';
    one uuid;
    control_rate real;
    trusted boolean;
    barred uuid[];
    blocked boolean;
    others_wait boolean;
    yielded boolean := false;
    next_lane bigint;
    more boolean;
    last boolean := false;
    pay record;
BEGIN
    SELECT coalesce(bool_or(r.kind = 'block'), false), coalesce(array_agg(r.project_id) FILTER (WHERE r.kind = 'project'), '{}'),
           EXISTS (SELECT FROM gap g WHERE g.ended_at IS NULL AND g.asked_at > began - interval '10 seconds' AND g.freelancer_id <> me)
    INTO blocked, barred, others_wait FROM restriction_now r WHERE r.freelancer_id = me;
    WHILE NOT blocked AND cardinality(given) < wanted LOOP
        one := NULL;
        FOR q IN
            SELECT m.*, f.id AS shelf_id, f.floor_rank, f.floor_id
            FROM (SELECT w.step_id, w.project_id, w.key, w.price, w.time_limit_s, w.excluded, w.control_rate, w.my_level, w.my_line, w.languages
                  FROM may_work w
                  WHERE w.freelancer_id = me AND NOT w.unread AND w.project_id <> ALL (barred)
                    AND (only_project IS NULL OR w.project_id = only_project) OFFSET 0) m
            CROSS JOIN LATERAL (SELECT * FROM shelf WHERE shelf.step_id = m.step_id OFFSET 0) f
            CROSS JOIN LATERAL (
                SELECT o.rank FROM slot o
                WHERE o.shelf_id = f.id AND NOT o.control AND o.assignment_id IS NULL
                  AND (o.rank, o.id) >= (f.floor_rank, f.floor_id)
                ORDER BY o.rank, o.id LIMIT 1) head
            WHERE f.line <= m.my_line AND (m.languages = '{}' OR f.language = ANY (m.languages))
            ORDER BY f.line = 1, head.rank, m.step_id
        LOOP
            SELECT t.control_rate, t.trusted INTO control_rate, trusted FROM attention t WHERE t.freelancer_id = me AND t.step_id = q.step_id;
            trusted := coalesce(trusted, false);
            ordinary := take_slot(me, q.shelf_id, q.floor_rank, q.floor_id, 'infinity', q.excluded, trusted, last);
            -- What is kept for people known to be good is not what the others wait for.
            WHILE others_wait AND ordinary.id IS NOT NULL AND (ordinary.reserved_until > began) IS NOT TRUE
                  AND contested(mine, mine.week_claimed + cardinality(given), ordinary, began) LOOP
                yielded := true;
                next_lane := ((ordinary.rank >> 56) + 1) << 56;
                ordinary := take_slot(me, q.shelf_id, ordinary.rank, ordinary.id, began - interval '10 seconds',
                                      q.excluded, trusted, last);
                IF ordinary.id IS NULL OR ordinary.rank >= next_lane THEN
                    ordinary := take_slot(me, q.shelf_id, next_lane, 0, 'infinity', q.excluded, trusted, last);
                END IF;
            END LOOP;
            CONTINUE WHEN ordinary.id IS NULL;
            s := take_control(me, q.step_id);
            more := NOT last AND another_left(me, q.shelf_id, ordinary.rank, ordinary.id, ordinary.task_id, q.excluded, trusted);
            IF s.id IS NULL OR NOT more OR ordinary.line > 1 OR random() >= coalesce(control_rate, q.control_rate)
               OR NOT coalesce((SELECT k.language = ordinary.language FROM task c JOIN task o ON o.id = c.origin
                                JOIN ticket k ON k.id = o.ticket_id WHERE c.id = s.task_id), true) THEN
                s := ordinary;
            ELSE
                INSERT INTO stood_in
                VALUES (me, ordinary.task_id, began + greatest((rank_deadline(ordinary.rank) - began) / 10, interval '30 minutes'))
                ON CONFLICT (freelancer_id, task_id) DO UPDATE SET until = excluded.until;
            END IF;
            SELECT l.tariff_id, rate_of(l.tariff_id, q.key, q.my_level, ordinary.language) AS price INTO pay FROM rate_list_at(q.project_id, began) l;
            INSERT INTO assignment (id, task_id, freelancer_id, step_id, project_id, slot_id, price, deadline_at, claimed_at,
                                    tariff_id, level, language, pay_ticket)
            VALUES (ids[1 + cardinality(given)], s.task_id, me, q.step_id, q.project_id, s.id, coalesce(pay.price, q.price),
                    rank_deadline(ordinary.rank), began, pay.tariff_id, q.my_level, ordinary.language, ordinary.ticket_id)
            RETURNING id INTO one;
            UPDATE slot SET assignment_id = one, expires_at = began + make_interval(secs => q.time_limit_s) WHERE id = s.id;
            given := given || one;
            EXIT;
        END LOOP;
        IF one IS NULL THEN
            EXIT WHEN last OR NOT EXISTS (SELECT FROM stood_in i WHERE i.freelancer_id = me AND i.until > clock_timestamp());
            last := true;
        END IF;
    END LOOP;
    RETURN CASE WHEN NOT yielded OR given <> '{}' THEN given END;
END $$;

-- How many tasks a week may be released, skipped, escalated or left to expire before claims stop: enough for honest doubt and bad lines,
-- too few for reading the queue through and keeping what is easy.
CREATE OR REPLACE FUNCTION may_return(weekly_cap int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT greatest(20, weekly_cap / 5) $$;

-- Lock my workload and say how many more tasks I may take by either cap (`freed`: held ones that this call ends) and at which moment this
-- call acts: never before the week that it counts in. load null: never had a contract.
CREATE OR REPLACE FUNCTION lock_workload(me uuid, freed int, OUT load workload, OUT room int, OUT at timestamptz) LANGUAGE plpgsql AS $$
BEGIN
    SELECT * INTO load FROM workload WHERE freelancer_id = me FOR NO KEY UPDATE;
    IF FOUND THEN
        at := clock_timestamp();
        IF at >= load.week_ends OR at >= load.terms_until THEN
            load := refresh_workload(me, at);
        END IF;
        at := greatest(at, load.week_starts);
        room := CASE WHEN NOT load.in_force OR load.week_returned >= may_return(load.weekly_cap) THEN 0
                     ELSE least(load.max_held - load.held + freed, load.weekly_cap - load.week_claimed) END;
    END IF;
END $$;

-- Claim tasks. A call with a key (and what it asked for, as a fingerprint) that was given tasks before is told of those that are still
-- held, and given no others: its reply may have been lost on the way. A refusal and an empty hand do not use a key up.
CREATE OR REPLACE FUNCTION claim(me uuid, wanted int, only_project uuid, its_key text DEFAULT NULL, its_fingerprint bytea DEFAULT NULL)
RETURNS TABLE (outcome text, id uuid, token uuid, task_id uuid, step_id bigint, price bigint, input text,
               claimed_at timestamptz, expires_at timestamptz, deadline_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    mine record;
    known idempotency;
    given uuid[];
BEGIN
    SELECT * INTO mine FROM lock_workload(me, 0);
    IF its_key IS NOT NULL THEN
        SELECT * INTO known FROM idempotency i WHERE i.account_id = me AND i.key = its_key;
        IF FOUND AND known.fingerprint <> its_fingerprint THEN
            outcome := 'key_reused'; RETURN NEXT; RETURN;
        ELSIF FOUND THEN
            RETURN QUERY SELECT 'replayed', d.* FROM describe(me, string_to_array(convert_from(known.body, 'UTF8'), ' ')::uuid[]) d
                         WHERE d.expires_at IS NOT NULL;
            IF NOT FOUND THEN
                outcome := 'all_ended'; RETURN NEXT;
            END IF;
            RETURN;
        END IF;
    END IF;
    IF (mine.load).in_force IS NOT TRUE THEN
        outcome := 'no_contract'; RETURN NEXT; RETURN;
    END IF;
    IF mine.room <= 0 THEN
        outcome := CASE WHEN (mine.load).week_returned >= may_return((mine.load).weekly_cap) THEN 'returned_cap'
                        WHEN (mine.load).held >= (mine.load).max_held THEN 'held_cap' ELSE 'weekly_cap' END;
        RETURN NEXT; RETURN;
    END IF;
    given := hand_out(mine.load, least(wanted, mine.room), only_project, mine.at);
    IF given IS NULL OR given = '{}' THEN
        PERFORM note_ask(mine.load, only_project, mine.at);
        outcome := CASE
            WHEN EXISTS (SELECT FROM restriction_now r WHERE r.freelancer_id = me AND r.kind = 'block') THEN 'blocked'
            WHEN EXISTS (SELECT FROM may_work m WHERE m.freelancer_id = me AND m.unread
                           AND (only_project IS NULL OR m.project_id = only_project)) THEN 'instruction_unread'
            WHEN given IS NULL THEN 'yielded'
            ELSE 'nothing' END;
        RETURN NEXT; RETURN;
    END IF;
    IF (mine.load).gap_id IS NOT NULL THEN
        PERFORM end_gap(mine.load, mine.at);
    END IF;
    UPDATE workload w SET held = w.held + cardinality(given), week_claimed = w.week_claimed + cardinality(given) WHERE w.freelancer_id = me;
    IF its_key IS NOT NULL THEN
        -- Another call of mine that is no claim may have come by the same key meanwhile: this one is undone and told to ask again.
        INSERT INTO idempotency (account_id, key, fingerprint, status, body)
        VALUES (me, its_key, its_fingerprint, 200, convert_to(array_to_string(given, ' '), 'UTF8')) ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            RAISE lock_not_available;
        END IF;
    END IF;
    RETURN QUERY SELECT 'claimed', d.* FROM describe(me, given) d;
END $$;

-- What a freelancer is told of assignments of theirs, in the order asked for. VOLATILE so that it takes a snapshot of its own and
-- sees what submit() did earlier in the same statement.
CREATE OR REPLACE FUNCTION describe(me uuid, ids uuid[])
RETURNS TABLE (id uuid, token uuid, task_id uuid, step_id bigint, price bigint, input text,
               claimed_at timestamptz, expires_at timestamptz, deadline_at timestamptz)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.id, a.token, a.task_id, a.step_id, a.price, t.input::text, a.claimed_at, s.expires_at, a.deadline_at
    FROM unnest(ids) WITH ORDINALITY AS wanted (id, place)
    JOIN assignment a ON a.id = wanted.id AND a.freelancer_id = me
    JOIN task t ON t.id = a.task_id
    LEFT JOIN slot s ON s.id = a.slot_id AND (s.assignment_id = a.id) IS TRUE
    ORDER BY wanted.place
$$;

-- Submit an answer and, if asked, claim the next tasks in the same commit. Accepted iff the lease token is current by the
-- database's clock. A retry with the same submission id gets the same outcome and the same next assignments.
CREATE OR REPLACE FUNCTION submit(me uuid, which uuid, its_step bigint, its_token uuid, submission uuid, answer_body jsonb,
                       answer_fingerprint bytea, kinds text[], wanted int, only_project uuid)
RETURNS TABLE (outcome text, submitted_at timestamptz, next uuid[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    mine record;
    a assignment;
    known answer;
BEGIN
    next := '{}';
    SELECT * INTO mine FROM lock_workload(me, 1);
    SELECT * INTO known FROM answer WHERE answer.freelancer_id = me AND answer.submission_id = submission;
    IF FOUND THEN
        outcome := CASE WHEN known.assignment_id = which AND known.fingerprint = answer_fingerprint THEN 'replayed' ELSE 'reused' END;
        submitted_at := known.submitted_at;
        next := known.next;
        RETURN NEXT; RETURN;
    END IF;
    SELECT * INTO a FROM assignment WHERE assignment.id = which AND assignment.freelancer_id = me;
    outcome := CASE
        WHEN a.id IS NULL THEN 'not_found'
        WHEN a.token <> its_token OR a.step_id <> its_step THEN 'stale_token'
        WHEN a.state IN ('submitted', 'accepted', 'rejected') THEN 'answered'
        WHEN a.state <> 'held' THEN a.state
    END;
    IF outcome IS NOT NULL THEN
        RETURN NEXT; RETURN;
    END IF;
    -- By primary key only. IS TRUE hides from the planner that the row must be in slot_leased: that index looks empty (and so the
    -- cheapest) whenever statistics are taken, and would be walked through its dead entries.
    DELETE FROM slot WHERE slot.id = a.slot_id AND (slot.assignment_id = which AND slot.expires_at > clock_timestamp()) IS TRUE;
    IF NOT FOUND THEN
        outcome := 'expired';
        RETURN NEXT; RETURN;
    END IF;
    submitted_at := clock_timestamp();
    UPDATE assignment SET state = 'submitted', ended_at = submit.submitted_at WHERE assignment.id = which;
    IF wanted > 0 AND mine.room > 0 THEN
        next := coalesce(hand_out(mine.load, least(wanted, mine.room), only_project, mine.at), '{}');
        IF next = '{}' THEN
            PERFORM note_ask(mine.load, only_project, mine.at);
        ELSIF (mine.load).gap_id IS NOT NULL THEN
            PERFORM end_gap(mine.load, mine.at);
        END IF;
    END IF;
    UPDATE workload w SET held = w.held - 1 + cardinality(next), week_claimed = w.week_claimed + cardinality(next) WHERE w.freelancer_id = me;
    INSERT INTO answer (assignment_id, freelancer_id, submission_id, body, fingerprint, next, submitted_at)
    VALUES (which, me, submission, answer_body, answer_fingerprint, submit.next, submit.submitted_at);
    INSERT INTO job (kind, key) SELECT k, which::text FROM unnest(kinds) k;
    outcome := 'submitted';
    RETURN NEXT;
END $$;

-- Give a held task back: 'released' (no penalty), 'skipped' (with a reason), 'escalated' (to the line above, with a reason) or 'expired'
-- (by the sweeper). Frees both caps and returns the slot to its shelf, or to that of the line above. Returns the outcome, or the
-- state that stood in the way; 'no_line_above': nobody who works on this queue above the line that the task is on could take it. A control task goes
-- back to where it was; what its holder is told is the same.
CREATE OR REPLACE FUNCTION give_back(me uuid, which uuid, how text, why text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    mine record;
    a assignment;
    s slot;
BEGIN
    SELECT * INTO mine FROM lock_workload(me, 0);
    SELECT * INTO a FROM assignment WHERE assignment.id = which AND assignment.freelancer_id = me;
    IF a.id IS NULL THEN
        RETURN 'not_found';
    ELSIF a.state <> 'held' THEN
        RETURN a.state;
    ELSIF how = 'escalated' AND NOT EXISTS (
        SELECT FROM slot o JOIN queue q USING (step_id) JOIN may_work m USING (step_id)
        WHERE o.id = a.slot_id AND m.my_line > greatest(q.line, o.line) AND m.freelancer_id <> me
          AND (m.languages = '{}' OR a.language = ANY (m.languages))
          AND (o.control OR NOT EXISTS (SELECT FROM assignment had WHERE had.task_id = a.task_id AND had.freelancer_id = m.freelancer_id))
          AND NOT EXISTS (SELECT FROM restriction_now r WHERE r.freelancer_id = m.freelancer_id
                            AND (r.kind = 'block' OR (r.kind = 'project' AND r.project_id = m.project_id)))
    ) THEN
        RETURN 'no_line_above';
    END IF;
    UPDATE slot SET assignment_id = NULL, expires_at = NULL, opened_at = clock_timestamp(),
        line = CASE WHEN how <> 'escalated' OR slot.control THEN slot.line
                    ELSE 1 + greatest(slot.line, (SELECT q.line FROM queue q WHERE q.step_id = slot.step_id)) END
    WHERE slot.id = a.slot_id AND (slot.assignment_id = which) IS TRUE
      AND (how <> 'expired' OR slot.expires_at <= clock_timestamp())
    RETURNING * INTO s;
    IF s.id IS NULL THEN
        RETURN 'held';  -- the lease was extended since the sweeper looked
    END IF;
    DELETE FROM slot USING task t WHERE slot.id = s.id AND slot.control AND t.id = slot.task_id AND t.state <> 'open';  -- withdrawn meanwhile
    UPDATE assignment SET state = how, ended_at = clock_timestamp(), reason = why WHERE assignment.id = which;
    UPDATE workload w SET held = w.held - 1, week_returned = w.week_returned + 1,
        week_claimed = greatest(0, w.week_claimed - CASE WHEN a.claimed_at >= w.week_starts THEN 1 ELSE 0 END)
    WHERE w.freelancer_id = me;
    IF NOT s.control THEN
        PERFORM lower_floor(s.step_id, s.line, s.language, s.rank, s.id);
    END IF;
    RETURN how;
END $$;

-- A slot opened at this key: the shelf's floor must not lie above it. Always takes the row's lock, because a raise of the floor
-- under way (not committed) has not seen the new slot.
CREATE OR REPLACE FUNCTION lower_floor(its_step bigint, its_line int, its_language text, low_rank bigint, low_id bigint) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO shelf AS f (step_id, line, language, floor_rank, floor_id) VALUES (its_step, its_line, its_language, low_rank, low_id)
    ON CONFLICT (step_id, line, language) DO UPDATE SET
        floor_id = CASE WHEN (low_rank, low_id) < (f.floor_rank, f.floor_id) THEN low_id ELSE f.floor_id END,
        floor_rank = CASE WHEN (low_rank, low_id) < (f.floor_rank, f.floor_id) THEN low_rank ELSE f.floor_rank END
$$;

-- Move the floors of a step's shelves up to the first slot that is open in a snapshot taken after the lock. A claim not yet committed
-- still shows its slot as open here, so the floor never passes a slot that could come back by a rollback.
CREATE OR REPLACE FUNCTION raise_floor(which_step bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    known shelf;
    f shelf;
    first_rank bigint;
    first_id bigint;
BEGIN
    FOR known IN SELECT * FROM shelf WHERE step_id = which_step ORDER BY line, language LOOP
        SELECT * INTO f FROM shelf
        WHERE step_id = which_step AND line = known.line AND language = known.language FOR NO KEY UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        SELECT rank, id INTO first_rank, first_id FROM slot
        WHERE shelf_id = f.id AND NOT control AND assignment_id IS NULL
          AND (rank, id) >= (f.floor_rank, f.floor_id)
        ORDER BY rank, id LIMIT 1;
        UPDATE shelf SET floor_rank = coalesce(first_rank, 9223372036854775807), floor_id = coalesce(first_id, 9223372036854775807)
        WHERE step_id = which_step AND line = f.line AND language = f.language;
    END LOOP;
END $$;

-- Extend the lease by the step's time limit from now, never beyond four limits after the claim. Null: not held any more.
CREATE OR REPLACE FUNCTION extend_lease(me uuid, which uuid, its_token uuid) RETURNS timestamptz
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE slot SET expires_at = least(clock_timestamp() + make_interval(secs => q.time_limit_s),
                                       a.claimed_at + make_interval(secs => 4 * q.time_limit_s))
    FROM assignment a JOIN queue q ON q.step_id = a.step_id
    WHERE a.id = which AND a.freelancer_id = me AND a.token = its_token AND a.state = 'held'
      AND slot.id = a.slot_id AND (slot.assignment_id = a.id AND slot.expires_at > clock_timestamp()) IS TRUE
    RETURNING slot.expires_at
$$;

-- Ordinary slots whose deadline is near go to the lane between urgent and ordinary, whatever their round. The rank's order lets
-- each round's nearest deadlines be found by index. Returns how many moved.
CREATE OR REPLACE FUNCTION hurry(before interval) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    moved bigint := 0;
    low record;
BEGIN
    FOR low IN
        WITH soon AS MATERIALIZED (
            SELECT s.id FROM queue q JOIN shelf f USING (step_id) CROSS JOIN generate_series(1, 50) AS round CROSS JOIN LATERAL (
                SELECT id FROM slot
                WHERE shelf_id = f.id AND NOT control AND assignment_id IS NULL
                  AND rank >= slot_rank(2, round, 'epoch') AND rank < slot_rank(2, round, clock_timestamp() + before)
                ORDER BY rank LIMIT 1000 FOR UPDATE SKIP LOCKED) s
            WHERE q.open),
        moving AS (
            UPDATE slot SET rank = slot.rank - (1::bigint << 56) FROM soon WHERE slot.id = soon.id
            RETURNING slot.step_id, slot.line, slot.language, slot.rank)
        SELECT m.step_id, m.line, m.language, min(m.rank) AS rank, count(*) AS n FROM moving m
        GROUP BY m.step_id, m.line, m.language ORDER BY m.step_id, m.line, m.language
    LOOP
        PERFORM lower_floor(low.step_id, low.line, low.language, low.rank, 0);
        moved := moved + low.n;
    END LOOP;
    RETURN moved;
END $$;
