-- How long a step takes: the median of claim to submit, in milliseconds, of its newest accepted answers (`answers` of them, control
-- tasks among them: whoever works cannot tell them either). Null while too few are known to say anything.
CREATE TABLE pace (
    project_id uuid NOT NULL REFERENCES project,
    step_key text NOT NULL,
    answers int NOT NULL CHECK (answers >= 0),
    median_ms bigint CHECK (median_ms > 0),
    counted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (project_id, step_key)
);
CREATE INDEX assignment_pace ON assignment (step_id, ended_at) INCLUDE (claimed_at) WHERE state = 'accepted';
REVOKE DELETE, TRUNCATE ON pace FROM piecework_app;

GRANT SELECT ON pace TO piecework_freelancer;
