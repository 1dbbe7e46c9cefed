CREATE TABLE project (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    code text NOT NULL CHECK (code ~ '^[a-z][a-z0-9_-]{0,39}$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    instruction text NOT NULL DEFAULT '',
    currency text NOT NULL DEFAULT 'RUB' CHECK (currency ~ '^[A-Z]{3}$'),
    sla_minutes int NOT NULL DEFAULT 1440 CHECK (sla_minutes BETWEEN 1 AND 525600),
    control_rate real NOT NULL DEFAULT 0.1 CHECK (control_rate BETWEEN 0 AND 0.5),
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'archived')),
    requester_id uuid NOT NULL REFERENCES account,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT project_code_key UNIQUE (code)
);

CREATE TABLE workflow (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    project_id uuid NOT NULL REFERENCES project,
    version int NOT NULL CHECK (version > 0),
    spec jsonb NOT NULL,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'retired')),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT workflow_version_key UNIQUE (project_id, version)
);
CREATE UNIQUE INDEX workflow_one_active ON workflow (project_id) WHERE state = 'active';

-- A step never changes once its workflow version exists; a new price or instruction is a new version.
CREATE TABLE step (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workflow_id uuid NOT NULL REFERENCES workflow,
    project_id uuid NOT NULL REFERENCES project,
    key text NOT NULL,
    spec jsonb NOT NULL,
    CONSTRAINT step_key_key UNIQUE (workflow_id, key)
);

-- What a claim must know of a step, in one row. floor_* is the low-water key of the step's open slots: nothing open lies
-- below it, so a claim does not walk the dead index entries of slots that were taken while somebody held an old snapshot.
CREATE TABLE queue (
    step_id bigint PRIMARY KEY REFERENCES step,
    project_id uuid NOT NULL REFERENCES project,
    requester_id uuid NOT NULL,
    qualification text NOT NULL,
    level smallint NOT NULL,
    price bigint NOT NULL CHECK (price >= 0),
    time_limit_s int NOT NULL CHECK (time_limit_s > 0),
    excluded bigint[] NOT NULL,
    control_rate real NOT NULL,
    open boolean NOT NULL DEFAULT true,
    floor_rank bigint NOT NULL DEFAULT 9223372036854775807,
    floor_id bigint NOT NULL DEFAULT 9223372036854775807
) WITH (fillfactor = 20);
CREATE INDEX queue_qualification ON queue (qualification) WHERE open;

CREATE TABLE intake (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    project_id uuid NOT NULL REFERENCES project,
    source text NOT NULL,
    file_name text NOT NULL,
    actor uuid,
    received int NOT NULL,
    added int NOT NULL,
    known int NOT NULL,
    rejected int NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE ticket (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    project_id uuid NOT NULL REFERENCES project,
    workflow_id uuid NOT NULL REFERENCES workflow,
    source text NOT NULL CHECK (length(source) BETWEEN 1 AND 100),
    external_id text NOT NULL CHECK (length(external_id) BETWEEN 1 AND 200),
    channel text NOT NULL CHECK (channel IN ('phone', 'chat', 'email', 'social', 'app_review', 'messenger')),
    language text NOT NULL CHECK (language ~ '^[a-z]{2}$'),
    subject text NOT NULL,
    text text NOT NULL,
    urgent boolean NOT NULL DEFAULT false,
    received_at timestamptz NOT NULL DEFAULT now(),
    deadline_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'resolved', 'stuck')),
    result jsonb,
    resolved_at timestamptz,
    CONSTRAINT ticket_external_key UNIQUE (project_id, source, external_id),
    CONSTRAINT ticket_resolved CHECK ((state = 'resolved') = (resolved_at IS NOT NULL))
);
CREATE INDEX ticket_state ON ticket (project_id, state, id);

-- The customer's own words, before masking. No freelancer-facing role may read this table.
CREATE TABLE ticket_original (
    ticket_id uuid PRIMARY KEY REFERENCES ticket,
    subject text NOT NULL,
    text text NOT NULL,
    found jsonb NOT NULL
);

-- A task's id is random, not ordered by time: a freelancer sees it, and its age would tell golden tasks from others.
CREATE TABLE task (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    project_id uuid NOT NULL REFERENCES project,
    step_id bigint NOT NULL REFERENCES step,
    ticket_id uuid REFERENCES ticket,
    iteration smallint NOT NULL DEFAULT 1,
    input jsonb NOT NULL,
    overlap smallint NOT NULL CHECK (overlap > 0),
    lane smallint NOT NULL CHECK (lane BETWEEN 0 AND 3),
    deadline_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'resolved', 'undecided')),
    result jsonb,
    confidence double precision,
    resolved_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT task_once UNIQUE (ticket_id, step_id, iteration),
    CONSTRAINT task_resolved CHECK (state = 'open' OR resolved_at IS NOT NULL)
);

