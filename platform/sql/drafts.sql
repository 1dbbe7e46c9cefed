-- What people are writing, kept between the pages that they write it on. It need not fit together yet. `owner` is the person whose it is,
-- or the thing whose writers share it; `revision` says which state of it somebody wrote from, so that two who write at the same time do
-- not undo each other's work; `begun_from` names what was in force when it was begun. Publishing removes it.
CREATE TABLE draft (
    kind text NOT NULL CHECK (length(kind) BETWEEN 1 AND 40),
    owner uuid NOT NULL,
    name text NOT NULL CHECK (length(name) <= 200),
    revision uuid NOT NULL DEFAULT uuidv7(),
    spec jsonb NOT NULL CHECK (jsonb_typeof(spec) = 'object'),
    begun_from text,
    changed_by uuid NOT NULL REFERENCES account,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (kind, owner, name)
);
