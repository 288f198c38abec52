"""The commands. Most of them talk to a running API; each has its own file."""
