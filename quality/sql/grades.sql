-- That a qualification will end was told to its owner, ahead: unused or expires. Told anew after each use.
CREATE TABLE lapse_notice (
    qualification_id uuid NOT NULL REFERENCES qualification,
    told_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    because text NOT NULL CHECK (because IN ('unused', 'expired')),
    PRIMARY KEY (qualification_id, told_at)
);
SELECT make_append_only('lapse_notice');

-- A qualification that the clock ended: its owner regains it by the direction's exam alone, taken after this.
CREATE TABLE lapse (
    qualification_id uuid PRIMARY KEY REFERENCES qualification,
    because text NOT NULL CHECK (because IN ('unused', 'expired')),
    lapsed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
SELECT make_append_only('lapse');

-- Who helps whom to begin: one mentor at a time.
CREATE TABLE mentorship (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    freelancer_id uuid NOT NULL REFERENCES account,
    mentor_id uuid NOT NULL REFERENCES account,
    assigned_by uuid NOT NULL REFERENCES account,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 2000),
    starts_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends_at timestamptz,
    CONSTRAINT mentorship_of_another CHECK (freelancer_id <> mentor_id AND assigned_by NOT IN (freelancer_id, mentor_id))
);
CREATE UNIQUE INDEX mentorship_now ON mentorship (freelancer_id) WHERE ends_at IS NULL;
CREATE INDEX mentorship_mentor ON mentorship (mentor_id);
REVOKE DELETE, TRUNCATE ON mentorship FROM piecework_app;

-- Who has audited what, of curators and of the second line.
CREATE INDEX audit_auditor ON audit (auditor_id) WHERE auditor_id IS NOT NULL;
