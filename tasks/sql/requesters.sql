-- The next version of a project's workflow while it is written. It need not fit together yet; `revision` says which state of it somebody
-- wrote from, so that two who write at the same time do not undo each other's work; `begun_from` which version held when it was begun, so
-- that whoever publishes it knows of versions that came in between. Publishing removes it.
CREATE TABLE workflow_draft (
    project_id uuid PRIMARY KEY REFERENCES project,
    revision uuid NOT NULL DEFAULT uuidv7(),
    spec jsonb NOT NULL CHECK (jsonb_typeof(spec) = 'object'),
    begun_from uuid REFERENCES workflow,
    changed_by uuid NOT NULL REFERENCES account,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- A file of tickets that a requester sent: its good rows are taken in piece by piece by a job. `bad` are the rows that could not be
-- tickets (line, number, faults; never their words), at most as many as are shown.
CREATE TABLE ticket_import (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    project_id uuid NOT NULL REFERENCES project,
    source text NOT NULL CHECK (length(source) BETWEEN 1 AND 100),
    file_name text NOT NULL CHECK (length(file_name) <= 200),
    columns jsonb NOT NULL,
    asked_by uuid NOT NULL REFERENCES account,
    good int NOT NULL CHECK (good > 0),
    rejected int NOT NULL CHECK (rejected >= 0),
    added int NOT NULL DEFAULT 0 CHECK (added >= 0),
    known int NOT NULL DEFAULT 0 CHECK (known >= 0),
    bad jsonb NOT NULL,
    failure text,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    CONSTRAINT ticket_import_whole CHECK (added + known <= good AND (finished_at IS NULL OR failure IS NOT NULL OR added + known = good)),
    CONSTRAINT ticket_import_failed CHECK (failure IS NULL OR finished_at IS NOT NULL)
);
CREATE INDEX ticket_import_newest ON ticket_import (project_id, id);

-- Rows that are still to be taken in. They are customers' words, so they go as soon as their tickets are made.
CREATE TABLE ticket_import_piece (
    import_id uuid NOT NULL REFERENCES ticket_import ON DELETE CASCADE,
    no int NOT NULL,
    tickets jsonb NOT NULL,
    PRIMARY KEY (import_id, no)
);
