-- The way in: what is published about it, candidacies and their stages, structured interviews.

-- Forms, interview guides and ways in. A version never changes; a candidacy keeps those that it began with.
CREATE TABLE admission_document (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    kind text NOT NULL CHECK (kind IN ('form', 'guide', 'way_in')),
    direction text REFERENCES project (code),  -- null: for every direction that has none of its own
    version int NOT NULL CHECK (version > 0),
    spec jsonb NOT NULL,
    published_by uuid REFERENCES account,  -- null: it ships with the product
    reason text NOT NULL DEFAULT '',
    published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT admission_document_version_key UNIQUE NULLS NOT DISTINCT (kind, direction, version),
    CHECK (kind <> 'way_in' OR direction IS NOT NULL)
);
SELECT make_append_only('admission_document');

-- One person's way into one direction. `turn` says for whom it waits until `due_at`: what waits for the candidate lapses then,
-- what waits for us does not. `reminders`, `escalated_at` and `given_back` are of this turn.
CREATE TABLE candidacy (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    freelancer_id uuid NOT NULL REFERENCES account,
    direction text NOT NULL REFERENCES project (code),
    way_in_id uuid NOT NULL REFERENCES admission_document,
    form_id uuid NOT NULL REFERENCES admission_document,
    language text NOT NULL CHECK (language IN ('ru', 'en')),
    answers jsonb NOT NULL,
    email text CHECK (length(email) BETWEEN 3 AND 254),  -- a stranger's, as told: nobody has shown that it is theirs
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'admitted', 'refused', 'lapsed', 'withdrawn')),
    stage text NOT NULL DEFAULT 'application'
        CHECK (stage IN ('application', 'language_exam', 'interview', 'contract', 'training', 'direction_exam', 'trial', 'live')),
    entered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    turn text NOT NULL DEFAULT 'us' CHECK (turn IN ('us', 'candidate')),
    turn_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at timestamptz NOT NULL,
    reminders smallint NOT NULL DEFAULT 0 CHECK (reminders BETWEEN 0 AND 2),
    given_back interval NOT NULL DEFAULT '0',  -- by how much due_at is later as homework waited for us
    escalated_at timestamptz,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    CHECK ((state = 'open') = (ended_at IS NULL)),
    CHECK (due_at > turn_at)
);
CREATE UNIQUE INDEX candidacy_one ON candidacy (freelancer_id, direction) WHERE state IN ('open', 'admitted');
CREATE INDEX candidacy_email ON candidacy (email, opened_at) WHERE email IS NOT NULL;
CREATE INDEX candidacy_person ON candidacy (freelancer_id, id);
CREATE INDEX candidacy_due ON candidacy (due_at, id) WHERE state = 'open';
REVOKE DELETE, TRUNCATE ON candidacy FROM piecework_app;

-- All that happened to a candidacy, with the reasons that its person reads. `detail` is shown with them (means by group, say).
CREATE TABLE candidacy_event (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    candidacy_id uuid NOT NULL REFERENCES candidacy,
    place bigint GENERATED ALWAYS AS IDENTITY,
    stage text NOT NULL,
    outcome text NOT NULL
        CHECK (outcome IN ('entered', 'waits', 'passed', 'failed', 'late', 'extended', 'refused', 'lapsed', 'reopened', 'withdrawn')),
    reason text NOT NULL DEFAULT '',
    detail jsonb NOT NULL DEFAULT '{}',
    actor uuid REFERENCES account,  -- null: a rule or the clock
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at timestamptz
);
CREATE INDEX candidacy_event_history ON candidacy_event (candidacy_id, place);
SELECT make_append_only('candidacy_event');

-- What the other parts of the way in told about a person, each fact once. It counts for the stages that come later too.
CREATE TABLE milestone (
    kind text NOT NULL CHECK (kind IN ('exam', 'contract', 'training', 'trial', 'admission')),
    source text NOT NULL,  -- what it is about: an attempt, an offer, an enrolment, a decision
    freelancer_id uuid NOT NULL REFERENCES account,
    code text NOT NULL DEFAULT '',  -- of the exam, the course, the direction
    passed boolean NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (kind, source)
);
CREATE INDEX milestone_person ON milestone (freelancer_id, kind, code, at);
SELECT make_append_only('milestone');

-- A structured interview: one for each time that a candidacy comes to this stage.
CREATE TABLE interview (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    candidacy_id uuid NOT NULL REFERENCES candidacy,
    guide_id uuid NOT NULL REFERENCES admission_document,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    slot_id uuid,
    reviews_wanted smallint NOT NULL DEFAULT 2 CHECK (reviews_wanted IN (2, 3)),
    scored_at timestamptz,
    proposed text CHECK (proposed IN ('accept', 'refuse')),  -- against the rule: waits for a second curator
    proposed_by uuid REFERENCES account,
    proposed_reason text,
    outcome text CHECK (outcome IN ('accept', 'refuse')),
    decided_at timestamptz,
    decided_by uuid REFERENCES account,
    ended_at timestamptz,
    CHECK ((proposed IS NULL) = (proposed_by IS NULL) AND (proposed IS NULL) = (proposed_reason IS NULL)),
    CHECK ((outcome IS NULL) = (decided_at IS NULL))
);
CREATE UNIQUE INDEX interview_one ON interview (candidacy_id) WHERE ended_at IS NULL;
REVOKE DELETE, TRUNCATE ON interview FROM piecework_app;

CREATE TABLE interview_slot (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    interview_id uuid NOT NULL REFERENCES interview,
    starts_at timestamptz NOT NULL,
    minutes smallint NOT NULL CHECK (minutes BETWEEN 10 AND 240),
    place text NOT NULL DEFAULT '',
    proposed_by uuid NOT NULL REFERENCES account,
    proposed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT interview_slot_once UNIQUE (interview_id, starts_at)
);
SELECT make_append_only('interview_slot');
ALTER TABLE interview ADD FOREIGN KEY (slot_id) REFERENCES interview_slot;

-- A reviewer's seat in an interview, and the scores: {question: {score, note}}.
CREATE TABLE interview_review (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    interview_id uuid NOT NULL REFERENCES interview,
    reviewer_id uuid NOT NULL REFERENCES account,
    asked_by uuid NOT NULL REFERENCES account,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    declined_at timestamptz,
    decline_reason text,
    scores jsonb,
    comment text NOT NULL DEFAULT '',
    submitted_at timestamptz,
    CONSTRAINT interview_review_once UNIQUE (interview_id, reviewer_id),
    CHECK (declined_at IS NULL OR submitted_at IS NULL),
    CHECK ((declined_at IS NULL) = (decline_reason IS NULL)),
    CHECK ((submitted_at IS NULL) = (scores IS NULL))
);
CREATE INDEX interview_review_reviewer ON interview_review (reviewer_id, id);
REVOKE DELETE, TRUNCATE ON interview_review FROM piecework_app;

-- Applications lately, by the hash of the e-mail and of where they came from.
CREATE TABLE application_attempt (
    hash bytea NOT NULL CHECK (length(hash) = 32),
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX application_attempt_recent ON application_attempt (hash, at);
CREATE INDEX application_attempt_age ON application_attempt (at);

-- Which subjects there are is said once, in the code (appeals.subjects): every part may bring its own.
ALTER TABLE appeal DROP CONSTRAINT appeal_subject_check;
ALTER TABLE appeal ADD CONSTRAINT appeal_subject_check CHECK (subject ~ '^[a-z][a-z_]{0,39}$');
