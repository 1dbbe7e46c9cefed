-- Pay terms from accepted contracts.
SELECT 1;
