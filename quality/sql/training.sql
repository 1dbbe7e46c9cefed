-- Lessons, homework, training tasks.
SELECT 1;
