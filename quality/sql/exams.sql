-- Exams and attempts.
SELECT 1;
