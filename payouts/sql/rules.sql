-- Published rules of pay, the calendar they may look at, and what bonus rules have awarded. See docs/adr/0013.

-- A version of a rule. Freelancers read title and words from its approval on. In force from starts_at until ends_at or until the next
-- version of its code begins, for work claimed in that time; a bonus for spans that begin in it. What was approved never changes but
-- for its end. ended: finance has set the end; a draft that was ended never comes into force.
CREATE TABLE pay_rule (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    code text NOT NULL CHECK (code ~ '^[a-z][a-z0-9_-]{0,39}$'),
    version int NOT NULL CHECK (version > 0),
    kind text NOT NULL CHECK (kind IN ('night', 'weekend', 'holiday', 'language', 'line', 'level', 'quality_band', 'above_norm', 'kpi',
                                       'mentor', 'training', 'deduction')),
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    words text NOT NULL CHECK (length(words) BETWEEN 20 AND 4000),
    project_id uuid REFERENCES project,
    spec jsonb NOT NULL,
    starts_at timestamptz,
    ends_at timestamptz,
    author_id uuid NOT NULL REFERENCES account,
    drafted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    approver_id uuid REFERENCES account,
    approved_at timestamptz,
    announced_at timestamptz,
    state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'approved', 'ended')),
    end_reason text CHECK (length(end_reason) BETWEEN 1 AND 2000),
    CONSTRAINT pay_rule_version_key UNIQUE (code, version),
    CONSTRAINT pay_rule_kind CHECK (kind = spec->>'kind'),
    CONSTRAINT pay_rule_four_eyes CHECK (approver_id <> author_id),
    CONSTRAINT pay_rule_approved CHECK (num_nulls(approver_id, approved_at, announced_at) IN (0, 3)
                                        AND (state <> 'draft' OR approved_at IS NULL) AND (state <> 'approved' OR approved_at IS NOT NULL)),
    CONSTRAINT pay_rule_not_past CHECK (starts_at >= approved_at AND announced_at <= approved_at),
    CONSTRAINT pay_rule_starts CHECK (approved_at IS NULL OR starts_at IS NOT NULL),
    CONSTRAINT pay_rule_ends CHECK (ends_at > starts_at),
    CONSTRAINT pay_rule_ended CHECK ((state = 'ended') = (end_reason IS NOT NULL))
);
REVOKE DELETE, TRUNCATE ON pay_rule FROM piecework_app;

CREATE FUNCTION pay_rule_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    approval text[] := ARRAY['state', 'approver_id', 'approved_at', 'announced_at', 'starts_at'];
    ending text[] := ARRAY['state', 'ends_at', 'end_reason'];
BEGIN
    IF NOT (OLD.state = 'draft' AND NEW.state = 'approved' AND to_jsonb(NEW) - approval = to_jsonb(OLD) - approval
            AND NEW.starts_at = coalesce(OLD.starts_at, NEW.starts_at)
            OR OLD.state IN ('draft', 'approved') AND NEW.state = 'ended' AND to_jsonb(NEW) - ending = to_jsonb(OLD) - ending) THEN
        RAISE EXCEPTION 'rule % cannot be changed like this', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stays BEFORE UPDATE ON pay_rule FOR EACH ROW EXECUTE FUNCTION pay_rule_stays();

-- Every version that was ever approved, with the moment at which it ceases to be in force (null: open).
CREATE VIEW pay_rule_in_time AS
    SELECT r.*, least(r.ends_at, lead(r.starts_at) OVER (PARTITION BY r.code ORDER BY r.version)) AS until
    FROM pay_rule r WHERE r.approved_at IS NOT NULL;
GRANT SELECT ON pay_rule_in_time TO piecework_app;

-- What changes the rules or the calendar does so alone, and what reckons by them holds them as they are until it commits: so whoever
-- reads them later, for work of the same moment, reads the same.
CREATE FUNCTION lock_rules() RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtext('piecework.payouts.rules'))
$$;
CREATE FUNCTION hold_rules() RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock_shared(hashtext('piecework.payouts.rules'))
$$;

-- What finance has said of a day, newest last; the newest recorded by a moment is what the calendar said at that moment.
CREATE TABLE calendar_day (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    day date NOT NULL,
    kind text NOT NULL CHECK (kind IN ('statutory', 'moved', 'working', 'custom', 'ordinary')),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    note text NOT NULL CHECK (length(note) <= 2000),
    author_id uuid,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX calendar_day_of ON calendar_day (country, day, id DESC);
SELECT make_append_only('calendar_day');

-- --- bonuses ---------------------------------------------------------------------------------------------------------------

-- A week, month or quarter that is over and whose people are to be measured: quality is told of each once.
CREATE TABLE bonus_span (
    name text PRIMARY KEY,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    told_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT bonus_span_bounds CHECK (since < until)
);
SELECT make_append_only('bonus_span');

-- What a bonus rule gives one person for one span, with all that it was reckoned from. An amount of 0 says why there is none; it
-- makes no entry.
CREATE TABLE award (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    freelancer_id uuid NOT NULL,
    rule_id uuid NOT NULL REFERENCES pay_rule,
    rule_code text NOT NULL,
    span text NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount bigint NOT NULL CHECK (amount >= 0),
    evidence jsonb NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT award_once UNIQUE (rule_code, freelancer_id, span, currency)
);
CREATE INDEX award_of ON award (freelancer_id, id);
SELECT make_append_only('award');

-- A rule has awarded a span to everybody.
CREATE TABLE award_run (
    rule_code text NOT NULL,
    span text NOT NULL,
    rule_id uuid NOT NULL REFERENCES pay_rule,
    people int NOT NULL,
    finished_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (rule_code, span)
);
SELECT make_append_only('award_run');

-- Work of a span is looked up by when it happened; entries come about in that order.
CREATE INDEX entry_effective ON entry USING brin (effective_at);
