-- Versions that leads move between: removed steps, laps, events that are waited for.
SELECT 1;
