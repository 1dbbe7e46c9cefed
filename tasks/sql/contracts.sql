-- Contracts: offers, acceptance, leave, ends.
SELECT 1;
