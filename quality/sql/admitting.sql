-- Criteria as one person wrote them. They count for nobody until another has published them; what was dropped never does.
CREATE TABLE criteria_draft (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    code text NOT NULL CHECK (length(code) BETWEEN 1 AND 80),
    level smallint NOT NULL CHECK (level BETWEEN 1 AND 9),
    line smallint NOT NULL CHECK (line BETWEEN 1 AND 3),
    items jsonb NOT NULL CHECK (jsonb_typeof(items) = 'array'),
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 2000),
    drafted_by uuid NOT NULL REFERENCES account,
    drafted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    outcome text CHECK (outcome IN ('published', 'dropped')),
    decided_by uuid REFERENCES account,
    decided_at timestamptz,
    CONSTRAINT criteria_draft_decided CHECK (num_nulls(outcome, decided_by, decided_at) IN (0, 3)),
    CONSTRAINT criteria_draft_four_eyes CHECK (outcome <> 'published' OR decided_by <> drafted_by)
);
CREATE INDEX criteria_draft_open ON criteria_draft (drafted_at, id) WHERE outcome IS NULL;
REVOKE DELETE, TRUNCATE ON criteria_draft FROM piecework_app;

-- What is asked of whoever is to be admitted to a qualification at a level and line, published in versions; code checks each item. An
-- empty list is open to all. The version in force when a person began counts for them, or any newer one.
CREATE TABLE criteria (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    code text NOT NULL CHECK (length(code) BETWEEN 1 AND 80),
    level smallint NOT NULL CHECK (level BETWEEN 1 AND 9),
    line smallint NOT NULL CHECK (line BETWEEN 1 AND 3),
    version int NOT NULL CHECK (version > 0),
    items jsonb NOT NULL CHECK (jsonb_typeof(items) = 'array'),
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 2000),
    draft_id uuid NOT NULL CONSTRAINT criteria_draft_once UNIQUE REFERENCES criteria_draft,
    published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT criteria_version_key UNIQUE (code, level, line, version)
);
SELECT make_append_only('criteria');

-- A decision about a person, with the evidence as it was then. evidence: what the criteria say · against: it is not, or nothing is
-- published, so it takes effect once a second curator confirms it · appeal: an arbiter, or a missed deadline (nobody), overruled a refusal.
CREATE TABLE admission (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    freelancer_id uuid NOT NULL REFERENCES account,
    code text NOT NULL CHECK (length(code) BETWEEN 1 AND 80),
    level smallint NOT NULL CHECK (level BETWEEN 1 AND 9),
    line smallint NOT NULL CHECK (line BETWEEN 1 AND 3),
    languages text[] NOT NULL DEFAULT '{}',
    expires_at timestamptz,
    outcome text NOT NULL CHECK (outcome IN ('granted', 'refused')),
    basis text NOT NULL CHECK (basis IN ('evidence', 'against', 'appeal')),
    criteria_id uuid REFERENCES criteria,
    evidence jsonb NOT NULL CHECK (jsonb_typeof(evidence) = 'object'),
    decided_by uuid REFERENCES account,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 4000),
    decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT admission_by_somebody CHECK (decided_by IS NOT NULL OR basis = 'appeal'),
    CONSTRAINT admission_not_oneself CHECK (decided_by <> freelancer_id)
);
CREATE INDEX admission_person ON admission (freelancer_id, id);
SELECT make_append_only('admission');

-- The second curator's word on a decision against the evidence; whoever proposed it may only take it back.
CREATE TABLE admission_second (
    admission_id uuid PRIMARY KEY REFERENCES admission,
    confirmed boolean NOT NULL,
    decided_by uuid NOT NULL REFERENCES account,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 4000),
    decided_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
SELECT make_append_only('admission_second');

-- proposed: waits for a second curator · dropped: the second did not confirm it, or the first took it back.
CREATE VIEW admission_now AS
    SELECT a.*, s.decided_by AS second_by, s.reason AS second_reason, s.decided_at AS second_at,
           CASE WHEN a.basis <> 'against' OR s.confirmed THEN a.outcome WHEN s.confirmed IS NULL THEN 'proposed' ELSE 'dropped' END AS state
    FROM admission a LEFT JOIN admission_second s ON s.admission_id = a.id;
GRANT SELECT ON admission_now TO piecework_app;

-- Who asks to be admitted. met_at: when they were first seen to meet all criteria; decide_by: when a decision is late. Ended by the
-- decision, or, without one, by the person.
CREATE TABLE admission_request (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    freelancer_id uuid NOT NULL REFERENCES account,
    code text NOT NULL CHECK (length(code) BETWEEN 1 AND 80),
    level smallint NOT NULL CHECK (level BETWEEN 1 AND 9),
    line smallint NOT NULL CHECK (line BETWEEN 1 AND 3),
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    checked_at timestamptz,
    met_at timestamptz,
    decide_by timestamptz,
    escalated_at timestamptz,
    ended_at timestamptz,
    admission_id uuid REFERENCES admission,
    CONSTRAINT admission_request_met CHECK ((met_at IS NULL) = (decide_by IS NULL)),
    CONSTRAINT admission_request_ended CHECK (admission_id IS NULL OR ended_at IS NOT NULL)
);
CREATE UNIQUE INDEX admission_request_open ON admission_request (freelancer_id, code) WHERE ended_at IS NULL;
CREATE INDEX admission_request_person ON admission_request (freelancer_id, id);
REVOKE DELETE, TRUNCATE ON admission_request FROM piecework_app;

-- How long decisions may take, and how long a qualification may go unused. The newest version holds.
CREATE TABLE admission_policy (
    version int PRIMARY KEY CHECK (version > 0),
    decide_days int NOT NULL CHECK (decide_days BETWEEN 1 AND 90),
    unused_days int NOT NULL CHECK (unused_days BETWEEN 15 AND 3650),
    notice_days int NOT NULL CHECK (notice_days BETWEEN 1 AND 90),
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 2000),
    set_by uuid REFERENCES account,
    set_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT admission_policy_notice CHECK (notice_days < unused_days)
);
INSERT INTO admission_policy (version, decide_days, unused_days, notice_days, reason) VALUES (1, 3, 90, 14, 'The defaults.');
SELECT make_append_only('admission_policy');
