-- Exams: definitions, questions, attempts, results. Nothing here is for the freelancer-facing role: questions and keys are secret.

SELECT make_published('exam');
ALTER TABLE exam ADD CONSTRAINT exam_direction CHECK ((spec ->> 'kind' = 'direction') = (project_id IS NOT NULL));

-- A question of a pool: drawn once somebody else than its author has approved it, until it is retired. A golden one belongs to a
-- project; its fingerprint is that of golden tasks.
CREATE TABLE exam_question (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    pool text NOT NULL CHECK (pool ~ '^[a-z][a-z0-9_-]{0,39}$'),
    kind text NOT NULL CHECK (kind IN ('dictation', 'main_information', 'style', 'golden')),
    difficulty text NOT NULL CHECK (difficulty IN ('easy', 'medium', 'hard')),
    content jsonb NOT NULL,
    fingerprint bytea NOT NULL,
    project_id uuid REFERENCES project,
    author uuid NOT NULL REFERENCES account,
    created_at timestamptz NOT NULL DEFAULT now(),
    approved_by uuid REFERENCES account,
    approved_at timestamptz,
    retired_by uuid REFERENCES account,
    retired_at timestamptz,
    retired_for text,
    CONSTRAINT exam_question_four_eyes CHECK (approved_by <> author),
    CONSTRAINT exam_question_approved CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
    CONSTRAINT exam_question_retired CHECK ((retired_at IS NULL) = (retired_for IS NULL) AND (retired_at IS NULL) = (retired_by IS NULL)),
    CONSTRAINT exam_question_project CHECK ((kind = 'golden') = (project_id IS NOT NULL))
);
CREATE UNIQUE INDEX exam_question_once ON exam_question (pool, fingerprint) WHERE project_id IS NULL;
CREATE UNIQUE INDEX exam_question_golden ON exam_question (project_id, fingerprint) WHERE project_id IS NOT NULL;
CREATE INDEX exam_question_pool ON exam_question (pool, id);
CREATE TRIGGER fixed BEFORE UPDATE OF id, pool, kind, difficulty, content, fingerprint, project_id, author ON exam_question
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
REVOKE DELETE, TRUNCATE ON exam_question FROM piecework_app;
CREATE TRIGGER apart BEFORE INSERT ON exam_question FOR EACH ROW WHEN (NEW.kind = 'golden') EXECUTE FUNCTION keep_apart();

-- One sitting. It ends by its person or at `ends_at`, by the database's clock. `seed` is what the questions were drawn with.
CREATE TABLE exam_attempt (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    exam_id uuid NOT NULL REFERENCES exam,
    exam_code text NOT NULL,
    freelancer_id uuid NOT NULL REFERENCES account,
    seed bigint NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends_at timestamptz NOT NULL,
    finished_at timestamptz,
    ended_by text CHECK (ended_by IN ('person', 'time')),
    CONSTRAINT exam_attempt_ends CHECK (ends_at > started_at AND finished_at <= ends_at),
    CONSTRAINT exam_attempt_ended CHECK ((finished_at IS NULL) = (ended_by IS NULL))
);
CREATE UNIQUE INDEX exam_attempt_running ON exam_attempt (freelancer_id) WHERE finished_at IS NULL;
CREATE INDEX exam_attempt_person ON exam_attempt (freelancer_id, exam_code, started_at);
CREATE INDEX exam_attempt_exam ON exam_attempt (exam_id);
REVOKE DELETE, TRUNCATE ON exam_attempt FROM piecework_app;

CREATE TABLE exam_attempt_question (
    attempt_id uuid NOT NULL REFERENCES exam_attempt,
    n smallint NOT NULL CHECK (n > 0),
    question_id uuid NOT NULL REFERENCES exam_question,
    section text NOT NULL,
    points int NOT NULL CHECK (points > 0),
    PRIMARY KEY (attempt_id, n),
    UNIQUE (attempt_id, question_id)
);
CREATE INDEX exam_attempt_question_exposure ON exam_attempt_question (question_id);
SELECT make_append_only('exam_attempt_question');

-- The last answer saved to each question.
CREATE TABLE exam_answer (
    attempt_id uuid NOT NULL,
    n smallint NOT NULL,
    body jsonb NOT NULL,
    saved_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (attempt_id, n),
    FOREIGN KEY (attempt_id, n) REFERENCES exam_attempt_question
);
REVOKE DELETE, TRUNCATE ON exam_answer FROM piecework_app;

-- What an attempt came to, by the rule; after an upheld appeal, once more, by hand. The newest revision counts. `scored` and
-- `possible` in 1/10,000 of a point.
CREATE TABLE exam_result (
    attempt_id uuid NOT NULL REFERENCES exam_attempt,
    revision smallint NOT NULL CHECK (revision IN (1, 2)),
    scored bigint NOT NULL CHECK (scored >= 0),
    possible bigint NOT NULL CHECK (possible > 0 AND possible >= scored),
    low double precision NOT NULL,
    high double precision NOT NULL,
    passed boolean NOT NULL,
    words text NOT NULL,
    actor uuid REFERENCES account,
    reason text,
    decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    valid_until timestamptz NOT NULL,
    PRIMARY KEY (attempt_id, revision),
    CONSTRAINT exam_result_by_hand CHECK ((revision = 2) = (actor IS NOT NULL) AND (revision = 2) = (reason IS NOT NULL))
);
SELECT make_append_only('exam_result');
CREATE VIEW exam_result_now AS
    SELECT * FROM exam_result r WHERE NOT EXISTS (SELECT FROM exam_result l WHERE l.attempt_id = r.attempt_id AND l.revision > r.revision);
GRANT SELECT ON exam_result_now TO piecework_app;

CREATE TABLE exam_score (
    attempt_id uuid NOT NULL,
    revision smallint NOT NULL,
    n smallint NOT NULL,
    share smallint NOT NULL CHECK (share BETWEEN 0 AND 10000),
    errors jsonb NOT NULL DEFAULT '{}',
    reason text,
    PRIMARY KEY (attempt_id, revision, n),
    FOREIGN KEY (attempt_id, revision) REFERENCES exam_result,
    FOREIGN KEY (attempt_id, n) REFERENCES exam_attempt_question
);
SELECT make_append_only('exam_score');

-- Nobody passes anybody by hand: only an appeal that was upheld opens the second revision, and it takes no points away.
CREATE FUNCTION check_exam_result() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM appealable n WHERE n.subject = 'exam' AND n.subject_id = NEW.attempt_id AND n.state = 'upheld')
       OR NEW.scored < (SELECT r.scored FROM exam_result r WHERE r.attempt_id = NEW.attempt_id AND r.revision = 1) THEN
        RAISE EXCEPTION 'a result is changed by an upheld appeal only, and for the better' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER by_appeal BEFORE INSERT ON exam_result FOR EACH ROW WHEN (NEW.revision > 1) EXECUTE FUNCTION check_exam_result();
