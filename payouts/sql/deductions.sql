-- Deductions: cases in which a published rule takes from somebody's pay. Proposed by one person with evidence, approved by another;
-- noted as appealable, and due once that stands; taken while a period closes, as far as the person's share of its pay is left.
-- proposed -> approved | dismissed · approved -> taken (all of it) | cancelled (nothing was) · approved, taken -> given_back.
CREATE TABLE deduction (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    freelancer_id uuid NOT NULL REFERENCES account,
    rule_id uuid NOT NULL REFERENCES pay_rule,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount bigint NOT NULL CHECK (amount > 0),
    fact_at timestamptz NOT NULL,
    assignment_id uuid,
    project_id uuid REFERENCES project,
    evidence text NOT NULL CHECK (length(evidence) BETWEEN 20 AND 4000),
    state text NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'dismissed', 'approved', 'taken', 'cancelled', 'given_back')),
    proposed_by uuid NOT NULL REFERENCES account,
    proposed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    decided_by uuid REFERENCES account,
    decided_at timestamptz,
    decision_reason text CHECK (length(decision_reason) BETWEEN 1 AND 2000),
    -- Why nothing is taken after all, or why it was given back. `ended_by` null: an appeal was upheld.
    ended_by uuid REFERENCES account,
    ended_at timestamptz,
    end_reason text CHECK (length(end_reason) BETWEEN 1 AND 2000),
    CONSTRAINT deduction_four_eyes CHECK (decided_by <> proposed_by),
    CONSTRAINT deduction_not_own CHECK (freelancer_id <> proposed_by AND freelancer_id <> decided_by),
    CONSTRAINT deduction_decided CHECK (num_nulls(decided_by, decided_at, decision_reason) IN (0, 3)
                                        AND (state = 'proposed') = (decided_at IS NULL)),
    CONSTRAINT deduction_ended CHECK (num_nulls(ended_at, end_reason) IN (0, 2) AND (state IN ('cancelled', 'given_back')) = (ended_at IS NOT NULL)),
    CONSTRAINT deduction_assignment CHECK (assignment_id IS NULL OR project_id IS NOT NULL),
    CONSTRAINT deduction_past CHECK (fact_at <= proposed_at)
);
CREATE INDEX deduction_waiting ON deduction (freelancer_id) WHERE state = 'approved';
CREATE INDEX deduction_of ON deduction (freelancer_id, id);
-- One case about one answer by one version of a rule, while it stands.
CREATE UNIQUE INDEX deduction_once ON deduction (assignment_id, rule_id) WHERE state IN ('proposed', 'approved', 'taken');
-- And one about a fact that is of no answer: its moment says which version of the rule it is by.
CREATE UNIQUE INDEX deduction_once_without_answer ON deduction (freelancer_id, rule_id, fact_at)
    WHERE assignment_id IS NULL AND state IN ('proposed', 'approved', 'taken');
REVOKE DELETE, TRUNCATE ON deduction FROM piecework_app;

CREATE FUNCTION deduction_keeps_its_case() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    deciding text[] := ARRAY['state', 'decided_by', 'decided_at', 'decision_reason'];
    ending text[] := ARRAY['state', 'ended_by', 'ended_at', 'end_reason'];
BEGIN
    IF NOT (OLD.state = 'proposed' AND NEW.state IN ('approved', 'dismissed') AND to_jsonb(NEW) - deciding = to_jsonb(OLD) - deciding
            OR OLD.state = 'approved' AND NEW.state = 'taken' AND to_jsonb(NEW) - 'state' = to_jsonb(OLD) - 'state'
            OR (OLD.state, NEW.state) IN (('approved', 'cancelled'), ('approved', 'given_back'), ('taken', 'given_back'))
               AND to_jsonb(NEW) - ending = to_jsonb(OLD) - ending) THEN
        RAISE EXCEPTION 'deduction % cannot be changed like this', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keeps_its_case BEFORE UPDATE ON deduction FOR EACH ROW EXECUTE FUNCTION deduction_keeps_its_case();

-- What the closing of a period took of each deduction that was due: 0 where nothing was left to take. `earned` is what the person had
-- earned in it, of which `keeps` (in 1/10,000) was theirs to keep whatever was due; `at` is the closing's time.
CREATE TABLE deduction_part (
    deduction_id uuid NOT NULL REFERENCES deduction,
    period_id uuid NOT NULL REFERENCES period,
    amount bigint NOT NULL CHECK (amount >= 0),
    earned bigint NOT NULL CHECK (earned > 0),
    keeps int NOT NULL CHECK (keeps BETWEEN 0 AND 10000),
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (deduction_id, period_id)
);
CREATE INDEX deduction_part_period ON deduction_part (period_id);
SELECT make_append_only('deduction_part');

GRANT SELECT (id, freelancer_id, rule_id, currency, amount, fact_at, assignment_id, project_id, evidence, state, decided_by, decided_at,
              ended_at, end_reason) ON deduction TO piecework_freelancer;
GRANT SELECT ON deduction_part TO piecework_freelancer;
GRANT SELECT (id, code, version, title, words) ON pay_rule TO piecework_freelancer;
