-- Why something happened on a person's way in, as texts that are translated where they are read; null: only as the words beside.
ALTER TABLE candidacy_event ADD COLUMN said jsonb;
DROP FUNCTION erase_candidacy_event(uuid, timestamptz);
SELECT make_erasable('candidacy_event', '{"reason": "", "detail": {}, "said": null}',
                     't.candidacy_id IN (SELECT id FROM candidacy WHERE freelancer_id = who)', 't.at');
