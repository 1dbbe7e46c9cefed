-- Payment details, payout runs with their lines, files for the bank, statements from the bank. See docs/adr/0013.

-- The first payouts went by period and knew neither details nor dues; at the end of this file they become runs.
ALTER TABLE payout_line RENAME TO former_line;

-- Where a person's money of one currency goes: into an account at a Russian bank, or into one with an IBAN. Versions, the newest
-- counts, from usable_at on: details wait, unless they are the first and their owner gave them.
CREATE TABLE payment_details (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    freelancer_id uuid NOT NULL REFERENCES account,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    version int NOT NULL CHECK (version > 0),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 140),
    bank_name text NOT NULL CHECK (length(bank_name) BETWEEN 1 AND 140),
    account text CHECK (account ~ '^[0-9]{20}$'),
    bik text CHECK (bik ~ '^[0-9]{9}$'),
    correspondent text CHECK (correspondent ~ '^[0-9]{20}$'),
    iban text CHECK (iban ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$'),
    bic text CHECK (bic ~ '^[A-Z0-9]{8}([A-Z0-9]{3})?$'),
    -- All of the number that anybody but its owner and finance may see.
    masked text NOT NULL GENERATED ALWAYS AS ('*' || right(coalesce(account, iban), 4)) STORED,
    usable_at timestamptz NOT NULL,
    reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 2000),
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT payment_details_version_key UNIQUE (freelancer_id, currency, version),
    CONSTRAINT payment_details_one_account CHECK (num_nonnulls(account, iban) = 1 AND (account IS NULL) = (bik IS NULL)
        AND (correspondent IS NULL OR account IS NOT NULL) AND (bic IS NULL OR iban IS NOT NULL))
);
CREATE INDEX payment_details_account ON payment_details (coalesce(account, iban));
SELECT make_append_only('payment_details');
GRANT SELECT (id, freelancer_id, currency, version, masked, usable_at) ON payment_details TO piecework_freelancer;

-- That details are right although the bank sent money back.
CREATE TABLE payment_details_confirmed (
    details_id uuid NOT NULL REFERENCES payment_details,
    reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 2000),
    confirmed_by uuid,
    confirmed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (details_id, confirmed_at)
);
SELECT make_append_only('payment_details_confirmed');

-- People who at any time gave the same account: a reason to look, not a proof.
CREATE VIEW payee_link AS
    SELECT DISTINCT a.freelancer_id AS freelancer_a, b.freelancer_id AS freelancer_b
    FROM payment_details a JOIN payment_details b
      ON coalesce(b.account, b.iban) = coalesce(a.account, a.iban) AND b.bik IS NOT DISTINCT FROM a.bik AND b.freelancer_id > a.freelancer_id;
GRANT SELECT ON payee_link TO piecework_app;

-- From which of its accounts the house pays: versions by currency, the newest counts.
CREATE TABLE payer (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    version int NOT NULL CHECK (version > 0),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 140),
    inn text NOT NULL CHECK (inn ~ '^([0-9]{10}|[0-9]{12})$'),
    kpp text NOT NULL CHECK (kpp ~ '^([0-9A-Z]{9})?$'),
    account text NOT NULL CHECK (account ~ '^[0-9]{20}$'),
    bank_name text NOT NULL CHECK (length(bank_name) BETWEEN 1 AND 140),
    bik text NOT NULL CHECK (bik ~ '^[0-9]{9}$'),
    correspondent text NOT NULL CHECK (correspondent ~ '^[0-9]{20}$'),
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 2000),
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT payer_version_key UNIQUE (currency, version)
);
SELECT make_append_only('payer');

-- --- runs ------------------------------------------------------------------------------------------------------------------

