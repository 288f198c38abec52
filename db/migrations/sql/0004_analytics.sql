-- Analytics: the log in months, `sequence_performance` and what keeps it fresh.
SELECT 1;
