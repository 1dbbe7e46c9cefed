-- Pay periods by cadence, held money, sums per person and period, statements and what is due. See docs/adr/0013.

-- What finance has set for everybody (books/pay_policy.py says what is in it and its defaults). A version counts from the moment on at
-- which somebody who did not propose it has approved it: its settings decide how much one person may pay alone.
CREATE TABLE pay_policy (
    version int PRIMARY KEY CHECK (version > 0),
    spec jsonb NOT NULL,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 2000),
    author_id uuid NOT NULL,
    proposed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
SELECT make_append_only('pay_policy');

CREATE TABLE pay_policy_approval (
    version int PRIMARY KEY REFERENCES pay_policy,
    approver_id uuid NOT NULL,
    approved_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
SELECT make_append_only('pay_policy_approval');

-- Two people, and never back to what was proposed before the policy that counts. The moment is the clock's after the lock, so that the
-- order of versions is that of their approvals.
CREATE FUNCTION pay_policy_takes_two() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_periods();
    IF EXISTS (SELECT FROM pay_policy WHERE version = NEW.version AND author_id = NEW.approver_id) THEN
        RAISE EXCEPTION 'pay policy % needs an approver who is not its author', NEW.version USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT FROM pay_policy_approval WHERE version > NEW.version) THEN
        RAISE EXCEPTION 'pay policy % is older than the one that counts', NEW.version USING ERRCODE = 'check_violation';
    END IF;
    NEW.approved_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER takes_two BEFORE INSERT ON pay_policy_approval FOR EACH ROW EXECUTE FUNCTION pay_policy_takes_two();

-- The versions that have counted, each from `since` on until the next one; the newest counts now.
CREATE VIEW pay_policy_in_force AS
    SELECT version, spec, approved_at AS since FROM pay_policy JOIN pay_policy_approval USING (version) ORDER BY version;
REVOKE INSERT, UPDATE, DELETE ON pay_policy_in_force FROM piecework_app;

-- How often a person is paid and how they are taxed: versions, each from its own moment on, never from one that is past.
CREATE TABLE pay_terms (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    freelancer_id uuid NOT NULL REFERENCES account,
    version int NOT NULL CHECK (version > 0),
    cadence text NOT NULL CHECK (cadence IN ('weekly', 'half_monthly', 'monthly')),
    regime text NOT NULL CHECK (regime IN ('none', 'self_employed', 'individual', 'non_resident', 'other_country')),
    starts_at timestamptz NOT NULL,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 2000),
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT pay_terms_version_key UNIQUE (freelancer_id, version),
    CONSTRAINT pay_terms_not_past CHECK (starts_at >= created_at - interval '1 minute')
);
CREATE INDEX pay_terms_of ON pay_terms (freelancer_id, starts_at);
SELECT make_append_only('pay_terms');

CREATE FUNCTION cadence_of(person uuid, fact_at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT cadence FROM pay_terms WHERE freelancer_id = person AND starts_at <= fact_at
                     ORDER BY starts_at DESC, version DESC LIMIT 1), 'weekly')
$$;

-- --- periods ---------------------------------------------------------------------------------------------------------------

ALTER TABLE period ADD COLUMN cadence text NOT NULL DEFAULT 'weekly' CHECK (cadence IN ('weekly', 'half_monthly', 'monthly'));
ALTER TABLE period ADD COLUMN name text;
ALTER TABLE period DROP CONSTRAINT period_starts_key, DROP CONSTRAINT period_ends_key;
ALTER TABLE period ADD CONSTRAINT period_starts_key UNIQUE (currency, cadence, starts_at),
                   ADD CONSTRAINT period_ends_key UNIQUE (currency, cadence, ends_at);