-- One payout: draft -> approved -> settled, or draft -> cancelled. `two_people`: its total was above what one may approve alone.
CREATE TABLE payout_run (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    number int NOT NULL CHECK (number > 0),
    state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'approved', 'cancelled', 'settled')),
    execution_on date NOT NULL,
    note text NOT NULL DEFAULT '' CHECK (length(note) <= 2000),
    total bigint NOT NULL CHECK (total >= 0),
    lines int NOT NULL CHECK (lines >= 0),
    author_id uuid,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    approver_id uuid,
    approved_at timestamptz,
    two_people boolean NOT NULL DEFAULT false,
    payer_id uuid REFERENCES payer,
    chain_head text,
    cancelled_by uuid,
    cancel_reason text CHECK (length(cancel_reason) BETWEEN 1 AND 2000),
    ended_at timestamptz,
    CONSTRAINT payout_run_number_key UNIQUE (currency, number),
    CONSTRAINT payout_run_four_eyes CHECK (NOT two_people OR approver_id IS DISTINCT FROM author_id),
    CONSTRAINT payout_run_approved CHECK ((state IN ('approved', 'settled')) = (approved_at IS NOT NULL)),
    CONSTRAINT payout_run_cancelled CHECK ((state = 'cancelled') = (cancel_reason IS NOT NULL)),
    CONSTRAINT payout_run_ended CHECK ((state IN ('cancelled', 'settled')) = (ended_at IS NOT NULL))
);
CREATE INDEX payout_run_self_approved ON payout_run (approver_id, currency, approved_at) WHERE approver_id = author_id;
REVOKE DELETE, TRUNCATE ON payout_run FROM piecework_app;
CREATE FUNCTION payout_run_goes_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state NOT IN ('draft', 'approved')
       OR (OLD.id, OLD.currency, OLD.number, OLD.author_id, OLD.created_at) IS DISTINCT FROM (NEW.id, NEW.currency, NEW.number, NEW.author_id, NEW.created_at)
       OR (OLD.state = 'approved' AND (to_jsonb(NEW) - '{state,ended_at}'::text[]) IS DISTINCT FROM (to_jsonb(OLD) - '{state,ended_at}'::text[]))
       OR (OLD.state, NEW.state) NOT IN (('draft', 'draft'), ('draft', 'approved'), ('draft', 'cancelled'), ('approved', 'settled')) THEN
        RAISE EXCEPTION 'payout run % cannot be changed like this', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER goes_on BEFORE UPDATE ON payout_run FOR EACH ROW EXECUTE FUNCTION payout_run_goes_on();

-- What one run pays to one person: drafted -> ordered (it is in the bank's file) -> paid, returned, or paid and later returned; or
-- drafted -> dropped. The version of the details and the INN are the snapshot that the files are made from; lines from before details
-- were kept here have none.
CREATE TABLE payout_line (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    run_id uuid NOT NULL REFERENCES payout_run,
    number int NOT NULL CHECK (number > 0),
    freelancer_id uuid NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0 AND amount % 100 = 0),
    details_id uuid REFERENCES payment_details,
    inn text,
    state text NOT NULL DEFAULT 'drafted' CHECK (state IN ('drafted', 'dropped', 'ordered', 'paid', 'returned')),
    reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 2000),
    paid_at timestamptz,
    returned_at timestamptz,
    CONSTRAINT payout_line_person UNIQUE (run_id, freelancer_id),
    CONSTRAINT payout_line_number UNIQUE (run_id, number),
    CONSTRAINT payout_line_paid CHECK (state <> 'paid' OR paid_at IS NOT NULL),
    CONSTRAINT payout_line_returned CHECK ((state = 'returned') = (returned_at IS NOT NULL))
);
CREATE INDEX payout_line_of ON payout_line (freelancer_id, id);
-- How statements tell which line they are about: by the end of its id, or by its order's number and amount.
CREATE INDEX payout_line_tail ON payout_line (right(replace(id::text, '-', ''), 12));
CREATE INDEX payout_line_order ON payout_line (number, amount);
CREATE INDEX payout_line_open ON payout_line (run_id) WHERE state = 'ordered';
CREATE INDEX payout_line_returned_to ON payout_line (details_id, returned_at) WHERE state = 'returned';
REVOKE DELETE, TRUNCATE ON payout_line FROM piecework_app;
CREATE FUNCTION payout_line_goes_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (to_jsonb(NEW) - '{state,reason,paid_at,returned_at}'::text[]) IS DISTINCT FROM (to_jsonb(OLD) - '{state,reason,paid_at,returned_at}'::text[])
       OR (OLD.state, NEW.state) NOT IN (('drafted', 'ordered'), ('drafted', 'dropped'), ('ordered', 'paid'), ('ordered', 'returned'),
                                         ('paid', 'returned')) THEN
        RAISE EXCEPTION 'payout line % cannot be changed like this', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER goes_on BEFORE UPDATE ON payout_line FOR EACH ROW EXECUTE FUNCTION payout_line_goes_on();
