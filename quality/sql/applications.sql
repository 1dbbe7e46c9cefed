-- Applications, interviews, stages.
SELECT 1;
