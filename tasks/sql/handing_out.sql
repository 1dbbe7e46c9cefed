-- Fair hand-out: gaps, lines, languages, what must be read before a claim.
SELECT 1;
