-- An appeal may be about what another part decided and noted (appealable).
ALTER TABLE appeal DROP CONSTRAINT appeal_subject_check;
ALTER TABLE appeal ADD CONSTRAINT appeal_subject_check CHECK (subject IN ('answer', 'restriction', 'qualification', 'deduction', 'clawback'));
INSERT INTO open_objection (subject, subject_id, freelancer_id, since)
SELECT subject, subject_id, freelancer_id, opened_at FROM appeal WHERE state = 'open';
