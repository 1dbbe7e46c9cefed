-- The devices that people sign in from, as far as a browser names them: the SHA-256 of its name without versions. Several people may
-- have the same. Programs come with tokens and have none.
CREATE TABLE device (
    account_id uuid NOT NULL REFERENCES account,
    fingerprint bytea NOT NULL CHECK (length(fingerprint) = 32),
    first_seen timestamptz NOT NULL DEFAULT now(),
    last_seen timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, fingerprint)
);
CREATE INDEX device_shared ON device (fingerprint);
