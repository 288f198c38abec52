-- Batches: many leads enrolled, moved, paused, resumed or stopped piece by piece; the enrollment policy.
SELECT 1;
