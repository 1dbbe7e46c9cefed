-- Long reports, written by a job for whoever asked, and kept for some days. No facts: what they say is in the ledger.
CREATE TABLE report_export (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    report text NOT NULL,
    format text NOT NULL,
    filters jsonb NOT NULL,
    asked_by uuid NOT NULL REFERENCES account,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- While it is written, by a transaction apart: how many rows there are, and how many are done.
    rows_expected bigint,
    rows_done bigint NOT NULL DEFAULT 0,
    -- Why it could not be written. All that follows is set when it is whole.
    failure text,
    finished_at timestamptz,
    rows bigint,
    totals jsonb,
    size bigint,
    sha256 bytea CHECK (length(sha256) = 32),
    CONSTRAINT report_export_whole CHECK (num_nulls(finished_at, rows, totals, size, sha256) IN (0, 5))
) WITH (fillfactor = 80);
CREATE INDEX report_export_of ON report_export (asked_by, id);
CREATE INDEX report_export_age ON report_export (asked_at);

CREATE TABLE report_chunk (
    export_id uuid NOT NULL REFERENCES report_export ON DELETE CASCADE,
    no int NOT NULL CHECK (no >= 0),
    bytes bytea NOT NULL,
    PRIMARY KEY (export_id, no)
);
-- The bytes of workbooks are compressed already, those of text are many: no time is spent on them.
ALTER TABLE report_chunk ALTER COLUMN bytes SET STORAGE EXTERNAL;
