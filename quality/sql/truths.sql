-- What is known to be right of a task: of a golden task from its beginning, of an ordinary one once a curator has said so (by an
-- audit, a decision on a dispute, an appeal). Several answers may be acceptable, each with a weight up to 1. The newest revision
-- counts; none at all is known while `answers` is empty (a key withdrawn). No freelancer-facing role may read it.
CREATE TABLE truth (
    task_id uuid NOT NULL REFERENCES task,
    revision smallint NOT NULL CHECK (revision > 0),
    answers jsonb NOT NULL CHECK (jsonb_typeof(answers) = 'array'),
    source text NOT NULL CHECK (source IN ('golden', 'audit', 'dispute', 'appeal', 'key')),
    actor uuid,
    reason text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (task_id, revision)
);
SELECT make_append_only('truth');
INSERT INTO truth (task_id, revision, answers, source, actor, created_at)
SELECT task_id, 1, (SELECT jsonb_agg(jsonb_build_object('answer', a, 'weight', 1)) FROM jsonb_array_elements(answers) a), 'golden',
       created_by, created_at
FROM golden;
CREATE VIEW truth_now AS
    SELECT * FROM truth n WHERE NOT EXISTS (SELECT FROM truth later WHERE later.task_id = n.task_id AND later.revision > n.revision);
GRANT SELECT ON truth_now TO piecework_app;

-- A golden task's life: live (handed out) -> retired (seen as often as an ordinary task; its answer is no secret to those who had it);
-- quarantined while people known as good disagree with its key, until a curator has looked. `stratum` is what the golden set is kept
-- balanced over: the key's class and the difficulty; `place` counts within it, and is the rank of its slots.
DROP TRIGGER append_only ON golden;
DROP TRIGGER append_only_truncate ON golden;
GRANT UPDATE ON golden TO piecework_app;
ALTER TABLE golden DROP COLUMN answers;
ALTER TABLE golden ADD COLUMN state text NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'quarantined', 'retired'));
ALTER TABLE golden ADD COLUMN stratum text NOT NULL DEFAULT '';
ALTER TABLE golden ADD COLUMN difficulty text NOT NULL DEFAULT 'medium' CHECK (difficulty IN ('easy', 'medium', 'hard'));
ALTER TABLE golden ADD COLUMN place bigint NOT NULL DEFAULT 0;
ALTER TABLE golden ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now();
UPDATE golden SET state = 'retired' FROM task t WHERE t.id = golden.task_id AND t.state <> 'open';
UPDATE golden SET place = n.place
FROM (SELECT task_id, row_number() OVER (PARTITION BY step_id ORDER BY created_at, task_id) AS place FROM golden) n
WHERE n.task_id = golden.task_id;
UPDATE slot SET rank = golden.place FROM golden WHERE golden.task_id = slot.task_id AND slot.control;
UPDATE task SET author = golden.created_by FROM golden WHERE golden.task_id = task.id;
CREATE INDEX golden_state ON golden (step_id, state);

-- Evidence may be told anew: when a truth becomes known, or changes. The newest revision counts; 'none' takes it back.
ALTER TABLE evidence DROP CONSTRAINT evidence_pkey;
ALTER TABLE evidence ADD COLUMN revision smallint NOT NULL DEFAULT 1;
ALTER TABLE evidence ADD PRIMARY KEY (assignment_id, revision);
ALTER TABLE evidence DROP CONSTRAINT evidence_kind_check;
ALTER TABLE evidence ADD CONSTRAINT evidence_kind_check CHECK (kind IN ('golden', 'overlap', 'review', 'audit', 'none'));
ALTER TABLE evidence DROP CONSTRAINT evidence_asked_check;
ALTER TABLE evidence ADD CONSTRAINT evidence_asked_check CHECK (asked >= 0);
ALTER TABLE evidence ADD COLUMN agrees boolean;
DROP TRIGGER append_only ON evidence;
UPDATE evidence SET agrees = CASE kind WHEN 'overlap' THEN (SELECT a.state = 'accepted' FROM assignment a WHERE a.id = evidence.assignment_id)
                             ELSE wrong_count < right_count END;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON evidence FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE evidence ADD COLUMN probability double precision CHECK (probability BETWEEN 0 AND 1);
-- The order in which evidence was told of a person in a step: taken under the lock of their standing.
ALTER TABLE evidence ADD COLUMN seq bigint GENERATED ALWAYS AS IDENTITY;
CREATE VIEW evidence_now AS
    SELECT * FROM evidence e WHERE kind <> 'none'
      AND NOT EXISTS (SELECT FROM evidence later WHERE later.assignment_id = e.assignment_id AND later.revision > e.revision);
CREATE INDEX evidence_step ON evidence (step_id, recorded_at);
GRANT SELECT ON evidence_now TO piecework_app;
ALTER TABLE accuracy DROP CONSTRAINT accuracy_kind_check;
ALTER TABLE accuracy ADD CONSTRAINT accuracy_kind_check CHECK (kind IN ('golden', 'overlap', 'review', 'audit'));
ALTER TABLE accuracy ADD COLUMN agreed int NOT NULL DEFAULT 0;
UPDATE accuracy a SET agreed = (SELECT count(*) FROM evidence e WHERE (e.freelancer_id, e.step_id, e.kind) = (a.freelancer_id, a.step_id, a.kind) AND e.agrees);

