-- What is known of a person's work in a span of time, by whoever can know it; pay rules read it. source says what stands behind a
-- value: the part that reckoned it, or a mentee or a unit of training. A value that was wrong gets a next revision; the newest counts.
-- volume: accepted answers · norm: of these, above the contract's weekly norm · speed: time taken relative to the step's median, in
-- 1/10,000 · quality: lower bound of the accuracy, in 1/10,000 · satisfaction: customers' mean mark from 1 to 5, in 1/10,000 ·
-- mentoring: weeks of a mentee · training: units done. Null: it could not be measured.
CREATE TABLE measure (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    freelancer_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('volume', 'norm', 'speed', 'quality', 'satisfaction', 'mentoring', 'training')),
    project_id uuid,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    source text NOT NULL CHECK (length(source) BETWEEN 1 AND 100),
    revision int NOT NULL DEFAULT 1 CHECK (revision > 0),
    value bigint CHECK (value >= 0),
    evidence jsonb NOT NULL,
    reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 2000),
    recorded_by uuid,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT measure_span CHECK (since < until),
    CONSTRAINT measure_once UNIQUE NULLS NOT DISTINCT (freelancer_id, kind, project_id, since, until, source, revision)
);
CREATE INDEX measure_recorded ON measure (kind, recorded_at);
CREATE INDEX measure_in_span ON measure (since, until, kind);
SELECT make_append_only('measure');

-- What customers thought of the help they got, told by the requester: the newest mark of a ticket counts. No freelancer-facing role
-- may read it.
CREATE TABLE satisfaction (
    ticket_id uuid NOT NULL REFERENCES ticket,
    revision int NOT NULL CHECK (revision > 0),
    score smallint NOT NULL CHECK (score BETWEEN 1 AND 5),
    comment text NOT NULL DEFAULT '' CHECK (length(comment) <= 2000),
    rated_by uuid NOT NULL REFERENCES account,
    rated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (ticket_id, revision)
);
CREATE INDEX satisfaction_rated ON satisfaction (rated_at);
SELECT make_append_only('satisfaction');

-- Decisions of a span are looked up by when they were made; they are recorded about in that order.
CREATE INDEX decision_decided ON decision USING brin (decided_at);
