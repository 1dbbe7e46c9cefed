-- Drafts of workflows are kept where every draft is kept.
INSERT INTO draft (kind, owner, name, revision, spec, begun_from, changed_by, changed_at)
SELECT 'workflow', project_id, '', revision, spec, begun_from::text, changed_by, changed_at FROM workflow_draft;
DROP TABLE workflow_draft;