-- What the sequential test and the drift chart say of a person in a step: kept answer by answer with the evidence, made anew from all
-- of it when some is told otherwise. `restarted_at`: what came before no longer counts in the test (a new device, a long absence).
CREATE TABLE standing (
    freelancer_id uuid NOT NULL REFERENCES account,
    step_id bigint NOT NULL REFERENCES step,
    verdict text NOT NULL DEFAULT 'unknown' CHECK (verdict IN ('good', 'bad', 'unknown')),
    log_likelihood_ratio double precision NOT NULL DEFAULT 0,
    chart double precision NOT NULL DEFAULT 0,
    alarm boolean NOT NULL DEFAULT false,
    control_rate real,
    why text NOT NULL DEFAULT 'new',
    changed_at timestamptz NOT NULL DEFAULT now(),
    restarted_at timestamptz,
    PRIMARY KEY (freelancer_id, step_id)
);

-- What was known before standings were kept is replayed once.
INSERT INTO job (kind, key, payload)
SELECT DISTINCT 'quality.replay', 'first:' || freelancer_id || ':' || step_id, jsonb_build_object('person', freelancer_id, 'step', step_id) FROM evidence;

-- A curator's second look at one answer. One first look each; a second curator repeats a share of them.
CREATE TABLE audit (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    assignment_id uuid NOT NULL,
    freelancer_id uuid NOT NULL,
    task_id uuid NOT NULL REFERENCES task,
    step_id bigint NOT NULL REFERENCES step,
    project_id uuid NOT NULL REFERENCES project,
    plan text NOT NULL CHECK (plan IN ('acceptance', 'random', 'risk', 'person', 'class', 'second', 'third')),
    value double precision NOT NULL DEFAULT 0,
    due_at timestamptz,
    first_id uuid REFERENCES audit,
    requested_at timestamptz NOT NULL DEFAULT now(),
    requested_by uuid,
    taken_by uuid,
    taken_until timestamptz,
    auditor_id uuid,
    done_at timestamptz,
    lapsed_at timestamptz,
    answer jsonb,
    passed jsonb,
    reason text,
    CONSTRAINT audit_done CHECK ((done_at IS NULL) = (auditor_id IS NULL) AND (done_at IS NULL) = (passed IS NULL)),
    CONSTRAINT audit_plan CHECK ((plan IN ('second', 'third')) = (first_id IS NOT NULL))
);
CREATE UNIQUE INDEX audit_first ON audit (assignment_id) WHERE first_id IS NULL AND lapsed_at IS NULL;
CREATE UNIQUE INDEX audit_second ON audit (first_id, plan) WHERE first_id IS NOT NULL AND lapsed_at IS NULL;
CREATE INDEX audit_open ON audit (due_at, value) WHERE done_at IS NULL AND lapsed_at IS NULL;
CREATE INDEX audit_assignment ON audit (assignment_id);
REVOKE DELETE, TRUNCATE ON audit FROM piecework_app;

-- A freelancer's objection. `decided_by` null and decided: nobody answered in time, so it was decided for the freelancer.
CREATE TABLE appeal (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    freelancer_id uuid NOT NULL REFERENCES account,
    subject text NOT NULL CHECK (subject IN ('answer', 'restriction', 'qualification')),
    subject_id uuid NOT NULL,
    words text NOT NULL CHECK (length(words) BETWEEN 10 AND 4000),
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'upheld', 'denied')),
    opened_at timestamptz NOT NULL DEFAULT now(),
    answer_by timestamptz NOT NULL,
    decided_at timestamptz,
    decided_by uuid REFERENCES account,
    reply text,
    CONSTRAINT appeal_once UNIQUE (subject, subject_id, freelancer_id),
    CONSTRAINT appeal_decided CHECK ((state = 'open') = (decided_at IS NULL) AND (state = 'open') = (reply IS NULL))
);
CREATE INDEX appeal_open ON appeal (answer_by) WHERE state = 'open';
CREATE INDEX appeal_person ON appeal (freelancer_id, id);
REVOKE DELETE, TRUNCATE ON appeal FROM piecework_app;

-- A suspicion of cheating with its evidence. The system opens it; a person closes it, with a reason.
CREATE TABLE suspicion (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    kind text NOT NULL CHECK (kind IN ('speed', 'flat', 'pairs', 'copies', 'links', 'accuracy')),
    people uuid[] NOT NULL CHECK (cardinality(people) > 0),
    step_id bigint REFERENCES step,
    project_id uuid REFERENCES project,
    strength double precision NOT NULL,
    words text NOT NULL,
    evidence jsonb NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'confirmed', 'dismissed')),
    opened_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    decided_at timestamptz,
    decided_by uuid REFERENCES account,
    reason text,
    CONSTRAINT suspicion_decided CHECK ((state = 'open') = (decided_at IS NULL) AND (state = 'open') = (reason IS NULL))
);
CREATE UNIQUE INDEX suspicion_open ON suspicion (kind, people, coalesce(step_id, 0)) WHERE state = 'open';
CREATE INDEX suspicion_people ON suspicion USING gin (people);
REVOKE DELETE, TRUNCATE ON suspicion FROM piecework_app;

-- The newest batch estimate of each step and of each person in it: made by a job from all answers at once, replaced by the next.
CREATE TABLE step_estimate (
    step_id bigint PRIMARY KEY REFERENCES step,
    method text NOT NULL,
    answers int NOT NULL,
    tasks int NOT NULL,
    field text,
    confidence double precision,
    alpha double precision,
    typical_seconds double precision,
    crowd jsonb NOT NULL,
    estimated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE person_estimate (
    step_id bigint NOT NULL REFERENCES step,
    freelancer_id uuid NOT NULL REFERENCES account,
    mean double precision NOT NULL,
    low double precision NOT NULL,
    high double precision NOT NULL,
    answers int NOT NULL,
    confusion jsonb,
    median_seconds double precision,
    speed_percentile double precision,
    PRIMARY KEY (step_id, freelancer_id)
);
