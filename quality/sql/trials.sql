-- Policies played on simulated people: what was asked, and its figures once a job has played it.
CREATE TABLE policy_trial (
    key text PRIMARY KEY,
    inputs jsonb NOT NULL,
    figures jsonb,
    asked_at timestamptz NOT NULL DEFAULT now(),
    done_at timestamptz,
    CONSTRAINT policy_trial_done CHECK ((figures IS NULL) = (done_at IS NULL))
);
