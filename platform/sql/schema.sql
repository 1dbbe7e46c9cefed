-- Roles. Cluster-wide, so several databases (tests run in parallel) may make them at once.
DO $$
DECLARE wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['piecework_app', 'piecework_freelancer'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;  -- another database's migration made it in the same moment
            END;
        END IF;
        IF NOT pg_has_role(current_user, wanted, 'MEMBER') THEN
            EXECUTE format('GRANT %I TO %I', wanted, current_user);
        END IF;
    END LOOP;
END $$;

GRANT USAGE ON SCHEMA public TO piecework_app, piecework_freelancer;
GRANT SELECT ON tortoise_migrations TO piecework_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO piecework_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO piecework_app;

-- Rows of an append-only table are facts: no role may change or remove them. A row trigger alone would let TRUNCATE through.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION make_append_only(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION refuse_change()', target);
    EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %s EXECUTE FUNCTION refuse_change()', target);
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM piecework_app, piecework_freelancer', target);
END $$;

CREATE TABLE account (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    email text NOT NULL CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    password_hash text,
    roles text[] NOT NULL CHECK (roles <@ ARRAY['freelancer', 'curator', 'requester', 'finance', 'administrator']),
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended')),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT account_email_key UNIQUE (email)
);

-- A session or token is known by the SHA-256 of its secret; the secret itself is never stored.
CREATE TABLE session (
    hash bytea PRIMARY KEY CHECK (length(hash) = 32),
    account_id uuid NOT NULL REFERENCES account,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    user_agent text NOT NULL DEFAULT ''
);
CREATE INDEX session_account ON session (account_id);

CREATE TABLE api_token (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    hash bytea NOT NULL CHECK (length(hash) = 32),
    account_id uuid NOT NULL REFERENCES account,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT api_token_hash_key UNIQUE (hash)
);
CREATE INDEX api_token_account ON api_token (account_id);

-- Whoever changes what a secret is worth tells every web process at commit, so that none believes its cache.
CREATE FUNCTION announce_identity_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('identity_changed', '');
    RETURN NULL;
END $$;
CREATE TRIGGER announce AFTER UPDATE OR DELETE ON account FOR EACH STATEMENT EXECUTE FUNCTION announce_identity_change();
CREATE TRIGGER announce AFTER UPDATE OR DELETE ON session FOR EACH STATEMENT EXECUTE FUNCTION announce_identity_change();
CREATE TRIGGER announce AFTER UPDATE OR DELETE ON api_token FOR EACH STATEMENT EXECUTE FUNCTION announce_identity_change();

CREATE TABLE login_failure (
    email text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX login_failure_recent ON login_failure (email, at);

CREATE TABLE idempotency (
    account_id uuid NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    fingerprint bytea NOT NULL,
    status int,
    body bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);

-- A job is a row inserted in the business transaction. run_at is when it may be taken (again): taking it moves run_at to the
-- end of the lease, finishing deletes it where the attempt is still mine, failing moves run_at by the back-off.
CREATE TABLE job (
    kind text NOT NULL,
    key text NOT NULL,
    payload jsonb NOT NULL DEFAULT '{}',
    run_at timestamptz NOT NULL DEFAULT now(),
    attempt int NOT NULL DEFAULT 0,
    last_error text,
    dead_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, key)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX job_due ON job (kind, run_at) WHERE dead_at IS NULL;

CREATE TABLE trail (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor uuid,
    action text NOT NULL,
    subject text NOT NULL,
    subject_id text NOT NULL,
    reason text NOT NULL DEFAULT '',
    detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX trail_subject ON trail (subject, subject_id, id);
SELECT make_append_only('trail');

GRANT SELECT (id, name, roles, state) ON account TO piecework_freelancer;
