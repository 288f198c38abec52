"""The servers that a benchmark runs on, each a real process: Postgres, Temporal, the API, an SMTP sink."""