-- 2026-W47, 2026-11-H1, 2026-11. What is left of one after a cut-off is called 2026-W47.2, and so on.
CREATE FUNCTION period_name(its_cadence text, start timestamptz, its_zone text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE its_cadence
        WHEN 'weekly' THEN to_char(at, 'IYYY-"W"IW')
        WHEN 'monthly' THEN to_char(at, 'YYYY-MM')
        ELSE to_char(at, 'YYYY-MM') || CASE WHEN extract(day FROM at) < 16 THEN '-H1' ELSE '-H2' END END
    FROM (SELECT start AT TIME ZONE its_zone AS at) s
$$;
ALTER TABLE period DISABLE TRIGGER stays_closed;
UPDATE period SET name = named.base || CASE WHEN named.part > 1 THEN '.' || named.part ELSE '' END
FROM (SELECT id, period_name(cadence, starts_at, zone) AS base,
             row_number() OVER (PARTITION BY currency, period_name(cadence, starts_at, zone) ORDER BY starts_at) AS part FROM period) named
WHERE named.id = period.id;
ALTER TABLE period ENABLE TRIGGER stays_closed;
ALTER TABLE period ALTER COLUMN name SET NOT NULL, ADD CONSTRAINT period_name_key UNIQUE (currency, cadence, name);

CREATE OR REPLACE FUNCTION period_keeps_apart() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    base text;
    part int := 1;
BEGIN
    PERFORM lock_periods();
    IF EXISTS (SELECT FROM period WHERE currency = NEW.currency AND cadence = NEW.cadence AND id <> NEW.id
                 AND starts_at < NEW.ends_at AND NEW.starts_at < ends_at) THEN
        RAISE EXCEPTION 'periods must not overlap: % to %', NEW.starts_at, NEW.ends_at USING ERRCODE = 'exclusion_violation';
    END IF;
    IF NEW.name IS NULL THEN
        base := period_name(NEW.cadence, NEW.starts_at, NEW.zone);
        NEW.name := base;
        WHILE EXISTS (SELECT FROM period WHERE currency = NEW.currency AND cadence = NEW.cadence AND name = NEW.name) LOOP
            part := part + 1;
            NEW.name := base || '.' || part;
        END LOOP;
    END IF;
    RETURN NEW;
END $$;

-- The week, half month or month of a zone around a moment, less what neighbouring periods of the cadence already cover.
DROP FUNCTION period_for(text, timestamptz, text);
DROP FUNCTION make_period(text, timestamptz, text);
CREATE FUNCTION make_period(its_currency text, its_cadence text, around timestamptz, its_zone text) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    here timestamp := around AT TIME ZONE its_zone;
    first timestamp := CASE
        WHEN its_cadence = 'weekly' THEN date_trunc('week', here)
        WHEN its_cadence = 'half_monthly' AND extract(day FROM here) >= 16 THEN date_trunc('month', here) + interval '15 days'
        ELSE date_trunc('month', here) END;
    next timestamp := CASE
        WHEN its_cadence = 'weekly' THEN first + interval '7 days'
        WHEN its_cadence = 'half_monthly' AND extract(day FROM here) < 16 THEN first + interval '15 days'
        ELSE date_trunc('month', here) + interval '1 month' END;
    made uuid;
BEGIN
    PERFORM lock_periods();
    SELECT id INTO made FROM period
    WHERE currency = its_currency AND cadence = its_cadence AND starts_at <= around AND around < ends_at;
    IF made IS NULL THEN
        INSERT INTO period (currency, cadence, starts_at, ends_at, zone) VALUES (
            its_currency,
            its_cadence,
            greatest(first AT TIME ZONE its_zone, (SELECT max(ends_at) FROM period
                     WHERE currency = its_currency AND cadence = its_cadence AND ends_at <= around)),
            least(next AT TIME ZONE its_zone, (SELECT min(starts_at) FROM period
                  WHERE currency = its_currency AND cadence = its_cadence AND starts_at > around)),
            its_zone)
        RETURNING id INTO made;
    END IF;
    RETURN made;
END $$;

-- Where a fact belongs: the open period of the cadence around it. A fact that comes late, when a period at or after it is closed
-- already, goes to the earliest open period after it. Makes the period if there is none yet.
CREATE FUNCTION period_for(its_currency text, its_cadence text, fact_at timestamptz, its_zone text) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    chosen uuid;
    sealed timestamptz;
BEGIN
    SELECT id INTO chosen FROM period
    WHERE currency = its_currency AND cadence = its_cadence AND state = 'open' AND starts_at <= fact_at AND fact_at < ends_at;
    IF chosen IS NOT NULL THEN
        RETURN chosen;
    END IF;
    SELECT max(ends_at) INTO sealed FROM period WHERE currency = its_currency AND cadence = its_cadence AND state <> 'open';
    IF sealed IS NULL OR sealed <= fact_at THEN
        RETURN make_period(its_currency, its_cadence, fact_at, its_zone);
    END IF;
    SELECT id INTO chosen FROM period
    WHERE currency = its_currency AND cadence = its_cadence AND state = 'open' AND starts_at > fact_at ORDER BY starts_at LIMIT 1;
    RETURN coalesce(chosen, make_period(its_currency, its_cadence, greatest(sealed, clock_timestamp()), its_zone));
END $$;

-- --- the ledger ------------------------------------------------------------------------------------------------------------

-- held: accepted, but the hold of its tariff has not ended · tax: withheld for the state · bonus_expense, deduction: of a project
-- or of the 'house'.
ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_kind_check;
ALTER TABLE ledger_account ADD CONSTRAINT ledger_account_kind_check CHECK (kind IN (
    'task_expense', 'bonus_expense', 'deduction', 'pending', 'held', 'payable', 'tax', 'clearing', 'bank', 'rounding'));

-- premium: what a rule adds to an accepted answer · release, clawback: how a held amount ends · restore: a clawback was wrong ·
-- bonus: what a rule adds for a span of time · deduct: what a published rule takes, give_back: it was wrong to · tax: withheld at closing · return: the bank
-- sent it back · remit: tax paid to the state.
ALTER TABLE entry DROP CONSTRAINT entry_kind_check;
ALTER TABLE entry ADD CONSTRAINT entry_kind_check CHECK (kind IN (
    'pend', 'accrue', 'premium', 'void', 'reopen', 'release', 'clawback', 'restore', 'bonus', 'deduct', 'give_back', 'round',
    'tax', 'export', 'confirm', 'return', 'remit'));
ALTER TABLE entry DROP CONSTRAINT entry_resolution;
ALTER TABLE entry ADD CONSTRAINT entry_resolution
    CHECK ((kind IN ('accrue', 'void', 'release', 'clawback')) = (resolves IS NOT NULL));
-- Which rule made it (a version of a pay rule), and what else it stems from: a bonus award, a deduction, a line of a payout.
ALTER TABLE entry ADD COLUMN rule_id uuid, ADD COLUMN source_id uuid;
CREATE INDEX entry_source ON entry (source_id) WHERE source_id IS NOT NULL;
CREATE INDEX entry_ticket ON entry (ticket_id) WHERE ticket_id IS NOT NULL;

-- Under which heading of a statement a movement of a payable stands. `out` is no part of what a period earned: money that leaves.
CREATE FUNCTION heading(kind text, rule_id uuid) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN kind IN ('export', 'confirm', 'return', 'remit') THEN 'out' WHEN kind = 'tax' THEN 'tax' WHEN kind = 'round' THEN 'rounding'
                WHEN kind = 'bonus' THEN 'bonus' WHEN kind IN ('deduct', 'give_back') THEN 'deduction' WHEN rule_id IS NOT NULL THEN 'premium' ELSE 'work' END
$$;

-- True for what is part of a period's total: everything that people earned in it, before tax.
CREATE FUNCTION earns(kind text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT kind NOT IN ('tax', 'export', 'confirm', 'return', 'remit')
$$;

-- While a period closes, only what closing itself posts gets in.
CREATE OR REPLACE FUNCTION entry_needs_open_period() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE found text;
BEGIN
    SELECT state INTO found FROM period WHERE id = NEW.period_id FOR SHARE;
    IF found = 'open' OR (found = 'closing' AND NEW.kind IN ('deduct', 'round', 'tax')) THEN
        NEW.recorded_at := clock_timestamp();
        NEW.xact := pg_current_xact_id();
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'period % is not open (%): entry % refused', NEW.period_id, coalesce(found, 'unknown'), NEW.business_key
        USING ERRCODE = 'restrict_violation';
END $$;

-- What each payable moved by in each period, under each heading of the statement: closing reads people, not postings.
CREATE TABLE period_sum (
    period_id uuid NOT NULL,
    account_id bigint NOT NULL,
    heading text NOT NULL,
    amount bigint NOT NULL DEFAULT 0,
    entries bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (period_id, account_id, heading)
) WITH (fillfactor = 80);
INSERT INTO period_sum
SELECT e.period_id, l.id, heading(e.kind, e.rule_id), -sum(p.amount), count(*)
FROM posting p JOIN entry e ON e.id = p.entry_id JOIN ledger_account l ON l.id = p.account_id WHERE l.kind = 'payable' GROUP BY 1, 2, 3;

-- Balances and sums follow postings by themselves. Rows first inserted at zero, then locked in one order, then moved: an upsert of
-- a negative movement would be refused before it met the row that can bear it. With the owner's rights: the application itself can move
-- neither, but by posting.
CREATE OR REPLACE FUNCTION posting_moves_balance() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO balance (account_id)
    SELECT DISTINCT l.id FROM added JOIN ledger_account l ON l.id = added.account_id WHERE l.kind = 'payable' ORDER BY l.id
    ON CONFLICT DO NOTHING;
    IF NOT FOUND AND NOT EXISTS (SELECT FROM added JOIN balance USING (account_id)) THEN
        RETURN NULL;  -- nothing here touches a payable
    END IF;
    PERFORM FROM balance WHERE account_id IN (SELECT account_id FROM added) ORDER BY account_id FOR NO KEY UPDATE;
    UPDATE balance b SET amount = b.amount - moved.amount
    FROM (SELECT account_id, sum(amount)::bigint AS amount FROM added GROUP BY account_id) moved
    WHERE b.account_id = moved.account_id;
    -- Whoever comes here holds the balances of its people, so nobody else moves the same sums.
    INSERT INTO period_sum AS s (period_id, account_id, heading, amount, entries)
    SELECT e.period_id, b.account_id, heading(e.kind, e.rule_id), -sum(a.amount)::bigint, count(*)
    FROM added a JOIN entry e ON e.id = a.entry_id JOIN balance b ON b.account_id = a.account_id
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (period_id, account_id, heading) DO UPDATE SET amount = s.amount + excluded.amount, entries = s.entries + excluded.entries;
    RETURN NULL;
END $$;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON balance, period_sum FROM piecework_app;

-- All that people are owed in a currency, held until the transaction ends; locked in the order in which postings lock them.
CREATE FUNCTION hold_owed(people text[], its_currency text) RETURNS TABLE (owner text, amount bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT l.owner, b.amount FROM ledger_account l JOIN balance b ON b.account_id = l.id
    WHERE l.kind = 'payable' AND l.owner = ANY (people) AND l.currency = its_currency ORDER BY b.account_id FOR NO KEY UPDATE OF b
$$;

-- --- statements and what is due --------------------------------------------------------------------------------------------

-- A person's closed period in figures, by heading. gross is their sum, tax was withheld of it, net is what is due.
CREATE TABLE statement (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    period_id uuid NOT NULL REFERENCES period,
    freelancer_id uuid NOT NULL,
    currency text NOT NULL,
    work bigint NOT NULL,
    premium bigint NOT NULL,
    bonus bigint NOT NULL,
    deduction bigint NOT NULL,
    rounding bigint NOT NULL,
    gross bigint NOT NULL,
    tax bigint NOT NULL,
    net bigint NOT NULL,
    regime text NOT NULL,
    tax_basis jsonb NOT NULL DEFAULT '{}',
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT statement_once UNIQUE (period_id, freelancer_id),
    CONSTRAINT statement_gross CHECK (gross = work + premium + bonus + deduction + rounding),
    CONSTRAINT statement_net CHECK (net = gross - tax AND net % 100 = 0)
);
CREATE INDEX statement_of ON statement (freelancer_id, id);
SELECT make_append_only('statement');

-- What is to be paid, or to be set off: a statement's net, or money that the bank returned. A line of a payout takes it, once; only
-- a payout that is given up before it left lets it go again.
CREATE TABLE due (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    freelancer_id uuid NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL CHECK (amount <> 0 AND amount % 100 = 0),
    statement_id uuid REFERENCES statement,
    returned_line uuid,
    line_id uuid,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT due_statement_once UNIQUE (statement_id),
    CONSTRAINT due_return_once UNIQUE (returned_line),
    CONSTRAINT due_origin CHECK (num_nonnulls(statement_id, returned_line) = 1)
);
CREATE INDEX due_open ON due (currency, freelancer_id) WHERE line_id IS NULL;
CREATE INDEX due_line ON due (line_id) WHERE line_id IS NOT NULL;
REVOKE DELETE, TRUNCATE ON due FROM piecework_app;
CREATE FUNCTION due_changes_its_line_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (to_jsonb(NEW) - 'line_id') IS DISTINCT FROM (to_jsonb(OLD) - 'line_id')
       OR (OLD.line_id IS NOT NULL AND NEW.line_id IS NOT NULL AND NEW.line_id <> OLD.line_id) THEN
        RAISE EXCEPTION 'due % cannot be changed like this', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER changes_its_line_only BEFORE UPDATE ON due FOR EACH ROW EXECUTE FUNCTION due_changes_its_line_only();

-- Periods that closed before there were statements.
INSERT INTO statement (period_id, freelancer_id, currency, work, premium, bonus, deduction, rounding, gross, tax, net, regime)
SELECT s.period_id, l.owner::uuid, l.currency, coalesce(sum(s.amount) FILTER (WHERE s.heading = 'work'), 0), 0, 0, 0,
       coalesce(sum(s.amount) FILTER (WHERE s.heading = 'rounding'), 0), sum(s.amount), 0, sum(s.amount), 'none'
FROM period_sum s JOIN ledger_account l ON l.id = s.account_id JOIN period ON period.id = s.period_id AND period.state = 'closed'
WHERE s.heading <> 'out' GROUP BY s.period_id, l.owner, l.currency;
INSERT INTO due (freelancer_id, currency, amount, statement_id)
SELECT freelancer_id, currency, net, id FROM statement WHERE net <> 0;

GRANT SELECT (freelancer_id, version, cadence, regime, starts_at) ON pay_terms TO piecework_freelancer;
GRANT SELECT ON statement TO piecework_freelancer;
GRANT SELECT (id, currency, cadence, name, starts_at, ends_at, zone, state) ON period TO piecework_freelancer;
GRANT SELECT (period_id, effective_at, reverses, resolves, rule_id) ON entry TO piecework_freelancer;
