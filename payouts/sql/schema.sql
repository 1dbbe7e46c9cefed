-- Money is bigint in 1/100 kopeck. Debits are positive, credits negative; what we owe is therefore a negative sum of postings.

-- A pay period: a half-open stretch of time in which what people earned is summed. Of one currency, as is the bank's file that
-- pays it. While a closing is under way its own transaction sees 'closing', in which only the rounding may still be recorded.
CREATE TABLE period (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    currency text NOT NULL DEFAULT 'RUB' CHECK (currency ~ '^[A-Z]{3}$'),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    zone text NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closing', 'closed')),
    closed_at timestamptz,
    closed_by uuid,
    total bigint,
    entries bigint,
    CONSTRAINT period_starts_key UNIQUE (currency, starts_at),
    CONSTRAINT period_ends_key UNIQUE (currency, ends_at),
    CONSTRAINT period_bounds CHECK (starts_at < ends_at),
    CONSTRAINT period_sealed CHECK ((state = 'closed') = (closed_at IS NOT NULL AND total IS NOT NULL AND entries IS NOT NULL))
);

-- Whoever makes periods or moves their bounds does so alone. Taken before any lock on a period's row.
CREATE FUNCTION lock_periods() RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtext('piecework.payouts.period'))
$$;

CREATE FUNCTION period_keeps_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_periods();
    IF EXISTS (SELECT FROM period WHERE currency = NEW.currency AND id <> NEW.id
                 AND starts_at < NEW.ends_at AND NEW.starts_at < ends_at) THEN
        RAISE EXCEPTION 'periods must not overlap: % to %', NEW.starts_at, NEW.ends_at USING ERRCODE = 'exclusion_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keeps_apart BEFORE INSERT OR UPDATE OF currency, starts_at, ends_at ON period
    FOR EACH ROW EXECUTE FUNCTION period_keeps_apart();

CREATE FUNCTION period_stays_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('DELETE', 'TRUNCATE') THEN
        RAISE EXCEPTION 'a period is never removed' USING ERRCODE = 'restrict_violation';
    ELSIF OLD.state = 'closed' THEN
        RAISE EXCEPTION 'period % is closed for good', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stays_closed BEFORE UPDATE OR DELETE ON period FOR EACH ROW EXECUTE FUNCTION period_stays_closed();
CREATE TRIGGER stays_closed_truncate BEFORE TRUNCATE ON period EXECUTE FUNCTION period_stays_closed();
REVOKE DELETE, TRUNCATE ON period FROM piecework_app;

-- The week of a zone around a moment, Monday to Monday, less what neighbouring periods already cover.
CREATE FUNCTION make_period(its_currency text, around timestamptz, its_zone text) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    monday timestamp := date_trunc('week', around AT TIME ZONE its_zone);
    made uuid;
BEGIN
    PERFORM lock_periods();
    SELECT id INTO made FROM period WHERE currency = its_currency AND starts_at <= around AND around < ends_at;
    IF made IS NULL THEN
        INSERT INTO period (currency, starts_at, ends_at, zone) VALUES (
            its_currency,
            greatest(monday AT TIME ZONE its_zone, (SELECT max(ends_at) FROM period WHERE currency = its_currency AND ends_at <= around)),
            least((monday + interval '7 days') AT TIME ZONE its_zone,
                  (SELECT min(starts_at) FROM period WHERE currency = its_currency AND starts_at > around)),
            its_zone)
        RETURNING id INTO made;
    END IF;
    RETURN made;
END $$;

-- Where a fact belongs: the open period around it. A fact that comes late, when a period at or after it is closed already, goes
-- to the earliest open period after it. Makes the period if there is none yet.
CREATE FUNCTION period_for(its_currency text, fact_at timestamptz, its_zone text) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    chosen uuid;
    sealed timestamptz;
