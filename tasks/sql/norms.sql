-- Weekly norms: weeks, outages, supply, results.
SELECT 1;
