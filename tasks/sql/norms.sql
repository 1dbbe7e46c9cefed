-- Weekly norms: people's weeks, what was there to be done, when the platform did not work, and what came of each week.

-- The smallest UUIDv7 that a moment can have made: ids are searched by time with it.
CREATE FUNCTION first_uuid(at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT rpad(lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0'), 32, '0')::uuid
$$;

-- A person's weeks follow each other without holes while they have a contract. A week's zone is that of the contract in force at its
-- start, and its bounds never move again.
CREATE TABLE week (
    freelancer_id uuid NOT NULL REFERENCES account,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    zone text NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    PRIMARY KEY (freelancer_id, starts_at),
    CONSTRAINT week_id UNIQUE (id),
    CONSTRAINT week_ends_once UNIQUE (freelancer_id, ends_at),
    CONSTRAINT week_bounds CHECK (ends_at > starts_at)
);
CREATE INDEX week_ends ON week (ends_at);
SELECT make_append_only('week');

-- What was agreed within an interval, from when to when: whatever contract_at() says of each moment of it.
CREATE FUNCTION terms_of(person uuid, from_at timestamptz, to_at timestamptz)
RETURNS TABLE (version int, weekly_norm int, starts_at timestamptz, ends_at timestamptz) LANGUAGE sql STABLE AS $$
    SELECT c.version, c.weekly_norm, m.at, m.until
    FROM (SELECT t.at, lead(t.at, 1, to_at) OVER (ORDER BY t.at) AS until
          FROM (SELECT from_at AS at
                UNION SELECT k.starts_at FROM contract k WHERE k.freelancer_id = person AND k.starts_at > from_at AND k.starts_at < to_at
                UNION SELECT e.ends_at FROM contract_end e WHERE e.freelancer_id = person AND e.ends_at > from_at AND e.ends_at < to_at
                UNION SELECT u.undone_at FROM contract_end e JOIN contract_end_undone u ON u.end_id = e.id
                      WHERE e.freelancer_id = person AND u.undone_at > from_at AND u.undone_at < to_at) t) m
    CROSS JOIN LATERAL contract_at(person, m.at) c WHERE c.id IS NOT NULL ORDER BY m.at
$$;

-- The first week after a moment (null: a person's first week of all) in which they have a contract at any time, of those that begin by
-- another; none: nothing. It walks from week to week as claims do (refresh_workload), so both have the same bounds.
CREATE FUNCTION next_week(person uuid, after timestamptz, by_then timestamptz)
RETURNS TABLE (starts_at timestamptz, ends_at timestamptz, zone text) LANGUAGE plpgsql STABLE AS $$
BEGIN
    starts_at := coalesce(after, (SELECT min(c.starts_at) FROM contract c WHERE c.freelancer_id = person));
    IF starts_at <= by_then AND EXISTS (SELECT FROM terms_of(person, next_week.starts_at, 'infinity')) THEN
        WHILE starts_at <= by_then LOOP
            zone := zone_at(person, next_week.starts_at);
            ends_at := next_week_end(next_week.zone, next_week.starts_at);
            IF EXISTS (SELECT FROM terms_of(person, next_week.starts_at, next_week.ends_at)) THEN
                RETURN NEXT;
                RETURN;
            END IF;
            starts_at := ends_at;
        END LOOP;
    END IF;
END $$;

-- Make the weeks of these people that have begun by a moment. Whoever else makes them at the same time makes the same.
CREATE FUNCTION make_weeks(people uuid[], by_then timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    LOOP
        INSERT INTO week (freelancer_id, starts_at, ends_at, zone)
        SELECT p.id, n.starts_at, n.ends_at, n.zone
        FROM (SELECT p.id, (SELECT max(w.ends_at) FROM week w WHERE w.freelancer_id = p.id) AS ended FROM unnest(people) AS p (id)) p
        CROSS JOIN LATERAL next_week(p.id, p.ended, by_then) n
        WHERE p.ended IS NULL OR p.ended <= by_then ORDER BY p.id
        ON CONFLICT DO NOTHING;
        EXIT WHEN NOT FOUND;
    END LOOP;
END $$;

-- Minutes in which the platform worked: its worker wrote one row in each. What is missing between two rows was an outage.
CREATE TABLE pulse (minute timestamptz PRIMARY KEY CHECK (minute = date_trunc('minute', minute)));
SELECT make_append_only('pulse');

-- What stood open on a shelf in a minute (at most 1000), how much of that step and language had been claimed in the minute before
-- (whatever its line: in the row of line 1), and the step's pace as it was known. A minute with a pulse and no row had neither.
CREATE TABLE supply (
    step_id bigint NOT NULL,
    line smallint NOT NULL,
    language text COLLATE "C" NOT NULL,
    minute timestamptz NOT NULL,
    open int NOT NULL CHECK (open >= 0),
    claimed int NOT NULL CHECK (claimed >= 0),
    median_ms bigint,
    PRIMARY KEY (step_id, line, language, minute)
);
CREATE INDEX supply_minute ON supply USING brin (minute);
REVOKE UPDATE, DELETE, TRUNCATE ON supply FROM piecework_app, piecework_freelancer;

-- Nobody closes a week, nor counts an hour, so late that he would still need what is older than 120 days. Returns how many rows went.
CREATE FUNCTION forget_supply() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    gone bigint;
BEGIN
    DELETE FROM supply WHERE minute < clock_timestamp() - interval '120 days';
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$;
REVOKE EXECUTE ON FUNCTION forget_supply() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_supply() TO piecework_app;

CREATE INDEX restriction_of ON restriction (freelancer_id);

-- Whether work that a person may take came after a moment, by another, as far as samples tell: some shelf of theirs held more than in the
-- last sample up to that moment (what stood there then was not for them) or, if asked (`or_went`), somebody claimed what came.
CREATE FUNCTION work_came(person uuid, after timestamptz, until timestamptz, or_went boolean) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM qualification ql JOIN queue q ON q.qualification = ql.code AND q.level <= ql.level AND q.line <= ql.line
        JOIN supply s ON s.step_id = q.step_id AND s.line <= ql.line AND s.minute > after AND s.minute <= until
            AND (ql.languages = '{}' OR s.language = ANY (ql.languages))
        WHERE ql.freelancer_id = person AND q.requester_id <> person
          AND ql.granted_at <= s.minute AND s.minute < least(ql.revoked_at, ql.expires_at, 'infinity')
          AND NOT EXISTS (SELECT FROM restriction r WHERE r.freelancer_id = person AND r.starts_at <= s.minute
                            AND s.minute < least(r.ends_at, r.lifted_at) AND (r.kind = 'block' OR r.kind = 'project' AND r.project_id = q.project_id))
          AND (or_went AND s.claimed > 0 AND s.minute > after + interval '1 minute'
               OR s.open > coalesce((
                   SELECT b.open FROM supply b WHERE b.step_id = s.step_id AND b.line = s.line AND b.language = s.language
                     AND b.minute = (SELECT max(minute) FROM pulse WHERE minute <= after AND minute >= after - interval '10 minutes')), 0)))
$$;

-- One sample of now. A second one in the same minute changes nothing; what was missed is never made up.
CREATE FUNCTION sample_supply() RETURNS void LANGUAGE sql AS $$
    WITH beat AS (
        INSERT INTO pulse (minute) VALUES (date_trunc('minute', clock_timestamp())) ON CONFLICT DO NOTHING RETURNING minute),
    claims AS (
        SELECT a.step_id, 1::smallint AS line, a.language, count(*)::int AS n FROM beat b JOIN assignment a
            ON a.id >= first_uuid(b.minute - interval '1 minute') AND a.id < first_uuid(b.minute) GROUP BY a.step_id, a.language),
    waiting AS (
        SELECT f.step_id, f.line, f.language, o.n FROM beat b CROSS JOIN shelf f JOIN queue q ON q.step_id = f.step_id AND q.open
        CROSS JOIN LATERAL (
            SELECT count(*)::int AS n FROM (
                SELECT FROM slot s
                WHERE s.shelf_id = f.id AND NOT s.control AND s.assignment_id IS NULL
                  AND (s.rank, s.id) >= (f.floor_rank, f.floor_id) LIMIT 1000) few) o
        WHERE o.n > 0)
    INSERT INTO supply (step_id, line, language, minute, open, claimed, median_ms)
    SELECT o.step_id, o.line, o.language, b.minute, o.open, o.claimed, p.median_ms
    FROM beat b
    CROSS JOIN (SELECT step_id, line, language, coalesce(w.n, 0) AS open, coalesce(c.n, 0) AS claimed
                FROM waiting w FULL JOIN claims c USING (step_id, line, language)) o
    LEFT JOIN queue q ON q.step_id = o.step_id LEFT JOIN pace p ON p.project_id = q.project_id AND p.step_key = q.key
    ORDER BY o.step_id, o.line, o.language
    ON CONFLICT DO NOTHING
$$;

-- Who was admitted to what at a time that is past.
CREATE INDEX qualification_of ON qualification (freelancer_id);

-- An outage that the pulse does not show (it is the helpdesk's, or a page's), told by an administrator.
CREATE TABLE outage (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    reason text NOT NULL CHECK (length(reason) BETWEEN 3 AND 2000),
    recorded_by uuid NOT NULL REFERENCES account,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT outage_interval CHECK (ends_at > starts_at AND ends_at <= recorded_at AND ends_at - starts_at <= interval '14 days')
);
SELECT make_append_only('outage');

-- Outages that touch an interval, known by a moment: more than five minutes between two pulses, and what was told. They may overlap.
CREATE FUNCTION outages(from_at timestamptz, to_at timestamptz, known_by timestamptz)
RETURNS TABLE (starts_at timestamptz, ends_at timestamptz) LANGUAGE sql STABLE AS $$
    SELECT b.before + interval '1 minute', b.minute
    FROM (SELECT p.minute, lag(p.minute) OVER (ORDER BY p.minute) AS before FROM pulse p
          WHERE p.minute >= coalesce((SELECT max(minute) FROM pulse WHERE minute <= from_at), from_at)
            AND p.minute <= coalesce((SELECT min(minute) FROM pulse WHERE minute >= to_at), to_at)) b
    WHERE b.minute - b.before > interval '5 minutes' AND b.before + interval '1 minute' < to_at AND b.minute > from_at
    UNION ALL
    SELECT o.starts_at, o.ends_at FROM outage o WHERE o.starts_at < to_at AND o.ends_at > from_at AND o.recorded_at <= known_by
    ORDER BY 1, 2
$$;

-- What holds for everybody's norms. A version counts for the weeks that begin after it was set.
CREATE TABLE norm_policy (
    version int PRIMARY KEY CHECK (version > 0),
    spec jsonb NOT NULL,
    reason text NOT NULL CHECK (length(reason) BETWEEN 3 AND 2000),
    set_by uuid NOT NULL REFERENCES account,
    set_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
SELECT make_append_only('norm_policy');

-- What came of a week. A later fact in the person's favour makes a next revision; the newest counts. as_of: what was known by then was
-- reckoned with. norm - leave - outages - gaps is what was asked after all (effective), facts is all that it was reckoned from and
-- lines each minute that took something off.
CREATE TABLE week_result (
    freelancer_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    revision int NOT NULL CHECK (revision > 0),
    result text NOT NULL CHECK (result IN ('met', 'excused', 'missed')),
    basis text NOT NULL CHECK (basis IN ('closed', 'known_later', 'appeal')),
    norm int NOT NULL CHECK (norm >= 0),
    leave int NOT NULL CHECK (leave >= 0),
    outages int NOT NULL CHECK (outages >= 0),
    gaps int NOT NULL CHECK (gaps >= 0),
    effective int NOT NULL CHECK (effective = greatest(0, norm - leave - outages - gaps)),
    done int NOT NULL CHECK (done >= 0),
    handed_out int NOT NULL CHECK (handed_out >= 0),
    take_up int NOT NULL CHECK (take_up BETWEEN 0 AND 10000),
    second_chance boolean NOT NULL,
    policy int NOT NULL CHECK (policy >= 0),
    facts jsonb NOT NULL,
    lines jsonb NOT NULL,
    as_of timestamptz NOT NULL,
    closed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (freelancer_id, starts_at, revision),
    FOREIGN KEY (freelancer_id, starts_at) REFERENCES week (freelancer_id, starts_at),
    CONSTRAINT week_result_follows CHECK (
        (revision = 1) = (basis = 'closed') AND (basis = 'appeal' OR (result = 'missed') = (done < effective AND NOT second_chance)))
);
CREATE INDEX week_result_missed ON week_result (freelancer_id, starts_at) WHERE result = 'missed';
SELECT make_append_only('week_result');

CREATE VIEW week_newest AS
    SELECT r.* FROM week_result r WHERE NOT EXISTS (
        SELECT FROM week_result n WHERE n.freelancer_id = r.freelancer_id AND n.starts_at = r.starts_at AND n.revision > r.revision);
GRANT SELECT ON week_newest TO piecework_app;

-- Until when what was told later of a closed week has been looked at, whether or not it made a next revision.
CREATE TABLE week_look (
    freelancer_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    as_of timestamptz NOT NULL,
    PRIMARY KEY (freelancer_id, starts_at),
    FOREIGN KEY (freelancer_id, starts_at) REFERENCES week (freelancer_id, starts_at)
);
REVOKE DELETE, TRUNCATE ON week_look FROM piecework_app;

-- Answers that were refused first and accepted after all: few, and looked for by when that was.
CREATE INDEX decision_overturned ON decision (decided_at) WHERE revision > 1;

-- Who has been looked at in the middle of their week, with what was foreseen then.
CREATE TABLE midweek (
    freelancer_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    effective int NOT NULL,
    forecast int NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (freelancer_id, starts_at),
    FOREIGN KEY (freelancer_id, starts_at) REFERENCES week (freelancer_id, starts_at)
);
SELECT make_append_only('midweek');

-- Repeatedly missed weeks, proposed to curators. proposed -> decided (by a named one, with a reason) | dropped (the weeks are not missed
-- any more). One at a time for each person; a decided one's weeks make no other.
CREATE TABLE norm_case (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    freelancer_id uuid NOT NULL REFERENCES account,
    weeks uuid[] NOT NULL CHECK (cardinality(weeks) > 0),
    newest timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'decided', 'dropped')),
    decision text CHECK (decision IN ('nothing', 'offer', 'end')),
    decided_by uuid REFERENCES account,
    reason text CHECK (length(reason) BETWEEN 10 AND 2000),
    decided_at timestamptz,
    end_id uuid,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT norm_case_decided CHECK ((state = 'decided') = (decision IS NOT NULL)
        AND num_nulls(decision, decided_by, reason, decided_at) IN (0, 4) AND (end_id IS NOT NULL) = (decision IS NOT DISTINCT FROM 'end'))
);
CREATE UNIQUE INDEX norm_case_one ON norm_case (freelancer_id) WHERE state = 'proposed';
CREATE INDEX norm_case_of ON norm_case (freelancer_id, newest);
REVOKE DELETE, TRUNCATE ON norm_case FROM piecework_app;