GRANT SELECT (id, run_id, freelancer_id, currency, amount, details_id, state, paid_at, returned_at) ON payout_line TO piecework_freelancer;
GRANT SELECT (id, currency, number, state, execution_on) ON payout_run TO piecework_freelancer;

-- Whom a run left out though something was open, why, and from when on that will not stand in the way, where it is known.
CREATE TABLE payout_left (
    run_id uuid NOT NULL REFERENCES payout_run,
    freelancer_id uuid NOT NULL,
    amount bigint NOT NULL,
    reason text NOT NULL,
    until timestamptz,
    PRIMARY KEY (run_id, freelancer_id)
);
CREATE INDEX payout_left_of ON payout_left (freelancer_id, run_id);
SELECT make_append_only('payout_left');
GRANT SELECT (run_id, freelancer_id, amount, reason, until) ON payout_left TO piecework_freelancer;

-- Where a person's money would go now. doubted: the bank returned money from there, and nobody has said since that it is right.
CREATE VIEW payee_details AS
    SELECT DISTINCT ON (d.freelancer_id, d.currency) d.freelancer_id, d.currency, d.id AS details_id, d.usable_at,
           EXISTS (SELECT FROM payout_line l WHERE l.details_id = d.id AND l.state = 'returned' AND NOT EXISTS (
                       SELECT FROM payment_details_confirmed c WHERE c.details_id = d.id AND c.confirmed_at > l.returned_at)) AS doubted
    FROM payment_details d ORDER BY d.freelancer_id, d.currency, d.version DESC;
GRANT SELECT ON payee_details TO piecework_app;

-- A file for the bank or for people, as it was first made: whoever asks again gets these bytes.
CREATE TABLE payout_file (
    run_id uuid NOT NULL REFERENCES payout_run,
    format text NOT NULL,
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    content bytea NOT NULL,
    made_by uuid,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (run_id, format),
    CONSTRAINT payout_file_is_its_sum CHECK (sha256 = sha256(content))
);
SELECT make_append_only('payout_file');

-- --- what the bank says ----------------------------------------------------------------------------------------------------

CREATE TABLE bank_statement (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    sha256 bytea NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    content bytea NOT NULL,
    lines int NOT NULL CHECK (lines >= 0),
    received_by uuid,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT bank_statement_once UNIQUE (sha256, currency),
    CONSTRAINT bank_statement_is_its_sum CHECK (sha256 = sha256(content))
);
SELECT make_append_only('bank_statement');

-- One movement of a bank statement and what it told us. confirmed, returned: of a line, or of all lines of a run that the bank booked
-- as one · known: was told before · unmatched: somebody has to look, why says what does not fit · set_aside: somebody looked, it is
-- none of ours.
CREATE TABLE bank_line (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    statement_id uuid NOT NULL REFERENCES bank_statement,
    number int NOT NULL CHECK (number > 0),
    reference text NOT NULL,
    booked_on date NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    currency text NOT NULL,
    direction text NOT NULL CHECK (direction IN ('in', 'out')),
    is_return boolean NOT NULL,
    return_reason text NOT NULL,
    account text NOT NULL,
    purpose text NOT NULL,
    raw jsonb NOT NULL,
    line_id uuid REFERENCES payout_line,
    run_id uuid REFERENCES payout_run,
    outcome text NOT NULL CHECK (outcome IN ('confirmed', 'returned', 'known', 'unmatched', 'set_aside')),
    why text NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    CONSTRAINT bank_line_number UNIQUE (statement_id, number),
    CONSTRAINT bank_line_matched CHECK (outcome NOT IN ('confirmed', 'returned') OR num_nonnulls(line_id, run_id) = 1)
);
CREATE INDEX bank_line_by_outcome ON bank_line (outcome, id);
CREATE INDEX bank_line_of ON bank_line (line_id) WHERE line_id IS NOT NULL;
CREATE INDEX bank_line_reference ON bank_line (reference);
REVOKE DELETE, TRUNCATE ON bank_line FROM piecework_app;
CREATE FUNCTION bank_line_is_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.outcome <> 'unmatched' OR NEW.outcome = 'unmatched' OR NEW.decided_at IS NULL
       OR (to_jsonb(NEW) - '{line_id,outcome,why,decided_by,decided_at}'::text[])
          IS DISTINCT FROM (to_jsonb(OLD) - '{line_id,outcome,why,decided_by,decided_at}'::text[]) THEN
        RAISE EXCEPTION 'bank line % cannot be changed like this', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decided_once BEFORE UPDATE ON bank_line FOR EACH ROW EXECUTE FUNCTION bank_line_is_decided_once();

