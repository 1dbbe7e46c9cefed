-- What is told of a decision, as texts that are translated where they are read and what stands in them; null: only the words beside.
ALTER TABLE decision ADD COLUMN said jsonb;

-- Of words and evidence: {"words": [...], "evidence": {name: [...]}}.
ALTER TABLE appealable ADD COLUMN said jsonb;
DROP FUNCTION erase_appealable(uuid, timestamptz);
DROP TRIGGER settles_once ON appealable;
CREATE TRIGGER settles_once BEFORE UPDATE ON appealable FOR EACH ROW EXECUTE FUNCTION appealable_settles_once();
SELECT make_erasable('appealable', '{"words": "erased", "evidence": {}, "said": null}', 't.freelancer_id = who AND t.state <> ''appealed''', NULL,
                     'settles_once');
