-- What may be erased of append-only tables (see make_erasable).
SELECT make_erasable('candidacy_event', '{"reason": "", "detail": {}}',
                     't.candidacy_id IN (SELECT id FROM candidacy WHERE freelancer_id = who)', 't.at');
SELECT make_erasable('admission', '{"reason": "erased"}', 't.freelancer_id = who', NULL);
SELECT make_erasable('admission_second', '{"reason": "erased"}', 't.admission_id IN (SELECT id FROM admission WHERE freelancer_id = who)', NULL);
SELECT make_erasable('training_answer', '{"body": {}}', 't.enrolment_id IN (SELECT id FROM enrolment WHERE freelancer_id = who)', 't.answered_at');
SELECT make_erasable('training_check', '{"feedback": "erased"}',
                     't.answer_id IN (SELECT a.id FROM training_answer a JOIN enrolment e ON e.id = a.enrolment_id WHERE e.freelancer_id = who)',
                     't.checked_at');