-- --- what was paid before --------------------------------------------------------------------------------------------------

INSERT INTO payout_run (id, currency, number, state, execution_on, note, total, lines, author_id, created_at, approver_id, approved_at, ended_at)
SELECT o.id, p.currency, row_number() OVER (PARTITION BY p.currency ORDER BY o.exported_at, o.id),
       CASE o.state WHEN 'confirmed' THEN 'settled' ELSE 'approved' END, o.exported_at::date, 'of period ' || p.name, o.total,
       (SELECT count(*) FROM former_line l WHERE l.payout_id = o.id), o.exported_by, o.exported_at, o.exported_by, o.exported_at, o.confirmed_at
FROM payout o JOIN period p ON p.id = o.period_id;
INSERT INTO payout_line (run_id, number, freelancer_id, currency, amount, state, reason, paid_at)
SELECT r.id, row_number() OVER (PARTITION BY r.id ORDER BY l.freelancer_id), l.freelancer_id, r.currency, l.amount,
       CASE r.state WHEN 'settled' THEN 'paid' ELSE 'ordered' END, coalesce('bank reference ' || o.bank_reference, ''), o.confirmed_at
FROM former_line l JOIN payout o ON o.id = l.payout_id JOIN payout_run r ON r.id = o.id;

-- A line took what its period owed, unless that was held back, and what earlier payouts had held back.
UPDATE due SET line_id = l.id
FROM statement s JOIN payout o ON o.period_id = s.period_id
LEFT JOIN payout_held h ON h.payout_id = o.id AND h.freelancer_id = s.freelancer_id
JOIN payout_line l ON l.run_id = coalesce(h.paid_by, CASE WHEN h.payout_id IS NULL THEN o.id END) AND l.freelancer_id = s.freelancer_id
WHERE due.statement_id = s.id AND due.amount > 0;

-- Their entries say which line they are of, as all later ones do. source_id is new; nothing that was recorded changes.
ALTER TABLE entry DISABLE TRIGGER append_only;
UPDATE entry SET source_id = l.id
FROM payout o JOIN payout_line l ON l.run_id = o.id
WHERE entry.business_key IN ('export:' || o.period_id || ':' || l.freelancer_id, 'confirm:' || o.period_id || ':' || l.freelancer_id);
ALTER TABLE entry ENABLE TRIGGER append_only;

DROP TABLE payout_held, former_line, payout;
DROP FUNCTION payout_stays_confirmed();

-- Nothing takes a due but a line, and a line is never removed. It lets a due go only before it is ordered: what left is paid, or comes
-- back as a due of its own.
ALTER TABLE due ADD CONSTRAINT due_line_fkey FOREIGN KEY (line_id) REFERENCES payout_line,
                ADD CONSTRAINT due_returned_line_fkey FOREIGN KEY (returned_line) REFERENCES payout_line;
CREATE OR REPLACE FUNCTION due_changes_its_line_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (to_jsonb(NEW) - 'line_id') IS DISTINCT FROM (to_jsonb(OLD) - 'line_id')
       OR (OLD.line_id IS NOT NULL AND NEW.line_id IS DISTINCT FROM OLD.line_id
           AND (NEW.line_id IS NOT NULL
                OR NOT EXISTS (SELECT FROM payout_line WHERE id = OLD.line_id AND state IN ('drafted', 'dropped')))) THEN
        RAISE EXCEPTION 'due % cannot be changed like this', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