BEGIN
    SELECT id INTO chosen FROM period
    WHERE currency = its_currency AND state = 'open' AND starts_at <= fact_at AND fact_at < ends_at;
    IF chosen IS NOT NULL THEN
        RETURN chosen;
    END IF;
    SELECT max(ends_at) INTO sealed FROM period WHERE currency = its_currency AND state <> 'open';
    IF sealed IS NULL OR sealed <= fact_at THEN
        RETURN make_period(its_currency, fact_at, its_zone);
    END IF;
    SELECT id INTO chosen FROM period
    WHERE currency = its_currency AND state = 'open' AND starts_at > fact_at ORDER BY starts_at LIMIT 1;
    RETURN coalesce(chosen, make_period(its_currency, greatest(sealed, clock_timestamp()), its_zone));
END $$;

CREATE TABLE ledger_account (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('task_expense', 'pending', 'payable', 'clearing', 'bank', 'rounding')),
    owner text NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT ledger_account_key UNIQUE (kind, owner, currency),
    CONSTRAINT ledger_account_owner CHECK ((owner = '') = (kind IN ('bank', 'rounding')))
);
SELECT make_append_only('ledger_account');

-- One fact of money. business_key makes it happen once; `resolves` makes a pending amount end once, paid or void, whoever asks.
-- No foreign keys to assignment, ticket and project: `piecework verify` checks these references (docs/adr/0003).
CREATE TABLE entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    business_key text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('pend', 'accrue', 'void', 'round', 'export', 'confirm')),
    period_id uuid NOT NULL,
    effective_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    xact xid8 NOT NULL DEFAULT pg_current_xact_id(),
    actor uuid,
    reason text NOT NULL DEFAULT '',
    reverses bigint REFERENCES entry,
    resolves bigint REFERENCES entry,
    assignment_id uuid,
    ticket_id uuid,
    project_id uuid,
    CONSTRAINT entry_business_key UNIQUE (business_key),
    CONSTRAINT entry_reverses_key UNIQUE (reverses),
    CONSTRAINT entry_resolves_key UNIQUE (resolves),
    CONSTRAINT entry_period_fkey FOREIGN KEY (period_id) REFERENCES period,
    CONSTRAINT entry_resolution CHECK ((kind IN ('accrue', 'void')) = (resolves IS NOT NULL))
);
CREATE INDEX entry_period ON entry (period_id, kind);

CREATE TABLE posting (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entry_id bigint NOT NULL REFERENCES entry,
    account_id bigint NOT NULL REFERENCES ledger_account,
    amount bigint NOT NULL CHECK (amount <> 0)
);
CREATE INDEX posting_entry ON posting (entry_id);
CREATE INDEX posting_account ON posting (account_id) INCLUDE (entry_id, amount);

-- What we owe a person right now. Kept only for payables, because only there a bound must hold.
CREATE TABLE balance (
    account_id bigint PRIMARY KEY REFERENCES ledger_account,
    amount bigint NOT NULL DEFAULT 0 CHECK (amount >= 0)
) WITH (fillfactor = 80);
REVOKE DELETE, TRUNCATE ON balance FROM piecework_app;

-- Whatever the code does: an entry goes into an open period, and the period cannot close before this transaction ends.
CREATE FUNCTION entry_needs_open_period() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE found text;
BEGIN
    SELECT state INTO found FROM period WHERE id = NEW.period_id FOR SHARE;
    IF found = 'open' OR (found = 'closing' AND NEW.kind = 'round') THEN
        NEW.recorded_at := clock_timestamp();
        NEW.xact := pg_current_xact_id();
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'period % is not open (%): entry % refused', NEW.period_id, coalesce(found, 'unknown'), NEW.business_key
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER needs_open_period BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION entry_needs_open_period();

-- At commit: at least two postings, of the period's currency, summing to zero; and postings only from the entry's own transaction.
CREATE FUNCTION entry_is_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    which bigint;
    e record;
    legs record;
