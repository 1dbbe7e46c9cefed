-- Training: courses, who takes them, every answer of theirs. Nothing here is for the freelancer-facing role: keys are secret.

SELECT make_published('course');

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
CREATE TRIGGER apart BEFORE INSERT ON course_task FOR EACH ROW WHEN (NEW.project_id IS NOT NULL) EXECUTE FUNCTION keep_apart();
CREATE TRIGGER apart BEFORE INSERT ON golden FOR EACH ROW EXECUTE FUNCTION keep_apart();
CREATE TRIGGER apart_again BEFORE UPDATE OF state ON golden FOR EACH ROW
    WHEN (NEW.state <> 'retired' AND OLD.state = 'retired') EXECUTE FUNCTION keep_apart();

-- One person's way through a version. `trial_order`: the numbers of the trial's tasks that this person gets, in their order.
-- trained_at: all but the trial is done. finished · not_passed (the trial) · replaced: they were sent to a newer version on the way.
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
    ending text CHECK (ending IN ('finished', 'not_passed', 'replaced')),
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
