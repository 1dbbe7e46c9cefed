-- A control task has no ticket whose end its hold could wait for: it ends when that of some ordinary answer of the step would have, so
-- that nobody is told by a hold which task it was.
CREATE TABLE hold_as (
    assignment_id uuid PRIMARY KEY,
    resolved_at timestamptz NOT NULL
);
SELECT make_append_only('hold_as');

-- Tickets' statements and requesters' spend read the ledger by project and day.
CREATE INDEX entry_project ON entry (project_id, effective_at) WHERE project_id IS NOT NULL;
