-- Messages of curators and administrators to people. What was said, and to whom, is a fact; audience is what was asked for.
CREATE TABLE message (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    sender_id uuid NOT NULL REFERENCES account,
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    body text NOT NULL CHECK (length(body) BETWEEN 1 AND 10000),
    must_read boolean NOT NULL,
    audience jsonb NOT NULL,
    recipients int NOT NULL CHECK (recipients > 0),
    sent_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX message_sender ON message (sender_id, sent_at);
SELECT make_append_only('message');

-- Whom a message went to, frozen when it was sent, and when they read it.
CREATE TABLE message_recipient (
    message_id uuid NOT NULL REFERENCES message,
    account_id uuid NOT NULL REFERENCES account,
    read_at timestamptz,
    PRIMARY KEY (message_id, account_id)
);
CREATE INDEX message_recipient_newest ON message_recipient (account_id, message_id);
REVOKE DELETE, TRUNCATE ON message_recipient FROM piecework_app;

-- What followed: a thread for each recipient, who is one side of it (author_id = account_id); the staff are the other.
CREATE TABLE message_reply (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    message_id uuid NOT NULL,
    account_id uuid NOT NULL,
    author_id uuid NOT NULL REFERENCES account,
    body text NOT NULL CHECK (length(body) BETWEEN 1 AND 10000),
    sent_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (message_id, account_id) REFERENCES message_recipient
);
CREATE INDEX message_reply_thread ON message_reply (message_id, account_id, id);
CREATE INDEX message_reply_author ON message_reply (author_id, sent_at);
SELECT make_append_only('message_reply');
