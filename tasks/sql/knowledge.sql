-- Instructions in versions, articles and their search.
SELECT 1;
