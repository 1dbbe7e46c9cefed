-- For reports and pages: a step's audits and a task's, who settled disputes, a person's newest evidence, the newest that was told of tasks.
CREATE INDEX audit_done ON audit (step_id) WHERE done_at IS NOT NULL AND first_id IS NULL;
CREATE INDEX audit_task ON audit (task_id);
CREATE INDEX truth_settled ON truth (actor) WHERE source = 'dispute';
CREATE INDEX evidence_newest ON evidence (freelancer_id, seq) WHERE revision = 1;
CREATE INDEX truth_told ON truth (created_at DESC) WHERE source IN ('audit', 'dispute', 'appeal');
