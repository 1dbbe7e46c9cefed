-- What part of an answer is accepted, in 1/10,000: 10,000 is all of it. Which part of the price that earns is payouts' rule.
ALTER TABLE assignment ADD COLUMN share int NOT NULL DEFAULT 10000 CHECK (share BETWEEN 0 AND 10000);
ALTER TABLE assignment ADD COLUMN revision smallint NOT NULL DEFAULT 0;
CREATE INDEX assignment_task ON assignment (task_id) WHERE state IN ('submitted', 'accepted', 'rejected');
CREATE INDEX assignment_waiting ON assignment (ended_at) WHERE state = 'submitted';

-- Every decision on an answer, the first and each later one. The assignment carries the newest. A later decision is never worse
-- for the freelancer than the one before it. `basis` and `actor` are for curators: a freelancer sees reason and explanation.
CREATE TABLE decision (
    assignment_id uuid NOT NULL,
    revision smallint NOT NULL CHECK (revision > 0),
    state text NOT NULL CHECK (state IN ('accepted', 'rejected')),
    share int NOT NULL CHECK (share BETWEEN 0 AND 10000),
    basis text NOT NULL CHECK (basis IN ('consensus', 'golden', 'check', 'curator', 'audit', 'deadline', 'settled', 'appeal', 'key')),
    reason text,
    explanation text,
    actor uuid,
    decided_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (assignment_id, revision),
    CONSTRAINT decision_share CHECK ((state = 'rejected') = (share = 0))
);
SELECT make_append_only('decision');
INSERT INTO decision (assignment_id, revision, state, share, basis, reason, explanation, decided_at)
SELECT id, 1, state, CASE state WHEN 'accepted' THEN 10000 ELSE 0 END, 'consensus', reason, explanation, decided_at
FROM assignment WHERE state IN ('accepted', 'rejected');
UPDATE assignment SET revision = 1, share = CASE state WHEN 'accepted' THEN 10000 ELSE 0 END WHERE state IN ('accepted', 'rejected');
ALTER TABLE assignment ADD CONSTRAINT assignment_share CHECK (state NOT IN ('accepted', 'rejected') OR (state = 'rejected') = (share = 0));

-- disputed: its answers do not agree at the maximum overlap; a curator decides it.
ALTER TABLE task DROP CONSTRAINT task_state_check;
ALTER TABLE task ADD CONSTRAINT task_state_check CHECK (state IN ('open', 'disputed', 'resolved', 'undecided'));
ALTER TABLE task DROP CONSTRAINT task_resolved;
ALTER TABLE task ADD CONSTRAINT task_resolved CHECK (state IN ('open', 'disputed') OR resolved_at IS NOT NULL);
-- Of a control task only: the task whose input it repeats, and who knows its answer. Neither that task's people nor its author get it.
ALTER TABLE task ADD COLUMN origin uuid REFERENCES task;
ALTER TABLE task ADD COLUMN author uuid;
CREATE UNIQUE INDEX task_origin ON task (origin) WHERE origin IS NOT NULL;
CREATE INDEX task_unfinished ON task (state) WHERE state = 'disputed';

-- How often a person gets a control task in the place of an ordinary one, where that differs from the step's own rate, and whether
-- their answers are known to be good. Written from what quality knows of them; no freelancer-facing role may read it.
CREATE TABLE attention (
    freelancer_id uuid NOT NULL,
    step_id bigint NOT NULL,
    control_rate real NOT NULL CHECK (control_rate BETWEEN 0 AND 0.5),
    trusted boolean NOT NULL DEFAULT false,
    PRIMARY KEY (freelancer_id, step_id)
);
CREATE INDEX attention_trusted ON attention (step_id) WHERE trusted;

-- For whom a control task stood in for which ordinary task, with its deadline: that person gets the ordinary one only last of all
-- until then, because a deadline seen twice would tell. No freelancer-facing role may read it. Nothing is lost with it in a crash.
CREATE UNLOGGED TABLE stood_in (
    freelancer_id uuid NOT NULL,
    task_id uuid NOT NULL,
    until timestamptz NOT NULL,
    PRIMARY KEY (freelancer_id, task_id)
);

-- The slot of an answer that is asked for because the others do not agree goes to people whose answer tells most, for a while.
ALTER TABLE slot ADD COLUMN reserved_until timestamptz;
DROP FUNCTION IF EXISTS take_slot(uuid, bigint, boolean, bigint, bigint, bigint[]);

-- What a person may not do for a time, by whose decision and why; shown to the person. audits: each answer waits for a second look ·
-- project: no tasks of one project · pay: what is owed is not paid out yet · block: no tasks at all.
CREATE TABLE restriction (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    freelancer_id uuid NOT NULL REFERENCES account,
    kind text NOT NULL CHECK (kind IN ('audits', 'project', 'pay', 'block')),
    project_id uuid REFERENCES project,
    reason text NOT NULL CHECK (length(reason) BETWEEN 10 AND 2000),
    imposed_by uuid NOT NULL REFERENCES account,
    starts_at timestamptz NOT NULL DEFAULT now(),
    ends_at timestamptz NOT NULL,
    lifted_at timestamptz,
    lifted_by uuid REFERENCES account,
    lift_reason text,
    CONSTRAINT restriction_ends CHECK (ends_at > starts_at AND ends_at <= starts_at + interval '365 days'),
    CONSTRAINT restriction_project CHECK ((kind = 'project') = (project_id IS NOT NULL)),
    CONSTRAINT restriction_lifted CHECK ((lifted_at IS NULL) = (lift_reason IS NULL))
);
CREATE INDEX restriction_live ON restriction (freelancer_id) WHERE lifted_at IS NULL;
REVOKE DELETE, TRUNCATE ON restriction FROM piecework_app;
GRANT SELECT ON restriction TO piecework_freelancer;

-- Where a person's money and work are held back now.
CREATE VIEW restriction_now AS
    SELECT * FROM restriction WHERE lifted_at IS NULL AND starts_at <= now() AND ends_at > now();
GRANT SELECT ON restriction_now TO piecework_app, piecework_freelancer;
