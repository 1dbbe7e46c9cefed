-- Notices to accounts.
SELECT 1;
