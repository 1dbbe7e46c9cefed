-- Grades, lines, promotion.
SELECT 1;
