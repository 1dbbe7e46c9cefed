-- A control task's known answers. No freelancer-facing role may read this table, before or after.
CREATE TABLE golden (
    task_id uuid PRIMARY KEY REFERENCES task,
    step_id bigint NOT NULL REFERENCES step,
    answers jsonb NOT NULL CHECK (jsonb_typeof(answers) = 'array' AND jsonb_array_length(answers) > 0),
    fingerprint bytea NOT NULL,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT golden_once UNIQUE (step_id, fingerprint)
);
SELECT make_append_only('golden');

-- What one answer tells of its author, in units of one question answered with known truth. One of the two counts may be negative:
-- a surprising agreement is worth more than one right answer (quality/statistics/credit.py). Sum first, never clip a row.
CREATE TABLE evidence (
    assignment_id uuid PRIMARY KEY,
    freelancer_id uuid NOT NULL,
    step_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('golden', 'overlap', 'review')),
    asked int NOT NULL CHECK (asked > 0),
    right_count double precision NOT NULL,
    wrong_count double precision NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX evidence_person ON evidence (freelancer_id, step_id);
SELECT make_append_only('evidence');

-- The sums of evidence per person and step, kept with it in one transaction.
CREATE TABLE accuracy (
    freelancer_id uuid NOT NULL REFERENCES account,
    step_id bigint NOT NULL REFERENCES step,
    kind text NOT NULL CHECK (kind IN ('golden', 'overlap', 'review')),
    answers int NOT NULL,
    asked int NOT NULL,
    right_count double precision NOT NULL,
    wrong_count double precision NOT NULL,
    PRIMARY KEY (freelancer_id, step_id, kind)
);
