-- Notices to accounts. What somebody was told, and when, is a fact.
CREATE TABLE notice (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    account_id uuid NOT NULL REFERENCES account,
    kind text NOT NULL CHECK (kind ~ '^[a-z][a-z0-9_.]{0,59}$'),
    key text CHECK (length(key) BETWEEN 1 AND 200),
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 300),
    body text NOT NULL CHECK (length(body) <= 20000),
    link text NOT NULL DEFAULT '' CHECK (length(link) <= 1000),
    sent_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT notice_once UNIQUE (account_id, kind, key)  -- without a key any number of them
);
CREATE INDEX notice_newest ON notice (account_id, id);
SELECT make_append_only('notice');

-- Whether a notice has been read: one row for each from its sending on, so that what is unread costs what there is of it.
CREATE TABLE notice_mark (
    notice_id uuid PRIMARY KEY REFERENCES notice,
    account_id uuid NOT NULL,
    read_at timestamptz
);
CREATE INDEX notice_unread ON notice_mark (account_id, notice_id) WHERE read_at IS NULL;
REVOKE DELETE, TRUNCATE ON notice_mark FROM piecework_app;
