-- What a share of an answer (in 1/10,000) earns of its price: half a unit and more goes up. One place for this rule; all else asks it.
CREATE FUNCTION accepted_pay(price bigint, share int) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (price * share + 5000) / 10000
$$;

-- reopen: a decision was made anew in the freelancer's favour; what it adds is pending again, for the accrual that follows.
ALTER TABLE entry DROP CONSTRAINT entry_kind_check;
ALTER TABLE entry ADD CONSTRAINT entry_kind_check
    CHECK (kind IN ('pend', 'accrue', 'void', 'reopen', 'round', 'export', 'confirm'));
CREATE INDEX entry_resolution_of ON entry (assignment_id, kind) WHERE assignment_id IS NOT NULL;

-- What a payout left out because the person's pay was held back at the time; a later payout takes it along.
CREATE TABLE payout_held (
    payout_id uuid NOT NULL REFERENCES payout,
    freelancer_id uuid NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0 AND amount % 100 = 0),
    paid_by uuid REFERENCES payout,
    PRIMARY KEY (payout_id, freelancer_id)
);
CREATE INDEX payout_held_waiting ON payout_held (freelancer_id) WHERE paid_by IS NULL;
REVOKE DELETE, TRUNCATE ON payout_held FROM piecework_app;
