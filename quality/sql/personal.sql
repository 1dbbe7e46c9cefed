-- What may be erased of append-only tables (see make_erasable).
-- What the trail says of a person's way in, training, exams and objections: why, of which the tables themselves keep nothing either.
CREATE FUNCTION erase_trail_of_way_in(who uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM may_erase(who, NULL);
    UPDATE trail t SET reason = 'erased', detail = '{}'
    FROM (SELECT 'candidacy' AS subject, id FROM candidacy WHERE freelancer_id = who
          UNION ALL SELECT 'admission', id FROM admission WHERE freelancer_id = who
          UNION ALL SELECT 'appeal', id FROM appeal WHERE freelancer_id = who
          UNION ALL SELECT 'enrolment', id FROM enrolment WHERE freelancer_id = who
          UNION ALL SELECT 'exam_attempt', id FROM exam_attempt WHERE freelancer_id = who) of_them
    WHERE t.subject = of_them.subject AND t.subject_id = of_them.id::text;
END $$;
REVOKE EXECUTE ON FUNCTION erase_trail_of_way_in(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_trail_of_way_in(uuid) TO piecework_app;

SELECT make_erasable('candidacy_event', '{"reason": "", "detail": {}}',
                     't.candidacy_id IN (SELECT id FROM candidacy WHERE freelancer_id = who)', 't.at');
SELECT make_erasable('admission', '{"reason": "erased"}', 't.freelancer_id = who', NULL);
SELECT make_erasable('admission_second', '{"reason": "erased"}', 't.admission_id IN (SELECT id FROM admission WHERE freelancer_id = who)', NULL);
SELECT make_erasable('training_answer', '{"body": {}}', 't.enrolment_id IN (SELECT id FROM enrolment WHERE freelancer_id = who)', 't.answered_at');
SELECT make_erasable('training_check', '{"feedback": "erased"}',
                     't.answer_id IN (SELECT a.id FROM training_answer a JOIN enrolment e ON e.id = a.enrolment_id WHERE e.freelancer_id = who)',
                     't.checked_at');
