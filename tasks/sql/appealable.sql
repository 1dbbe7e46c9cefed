-- Decisions about people that they may object to, noted by whatever part made them, with what the person was told. Quality's appeals
-- settle objections; the part that noted a decision acts on the outcome. `evidence` is for who decides: texts by name. `involved` are
-- those who had a hand in it, and so decide no objection to it.
-- open -> appealed -> upheld | denied · lapsed: it took effect, nobody having objected in time · withdrawn by who had decided it.
CREATE TABLE appealable (
    subject text NOT NULL CHECK (subject ~ '^[a-z_]{1,40}$'),
    subject_id uuid NOT NULL,
    freelancer_id uuid NOT NULL REFERENCES account,
    words text NOT NULL CHECK (length(words) BETWEEN 1 AND 12000),
    evidence jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(evidence) = 'object'),
    involved uuid[] NOT NULL,
    decided_at timestamptz NOT NULL DEFAULT now(),
    appeal_by timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'appealed', 'upheld', 'denied', 'lapsed', 'withdrawn')),
    settled_at timestamptz,
    PRIMARY KEY (subject, subject_id),
    CONSTRAINT appealable_settled CHECK ((state IN ('open', 'appealed')) = (settled_at IS NULL))
);
CREATE INDEX appealable_person ON appealable (freelancer_id);
REVOKE DELETE, TRUNCATE ON appealable FROM piecework_app;
-- Not who was involved: a person is told the decision, its grounds, and until when they may object.
GRANT SELECT (subject, subject_id, freelancer_id, words, decided_at, appeal_by, state, settled_at) ON appealable TO piecework_freelancer;

-- What nobody has answered yet, of whatever subject: for the parts that would rather wait for the answer. Quality writes it.
CREATE TABLE open_objection (
    subject text NOT NULL,
    subject_id uuid NOT NULL,
    freelancer_id uuid NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (subject, subject_id)
);
CREATE INDEX open_objection_of ON open_objection (freelancer_id);

-- Whatever the code does: what was noted stays, and is settled once.
CREATE FUNCTION appealable_settles_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (to_jsonb(NEW) - 'state' - 'settled_at') IS DISTINCT FROM (to_jsonb(OLD) - 'state' - 'settled_at')
       OR NOT ((OLD.state = 'open' AND NEW.state IN ('appealed', 'lapsed', 'withdrawn'))
               OR (OLD.state = 'appealed' AND NEW.state IN ('upheld', 'denied', 'withdrawn'))) THEN
        RAISE EXCEPTION '% % is %: it cannot become %', OLD.subject, OLD.subject_id, OLD.state, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settles_once BEFORE UPDATE ON appealable FOR EACH ROW EXECUTE FUNCTION appealable_settles_once();
