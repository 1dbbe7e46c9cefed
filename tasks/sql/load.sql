-- Shifts, supply by the hour, forecasts.
SELECT 1;
