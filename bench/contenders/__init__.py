"""What the app is compared with: bare workflows on Temporal, and DBOS."""