BEGIN
    IF TG_TABLE_NAME = 'entry' THEN
        which := NEW.id;
    ELSE
        which := NEW.entry_id;
    END IF;
    SELECT entry.business_key, entry.xact, period.currency INTO e
    FROM entry JOIN period ON period.id = entry.period_id WHERE entry.id = which;
    IF e.xact <> pg_current_xact_id() THEN
        RAISE EXCEPTION 'entry % is history: no posting can be added', e.business_key USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT count(*) AS n, coalesce(sum(p.amount), 0) AS total, coalesce(bool_and(l.currency = e.currency), true) AS one_currency
    INTO legs FROM posting p JOIN ledger_account l ON l.id = p.account_id WHERE p.entry_id = which;
    IF legs.n < 2 OR legs.total <> 0 OR NOT legs.one_currency THEN
        RAISE EXCEPTION 'entry % does not balance: % postings, sum %', e.business_key, legs.n, legs.total USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER is_balanced AFTER INSERT ON entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION entry_is_balanced();
CREATE CONSTRAINT TRIGGER is_balanced AFTER INSERT ON posting DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION entry_is_balanced();

-- Balances follow postings by themselves. Rows first inserted at zero, then locked in account order, then moved: an upsert of a
-- negative movement would be refused before it met the row that can bear it.
CREATE FUNCTION posting_moves_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO balance (account_id)
    SELECT DISTINCT l.id FROM added JOIN ledger_account l ON l.id = added.account_id WHERE l.kind = 'payable' ORDER BY l.id
    ON CONFLICT DO NOTHING;
    PERFORM FROM balance WHERE account_id IN (SELECT account_id FROM added) ORDER BY account_id FOR NO KEY UPDATE;
    UPDATE balance b SET amount = b.amount - moved.amount
    FROM (SELECT account_id, sum(amount)::bigint AS amount FROM added GROUP BY account_id) moved
    WHERE b.account_id = moved.account_id;
    RETURN NULL;
END $$;
CREATE TRIGGER moves_balance AFTER INSERT ON posting REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION posting_moves_balance();

SELECT make_append_only('entry');
SELECT make_append_only('posting');

-- What must be added to an amount to make it whole kopecks (100 units): half a kopeck and more goes up, less goes down.
CREATE FUNCTION rounding_of(amount bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN rest >= 50 THEN 100 - rest ELSE -rest END FROM (SELECT (amount % 100 + 100) % 100 AS rest) r
$$;

CREATE TABLE payout (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    period_id uuid NOT NULL REFERENCES period,
    state text NOT NULL DEFAULT 'exported' CHECK (state IN ('exported', 'confirmed')),
    exported_by uuid,
    exported_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    confirmed_by uuid,
    confirmed_at timestamptz,
    bank_reference text CHECK (length(bank_reference) BETWEEN 1 AND 200),
    total bigint NOT NULL CHECK (total >= 0),
    CONSTRAINT payout_period_key UNIQUE (period_id),
    CONSTRAINT payout_confirmed CHECK ((state = 'confirmed') = (confirmed_at IS NOT NULL AND bank_reference IS NOT NULL))
);
REVOKE DELETE, TRUNCATE ON payout FROM piecework_app;

CREATE FUNCTION payout_stays_confirmed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'confirmed' OR (NEW.id, NEW.period_id, NEW.total) IS DISTINCT FROM (OLD.id, OLD.period_id, OLD.total) THEN
        RAISE EXCEPTION 'payout % cannot be changed like this', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stays_confirmed BEFORE UPDATE ON payout FOR EACH ROW EXECUTE FUNCTION payout_stays_confirmed();

CREATE TABLE payout_line (
    payout_id uuid NOT NULL REFERENCES payout,
    freelancer_id uuid NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0 AND amount % 100 = 0),
    CONSTRAINT payout_line_once UNIQUE (payout_id, freelancer_id)
);
SELECT make_append_only('payout_line');

-- A freelancer's request reads earnings; which task was a control task must not show, so entry's ticket column stays hidden.
GRANT SELECT ON ledger_account, posting TO piecework_freelancer;
GRANT SELECT (id, business_key, kind, assignment_id) ON entry TO piecework_freelancer;
