-- Tariffs: versions of a project's price list, drafted by one person and approved by another. What claims read of them (rate_list,
-- rate) belongs to tasks and is written at the approval.
CREATE TABLE tariff (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    project_id uuid NOT NULL REFERENCES project,
    version int NOT NULL CHECK (version > 0),
    kind text NOT NULL CHECK (kind IN ('per_step', 'per_ticket')),
    -- Accepted money is held until this moment and hold_days more, but never longer than hold_most_days after the acceptance.
    hold_until text NOT NULL DEFAULT 'accepted' CHECK (hold_until IN ('accepted', 'resolved')),
    hold_days int NOT NULL DEFAULT 0 CHECK (hold_days >= 0),
    hold_most_days int NOT NULL DEFAULT 14 CHECK (hold_most_days BETWEEN 0 AND 365),
    ticket_budget bigint CHECK (ticket_budget > 0),
    ticket_price bigint CHECK (ticket_price > 0),
    weights jsonb CHECK (jsonb_typeof(weights) = 'object'),
    starts_at timestamptz,
    ends_at timestamptz,
    state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'approved', 'withdrawn')),
    author_id uuid NOT NULL REFERENCES account,
    reason text NOT NULL CHECK (length(reason) BETWEEN 3 AND 1000),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    approver_id uuid REFERENCES account,
    approved_at timestamptz,
    withdrawn_by uuid REFERENCES account,
    withdrawn_at timestamptz,
    withdrawn_reason text CHECK (length(withdrawn_reason) BETWEEN 3 AND 1000),
    CONSTRAINT tariff_version_key UNIQUE (project_id, version),
    CONSTRAINT tariff_four_eyes CHECK (approver_id <> author_id),
    CONSTRAINT tariff_approved CHECK (num_nulls(approver_id, approved_at) IN (0, 2) AND (state = 'draft') <= (approved_at IS NULL)
                                      AND (state = 'approved') <= (approved_at IS NOT NULL)),
    CONSTRAINT tariff_withdrawn CHECK (num_nulls(withdrawn_by, withdrawn_at, withdrawn_reason) IN (0, 3)
                                       AND (state = 'withdrawn') = (withdrawn_at IS NOT NULL)),
    -- A draft without a start begins as soon as it may once it is approved.
    CONSTRAINT tariff_starts CHECK (state <> 'approved' OR (starts_at IS NOT NULL AND starts_at >= approved_at)),
    CONSTRAINT tariff_bounds CHECK (ends_at > starts_at),
    CONSTRAINT tariff_hold CHECK (hold_days <= hold_most_days),
    CONSTRAINT tariff_kind CHECK (num_nonnulls(ticket_price, weights) = CASE kind WHEN 'per_ticket' THEN 2 ELSE 0 END)
);

-- A tariff's prices. Of a ticket priced as a whole they are what each answer gets of it, `answers` being how many of a step were
-- planned when it was split; what these do not use up is unassigned.
CREATE TABLE tariff_item (
    tariff_id uuid NOT NULL REFERENCES tariff,
    step_key text NOT NULL,
    level smallint NOT NULL CHECK (level BETWEEN 1 AND 9),
    language text NOT NULL CHECK (language ~ '^([a-z]{2})?$'),
    price bigint NOT NULL CHECK (price >= 0),
    answers smallint CHECK (answers > 0),
    PRIMARY KEY (tariff_id, step_key, language, level)
);
SELECT make_append_only('tariff_item');

-- A version is a fact: all that can happen to it is that it is approved, or withdrawn, once.
CREATE FUNCTION tariff_keeps_its_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.state, NEW.state) NOT IN (('draft', 'approved'), ('draft', 'withdrawn'), ('approved', 'withdrawn'))
       OR (to_jsonb(NEW) - '{state,starts_at,approver_id,approved_at,withdrawn_by,withdrawn_at,withdrawn_reason}'::text[])
          <> (to_jsonb(OLD) - '{state,starts_at,approver_id,approved_at,withdrawn_by,withdrawn_at,withdrawn_reason}'::text[])
       OR (OLD.starts_at IS NOT NULL AND NEW.starts_at IS DISTINCT FROM OLD.starts_at)
       OR (OLD.approved_at IS NOT NULL AND (NEW.approver_id, NEW.approved_at) IS DISTINCT FROM (OLD.approver_id, OLD.approved_at)) THEN
        RAISE EXCEPTION 'tariff % cannot be changed like this', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keeps_its_terms BEFORE UPDATE ON tariff FOR EACH ROW EXECUTE FUNCTION tariff_keeps_its_terms();
REVOKE DELETE, TRUNCATE ON tariff FROM piecework_app;

GRANT SELECT (id, project_id, version, hold_until, hold_days, hold_most_days, starts_at, ends_at, state, approved_at, reason)
    ON tariff TO piecework_freelancer;
GRANT SELECT ON tariff_item TO piecework_freelancer;
