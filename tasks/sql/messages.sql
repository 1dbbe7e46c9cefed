-- Messages to people.
SELECT 1;
