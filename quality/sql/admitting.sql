-- Criteria, evidence, admissions.
SELECT 1;
