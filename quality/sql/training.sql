-- Training: courses, who takes them, every answer of theirs. Nothing here is for the freelancer-facing role: keys are secret.

-- A version of a course. What it says never changes; published by somebody else than its author; one version of a code at a time.
CREATE TABLE course (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    code text NOT NULL CHECK (code ~ '^[a-z][a-z0-9_-]{0,39}$'),
    version int NOT NULL CHECK (version > 0),
    project_id uuid REFERENCES project,  -- of a direction's course
    spec jsonb NOT NULL,
    author uuid NOT NULL REFERENCES account,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_by uuid REFERENCES account,
    published_at timestamptz,
    retired_by uuid REFERENCES account,
    retired_at timestamptz,
    CONSTRAINT course_version_key UNIQUE (code, version),
    CONSTRAINT course_four_eyes CHECK (published_by <> author),
    CONSTRAINT course_published_by CHECK ((published_by IS NULL) = (published_at IS NULL)),
    CONSTRAINT course_retired_by CHECK ((retired_by IS NULL) = (retired_at IS NULL))
);
CREATE UNIQUE INDEX course_published ON course (code) WHERE published_at IS NOT NULL AND retired_at IS NULL;
CREATE TRIGGER fixed BEFORE UPDATE OF id, code, version, project_id, spec, author ON course
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
REVOKE DELETE, TRUNCATE ON course FROM piecework_app;

-- The inputs of a version's tasks, by the fingerprint that golden tasks and exam questions have.
CREATE TABLE course_task (
    course_id uuid NOT NULL REFERENCES course,
    unit text NOT NULL,
    item smallint NOT NULL CHECK (item > 0),
    project_id uuid REFERENCES project,
    fingerprint bytea NOT NULL,
    PRIMARY KEY (course_id, unit, item)
);
CREATE INDEX course_task_input ON course_task (project_id, fingerprint);
SELECT make_append_only('course_task');

-- One input of a project is taught, or checks work and exams, never both: training tells its answer. hold_golden makes the sides wait
-- for each other.
CREATE FUNCTION keep_taught_apart() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    its_project uuid;
BEGIN
    IF TG_TABLE_NAME = 'golden' THEN
        SELECT s.project_id INTO its_project FROM step s WHERE s.id = NEW.step_id;
    ELSE
        its_project := NEW.project_id;
    END IF;
    PERFORM hold_golden(its_project);
    IF TG_TABLE_NAME <> 'course_task' THEN
        IF EXISTS (SELECT FROM course_task c WHERE c.project_id = its_project AND c.fingerprint = NEW.fingerprint) THEN
            RAISE EXCEPTION 'this input is taught in a course' USING ERRCODE = 'unique_violation', CONSTRAINT = 'taught_in_a_course';
        END IF;
    ELSIF EXISTS (SELECT FROM exam_question q WHERE q.project_id = its_project AND q.fingerprint = NEW.fingerprint)
       OR EXISTS (
        SELECT FROM golden g JOIN step s ON s.id = g.step_id
        WHERE s.project_id = its_project AND g.fingerprint = NEW.fingerprint
          AND g.state <> 'retired'
    ) THEN
        RAISE EXCEPTION 'this input checks work or is asked in exams' USING ERRCODE = 'unique_violation', CONSTRAINT = 'course_used_live';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER taught BEFORE INSERT ON course_task FOR EACH ROW WHEN (NEW.project_id IS NOT NULL) EXECUTE FUNCTION keep_taught_apart();
CREATE TRIGGER taught BEFORE INSERT ON exam_question FOR EACH ROW WHEN (NEW.kind = 'golden') EXECUTE FUNCTION keep_taught_apart();
CREATE TRIGGER taught BEFORE INSERT ON golden FOR EACH ROW EXECUTE FUNCTION keep_taught_apart();
CREATE TRIGGER taught_again BEFORE UPDATE OF state ON golden FOR EACH ROW
    WHEN (NEW.state <> 'retired' AND OLD.state = 'retired') EXECUTE FUNCTION keep_taught_apart();

-- One person's way through a version. `trial_order`: the numbers of the trial's tasks in the order in which they come to this person.
-- trained_at: all but the trial is done. finished · not_passed (the trial).
CREATE TABLE enrolment (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    course_id uuid NOT NULL REFERENCES course,
    course_code text NOT NULL,
    freelancer_id uuid NOT NULL REFERENCES account,
    sent_by uuid NOT NULL REFERENCES account,  -- a curator, or the person themselves
    reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 2000),
    trial_order smallint[] NOT NULL,
    enrolled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at timestamptz NOT NULL,
    trained_at timestamptz,
    ended_at timestamptz,
    ending text CHECK (ending IN ('finished', 'not_passed')),
    CONSTRAINT enrolment_due CHECK (due_at > enrolled_at),
    CONSTRAINT enrolment_ended CHECK ((ended_at IS NULL) = (ending IS NULL))
);
CREATE UNIQUE INDEX enrolment_open ON enrolment (freelancer_id, course_code) WHERE ended_at IS NULL;
CREATE INDEX enrolment_person ON enrolment (freelancer_id, course_code, id);
CREATE INDEX enrolment_course ON enrolment (course_code, id);
CREATE INDEX enrolment_due ON enrolment (due_at) WHERE ended_at IS NULL;
CREATE TRIGGER fixed BEFORE UPDATE OF id, course_id, course_code, freelancer_id, sent_by, trial_order, enrolled_at ON enrolment
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
REVOKE DELETE, TRUNCATE ON enrolment FROM piecework_app;

-- Every try. `correct` by the key; null: words, which somebody checks until check_by.
CREATE TABLE training_answer (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    enrolment_id uuid NOT NULL REFERENCES enrolment,
    unit text NOT NULL,
    item smallint NOT NULL CHECK (item > 0),
    try smallint NOT NULL CHECK (try > 0),
    body jsonb NOT NULL,
    correct boolean,
    answered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    check_by timestamptz,
    CONSTRAINT training_answer_once UNIQUE (enrolment_id, unit, item, try),
    CONSTRAINT training_answer_checked CHECK ((correct IS NULL) = (check_by IS NOT NULL))
);
CREATE INDEX training_answer_to_check ON training_answer (check_by) WHERE correct IS NULL;
SELECT make_append_only('training_answer');

CREATE TABLE training_check (
    answer_id uuid PRIMARY KEY REFERENCES training_answer,
    accepted boolean NOT NULL,
    feedback text NOT NULL CHECK (length(feedback) BETWEEN 1 AND 4000),
    checked_by uuid NOT NULL REFERENCES account,
    checked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
SELECT make_append_only('training_check');

-- A unit that is done, with the first tries of what a key decides: how many there were and how many were right. `carried`: it was done
-- in an earlier version, and has not changed since.
CREATE TABLE unit_done (
    enrolment_id uuid NOT NULL REFERENCES enrolment,
    unit text NOT NULL,
    first_tries int NOT NULL,
    first_right int NOT NULL CHECK (first_right BETWEEN 0 AND first_tries),
    carried boolean NOT NULL DEFAULT false,
    done_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (enrolment_id, unit)
);
SELECT make_append_only('unit_done');

-- Whom which unit was confirmed for pay: once, however often it is done.
CREATE TABLE unit_paid (
    freelancer_id uuid NOT NULL REFERENCES account,
    course_code text NOT NULL,
    unit text NOT NULL,
    enrolment_id uuid NOT NULL REFERENCES enrolment,
    PRIMARY KEY (freelancer_id, course_code, unit)
);
SELECT make_append_only('unit_paid');