-- The order of work in one number: urgent lane first, then the first answers of all tasks before the second answers
-- (so that nobody's own answered tasks pile up at the head), then the nearest deadline.
CREATE FUNCTION slot_rank(lane int, round int, deadline timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (lane::bigint << 56) | (least(round, 255)::bigint << 48)
         | (greatest(0, least(281474976710655, floor(extract(epoch FROM deadline) * 1000)))::bigint)
$$;

-- The deadline in a rank, to the millisecond.
CREATE FUNCTION rank_deadline(rank bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_timestamp((rank & 281474976710655) / 1000.0)
$$;

-- One row per answer still wanted. Open: assignment_id is null. Leased: until expires_at. Answered: the row is gone.
-- No foreign keys here, in assignment and in answer to rows that all claims share (step, project, account): each check would
-- lock the shared row on every claim. `piecework verify` checks these references instead (docs/adr/0003).
CREATE TABLE slot (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    step_id bigint NOT NULL,
    control boolean NOT NULL DEFAULT false,
    rank bigint NOT NULL,
    task_id uuid NOT NULL,
    ticket_id uuid,
    assignment_id uuid,
    expires_at timestamptz,
    CONSTRAINT slot_lease CHECK ((assignment_id IS NULL) = (expires_at IS NULL))
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX slot_open ON slot (step_id, control, rank, id) WHERE assignment_id IS NULL;
CREATE INDEX slot_leased ON slot (expires_at) WHERE assignment_id IS NOT NULL;

CREATE TABLE assignment (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    task_id uuid NOT NULL,
    freelancer_id uuid NOT NULL,
    step_id bigint NOT NULL,
    project_id uuid NOT NULL,
    slot_id bigint NOT NULL,
    token uuid NOT NULL DEFAULT gen_random_uuid(),
    price bigint NOT NULL CHECK (price >= 0),
    deadline_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'held'
        CHECK (state IN ('held', 'submitted', 'accepted', 'rejected', 'expired', 'released', 'skipped')),
    claimed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    decided_at timestamptz,
    reason text,
    explanation text,
    CONSTRAINT assignment_once UNIQUE (task_id, freelancer_id)
) WITH (fillfactor = 75);
CREATE INDEX assignment_history ON assignment (freelancer_id, id);

CREATE TABLE answer (
    assignment_id uuid PRIMARY KEY,
    freelancer_id uuid NOT NULL,
    submission_id uuid NOT NULL,
    body jsonb NOT NULL,
    fingerprint bytea NOT NULL,
    next uuid[] NOT NULL,
    submitted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT answer_submission_key UNIQUE (freelancer_id, submission_id)
);
SELECT make_append_only('answer');

CREATE TABLE contract (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    freelancer_id uuid NOT NULL REFERENCES account,
    version int NOT NULL,
    zone text NOT NULL,
    weekly_norm int NOT NULL CHECK (weekly_norm >= 0),
    weekly_cap int NOT NULL CHECK (weekly_cap > 0),
    max_held smallint NOT NULL CHECK (max_held BETWEEN 1 AND 50),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT contract_version_key UNIQUE (freelancer_id, version)
);
SELECT make_append_only('contract');

-- One person's load right now. Its row lock serialises that person's own claims and submits, so neither cap nor
-- "once per person" can be passed by racing requests; other people never wait for it.
CREATE TABLE workload (
    freelancer_id uuid PRIMARY KEY REFERENCES account,
    zone text NOT NULL,
    max_held smallint NOT NULL,
    weekly_cap int NOT NULL,
    held int NOT NULL DEFAULT 0 CHECK (held >= 0),
    week_ends timestamptz NOT NULL DEFAULT '-infinity',
    week_claimed int NOT NULL DEFAULT 0 CHECK (week_claimed >= 0),
    week_returned int NOT NULL DEFAULT 0 CHECK (week_returned >= 0)
) WITH (fillfactor = 20);

CREATE TABLE qualification (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    freelancer_id uuid NOT NULL REFERENCES account,
    code text NOT NULL CHECK (length(code) BETWEEN 1 AND 80),
    level smallint NOT NULL DEFAULT 1 CHECK (level BETWEEN 1 AND 9),
    granted_by uuid NOT NULL REFERENCES account,
    reason text NOT NULL,
    granted_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);
CREATE UNIQUE INDEX qualification_current ON qualification (freelancer_id, code) WHERE revoked_at IS NULL;

-- Neither task (its result may be a golden answer) nor answer (others' words): the functions in claims.sql read those for it.
GRANT SELECT ON project, workflow, step, queue, slot, assignment, contract, workload, qualification TO piecework_freelancer;
