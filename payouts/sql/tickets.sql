-- Tickets' statements and requesters' spend read the ledger by project and day.
CREATE INDEX entry_project ON entry (project_id, effective_at) WHERE project_id IS NOT NULL;
