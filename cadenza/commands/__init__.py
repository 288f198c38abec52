"""The commands that talk to a running API, one file a noun."""
